//! Generates mazes from a seed: like those of the official hard set, with a long shortest path, and open ones as people
//! draw them.

use super::paths::{Paths, around};
use super::{FREE, GOAL, PATH, START, TASK, WALL, shortest};
use crate::error::{Error, Result};
use crate::tasks::{Made, Puzzle, Recipe};

/// Smallest side of a board that [`Generator`] makes.
pub(crate) const LEAST_SIDE: usize = 5;
/// Largest side of a board that [`Generator`] makes.
pub(crate) const MOST_SIDE: usize = 64;

/// How walls are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Style {
    /// Each cell is a wall or not, independently, with 30 to 50 % walls, as in the official sets.
    Scattered,
    /// Corridors of width one with some loops, with or without a wall around.
    Corridors,
    /// Scattered walls as they fall: several paths may be shortest.
    Official,
    /// A room with up to three long walls, each of which leaves one gap.
    Rooms,
    /// Strokes on an empty board.
    Drawn,
}

impl Style {
    const ALL: [Style; 5] = [
        Style::Scattered,
        Style::Corridors,
        Style::Official,
        Style::Rooms,
        Style::Drawn,
    ];

    /// The names, in the order of [`Style::ALL`].
    pub(super) const NAMES: [&str; 5] = ["scattered", "corridors", "official", "rooms", "drawn"];

    /// Returns its name: "scattered".
    pub(crate) fn name(self) -> &'static str {
        Style::NAMES[self as usize]
    }

    /// Whether its boards have one shortest path.
    fn is_unique(self) -> bool {
        matches!(self, Style::Scattered | Style::Corridors)
    }

    /// Whether most of its cells are free.
    fn is_open(self) -> bool {
        matches!(self, Style::Rooms | Style::Drawn)
    }

    /// Returns the greatest length that the shortest path can be asked to have; in a room the way between two corners.
    fn most_moves(self, side: usize) -> usize {
        match self.is_open() {
            true => 2 * (side - 3),
            false => hard(side),
        }
    }
}

/// A maze and a shortest path through it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Board {
    /// How its walls were placed.
    pub style: Style,
    /// Ids of the question, `[side · side]`.
    pub question: Vec<u32>,
    /// Ids of the answer, `[side · side]`: the question with the path.
    pub answer: Vec<u32>,
}

/// Returns the length in moves that makes a shortest path hard on a board of this side: 110 at 30×30 as in the official
/// set, and as rare among random boards of other sizes.
pub(crate) fn hard(side: usize) -> usize {
    (4 * side).saturating_sub(10)
}

/// Generates boards; the same seed makes the same ones on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Generator {
    pub(super) random: fastrand::Rng,
    pub(super) side: usize,
}

impl Generator {
    /// Creates a generator of `side`×`side` boards; `side` is clamped to [`LEAST_SIDE`] to [`MOST_SIDE`].
    pub(crate) fn new(side: usize, seed: u64) -> Generator {
        Generator {
            random: fastrand::Rng::with_seed(seed),
            side: side.clamp(LEAST_SIDE, MOST_SIDE),
        }
    }

    /// Generates the next board, with a shortest path of at least `moves` moves; `moves` is clamped to what the style
    /// can have.
    pub(crate) fn board(&mut self, style: Style, moves: usize) -> Board {
        let most = style.most_moves(self.side);
        let moves = moves.clamp(1, most);
        loop {
            let mut question = match style {
                Style::Scattered | Style::Official => self.scattered(),
                Style::Corridors => self.corridors(),
                Style::Rooms => self.room(),
                Style::Drawn => self.drawn(),
            };
            // Of all pairs of cells on an open board few are far apart.
            let moves = match style.is_open() {
                true => moves + self.below(most - moves + 1),
                false => moves,
            };
            if let Some((start, goal)) = self.ends(&question, moves) {
                question[start] = START;
                question[goal] = GOAL;
                let answer = self.path(&mut question, style, start, goal);
                return Board {
                    style,
                    question,
                    answer,
                };
            }
        }
    }

    pub(super) fn below(&mut self, count: usize) -> usize {
        // u32 gives the same numbers on machines of every word size.
        self.random.u32(0..(count as u32).max(1)) as usize
    }

    fn pick(&mut self, cells: &[usize]) -> Option<usize> {
        let at = self.below(cells.len());
        cells.get(at).copied()
    }

    fn scattered(&mut self) -> Vec<u32> {
        let walls = self.random.u32(30..=50);
        let cell = |_| if self.random.u32(0..100) < walls { WALL } else { FREE };
        (0..self.side * self.side).map(cell).collect()
    }

