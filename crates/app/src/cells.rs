//! The board as plain data, for drawing and for screen readers.

use std::collections::BTreeSet;

use hrm::tasks::{Cell, Drawing, Fault, Look, Puzzle, Symbol, place};
use hrm::trace::{Thought, percent};

use crate::editor::symbols;
use crate::fade::Fade;
use crate::mind::{Mind, Shows, Z};
use crate::solve::Solve;
use crate::state::State;

/// The candidates of cells, as small digits in places of their own.
#[derive(Debug, Clone, Default)]
pub struct Pencil {
    /// Places in a row and in a column of a cell.
    pub side: usize,
    /// For each cell the place, symbol and probability of its candidates; none where the cell shows its own symbol.
    pub cells: Vec<Vec<(usize, char, f32)>>,
}

impl Pencil {
    /// Returns the candidates of a cell; None where it shows its own symbol.
    pub fn of(&self, cell: usize) -> Option<&[(usize, char, f32)]> {
        self.cells
            .get(cell)
            .filter(|marks| !marks.is_empty())
            .map(Vec::as_slice)
    }
}

/// How far a state moved in a segment, cell by cell.
#[derive(Debug, Clone)]
pub struct Heat {
    z: Z,
    moved: Vec<f32>,
    most: f32,
    columns: usize,
}

impl Heat {
    /// Returns how far a cell's state moved, as a part of the scale.
    pub fn part(&self, cell: usize) -> Option<f32> {
        let moved = self.moved.get(cell)?;
        Some(if self.most > 0.0 { moved / self.most } else { 0.0 })
    }

    /// Returns the mean over all cells, and where it moved most, with how far.
    pub fn summary(&self) -> Option<(f32, String, f32)> {
        let far = self.moved.iter().copied().enumerate();
        let (cell, most) = far.max_by(|(_, a), (_, b)| a.total_cmp(b))?;
        Some((
            self.moved.iter().sum::<f32>() / self.moved.len() as f32,
            place(cell, self.columns),
            most,
        ))
    }
}

/// What is marked on a board besides what belongs to its drawing.
#[derive(Debug, Clone, Default)]
pub struct Marks {
    /// Candidates of unsure cells.
    pub pencil: Option<Pencil>,
    /// What the colours of cells tell instead of doubt.
    pub heat: Option<Heat>,
    /// Symbols that are giving way to others.
    pub fade: Fade,
    /// The cell of a hint, and what the model would write there once that is told.
    pub hint: Option<(usize, Option<Symbol>)>,
}

impl Marks {
    /// Returns what a screen reader adds to a cell.
    fn said(&self, cell: usize) -> String {
        let moved = self
            .heat
            .as_ref()
            .and_then(|heat| Some((heat.z, heat.moved.get(cell)?)));
        let moved = moved.map(|(z, moved)| format!(", {} moved by {moved:.1}", z.name()));
        let hint = self.hint.filter(|(at, _)| *at == cell).map(|(_, told)| match told {
            Some(symbol) => format!(", the model would write {}", symbol.name),
            None => ", the model is surest here".to_owned(),
        });
        moved.into_iter().chain(hint).collect()
    }
}

/// Returns what is marked on the board that is shown.
pub fn marks(state: &State) -> Marks {
    let shown = state.current_solve();
    let heat = match (state.inside.open, state.inside.shows, shown) {
        (true, Shows::Moved(z), Some(solve)) => solve.mind().and_then(|mind| heat(solve, mind, z)),
        _ => None,
    };
    Marks {
        pencil: if heat.is_some() { None } else { pencil(state) },
        heat,
        hint: match (shown, state.current_hint()) {
            (None, Some(hint)) => Some((hint.cell, hint.is_told.then_some(hint.symbol))),
            _ => None,
        },
        fade: Fade::default(),
    }
}

/// Returns how far the state of each cell of the first try moved in the segment that is shown; None in the first segment.
pub fn heat(solve: &Solve, mind: &Mind, z: Z) -> Option<Heat> {
    let thought = solve.thought(0).filter(|_| solve.track() == 0)?;
    let moved = mind.moved(z, thought.number)?;
    let (task, answer) = (solve.puzzle.task, solve.puzzle.answer(&thought.grid));
    let of_cell = |cell: usize| moved.get(task.token(cell, answer.columns, thought.grid.len())).copied();
    Some(Heat {
        z,
        moved: (0..answer.tokens.len()).map_while(of_cell).collect(),
        most: mind.most(z),
        columns: answer.columns,
    })
}

