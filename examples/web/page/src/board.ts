/** The board as a grid of cells, for display, pointers, keys and screen readers. */

import { follow, type Touch } from './pointer.js';
import { styled } from './ramp.js';
import { place, type Cell } from './tasks/board.js';
import type { Definition, Shape, Symbol } from './tasks/definition.js';

/** Formats a share as "98 %" with a no-break space; what is not quite certain never reads as 100 %. */
export function percent(part: number): string {
  const percent = Math.min(Math.max(part * 100, 0), 100);
  const isAlmost = percent > 99 && percent < 100;
  return `${isAlmost ? (Math.floor(percent * 100) / 100).toFixed(2) : percent.toFixed(0)}\u00a0%`;
}

/** Below this confidence a cell counts as unsure, in sentences and where there are no colours. */
const SURE = 0.9;

export function isUnsure(confidence: number | undefined): boolean {
  return confidence !== undefined && confidence < SURE;
}

/** Returns where the shown symbol comes from. */
function origin(task: Definition, { asked, shown }: Cell): 'empty' | 'given' | 'model' {
  if (shown.glyph === task.blank) return 'empty';
  return shown.glyph === asked.glyph ? 'given' : 'model';
}

/** Describes a cell in words. Only text is called given: other symbols tell by themselves whose they are. */
export function describe(task: Definition, cell: Cell): string {
  const what = [cell.shown.name];
  const from = origin(task, cell);
  if (from === 'given' && cell.shown.look === 'text') what.push('given');
  if (from === 'model') what.push('by the model');
  if (cell.confidence !== undefined) what.push(`${percent(cell.confidence)} sure`);
  if (cell.changed) what.push('changed');
  if (cell.fault) what.push('breaks a rule');
  if (cell.heat) what.push(cell.heat.said);
  if (cell.hint) what.push(cell.hint.said);
  return what.join(', ');
}

/** Returns the text that is written into a cell; the digits of colours are seen on request. */
function written({ look, glyph }: Symbol): string {
  if (look === 'dot') return '●';
  return look === 'text' || look === 'badge' || look === 'colour' ? glyph : '';
}

/** How an element shows a cell. */
interface Dress {
  text: string;
  classes: string;
  label: string;
  doubt: string;
  colour: string | undefined;
  mark: string | undefined;
  ground: string | null;
  ink: string | null;
  here: boolean;
  fault: boolean;
}

function put({ text, classes, label, doubt, colour, mark, ground, ink, here, fault }: Dress, element: HTMLElement): void {
  if (element.textContent !== text) element.textContent = text;
  element.className = classes;
  if (colour !== undefined) element.dataset['colour'] = colour;
  if (mark !== undefined) element.dataset['hint'] = mark;
  element.style.setProperty('--doubt', doubt);
  element.style.setProperty('--heat', ground);
  element.style.setProperty('--on-heat', ink);
  element.tabIndex = here ? 0 : -1;
  element.ariaLabel = label;
  element.ariaInvalid = String(fault);
  element.ariaSelected = String(here);
}

export class Board {
  readonly #grid: HTMLElement;
  readonly #touch: Touch;
  #task: Definition | undefined;
  #cells: HTMLElement[] = [];
  /** How each cell was shown last, as JSON: most stay as they are, and browsers do not notice that by themselves. */
  #dressed: string[] = [];
  /** For each column, whether a thick line follows. */
  #thick: boolean[] = [];
  #cursor = 0;
  /** Rows and columns that are seen. */
  #extent: Shape = { rows: 0, columns: 0 };

