//! Painting a board of any task from its neutral drawing.

use eframe::egui::{Align2, Color32, FontId, Painter, Rect, Shape, Stroke, StrokeKind, Vec2, vec2};
use hrm::tasks::{Board, Cell, Drawing, Look, Ruling, Symbol, Task};

use crate::cells::{Marks, is_models};
use crate::colours::{Palette, Tints, ramp};

/// Returns the place of a cell of a board.
pub fn place(board: Rect, drawing: &Drawing, cell: usize) -> Rect {
    let columns = drawing.columns.max(1);
    let size = board.width() / columns as f32;
    let (row, column) = (cell / columns, cell % columns);
    let corner = |row: usize, column: usize| board.min + vec2(column as f32 * size, row as f32 * size);
    Rect::from_min_max(corner(row, column), corner(row + 1, column + 1))
}

/// Paints a board into `rect` with its marks. With `colours`, the ground of the model's cells shows its confidence, and
/// changed cells are framed.
pub fn paint(
    painter: &Painter,
    rect: Rect,
    drawing: &Drawing,
    marks: &Marks,
    colours: bool,
    palette: &Palette,
    tints: Tints,
) {
    painter.rect_filled(rect, 0.0, palette.cell);
    let ruled = matches!(drawing.ruling, Ruling::Grid { .. });
    for (number, cell) in drawing.cells.iter().enumerate() {
        let place = place(rect, drawing, number);
        let heat = marks.heat.as_ref().and_then(|heat| heat.part(number)).map(ramp);
        painter.rect_filled(
            place,
            0.0,
            heat.unwrap_or_else(|| ground(cell, colours, palette, tints)),
        );
        if let (Some(_), Look::Solid) = (heat, cell.shown.look) {
            // A wall is seen as one on every ground.
            let wall = Stroke::new((place.width() * 0.12).max(2.0), palette.wall);
            painter.rect_stroke(place, 0.0, wall, StrokeKind::Inside);
        }
        // Digits on a measure are black or white.
        let inks = heat.map(Tints::ink).map(|ink| Palette {
            model: ink,
            given: ink,
            fault: ink,
            changed: ink,
            ..*palette
        });
        let palette = inks.as_ref().unwrap_or(palette);
        let pencil = marks.pencil.as_ref();
        match pencil.and_then(|pencil| Some((pencil.side, pencil.of(number)?))) {
            // Inside of the ring of a change.
            Some((side, marks)) => candidates(painter, place.shrink(place.width() * 0.1), side, marks, palette),
            None => match marks.fade.of(number) {
                Some((before, part)) => changing(painter, place, cell, before, part, ruled, palette, tints),
                None => symbol(painter, place, cell, ruled, palette, tints),
            },
        }
        if colours && cell.changed {
            // Within the lines, where there are lines.
            let (inset, width) = if ruled {
                (1.0 + place.width() / 18.0, 18.0)
            } else {
                (0.5, 14.0)
            };
            // On a colour of its own the ring is one that is seen there.
            let ring = match cell.shown.look {
                Look::Colour(number) => Tints::ink(tints.ground(number)),
                _ => palette.changed,
            };
            let stroke = Stroke::new((place.width() / width).max(1.0), ring);
            painter.rect_stroke(place.shrink(inset), 0.0, stroke, StrokeKind::Inside);
        }
        if cell.fault {
            // A fault is not marked by colour alone.
            // Inside of the ring of a change.
            let corner = place.right_top() + vec2(-place.width() * 0.14, place.height() * 0.08);
            let font = FontId::proportional(place.height() * 0.3);
            painter.text(corner, Align2::RIGHT_TOP, "!", font, palette.fault);
        }
    }
    if let Some((cell, told)) = marks.hint {
        hint(painter, place(rect, drawing, cell), told, palette);
    }
    if let Ruling::Grid { rows, columns } = drawing.ruling {
        let [thin, thick] = match marks.heat {
            Some(_) => [Color32::from_gray(140), Color32::WHITE],
            None => [palette.thin, palette.thick],
        };
        let palette = Palette {
            thin,
            thick,
            ..*palette
        };
        lines(painter, rect, drawing, [rows, columns], &palette);
        if marks.heat.is_some() {
            painter.rect_stroke(rect, 0.0, Stroke::new(2.0, palette.wall), StrokeKind::Inside);
        }
    } else {
        painter.rect_stroke(rect, 0.0, Stroke::new(1.0, palette.thick), StrokeKind::Inside);
    }
}

