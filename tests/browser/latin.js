// A toy task, as a folder of examples/web/page/src/tasks would hold it: Latin squares of four rows.
import { cellsWhere, place } from '../board.js';
import { Definition } from '../definition.js';

const SIDE = 4;

const lines = [
  { name: 'row', of: (cell) => Math.floor(cell / SIDE) },
  { name: 'column', of: (cell) => cell % SIDE },
];

class Latin extends Definition {
  name = 'latin';
  title = 'Latin square';
  shape = { rows: SIDE, columns: SIDE };
  alphabet = [
    ...[...'1234'].map((glyph) => ({ glyph, name: glyph, look: 'text', keys: glyph, single: false })),
    { glyph: '.', name: 'empty', look: 'open', keys: '0. ', single: false },
  ];
  forms = 'A Latin square: four rows of 1 to 4, and . for an empty cell.';
  examples = { Small: ['1.....3....1.2..'] };
  rules = {
    faults: (question, answer) => [
      ...cellsWhere(answer, (glyph) => glyph === '.').map((cell) => ({ message: `${place(cell, SIDE)} is empty`, cells: [cell] })),
      ...cellsWhere(answer, (glyph, cell) => question[cell] !== '.' && question[cell] !== glyph).map((cell) => ({
        message: `the given ${question[cell]} in ${place(cell, SIDE)} became ${answer[cell]}`,
        cells: [cell],
      })),
      ...this.clashes(answer),
    ],
  };

  clashes(grid) {
    const faults = [];
    for (const { name, of } of lines) {
      for (let line = 0; line < SIDE; line++) {
        for (const digit of '1234') {
          const cells = cellsWhere(grid, (glyph, cell) => glyph === digit && of(cell) === line);
          if (cells.length > 1) faults.push({ message: `${digit} stands more than once in ${name} ${line + 1}`, cells });
        }
      }
    }
    return faults;
  }
}

export const latin = new Latin();
