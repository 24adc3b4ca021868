/** The elements of the page. */

function find<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`the page has no ${type.name} with the id ${id}`);
  return found;
}

const button = (id: string) => find(id, HTMLButtonElement);
const input = (id: string) => find(id, HTMLInputElement);
const select = (id: string) => find(id, HTMLSelectElement);
const any = (id: string) => find(id, HTMLElement);

export const dom = {
  alert: any('alert'),
  back: button('back'),
  board: any('board'),
  brushes: any('brushes'),
  bundled: button('bundled'),
  cell: any('cell'),
  chart: find('chart', SVGSVGElement),
  clear: button('clear'),
  copy: button('copy'),
  details: any('details'),
  device: select('device'),
  deviceName: any('device-name'),
  files: input('files'),
  first: button('first'),
  halt: select('halt'),
  headline: any('headline'),
  help: button('help'),
  helpDialog: find('help-dialog', HTMLDialogElement),
  keys: any('keys'),
  last: button('last'),
  link: button('link'),
  longer: button('longer'),
  modelName: any('model-name'),
  offline: any('offline'),
  on: button('on'),
  optionsNow: any('options-now'),
  play: button('play'),
  playback: any('playback'),
  puzzles: any('puzzles'),
  progress: find('progress', HTMLProgressElement),
  readout: any('readout'),
  redo: button('redo'),
  say: any('say'),
  segment: input('segment'),
  segments: input('segments'),
  solve: button('solve'),
  tasks: any('tasks'),
  text: button('text'),
  textArea: find('text-area', HTMLTextAreaElement),
  textCancel: button('text-cancel'),
  textDialog: find('text-dialog', HTMLDialogElement),
  textError: any('text-error'),
  textForms: any('text-forms'),
  tries: any('tries'),
  triesMost: input('tries-most'),
  undo: button('undo'),
  update: button('update'),
  variants: button('variants'),
};

/** Sets an element's text, touching the page only if it changes. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