fn ground(cell: &Cell, colours: bool, palette: &Palette, tints: Tints) -> Color32 {
    match (cell.shown.look, cell.confidence) {
        _ if cell.fault => palette.fault_cell,
        (Look::Solid, _) => palette.wall,
        (Look::Badge, _) => palette.given_cell,
        (Look::Colour(number), _) => tints.ground(number),
        (_, Some(confidence)) if colours && is_models(cell) => palette.by_confidence(confidence),
        _ if cell.given && !is_models(cell) => palette.given_cell,
        _ => palette.cell,
    }
}

/// Draws a symbol that has come in part over the one before.
#[expect(clippy::too_many_arguments, reason = "what is drawn, and how")]
fn changing(
    painter: &Painter,
    place: Rect,
    cell: &Cell,
    before: Symbol,
    part: f32,
    ruled: bool,
    palette: &Palette,
    tints: Tints,
) {
    let inks = |part: f32| Palette {
        model: palette.model.gamma_multiply(part),
        given: palette.given.gamma_multiply(part),
        fault: palette.fault.gamma_multiply(part),
        ..*palette
    };
    let gone = Cell { shown: before, ..*cell };
    symbol(painter, place, &gone, ruled, &inks(1.0 - part), tints);
    symbol(painter, place, cell, ruled, &inks(part), tints);
}

fn symbol(painter: &Painter, place: Rect, cell: &Cell, ruled: bool, palette: &Palette, tints: Tints) {
    let ink = if cell.fault {
        palette.fault
    } else if is_models(cell) {
        palette.model
    } else {
        palette.given
    };
    let text = |size: f32, ink: Color32| {
        let font = FontId::proportional(place.height() * size);
        let centre = place.center();
        painter.text(centre, Align2::CENTER_CENTER, cell.shown.glyph, font.clone(), ink);
        if cell.given && !is_models(cell) {
            // The fonts have no bold: what is given is written again, a pixel beside.
            let beside = centre + vec2(1.0 / painter.pixels_per_point(), 0.0);
            painter.text(beside, Align2::CENTER_CENTER, cell.shown.glyph, font, ink);
        }
    };
    match cell.shown.look {
        Look::Dot => {
            painter.circle_filled(place.center(), place.width() * 0.28, ink);
        }
        Look::Badge => text(0.8, palette.given),
        Look::Text => text(if ruled { 0.62 } else { 0.8 }, ink),
        Look::Colour(number) if tints.digits => text(0.62, Tints::ink(tints.ground(number))),
        // Solid and coloured cells are all ground, open ones show nothing.
        _ => {}
    }
}

/// Paints a small board into a place of its shape, a rectangle for each run of equal cells: there may be thousands.
pub fn small(painter: &Painter, rect: Rect, task: Task, board: &Board, palette: &Palette, tints: Tints) {
    /// The least side of a cell between lines.
    const LINED: f32 = 5.0;
    let size = rect.width() / board.columns.max(1) as f32;
    let at = |row: usize, column: usize| rect.min + vec2(column as f32, row as f32) * size;
    for (row, cells) in board.tokens.chunks(board.columns.max(1)).enumerate() {
        let mut column = 0;
        for run in cells.chunk_by(|a, b| a == b) {
            let ground = match task.symbol(run[0]).look {
                Look::Colour(number) => tints.ground(number),
                Look::Open => palette.cell,
                _ => palette.wall,
            };
            let place = Rect::from_min_max(at(row, column), at(row + 1, column + run.len()));
            painter.rect_filled(place, 0.0, ground);
            column += run.len();
        }
    }
    // Between colours, which are dark or light in both themes, a grey.
    let line = Stroke::new(1.0, Color32::from_gray(85));
    let inner = |count: usize| (1..count).filter(|_| size >= LINED).map(|number| number as f32 * size);
    for y in inner(board.rows) {
        painter.hline(rect.x_range(), rect.top() + y, line);
    }
    for x in inner(board.columns) {
        painter.vline(rect.left() + x, rect.y_range(), line);
    }
    painter.rect_stroke(rect, 0.0, Stroke::new(1.0, palette.thick), StrokeKind::Outside);
}

