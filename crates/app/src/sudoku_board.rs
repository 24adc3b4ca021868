//! The Sudoku board.

use eframe::egui::{Align2, Color32, FontId, Painter, Rect, Sense, Stroke, StrokeKind, Ui, vec2};

use super::board::{interact, place, square};
use super::cells::{self, Cell, Origin};
use super::colours::Palette;
use super::state::State;
use hrm::model::Task;
use hrm::puzzle::sudoku::{SIDE, digit};

/// Shows the board of the question or the thinking about it, as large as there is room, and gives its place.
pub fn show(ui: &mut Ui, state: &mut State) -> Rect {
    let cells = cells::board(state, Task::Sudoku);
    let rect = square(ui);
    paint(
        &ui.painter_at(rect),
        rect,
        &cells,
        state.settings.colours,
        &Palette::of(ui.visuals()),
    );
    interact(ui, state, Task::Sudoku, rect, &cells, Sense::CLICK);
    rect
}

/// Draws a board of any size into `rect`.
pub fn paint(painter: &Painter, rect: Rect, cells: &[Cell], colours: bool, palette: &Palette) {
    for (number, cell) in cells.iter().enumerate() {
        let place = place(rect, SIDE, number);
        painter.rect_filled(place, 0.0, ground(cell, colours, palette));
        if colours && cell.changed {
            let width = (place.width() / 18.0).max(1.0);
            let inside = place.shrink(place.width() / 18.0 + 1.0);
            painter.rect_stroke(inside, 1.0, Stroke::new(width, palette.changed), StrokeKind::Inside);
        }
        if let Some(digit) = digit(cell.id) {
            let font = FontId::proportional(place.height() * 0.62);
            painter.text(place.center(), Align2::CENTER_CENTER, digit, font, ink(cell, palette));
        }
        if cell.fault {
            // Not by colour alone.
            let corner = place.right_top() + vec2(-place.width() * 0.08, place.height() * 0.02);
            let font = FontId::proportional(place.height() * 0.3);
            painter.text(corner, Align2::RIGHT_TOP, "!", font, palette.fault);
        }
    }
    lines(painter, rect, palette);
}

fn ground(cell: &Cell, colours: bool, palette: &Palette) -> Color32 {
    match (cell.fault, cell.origin, cell.confidence) {
        (true, ..) => palette.fault_cell,
        (_, Origin::Given, _) => palette.given_cell,
        (_, Origin::Model, Some(sure)) if colours => palette.by_confidence(sure),
        _ => palette.cell,
    }
}

fn ink(cell: &Cell, palette: &Palette) -> Color32 {
    match (cell.fault, cell.origin) {
        (true, _) => palette.fault,
        (_, Origin::Model) => palette.model,
        (_, Origin::Given | Origin::Empty) => palette.given,
    }
}

fn lines(painter: &Painter, rect: Rect, palette: &Palette) {
    let size = rect.width() / SIDE as f32;
    for thick in [false, true] {
        for i in (0..=SIDE).filter(|i| i.is_multiple_of(3) == thick) {
            let colour = if thick { palette.thick } else { palette.thin };
            let stroke = Stroke::new(if thick { (size / 20.0).max(1.0) } else { 1.0 }, colour);
            let at = i as f32 * size;
            painter.hline(rect.x_range(), rect.top() + at, stroke);
            painter.vline(rect.left() + at, rect.y_range(), stroke);
        }
    }
}
