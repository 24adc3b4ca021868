/** The board as a grid of cells, for eyes, fingers, keys and screen readers. */

import { arePeers } from './sudoku.js';
import { place, type Task } from './task.js';

/** What a cell shows. */
export interface Cell {
  mark: string;
  origin: 'empty' | 'given' | 'model';
  /** How sure the model is of it, between 0 and 1, where it is the model's. */
  sure?: number | undefined;
  changed: boolean;
  fault: boolean;
}

/** "98 %", which no line break parts; what is not quite certain never reads as 100 %. */
export function percent(part: number): string {
  const percent = Math.min(Math.max(part * 100, 0), 100);
  const isAlmost = percent > 99 && percent < 99.995;
  return `${isAlmost ? (Math.floor(percent * 100) / 100).toFixed(2) : percent.toFixed(0)}\u00a0%`;
}

/** What a cell holds, in words. */
export function describe(task: Task, cell: Cell): string {
  const what = [cell.mark === 'o' ? 'path' : (task.brushes.find(({ mark }) => mark === cell.mark)?.name ?? cell.mark)];
  if (cell.origin === 'given' && task.name === 'sudoku') what.push('given');
  if (cell.origin === 'model') what.push('by the model');
  if (cell.sure !== undefined) what.push(`${percent(cell.sure)} sure`);
  if (cell.changed) what.push('changed');
  if (cell.fault) what.push('breaks a rule');
  return what.join(', ');
}

/** What a pointer does on a cell: it comes down there, or is drawn over it. */
export type Touch = (cell: number, how: 'choose' | 'press' | 'draw') => void;

export class Board {
  readonly #grid: HTMLElement;
  readonly #touch: Touch;
  #task: Task | undefined;
  #cells: HTMLElement[] = [];
  #cursor = 0;

  constructor(grid: HTMLElement, touch: Touch) {
    this.#grid = grid;
    this.#touch = touch;
  }

  #build(task: Task): void {
    this.#task = task;
    this.#cells = [];
    const { side } = task;
    this.#grid.ariaLabel = task.title;
    this.#grid.ariaRowCount = this.#grid.ariaColCount = String(side);
    this.#grid.className = task.name;
    this.#grid.style.setProperty('--side', String(side));
    const rows = Array.from({ length: side }, () => {
      const row = document.createElement('div');
      row.role = 'row';
      row.append(...Array.from({ length: side }, () => this.#cell()));
      return row;
    });
    this.#grid.replaceChildren(...rows);
  }

  #cell(): HTMLElement {
    const cell = document.createElement('div');
    const number = this.#cells.push(cell) - 1;
    cell.role = 'gridcell';
    cell.addEventListener('focus', () => this.#touch(number, 'choose'));
    // A finger that moves scrolls the page, a mouse draws.
    cell.addEventListener('pointerdown', ({ pointerType, button }) => {
      this.#touch(number, 'choose');
      if (pointerType === 'mouse' && button === 0) this.#touch(number, 'press');
    });
    cell.addEventListener('pointerenter', ({ pointerType, buttons }) => {
      if (pointerType === 'mouse' && buttons === 1) this.#touch(number, 'draw');
    });
    cell.addEventListener('click', (event) => {
      if (event instanceof PointerEvent && event.pointerType !== 'mouse') this.#touch(number, 'press');
    });
    return cell;
  }

  get hasFocus(): boolean {
    return this.#grid.contains(document.activeElement);
  }

  /** Gives the focus to the cell under the cursor. */
  focus(): void {
    this.#cells[this.#cursor]?.focus({ preventScroll: true });
  }

  /** Shows cells, the cursor, and where `guide` is set what belongs to its cell: row, column, box, equal digits. */
  show(task: Task, cells: Cell[], cursor: number, guide: boolean): void {
    if (task !== this.#task) this.#build(task);
    const mark = cells[cursor]?.mark;
    for (let number = 0; number < cells.length; number++) {
      const [element, cell] = [this.#cells[number], cells[number]];
      if (!element || !cell) continue;
      const shown = '.# '.includes(cell.mark) ? '' : cell.mark === 'o' ? '●' : cell.mark;
      if (element.textContent !== shown) element.textContent = shown;
      const here = number === cursor;
      const classes = [
        cell.origin,
        cell.mark === '#' && 'wall',
        cell.changed && 'changed',
        cell.fault && 'fault',
        here && 'here',
        guide && (arePeers(number, cursor) || (!here && mark !== '.' && cell.mark === mark)) && 'peer',
      ];
      element.className = classes.filter(Boolean).join(' ');
      element.style.setProperty('--doubt', `${100 * (1 - (cell.sure ?? 1))}%`);
      element.tabIndex = here ? 0 : -1;
      element.ariaLabel = `${place(number, task.side)}: ${describe(task, cell)}`;
      element.ariaInvalid = cell.fault ? 'true' : 'false';
      element.ariaSelected = here ? 'true' : 'false';
    }
    this.#cursor = cursor;
  }
}