    /// Makes a random tree of corridors between every second cell, then opens up to one in eight of the walls between
    /// them.
    fn corridors(&mut self) -> Vec<u32> {
        let side = self.side;
        let first = self.below(2); // 1: a wall around
        let nodes = (side + 1 - first) / 2;
        let cell = |node: usize| (first + node / nodes * 2) * side + first + node % nodes * 2;
        let mut grid = vec![WALL; side * side];
        let root = self.below(nodes * nodes);
        grid[cell(root)] = FREE;
        let (mut open, jumps) = (vec![root], self.below(4));
        while !open.is_empty() {
            // Mostly the newest cell, for long corridors; sometimes any cell, for many short ones.
            let at = if self.below(8) < jumps {
                self.below(open.len())
            } else {
                open.len() - 1
            };
            let node = open[at];
            let closed: Vec<usize> = around(node, nodes).filter(|&next| grid[cell(next)] == WALL).collect();
            match self.pick(&closed) {
                Some(next) => {
                    grid[cell(next)] = FREE;
                    grid[(cell(node) + cell(next)) / 2] = FREE;
                    open.push(next);
                }
                None => drop(open.remove(at)),
            }
        }
        let loops = self.below(13);
        for node in 0..nodes * nodes {
            for next in around(node, nodes).filter(|&next| next > node) {
                if self.below(100) < loops {
                    grid[(cell(node) + cell(next)) / 2] = FREE;
                }
            }
        }
        grid
    }

    /// Finds two free cells at least `moves` apart, if it can quickly.
    fn ends(&mut self, grid: &[u32], moves: usize) -> Option<(usize, usize)> {
        let free: Vec<usize> = (0..grid.len()).filter(|&cell| grid[cell] == FREE).collect();
        let mut start = self.pick(&free)?;
        for _ in 0..2 {
            let paths = Paths::from(grid, start);
            let is_far = |&cell: &usize| paths.moves(cell).is_some_and(|found| found >= moves);
            let far: Vec<usize> = (0..grid.len()).filter(is_far).collect();
            if let Some(goal) = self.pick(&far) {
                return Some(if self.random.bool() {
                    (start, goal)
                } else {
                    (goal, start)
                });
            }
            start = (0..grid.len()).max_by_key(|&cell| paths.moves(cell))?;
        }
        None
    }

    /// Draws one shortest path; blocks the others with walls where the style has only one.
    fn path(&mut self, question: &mut [u32], style: Style, start: usize, goal: usize) -> Vec<u32> {
        let (from, to) = (Paths::from(question, start), Paths::from(question, goal));
        let mut on_path = vec![false; question.len()];
        let mut here = start;
        while here != goal {
            on_path[here] = true;
            let nearer = |&next: &usize| to.moves(next).is_some_and(|moves| Some(moves + 1) == to.moves(here));
            let next: Vec<usize> = around(here, self.side).filter(nearer).collect();
            let Some(next) = self.pick(&next) else { break };
            here = next;
        }
        let shortest = from.moves(goal);
        for cell in 0..question.len() {
            let through = from
                .moves(cell)
                .zip(to.moves(cell))
                .map(|(before, after)| before + after);
            if style.is_unique() && question[cell] == FREE && !on_path[cell] && through == shortest {
                question[cell] = WALL;
            }
        }
        let drawn = |(&id, &on_path): (&u32, &bool)| if on_path && id == FREE { PATH } else { id };
        question.iter().zip(&on_path).map(drawn).collect()
    }
}

/// Generates mazes by a recipe, without end.
pub(super) fn stream(recipe: &Recipe<'_>) -> Result<Box<dyn Iterator<Item = Made>>> {
    let side = recipe.side.unwrap_or(15);
    if !(LEAST_SIDE..=MOST_SIDE).contains(&side) {
        return Err(Error::Usage(format!(
            "expected a side of {LEAST_SIDE} to {MOST_SIDE} cells, found {side}"
        )));
    }
    if let Some(givens) = recipe.givens {
        return Err(Error::Usage(format!(
            "expected a maze, which has no givens, found {givens}"
        )));
    }
    let style = match recipe.level {
        None => None,
        Some(level) => Some(
            Style::ALL
                .into_iter()
                .find(|style| style.name() == level)
                .ok_or_else(|| {
                    let names = Style::NAMES.join(", ");
                    Error::Usage(format!("expected a level of {names}, found `{level}`"))
                })?,
        ),
    };
    let in_turn = style.map_or([Style::Scattered, Style::Corridors], |style| [style; 2]);
    let most = in_turn[0].most_moves(side);
    let moves = recipe.least.unwrap_or(if in_turn[0].is_open() { 1 } else { most });
    if moves > most {
        return Err(Error::Usage(format!(
            "expected 1 to {most} moves of the shortest path at side {side}, found {moves}"
        )));
    }
    let mut generator = Generator::new(side, recipe.seed);
    let made = move |number: usize| {
        let board = generator.board(in_turn[number % 2], moves);
        let rating = shortest(&board.question).unwrap_or(0);
        Puzzle::new(TASK, board.question).ok().map(|puzzle| Made {
            puzzle,
            answer: board.style.is_unique().then_some(board.answer),
            level: board.style.name(),
            rating,
        })
    };
    Ok(Box::new((0..).map_while(made)))
}
