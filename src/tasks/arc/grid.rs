//! Boards of colours, and the random choices that rules make of them.

use std::ops::Range;

use crate::tasks::augmentation::shuffle;

/// Most rows, and columns, of a board that is made.
pub(super) const MOST: usize = 10;

/// The colours that rules name.
pub(super) const BLACK: u8 = 0;
pub(super) const BLUE: u8 = 1;
pub(super) const RED: u8 = 2;
pub(super) const GREEN: u8 = 3;
pub(super) const YELLOW: u8 = 4;
pub(super) const GREY: u8 = 5;

/// A board of colours from 0 to 9, row-major.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) cells: Vec<u8>,
}

/// Rows and columns of a part of a board.
pub(super) type Place = (Range<usize>, Range<usize>);

impl Grid {
    /// Returns a black board.
    pub(super) fn black(rows: usize, columns: usize) -> Grid {
        Grid::filled(rows, columns, BLACK)
    }

    pub(super) fn filled(rows: usize, columns: usize, colour: u8) -> Grid {
        Grid {
            rows,
            columns,
            cells: vec![colour; rows * columns],
        }
    }

    /// Returns a board whose cells are told by their row and column.
    pub(super) fn of(rows: usize, columns: usize, cell: &dyn Fn(usize, usize) -> u8) -> Grid {
        let cells = (0..rows * columns).map(|at| cell(at / columns, at % columns));
        Grid {
            rows,
            columns,
            cells: cells.collect(),
        }
    }

    /// Returns the board with each colour replaced.
    pub(super) fn map(&self, colour: &dyn Fn(u8) -> u8) -> Grid {
        Grid {
            cells: self.cells.iter().map(|&cell| colour(cell)).collect(),
            ..*self
        }
    }

    pub(super) fn at(&self, row: usize, column: usize) -> u8 {
        self.cells[row * self.columns + column]
    }

    pub(super) fn set(&mut self, row: usize, column: usize, colour: u8) {
        self.cells[row * self.columns + column] = colour;
    }

    /// Paints a rectangle.
    pub(super) fn fill(&mut self, (rows, columns): &Place, colour: u8) {
        for row in rows.clone() {
            columns.clone().for_each(|column| self.set(row, column, colour));
        }
    }

    /// Returns a part of the board.
    pub(super) fn part(&self, (rows, columns): &Place) -> Grid {
        Grid::of(rows.len(), columns.len(), &|row, column| {
            self.at(rows.start + row, columns.start + column)
        })
    }

    pub(super) fn transposed(&self) -> Grid {
        Grid::of(self.columns, self.rows, &|row, column| self.at(column, row))
    }

    /// Returns the board whose last row comes first.
    pub(super) fn upside_down(&self) -> Grid {
        Grid::of(self.rows, self.columns, &|row, column| {
            self.at(self.rows - 1 - row, column)
        })
    }

    /// Whether a cell of this colour is among the eight around a cell.
    pub(super) fn is_near(&self, row: usize, column: usize, colour: u8) -> bool {
        let around = |at: usize, most: usize| at.saturating_sub(1)..(at + 2).min(most);
        around(row, self.rows).any(|r| around(column, self.columns).any(|c| self.at(r, c) == colour))
    }
}

/// Returns the rectangle without its edge.
pub(super) fn inner((rows, columns): &Place) -> Place {
    (rows.start + 1..rows.end - 1, columns.start + 1..columns.end - 1)
}

/// Random choices, the same for a seed on every machine.
#[derive(Debug, Clone)]
pub(super) struct Random(fastrand::Rng);

impl Random {
    pub(super) fn new(seed: u64) -> Random {
        Random(fastrand::Rng::with_seed(seed))
    }

    /// Returns a number below `count`, 0 for none.
    pub(super) fn below(&mut self, count: usize) -> usize {
        // u32 gives the same numbers on machines of every word size.
        self.0.u32(0..(count as u32).max(1)) as usize
    }

    /// Returns a number from `least` to `most`.
    pub(super) fn between(&mut self, least: usize, most: usize) -> usize {
        least + self.below(most + 1 - least)
    }

    /// Returns true so many times of a hundred.
    pub(super) fn percent(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// Returns a colour that is neither black nor this one.
    pub(super) fn ink(&mut self, but: u8) -> u8 {
        loop {
            let colour = self.between(1, 9) as u8;
            if colour != but {
                return colour;
            }
        }
    }

    /// Returns so many different colours, none of them black.
    pub(super) fn inks(&mut self, count: usize) -> Vec<u8> {
        let mut all: Vec<u8> = (1..10).collect();
        shuffle(&mut self.0, &mut all);
        all.truncate(count);
        all
    }

    /// Returns so many different numbers below `of`, in random order; all where there are no more.
    pub(super) fn some(&mut self, count: usize, of: usize) -> Vec<usize> {
        let mut all: Vec<usize> = (0..of).collect();
        shuffle(&mut self.0, &mut all);
        all.truncate(count);
        all
    }

    /// Returns a black board of `least` to `most` rows and columns.
    pub(super) fn board(&mut self, least: usize, most: usize) -> Grid {
        let (rows, columns) = (self.between(least, most), self.between(least, most));
        Grid::black(rows, columns)
    }

    /// Paints so many cells of a hundred, at least one, each in one of the colours.
    pub(super) fn scatter(&mut self, board: &mut Grid, share: usize, colours: &[u8]) {
        let always = self.below(board.cells.len());
        for cell in 0..board.cells.len() {
            if self.percent(share) || cell == always {
                board.cells[cell] = colours[self.below(colours.len())];
            }
        }
    }

    /// Returns a board of `least` to `most` rows and columns with scattered cells in a few colours.
    pub(super) fn picture(&mut self, least: usize, most: usize) -> Grid {
        let count = self.between(1, 4);
        let (inks, share) = (self.inks(count), self.between(20, 80));
        let mut board = self.board(least, most);
        self.scatter(&mut board, share, &inks);
        board
    }

    /// Returns up to `most` rectangles on a board, of `least` to six rows and columns.
    pub(super) fn rectangles(&mut self, board: &Grid, most: usize, least: usize, gap: Gap) -> Vec<Place> {
        let mut found: Vec<Place> = Vec::new();
        for _ in 0..4 * most {
            let [rows, columns] = [board.rows, board.columns].map(|side| self.range(least, side));
            let apart = |a: &Range<usize>, b: &Range<usize>| match gap {
                Gap::One => a.end < b.start || b.end < a.start,
                Gap::Edges => a.end <= b.start + 1 || b.end <= a.start + 1,
            };
            let is_free = |other: &Place| apart(&rows, &other.0) || apart(&columns, &other.1);
            if found.len() < most && found.iter().all(is_free) {
                found.push((rows, columns));
            }
        }
        found
    }

    /// Returns a range of `least` to six numbers below `side`.
    fn range(&mut self, least: usize, side: usize) -> Range<usize> {
        let length = self.between(least, side.min(6));
        let start = self.between(0, side - length);
        start..start + length
    }
}

/// How rectangles stand.
#[derive(Debug, Clone, Copy)]
pub(super) enum Gap {
    /// At least a cell apart.
    One,
    /// Their edges may lie one on the other.
    Edges,
}
