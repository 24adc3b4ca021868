/** The board as a grid of cells, for eyes, fingers, keys and screen readers. */

import { arePeers, CELLS, place, SIDE } from './sudoku.js';

/** What a cell shows. */
export interface Cell {
  mark: string;
  origin: 'empty' | 'given' | 'model';
  /** How sure the model is of it, between 0 and 1, where it is the model's. */
  sure?: number | undefined;
  changed: boolean;
  fault: boolean;
}

/** "98 %"; what is not quite certain never reads as 100 %. */
export function percent(part: number): string {
  const percent = Math.min(Math.max(part * 100, 0), 100);
  return percent > 99 && percent < 99.995 ? `${(Math.floor(percent * 100) / 100).toFixed(2)} %` : `${percent.toFixed(0)} %`;
}

/** What a cell holds, in words. */
export function describe(cell: Cell): string {
  const what = [cell.mark === '.' ? 'empty' : cell.mark];
  if (cell.origin === 'given') what.push('given');
  if (cell.origin === 'model') what.push('by the model');
  if (cell.sure !== undefined) what.push(`${percent(cell.sure)} sure`);
  if (cell.changed) what.push('changed');
  if (cell.fault) what.push('breaks a rule');
  return what.join(', ');
}

export class Board {
  readonly #grid: HTMLElement;
  readonly #cells: HTMLElement[] = [];
  #cursor = 0;

  constructor(grid: HTMLElement, onChoose: (cell: number) => void) {
    this.#grid = grid;
    for (let row = 0; row < SIDE; row++) {
      const line = document.createElement('div');
      line.role = 'row';
      for (let column = 0; column < SIDE; column++) {
        const cell = document.createElement('div');
        const number = this.#cells.push(cell) - 1;
        cell.role = 'gridcell';
        cell.tabIndex = number === 0 ? 0 : -1;
        cell.addEventListener('focus', () => onChoose(number));
        cell.addEventListener('pointerdown', () => onChoose(number));
        line.append(cell);
      }
      grid.append(line);
    }
  }

  get hasFocus(): boolean {
    return this.#grid.contains(document.activeElement);
  }

  /** Gives the focus to the cell under the cursor. */
  focus(): void {
    this.#cells[this.#cursor]?.focus({ preventScroll: true });
  }

  /** Shows cells, the cursor, and where `guide` is set what belongs to its cell: row, column, box, equal digits. */
  show(cells: Cell[], cursor: number, guide: boolean): void {
    const mark = cells[cursor]?.mark;
    for (let number = 0; number < CELLS; number++) {
      const [element, cell] = [this.#cells[number], cells[number]];
      if (!element || !cell) continue;
      const shown = cell.mark === '.' ? '' : cell.mark;
      if (element.textContent !== shown) element.textContent = shown;
      const here = number === cursor;
      const classes = [
        cell.origin,
        cell.changed && 'changed',
        cell.fault && 'fault',
        here && 'here',
        guide && (arePeers(number, cursor) || (!here && mark !== '.' && cell.mark === mark)) && 'peer',
      ];
      element.className = classes.filter(Boolean).join(' ');
      element.style.setProperty('--doubt', `${100 * (1 - (cell.sure ?? 1))}%`);
      element.tabIndex = here ? 0 : -1;
      element.ariaLabel = `${place(number)}: ${describe(cell)}`;
      element.ariaInvalid = cell.fault ? 'true' : 'false';
      element.ariaSelected = here ? 'true' : 'false';
    }
    this.#cursor = cursor;
  }
}