/// Returns the board that is shown: its puzzle as edited, or the solve of it at the playback position.
pub fn board(state: &State) -> Drawing {
    if let Some(solve) = state.current_solve() {
        return track(solve, solve.track());
    }
    let editor = &state.editor;
    let clashes = editor.clashes();
    Puzzle::on(editor.task(), editor.board().clone())
        .map(|puzzle| Drawing::question(&puzzle).with_faults(&cells_of(&clashes)))
        .unwrap_or_else(|_| Drawing {
            rows: 0,
            columns: 0,
            ruling: editor.task().ruling(),
            cells: Vec::new(),
        })
}

/// Returns the candidates of the cells that have not made up their mind, where symbols are few enough to stand in a cell.
fn pencil(state: &State) -> Option<Pencil> {
    /// The most symbols that can be told apart in a cell.
    const MOST: usize = 16;
    /// Less probable ones are left out; with a likelier one a cell has made up its mind.
    const CANDIDATES: std::ops::Range<f32> = 0.02..0.98;
    // At the end the answer is what matters.
    let solve = state
        .current_solve()
        .filter(|solve| state.settings.candidates && !solve.at_end())?;
    let task = solve.puzzle.task;
    let symbols: Vec<Symbol> = symbols(task).filter(|symbol| symbol.id != task.blank()).collect();
    if symbols.len() > MOST || symbols.iter().any(|symbol| symbol.look != Look::Text) {
        return None;
    }
    let thought = solve.thought(solve.track())?;
    let board = &solve.puzzle.board;
    let of_cell = |cell: usize| -> Vec<(usize, char, f32)> {
        let all = candidates(thought, task.token(cell, board.columns, thought.grid.len()));
        let decided = all
            .first()
            .is_none_or(|(_, probability)| *probability >= CANDIDATES.end);
        if decided || board.tokens[cell] != task.blank() {
            return Vec::new();
        }
        let likely = all.iter().filter(|(_, probability)| *probability >= CANDIDATES.start);
        let slot = |id: u32| symbols.iter().position(|symbol| symbol.id == id);
        likely
            .filter_map(|&(id, probability)| slot(id).map(|slot| (slot, symbols[slot].glyph, probability)))
            .collect()
    };
    Some(Pencil {
        side: (symbols.len() as f64).sqrt().ceil() as usize,
        cells: (0..board.tokens.len()).map(of_cell).collect(),
    })
}

/// Returns the board of a try at the playback position.
pub fn track(solve: &Solve, track: usize) -> Drawing {
    let faults = cells_of(&shown_faults(solve, track));
    let mut drawing = Drawing::new(&solve.puzzle, &solve.grid(track)).with_faults(&faults);
    let Some(thought) = solve.thought(track) else {
        return drawing;
    };
    let columns = drawing.columns;
    // A solved board is at rest: nothing on it is marked as new.
    let rests = solve.at_end() && solve.verdict(track).is_some_and(|verdict| verdict.valid);
    for (number, cell) in drawing.cells.iter_mut().enumerate() {
        // A given that a segment keeps is no change, though the first segment predicts it anew.
        if is_models(cell) {
            let token = solve.puzzle.task.token(number, columns, thought.grid.len());
            cell.changed = !rests && thought.changed.binary_search(&token).is_ok();
            cell.confidence = thought.confidence.as_ref().and_then(|all| all.get(token)).copied();
        }
    }
    drawing
}

/// Returns whether a cell shows something that the model put there.
pub fn is_models(cell: &Cell) -> bool {
    cell.shown.id != cell.asked.id
}

/// Returns the faults of a try, which are shown where the playback rests: on the way nearly everything is wrong.
pub fn shown_faults(solve: &Solve, track: usize) -> Vec<Fault> {
    if solve.playback.playing || solve.playback.part > 0.0 {
        return Vec::new();
    }
    solve.verdict(track).map(|verdict| verdict.faults).unwrap_or_default()
}

fn cells_of(faults: &[Fault]) -> BTreeSet<usize> {
    faults.iter().flat_map(|fault| &fault.cells).copied().collect()
}

/// Returns what a screen reader says of a cell.
pub fn label(columns: usize, number: usize, cell: &Cell, marks: &Marks) -> String {
    let mut label = format!("{}: {}", place(number, columns), cell.shown.name);
    if is_models(cell) {
        label += ", by the model";
    } else if cell.given && cell.shown.look == Look::Text {
        label += ", given";
    }
    if let Some(confidence) = cell.confidence {
        label += &format!(", {} sure", percent(confidence));
    }
    if cell.changed {
        label += ", changed";
    }
    if cell.fault {
        label += ", breaks a rule";
    }
    label + &marks.said(number)
}