  constructor(grid: HTMLElement, touch: Touch) {
    this.#grid = grid;
    this.#touch = touch;
    const drawn = () => (this.#task?.isDrawn ? { ...this.#extent, width: this.#task.shape.columns } : undefined);
    follow(grid, drawn, touch);
  }

  #build(task: Definition): void {
    this.#task = task;
    [this.#cells, this.#dressed] = [[], []];
    this.#extent = { rows: 0, columns: 0 };
    const { ruling } = task;
    const { rows: height, columns: width } = task.shape;
    const isThick = (line: number, of: number, every: number) => every > 0 && line % every === 0 && line < of;
    this.#grid.ariaLabel = task.title;
    this.#grid.classList.toggle('frame', ruling === 'frame');
    this.#grid.classList.toggle('drawn', task.isDrawn);
    this.#thick = Array.from({ length: width }, (_, column) => ruling !== 'frame' && isThick(column + 1, width, ruling.columns));
    const rows = Array.from({ length: height }, (_, index) => {
      const row = document.createElement('div');
      row.role = 'row';
      row.classList.toggle('thick', ruling !== 'frame' && isThick(index + 1, height, ruling.rows));
      row.append(...Array.from({ length: width }, () => this.#cell()));
      return row;
    });
    this.#grid.replaceChildren(...rows);
  }

  /** Shows the rows and columns that a board has. */
  #fit({ rows, columns }: Shape): void {
    if (rows === this.#extent.rows && columns === this.#extent.columns) return;
    this.#extent = { rows, columns };
    this.#grid.ariaRowCount = String(rows);
    this.#grid.ariaColCount = String(columns);
    this.#grid.style.setProperty('--rows', String(rows));
    this.#grid.style.setProperty('--columns', String(columns));
    const { columns: width } = this.#task?.shape ?? { columns };
    for (const [index, row] of [...this.#grid.children].entries()) {
      if (row instanceof HTMLElement) row.hidden = index >= rows;
      row.classList.toggle('end', index === rows - 1);
    }
    this.#cells.forEach((cell, number) => {
      cell.hidden = number % width >= columns;
      cell.classList.toggle('end', number % width === columns - 1);
    });
  }

  #cell(): HTMLElement {
    const cell = document.createElement('div');
    const number = this.#cells.push(cell) - 1;
    cell.role = 'gridcell';
    const { columns } = this.#task?.shape ?? { columns: 1 };
    cell.style.setProperty('--order', String(Math.floor(number / columns) + (number % columns)));
    cell.addEventListener('focus', () => this.#touch([number], 'choose'));
    return cell;
  }

  get hasFocus(): boolean {
    return this.#grid.contains(document.activeElement);
  }

  /** Gives the focus to the cell under the cursor. */
  focus(): void {
    this.#cells[this.#cursor]?.focus({ preventScroll: true });
  }

  /**
   * Shows cells and the cursor; with `guide`, also what relates to its cell: peers, and equal symbols. On a `settled`
   * board the marks of change fade.
   */
  show(task: Definition, cells: Cell[], cursor: number, { extent, guide, settled }: { extent: Shape; guide: boolean; settled: boolean }): void {
    if (task !== this.#task) this.#build(task);
    this.#fit(extent);
    const { columns: width } = task.shape;
    // An answer may have no such cell.
    if (cursor % width >= extent.columns || cursor >= width * extent.rows) cursor = 0;
    this.#grid.classList.toggle('settled', settled);
    const chosen = cells[cursor]?.shown.glyph;
    for (let number = 0; number < cells.length; number++) {
      const [element, cell] = [this.#cells[number], cells[number]];
      if (!element || !cell) continue;
      if (number % width >= extent.columns || number >= width * extent.rows) continue;
      const { glyph, look } = cell.shown;
      const here = number === cursor;
      const classes = [
        origin(task, cell),
        look,
        this.#thick[number % this.#thick.length] && 'thick',
        number % width === extent.columns - 1 && 'end',
        cell.changed && 'changed',
        cell.fault && 'fault',
        isUnsure(cell.confidence) && 'unsure',
        cell.pencilled && 'pencilled',
        cell.heat && 'heat',
        cell.hint && 'hinted',
        here && 'here',
        guide && (task.arePeers(number, cursor) || (!here && look === 'text' && glyph === chosen)) && 'peer',
      ];
      const { ground, ink } = cell.heat ? styled(cell.heat.part) : { ground: null, ink: null };
      const dress: Dress = {
        text: written(cell.shown),
        classes: classes.filter(Boolean).join(' '),
        label: `${place(number, width)}: ${describe(task, cell)}`,
        doubt: `${100 * (1 - (cell.confidence ?? 1))}%`,
        colour: look === 'colour' ? glyph : undefined,
        mark: cell.hint?.mark,
        ground,
        ink,
        here,
        fault: cell.fault,
      };
      const told = JSON.stringify(dress);
      if (this.#dressed[number] === told) continue;
      this.#dressed[number] = told;
      put(dress, element);
    }
    this.#cursor = cursor;
  }
}