/// Draws candidates.
fn candidates(painter: &Painter, place: Rect, side: usize, marks: &[(usize, char, f32)], palette: &Palette) {
    for ((at, size), &(_, glyph, _)) in spread(side, marks).into_iter().zip(marks) {
        let at = place.min + at * place.width();
        let font = FontId::proportional((place.height() * size).max(1.0));
        painter.text(at, Align2::CENTER_CENTER, glyph, font, palette.model);
    }
}

/// Width and height of a digit, in sizes of its font.
const EXTENT: Vec2 = vec2(0.56, 0.72);

/// Returns the middle and the size of each candidate in a cell of 1×1. The likelier a candidate is, the larger it is and the
/// nearer to the middle of the cell; the others make way for the likeliest.
fn spread(side: usize, marks: &[(usize, char, f32)]) -> Vec<(Vec2, f32)> {
    const SMALL: f32 = 0.21;
    const MORE: f32 = 0.39;
    let alone = marks.iter().map(|&(slot, _, probability)| {
        let toward = |slot: usize| {
            let from = (slot as f32 + 0.5) / side as f32;
            from + (0.5 - from) * probability.powi(3)
        };
        (
            vec2(toward(slot % side), toward(slot / side)),
            SMALL + MORE * probability,
        )
    });
    let mut places: Vec<(Vec2, f32)> = alone.collect();
    let Some(&(likeliest, most)) = places.iter().max_by(|(_, a), (_, b)| a.total_cmp(b)) else {
        return places;
    };
    for (at, size) in &mut places {
        let away = *at - likeliest;
        let apart = (away / (EXTENT * (*size + most) / 2.0)).abs().max_elem();
        if apart > 0.0 && apart < 1.0 {
            let room = EXTENT * *size / 2.0;
            *at = (likeliest + away / apart).clamp(room, vec2(1.0, 1.0) - room);
        }
    }
    places
}

/// Draws a dashed ring, and what the model would write with a question mark.
fn hint(painter: &Painter, place: Rect, told: Option<Symbol>, palette: &Palette) {
    let ring = place.shrink(place.width() * 0.11);
    let corners = [
        ring.left_top(),
        ring.right_top(),
        ring.right_bottom(),
        ring.left_bottom(),
        ring.left_top(),
    ];
    let stroke = Stroke::new((place.width() / 20.0).max(1.5), palette.model);
    let dash = place.width() / 9.0;
    painter.extend(Shape::dashed_line(&corners, stroke, dash, dash * 0.75));
    if let Some(symbol) = told {
        let font = FontId::proportional(place.height() * 0.45);
        let text = format!("{}?", symbol.glyph);
        painter.text(place.center(), Align2::CENTER_CENTER, text, font, palette.model);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_candidate_lies_on_the_likeliest() {
        for (a, b) in (0..9).flat_map(|a| (0..9).map(move |b| (a, b))).filter(|(a, b)| a != b) {
            for percent in 50..98 {
                let probability = percent as f32 / 100.0;
                let marks = [(a, '1', probability), (b, '2', 1.0 - probability)];
                let [(first, large), (second, small)] = spread(3, &marks)[..] else {
                    panic!("two candidates have two places");
                };
                let apart = ((first - second).abs() / (EXTENT * (large + small) / 2.0)).max_elem();
                assert!(apart > 0.9, "{a} and {b} at {percent} %: {apart}");
                let room = EXTENT * small / 2.0;
                let is_within = second.min_elem() >= room.min_elem() && (second + room).max_elem() <= 1.001;
                assert!(is_within, "{b} at {percent} %: {second:?}");
            }
        }
    }
}
