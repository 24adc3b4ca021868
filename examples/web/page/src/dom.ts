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
const svg = (id: string) => find(id, SVGSVGElement);
const lane = (id: string) => ({ title: any(`${id}-title`), board: svg(`${id}-board`), text: any(`${id}-text`), name: any(`${id}-name`) });
const raw = (id: string) => ({ figure: any(id), canvas: find(`${id}-canvas`, HTMLCanvasElement), x: any(`${id}-x`), y: any(`${id}-y`) });

export const dom = {
  alert: any('alert'),
  back: button('back'),
  beats: any('beats'),
  beatsRow: any('beats-row'),
  beatsSaid: any('beats-said'),
  board: any('board'),
  brushes: any('brushes'),
  bundled: button('bundled'),
  candidates: input('candidates'),
  caption: any('caption'),
  cell: any('cell'),
  chart: svg('chart'),
  chartBars: any('chart-bars'),
  chartEnd: any('chart-end'),
  chartLine: any('chart-line'),
  clear: button('clear'),
  columns: input('columns'),
  copy: button('copy'),
  details: any('details'),
  device: select('device'),
  deviceName: any('device-name'),
  digits: input('digits'),
  examples: any('examples'),
  examplesList: any('examples-list'),
  examplesTitle: any('examples-title'),
  files: input('files'),
  first: button('first'),
  gallery: any('gallery'),
  galleryDialog: find('gallery-dialog', HTMLDialogElement),
  givens: input('givens'),
  givensNow: any('givens-now'),
  halt: select('halt'),
  headline: any('headline'),
  help: button('help'),
  helpDialog: find('help-dialog', HTMLDialogElement),
  keys: any('keys'),
  last: button('last'),
  legend: any('legend'),
  link: button('link'),
  list: any('list'),
  listAll: button('list-all'),
  listDialog: find('list-dialog', HTMLDialogElement),
  listOpen: button('list-open'),
  listSaid: any('list-said'),
  listTitle: any('list-title'),
  longer: button('longer'),
  look: select('look'),
  make: button('make'),
  makeRow: any('make-row'),
  mind: find('mind', HTMLDetailsElement),
  mindColours: any('mind-colours'),
  mindMost: any('mind-most'),
  mindSaid: any('mind-said'),
  mindScale: any('mind-scale'),
  mindViews: any('mind-views'),
  modelName: any('model-name'),
  moves: any('moves'),
  movesOn: input('moves-on'),
  offline: any('offline'),
  on: button('on'),
  optionsNow: any('options-now'),
  pace: select('pace'),
  path: svg('path'),
  pathSaid: any('path-said'),
  pencil: svg('pencil'),
  play: button('play'),
  playback: any('playback'),
  progress: find('progress', HTMLProgressElement),
  puzzles: any('puzzles'),
  race: { cpu: lane('race-cpu'), webgpu: lane('race-gpu') },
  raceLanes: any('race-lanes'),
  raceSaid: any('race-said'),
  raceStart: button('race-start'),
  raw: { zH: raw('raw-h'), zL: raw('raw-l') },
  readout: any('readout'),
  redo: button('redo'),
  rows: input('rows'),
  safe: input('safe'),
  save: button('save'),
  saveDialog: find('save-dialog', HTMLDialogElement),
  saves: any('saves'),
  say: any('say'),
  segment: input('segment'),
  segments: input('segments'),
  size: any('size'),
  solve: button('solve'),
  tasks: any('tasks'),
  text: button('text'),
  textArea: find('text-area', HTMLTextAreaElement),
  textCancel: button('text-cancel'),
  textDialog: find('text-dialog', HTMLDialogElement),
  textError: any('text-error'),
  textFile: input('text-file'),
  textForms: any('text-forms'),
  tries: any('tries'),
  triesMost: input('tries-most'),
  undo: button('undo'),
  unknown: input('unknown'),
  update: button('update'),
  variants: button('variants'),
};

/** Sets an element's text, touching the page only if it changes. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Marks a button as of use or not. It keeps the focus, which a disabled one would lose. Its presses are caught in `main.ts`. */
export function enable(button: HTMLButtonElement, isEnabled: boolean): void {
  button.ariaDisabled = isEnabled ? null : 'true';
}

/** Returns a button with a text and data. */
export function buttonOf(text: string, data: Record<string, string>): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = text;
  Object.assign(button.dataset, data);
  return button;
}
