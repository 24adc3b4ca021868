/**
 * The definition of a task, in the words of `hrm::tasks::Definition`. It reads, judges and draws; nothing here solves.
 */

import type { Answer, BundledModel, Recipe } from '../hrm-webgpu/dist/index.js';
import type { Fault } from './board.js';

/** How a symbol is drawn: not at all, as text, as a filled cell, as text on a filled square, as a dot, or as one of ten colours. */
export type Look = 'open' | 'text' | 'solid' | 'badge' | 'dot' | 'colour';

export interface Shape {
  readonly rows: number;
  readonly columns: number;
}

/** What belongs to a question besides its grid: the name of its task there, and the grids of examples of the rule. */
export interface Told {
  readonly name: string;
  readonly examples: readonly (readonly [input: string, output: string])[];
}

/** What a cell can show. */
export interface Symbol {
  /** Its character in text. */
  readonly glyph: string;
  /** What a screen reader calls it. */
  readonly name: string;
  readonly look: Look;
  /** Keys that type it; none if a question cannot hold it. */
  readonly keys: string;
  /** Whether a board has at most one. */
  readonly single: boolean;
}

/** How a board is ruled: thick lines after so many rows and columns (0 for none inside), or only a frame. */
export type Ruling = { rows: number; columns: number } | 'frame';

/** What is known about a question before any model has seen it, in the words of the core. */
export type Question = 'unique' | 'none' | 'several' | 'undecided';

/** The rules. They judge; they never solve for the model. */
export interface Rules {
  /** Returns everything that an answer breaks. */
  faults(question: string, answer: string): Fault[];
  /** What makes some valid answers better: its key in answers, and a sentence about an answer that is only valid. */
  readonly optimum?: { key: keyof Answer; said: string };
}

/** One task; only abstract members must be written. A grid is a string with one glyph per cell, row by row. */
export abstract class Definition {
  /** The name that the core and models use. */
  abstract readonly name: string;
  /** The name that users see above a board. */
  abstract readonly title: string;
  /** Rows and columns of its grids. */
  abstract readonly shape: Shape;
  /** Every symbol that a cell may show; buttons offer those that have keys, in this order. */
  abstract readonly alphabet: readonly Symbol[];
  /** The forms that puzzles can have as text, in a sentence. */
  abstract readonly forms: string;

  /** The bundled model for it; without one, visitors bring files. */
  readonly model: BundledModel | undefined = undefined;

  /** The glyph of a cell to be filled in. */
  readonly blank: string = '.';

  readonly ruling: Ruling = { rows: 0, columns: 0 };

  /** The glyphs of the model's ids, from id 1 on; without them nothing can be traced. */
  readonly vocabulary: string = '';

  /** Most tries at a question, unless the visitor says otherwise; further ones run only if the first fails. */
  readonly tries: number = 1;

  /** What the puzzle of a day is like; its seed is the day. */
  readonly daily: Recipe = {};

  /** How many givens the core can make questions with, least and most. */
  readonly givens: readonly [least: number, most: number] | undefined = undefined;

  /** Whether its answers can be judged. */
  readonly rules: Rules | undefined = undefined;

  /** Questions to begin with, by level. */
  readonly examples: Readonly<Record<string, readonly string[]>> = {};

  /** Questions with a name of their own: the name, and the grid. */
  readonly gallery: readonly (readonly [name: string, grid: string])[] = [];

  /** The question of a first visit. */
  get first(): string {
    return Object.values(this.examples)[0]?.[0] ?? this.empty;
  }

  /** An empty board. */
  get empty(): string {
    return this.blank.repeat(this.shape.rows * this.shape.columns);
  }

  /** Whether boards may be any rectangle in the corner of a grid; what lies outside of it holds a symbol of its own. */
  readonly isFree: boolean = false;

  /** Whether cells are told apart by colour. */
  get isColoured(): boolean {
    return this.symbols.some(({ look }) => look === 'colour');
  }

  /** Returns rows and columns of the board in a grid. */
  extent(_grid: string): Shape {
    return this.shape;
  }

  /** Returns a grid whose board has other rows and columns; cells that remain stay. */
  resized(grid: string, _shape: Shape): string {
    return grid;
  }

  /** Returns a grid whose board is empty. */
  cleared(_grid: string): string {
    return this.empty;
  }

  /** Whether the model is asked about a cell. */
  asks(question: string, _grid: string, cell: number): boolean {
    return question[cell] === this.blank;
  }

  /** The symbols that users can put on a board. */
  get symbols(): Symbol[] {
    return this.alphabet.filter(({ keys }) => keys !== '');
  }

  /** Whether a pointer draws with symbols, because they are shapes; others are typed into the cell under the cursor. */
  get isDrawn(): boolean {
    return this.symbols.some(({ look }) => look !== 'open' && look !== 'text');
  }

  /** Returns the symbol of a glyph, or a placeholder for an unknown glyph. */
  symbol(glyph: string): Symbol {
    const known = this.alphabet.find((symbol) => symbol.glyph === glyph);
    return known ?? { glyph, name: 'nothing that belongs there', look: 'text', keys: '', single: false };
  }

  /** Returns the grid of a text that the core has read; throws an error if this board cannot hold it. */
  fit(text: string): string {
    const grid = text.replaceAll('\n', '');
    const { length } = this.empty;
    if (grid.length !== length) throw new Error(`expected ${length} cells, found ${grid.length}`);
    return grid;
  }

  /** Returns what a network tells of each of its tokens by the cells of a grid. */
  ofCells(values: Float32Array): Float32Array {
    return values;
  }

  /** Returns a grid as text for users and for the core: its rows. */
  text(grid: string): string {
    const { rows, columns } = this.shape;
    return Array.from({ length: rows }, (_, row) => grid.slice(row * columns, (row + 1) * columns)).join('\n');
  }

  /** Returns a question as text for the core. */
  question(grid: string, _told: Told | undefined): string {
    return this.text(grid);
  }

  /** Returns a question as part of an address. */
  link(grid: string, _told?: Told): string {
    return grid;
  }

  /** Returns what a part of an address tells besides the grid. */
  told(_text: string): Told | undefined {
    return undefined;
  }

  /** Returns the grid in a part of an address, if it is one of {@link link}. */
  unlink(text: string): string | undefined {
    const isGrid = text.length === this.empty.length && [...text].every((glyph) => this.symbols.some((symbol) => symbol.glyph === glyph));
    return isGrid ? text : undefined;
  }

  /** Returns what is wrong with a question. */
  clashes(_grid: string): Fault[] {
    return [];
  }

  /** Returns a question that is exactly as hard: the same one, as one of the task's symmetries shows it. */
  vary(grid: string, _random: () => number): string {
    return grid;
  }

  /** The headline of a question with clashes. */
  readonly refused: string = 'Not a question yet';

  /** Describes a question in a few words. */
  about(grid: string): string {
    const givens = grid.length - grid.split(this.blank).length + 1;
    return givens === 1 ? '1 given' : `${givens} givens`;
  }

  /** Returns whether two cells may not hold the same symbol. */
  arePeers(_a: number, _b: number): boolean {
    return false;
  }

  /** Returns how often a finished board holds a symbol, if that is known. */
  count(_symbol: Symbol): number | undefined {
    return undefined;
  }
}