/// Returns the ids that the model considers for a token, with their probabilities, the likeliest first.
pub fn candidates(thought: &Thought, token: usize) -> Vec<(u32, f32)> {
    let Some(all) = &thought.probabilities else {
        return Vec::new();
    };
    let vocab = all.len() / thought.grid.len().max(1);
    let of_token = all.chunks_exact(vocab.max(1)).nth(token).unwrap_or_default();
    // The id of padding stands for no symbol.
    let ids = of_token.iter().enumerate().skip(1);
    let mut ids: Vec<(u32, f32)> = ids.map(|(id, &p)| (id as u32, p)).collect();
    ids.sort_by(|a, b| b.1.total_cmp(&a.1));
    // What would read "0 %" says nothing.
    ids.retain(|(_, p)| *p >= 0.005);
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use hrm::tasks::{Task, maze, sudoku};
    use hrm::tries::Variant;

    fn cell(task: Task, asked: u32, shown: u32) -> Cell {
        Cell {
            asked: task.symbol(asked),
            shown: task.symbol(shown),
            given: asked != task.blank(),
            fault: false,
            changed: false,
            confidence: None,
        }
    }

    #[test]
    fn a_cell_says_what_it_is() {
        let none = Marks::default();
        let given = cell(sudoku::TASK, 6, 6);
        assert_eq!(label(9, 10, &given, &none), "row 2, column 2: 5, given");
        let models = Cell {
            confidence: Some(0.98),
            changed: true,
            fault: true,
            ..cell(sudoku::TASK, 1, 6)
        };
        assert_eq!(
            label(9, 0, &models, &none),
            "row 1, column 1: 5, by the model, 98 % sure, changed, breaks a rule"
        );
        let goal = cell(maze::TASK, 4, 4);
        assert_eq!(label(5, 7, &goal, &none), "row 2, column 3: goal");
        assert_eq!(label(9, 0, &cell(sudoku::TASK, 1, 1), &none), "row 1, column 1: empty");
        let marks = Marks {
            heat: Some(Heat {
                z: Z::L,
                moved: vec![1.0, 4.0],
                most: 2.0,
                columns: 9,
            }),
            hint: Some((1, Some(sudoku::TASK.symbol(6)))),
            ..Marks::default()
        };
        let marked = label(9, 1, &cell(sudoku::TASK, 1, 1), &marks);
        assert_eq!(
            marked,
            "row 1, column 2: empty, z_L moved by 4.0, the model would write 5"
        );
        let heat = marks.heat.unwrap();
        assert_eq!((heat.part(0), heat.part(1), heat.part(2)), (Some(0.5), Some(2.0), None));
        assert_eq!(heat.summary(), Some((2.5, "row 1, column 2".to_owned(), 4.0)));
    }

    #[test]
    fn givens_the_models_cells_and_faults_are_told_apart() {
        let mut tokens = vec![1; 81];
        tokens[0] = 3;
        let mut solve = Solve::for_tests(Puzzle::new(sudoku::TASK, tokens).unwrap());
        let mut grid = vec![2; 81];
        grid[0] = 3;
        let thought = Thought {
            number: 1,
            grid,
            changed: (0..81).collect(),
            q_halt: 0.0,
            q_continue: 0.0,
            confidence: Some(vec![0.5; 81]),
            probabilities: Some((0..81 * 11).map(|i| if i % 11 == 2 { 0.5 } else { 0.05 }).collect()),
            z_h: None,
            z_l: None,
        };
        assert_eq!(candidates(&thought, 80)[0], (2, 0.5));
        assert!(candidates(&thought, 81).is_empty());
        solve.add(0, Variant::default(), thought, None);
        solve.seek(1);
        let cells = track(&solve, 0).cells;
        assert_eq!(
            (is_models(&cells[0]), cells[0].confidence, cells[0].changed),
            (false, None, false)
        );
        assert_eq!(
            (is_models(&cells[1]), cells[1].confidence, cells[1].changed),
            (true, Some(0.5), true)
        );
        assert!(cells[1].fault && !cells[0].fault);
        solve.playback.playing = true;
        assert!(track(&solve, 0).cells.iter().all(|cell| !cell.fault));
        solve.seek(0);
        assert!(!is_models(&track(&solve, 0).cells[1]));
    }
}
