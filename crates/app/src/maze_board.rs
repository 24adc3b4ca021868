//! The maze board: drawn, and drawn into.

use eframe::egui::{Align2, Color32, FontId, Painter, PointerButton, Rect, Sense, Stroke, StrokeKind, Ui};

use super::board::{interact, place, square};
use super::cells::{self, Cell, Origin};
use super::colours::Palette;
use super::state::State;
use hrm::model::Task;
use hrm::puzzle::{Puzzle, maze};

/// Rows of new mazes.
pub const SIDES: std::ops::RangeInclusive<usize> = maze::LEAST_SIDE..=30;

/// A new maze of `side` rows with one shortest path; scattered walls and corridors in turn, as `hrm generate` makes them.
pub fn make(side: usize, seed: u64) -> Puzzle {
    let mut generator = maze::Generator::new(side, seed);
    let corridors = !seed.is_multiple_of(2);
    let style = if corridors {
        maze::Style::Corridors
    } else {
        maze::Style::Scattered
    };
    let board = generator.board(style, maze::hard(side));
    Puzzle {
        task: Task::Maze,
        side: board.question.len().isqrt(),
        tokens: board.question,
    }
}

/// Shows the brushes and the board of the question or the thinking about it, and gives the board's place.
pub fn show(ui: &mut Ui, state: &mut State) -> Rect {
    ui.horizontal_wrapped(|ui| {
        ui.label("Draw");
        for (id, name) in [
            (maze::WALL, "wall"),
            (maze::FREE, "free"),
            (maze::START, "start"),
            (maze::GOAL, "goal"),
        ] {
            ui.selectable_value(&mut state.brush, id, name);
        }
    });
    let cells = cells::board(state, Task::Maze);
    let rect = square(ui);
    draw(ui, state, rect, cells.len().isqrt());
    paint(
        &ui.painter_at(rect),
        rect,
        &cells,
        state.settings.colours,
        &Palette::of(ui.visuals()),
    );
    interact(ui, state, Task::Maze, rect, &cells, Sense::HOVER);
    rect
}

/// The mouse draws with the brush; a wall that is pressed again, or the other button, makes free.
fn draw(ui: &Ui, state: &mut State, rect: Rect, side: usize) {
    let sense = Sense::click_and_drag() - Sense::FOCUSABLE;
    let response = ui.interact(rect, ui.scope_id().with("maze"), sense);
    let Some(at) = response.interact_pointer_pos() else {
        return;
    };
    let (down, pressed, second) = ui.input(|input| {
        let pointer = &input.pointer;
        (
            pointer.any_down(),
            pointer.any_pressed(),
            pointer.button_down(PointerButton::Secondary),
        )
    });
    if !down || !rect.contains(at) {
        return;
    }
    let size = rect.width() / side.max(1) as f32;
    let (row, column) = (
        ((at.y - rect.top()) / size) as usize,
        ((at.x - rect.left()) / size) as usize,
    );
    let cell = row.min(side - 1) * side + column.min(side - 1);
    if pressed {
        let wall = state.editor(Task::Maze).tokens().get(cell) == Some(&maze::WALL);
        state.stroke = if second || (wall && state.brush == maze::WALL) {
            maze::FREE
        } else {
            state.brush
        };
        state.edit(|editor| editor.cursor = cell);
    }
    // Start and goal move with the mouse; a stroke is one step to undo.
    state.put(cell, state.stroke, !pressed);
}

/// Draws a board of any size into `rect`.
pub fn paint(painter: &Painter, rect: Rect, cells: &[Cell], colours: bool, palette: &Palette) {
    let side = cells.len().isqrt();
    painter.rect_filled(rect, 0.0, palette.cell);
    for (number, cell) in cells.iter().enumerate() {
        let place = place(rect, side, number);
        if let Some(ground) = ground(cell, colours, palette) {
            painter.rect_filled(place, 0.0, ground);
        }
        let centre = place.center();
        match cell.id {
            maze::PATH => {
                let ink = if cell.fault { palette.fault } else { palette.model };
                painter.circle_filled(centre, place.width() * 0.28, ink);
            }
            maze::START | maze::GOAL => {
                let font = FontId::proportional(place.height() * 0.8);
                painter.text(centre, Align2::CENTER_CENTER, maze::glyph(cell.id), font, palette.given);
            }
            maze::WALL | maze::FREE => {}
            _ => {
                let font = FontId::proportional(place.height() * 0.8);
                painter.text(centre, Align2::CENTER_CENTER, "?", font, palette.fault);
            }
        }
        if colours && cell.changed {
            let stroke = Stroke::new((place.width() / 14.0).max(1.0), palette.changed);
            painter.rect_stroke(place.shrink(0.5), 0.0, stroke, StrokeKind::Inside);
        }
    }
    painter.rect_stroke(rect, 0.0, Stroke::new(1.0, palette.thick), StrokeKind::Inside);
}

fn ground(cell: &Cell, colours: bool, palette: &Palette) -> Option<Color32> {
    match (cell.fault, cell.id, cell.origin, cell.confidence) {
        (true, ..) => Some(palette.fault_cell),
        (_, maze::WALL, ..) => Some(palette.wall),
        (_, maze::START | maze::GOAL, ..) => Some(palette.given_cell),
        (_, _, Origin::Model, Some(sure)) if colours => Some(palette.by_confidence(sure)),
        _ => None,
    }
}
