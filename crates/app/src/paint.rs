//! Painting a board of any task from its neutral drawing.

use eframe::egui::{Align2, Color32, FontId, Painter, Rect, Stroke, StrokeKind, vec2};
use hrm::tasks::{Cell, Drawing, Look, Ruling};

use crate::cells::is_models;
use crate::colours::Palette;

/// Returns the place of a cell of a board.
pub fn place(board: Rect, drawing: &Drawing, cell: usize) -> Rect {
    let columns = drawing.columns.max(1);
    let size = board.width() / columns as f32;
    let (row, column) = (cell / columns, cell % columns);
    let corner = |row: usize, column: usize| board.min + vec2(column as f32 * size, row as f32 * size);
    Rect::from_min_max(corner(row, column), corner(row + 1, column + 1))
}

/// Paints a board into `rect`. With `colours`, the ground of the model's cells shows its confidence, and changed cells are
/// framed.
pub fn paint(painter: &Painter, rect: Rect, drawing: &Drawing, colours: bool, palette: &Palette) {
    painter.rect_filled(rect, 0.0, palette.cell);
    let ruled = matches!(drawing.ruling, Ruling::Grid { .. });
    for (number, cell) in drawing.cells.iter().enumerate() {
        let place = place(rect, drawing, number);
        painter.rect_filled(place, 0.0, ground(cell, colours, palette));
        symbol(painter, place, cell, ruled, palette);
        if colours && cell.changed {
            // Within the lines, where there are lines.
            let (inset, width) = if ruled {
                (1.0 + place.width() / 18.0, 18.0)
            } else {
                (0.5, 14.0)
            };
            let stroke = Stroke::new((place.width() / width).max(1.0), palette.changed);
            painter.rect_stroke(place.shrink(inset), 0.0, stroke, StrokeKind::Inside);
        }
        if cell.fault {
            // A fault is not marked by colour alone.
            let corner = place.right_top() + vec2(-place.width() * 0.08, place.height() * 0.02);
            let font = FontId::proportional(place.height() * 0.3);
            painter.text(corner, Align2::RIGHT_TOP, "!", font, palette.fault);
        }
    }
    if let Ruling::Grid { rows, columns } = drawing.ruling {
        lines(painter, rect, drawing, [rows, columns], palette);
    } else {
        painter.rect_stroke(rect, 0.0, Stroke::new(1.0, palette.thick), StrokeKind::Inside);
    }
}

fn ground(cell: &Cell, colours: bool, palette: &Palette) -> Color32 {
    match (cell.shown.look, cell.confidence) {
        _ if cell.fault => palette.fault_cell,
        (Look::Solid, _) => palette.wall,
        (Look::Badge, _) => palette.given_cell,
        (Look::Colour(number), _) => palette.numbered(number),
        (_, Some(confidence)) if colours && is_models(cell) => palette.by_confidence(confidence),
        _ if cell.given && !is_models(cell) => palette.given_cell,
        _ => palette.cell,
    }
}

fn symbol(painter: &Painter, place: Rect, cell: &Cell, ruled: bool, palette: &Palette) {
    let ink = if cell.fault {
        palette.fault
    } else if is_models(cell) {
        palette.model
    } else {
        palette.given
    };
    let text = |size: f32, ink: Color32| {
        let font = FontId::proportional(place.height() * size);
        painter.text(place.center(), Align2::CENTER_CENTER, cell.shown.glyph, font, ink);
    };
    match cell.shown.look {
        Look::Dot => {
            painter.circle_filled(place.center(), place.width() * 0.28, ink);
        }
        Look::Badge => text(0.8, palette.given),
        Look::Text => text(if ruled { 0.62 } else { 0.8 }, ink),
        // Solid and coloured cells are all ground, open ones show nothing.
        _ => {}
    }
}

/// Draws thin lines between all cells, then thick ones after every `every` rows and columns and around the board.
fn lines(painter: &Painter, rect: Rect, drawing: &Drawing, every: [usize; 2], palette: &Palette) {
    let size = rect.width() / drawing.columns.max(1) as f32;
    let is_thick =
        |line: usize, every: usize, last: usize| line == 0 || line == last || (every > 0 && line.is_multiple_of(every));
    for thick in [false, true] {
        let colour = if thick { palette.thick } else { palette.thin };
        let stroke = Stroke::new(if thick { (size / 20.0).max(1.0) } else { 1.0 }, colour);
        for row in (0..=drawing.rows).filter(|&row| is_thick(row, every[0], drawing.rows) == thick) {
            painter.hline(rect.x_range(), rect.top() + row as f32 * size, stroke);
        }
        for column in (0..=drawing.columns).filter(|&column| is_thick(column, every[1], drawing.columns) == thick) {
            painter.vline(rect.left() + column as f32 * size, rect.y_range(), stroke);
        }
    }
}
