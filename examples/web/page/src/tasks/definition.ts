/** What a task says of itself, in the words of `hrm::tasks::Definition`. It reads, judges and draws; nothing here solves. */

import type { Answer, BundledModel } from '../hrm-webgpu/dist/index.js';
import type { Fault } from './board.js';

/** How a symbol is drawn: not at all, as text, as a filled cell, as text on a filled square, as a dot. */
export type Look = 'open' | 'text' | 'solid' | 'badge' | 'dot';

/** What a cell can show. */
export interface Symbol {
  /** Its character in text. */
  readonly glyph: string;
  /** What a screen reader calls it. */
  readonly name: string;
  readonly look: Look;
  /** Characters that people type for it; none where a question cannot hold it. */
  readonly keys: string;
  /** Whether a board has one at most. */
  readonly single: boolean;
}

/** How the lines of a board are ruled: thick ones after so many rows and columns, 0 for none inside; or a frame alone. */
export type Ruling = { rows: number; columns: number } | 'frame';

/** The rules. They judge; they never solve for the model. */
export interface Rules {
  /** Everything that an answer breaks. */
  faults(question: string, answer: string): Fault[];
  /** What makes some valid answers better than others: its key in answers, and a sentence about one that is only valid. */
  readonly optimum?: { key: keyof Answer; said: string };
}

/** One task. Only what is abstract must be written. A grid is a string with a glyph a cell, row by row. */
export abstract class Definition {
  /** The name that the core and models use. */
  abstract readonly name: string;
  /** The name that people read over a board. */
  abstract readonly title: string;
  /** Rows and columns of its boards. */
  abstract readonly shape: { readonly rows: number; readonly columns: number };
  /** Every symbol that a cell may show, in the order in which buttons offer those that have keys. */
  abstract readonly alphabet: readonly Symbol[];
  /** What texts of it look like, in a sentence. */
  abstract readonly forms: string;

  /** The bundled model for it; without one, visitors bring files. */
  readonly model: BundledModel | undefined = undefined;

  /** The glyph of a cell that asks to be filled in. */
  readonly blank: string = '.';

  readonly ruling: Ruling = { rows: 0, columns: 0 };

  /** Whether its answers can be judged. */
  readonly rules: Rules | undefined = undefined;

  /** Questions to begin with, by level. */
  readonly examples: Readonly<Record<string, readonly string[]>> = {};

  /** The question of a first visit. */
  get first(): string {
    return Object.values(this.examples)[0]?.[0] ?? this.empty;
  }

  /** A board to draw a question on. */
  get empty(): string {
    return this.blank.repeat(this.shape.rows * this.shape.columns);
  }

  /** The symbols that people can put on a board. */
  get symbols(): Symbol[] {
    return this.alphabet.filter(({ keys }) => keys !== '');
  }

  /** Whether a pointer draws with symbols, because they are shapes; others are typed into the cell at the cursor. */
  get isDrawn(): boolean {
    return this.symbols.some(({ look }) => look !== 'open' && look !== 'text');
  }

  /** The symbol of a glyph; one that says so for glyphs that stand for nothing. */
  symbol(glyph: string): Symbol {
    const known = this.alphabet.find((symbol) => symbol.glyph === glyph);
    return known ?? { glyph, name: 'nothing that belongs there', look: 'text', keys: '', single: false };
  }

  /** The grid that a text means; throws an error that says what is wrong. */
  read(text: string): string {
    const grid = text.replace(/\s/g, '');
    const foreign = [...grid].find((glyph) => !this.symbols.some((symbol) => symbol.glyph === glyph));
    if (foreign) throw new Error(`expected one of ${this.symbols.map(({ glyph }) => glyph).join(' ')}, found ${foreign}`);
    const { length } = this.empty;
    if (grid.length !== length) throw new Error(`expected ${length} cells, found ${grid.length}`);
    return grid;
  }

  /** A grid as text for people and for the core: its rows. */
  text(grid: string): string {
    const { rows, columns } = this.shape;
    return Array.from({ length: rows }, (_, row) => grid.slice(row * columns, (row + 1) * columns)).join('\n');
  }

  /** A grid as a part of an address, which {@link read} takes. */
  link(grid: string): string {
    return grid;
  }

  /** What is wrong with a question. */
  clashes(_grid: string): Fault[] {
    return [];
  }

  /** The headline of a question with clashes. */
  readonly refused: string = 'Not a question yet';

  /** A few words about a question. */
  about(grid: string): string {
    return `${grid.length - grid.split(this.blank).length + 1} givens`;
  }

  /** Whether two cells may not hold the same symbol. */
  arePeers(_a: number, _b: number): boolean {
    return false;
  }

  /** How often a finished board holds a symbol, where that is known. */
  count(_symbol: Symbol): number | undefined {
    return undefined;
  }
}
