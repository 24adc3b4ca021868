/** Pointers on the board: pressing a cell, and drawing along a stroke without gaps. */

/** What a pointer does to cells: it chooses or presses one, draws over some, or the browser took the stroke away. */
export type Touch = (cells: readonly number[], how: 'choose' | 'press' | 'draw' | 'cancel') => void;

/** Rows and columns that are seen, and those of the grid, whose cells are counted. */
interface Shape {
  readonly rows: number;
  readonly columns: number;
  readonly width: number;
}

/** Returns the cells of a straight line, without the first. */
export function line(from: number, to: number, columns: number): number[] {
  const at = (cell: number): [number, number] => [cell % columns, Math.floor(cell / columns)];
  const [[x0, y0], [x1, y1]] = [at(from), at(to)];
  const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
  return Array.from({ length: steps }, (_, index) => {
    const part = (index + 1) / steps;
    return Math.round(y0 + (y1 - y0) * part) * columns + Math.round(x0 + (x1 - x0) * part);
  });
}

/** Follows the pointers on a grid; strokes only while `shape` says that the board is drawn. */
export function follow(grid: HTMLElement, shape: () => Shape | undefined, touch: Touch): void {
  /** The cell that the stroke has reached. */
  let reached: number | undefined;
  let isOutside = false;

  const cellAt = ({ clientX, clientY }: PointerEvent, { rows, columns, width }: Shape): { cell: number; isInside: boolean } => {
    const { left, top } = grid.getBoundingClientRect();
    const [x, y] = [
      Math.floor(((clientX - left - grid.clientLeft) / grid.clientWidth) * columns),
      Math.floor(((clientY - top - grid.clientTop) / grid.clientHeight) * rows),
    ];
    const [column, row] = [Math.min(Math.max(x, 0), columns - 1), Math.min(Math.max(y, 0), rows - 1)];
    return { cell: row * width + column, isInside: column === x && row === y };
  };

  grid.addEventListener('pointerdown', (event) => {
    const drawn = shape();
    if (!drawn || !event.isPrimary || event.button !== 0) return;
    const { cell } = cellAt(event, drawn);
    reached = cell;
    isOutside = false;
    grid.setPointerCapture(event.pointerId);
    touch([cell], 'choose');
    touch([cell], 'press');
  });
  // The focus goes to the pressed cell; by itself it would go to what holds the pointer.
  grid.addEventListener('mousedown', (event) => {
    if (shape()) event.preventDefault();
  });
  grid.addEventListener('pointermove', (event) => {
    const drawn = shape();
    if (!drawn || reached === undefined || !event.isPrimary) return;
    const coalesced = event.getCoalescedEvents?.() ?? [];
    for (const moved of coalesced.length > 0 ? coalesced : [event]) {
      const { cell, isInside } = cellAt(moved, drawn);
      if (isOutside && !isInside) continue;
      const cells = isOutside ? [cell] : line(reached, cell, drawn.width);
      [reached, isOutside] = [cell, !isInside];
      if (cells.length > 0) touch(cells, 'draw');
    }
  });
  grid.addEventListener('pointerup', () => (reached = undefined));
  grid.addEventListener('pointercancel', () => {
    // Two fingers zoom: what the first one drew on the way was not meant.
    if (reached !== undefined) touch([], 'cancel');
    reached = undefined;
  });
}
