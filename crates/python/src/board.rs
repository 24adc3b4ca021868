//! Boards as arrays and as HTML.

use std::fmt::Write;

use hrm::tasks::{Board, Cell, Drawing, Look, Ruling, Task};
use pyo3::prelude::*;

/// Returns a board as people write it: digits, 0 for an empty cell, where all cells are digits; otherwise characters.
pub(crate) fn array<'py>(py: Python<'py>, task: Task, board: &Board) -> PyResult<Bound<'py, PyAny>> {
    let glyphs: Vec<char> = board.tokens.iter().map(|&id| task.symbol(id).glyph).collect();
    let digit = |glyph: &char| match glyph {
        '.' => Some(0),
        glyph => glyph.to_digit(10),
    };
    let digits: Option<Vec<u32>> = glyphs.iter().map(digit).collect();
    let columns = board.columns.max(1);
    let numpy = py.import("numpy")?;
    match digits {
        Some(digits) => numpy.call_method1("array", (digits.chunks(columns).collect::<Vec<_>>(), "int64")),
        None => numpy.call_method1("array", (glyphs.chunks(columns).collect::<Vec<_>>(), "<U1")),
    }
}

/// Draws a board as a table, with colours that stand on light and on dark pages.
pub(crate) fn html(drawing: &Drawing, task: Task) -> String {
    let side = if drawing.columns > 12 { 16 } else { 28 };
    let line = "1px solid #8884";
    let mut html = format!(
        "<table role=\"img\" aria-label=\"{}\" style=\"border-collapse:collapse;border:2px solid #888;width:auto\">",
        task.title()
    );
    for (y, row) in drawing.cells.chunks(drawing.columns.max(1)).enumerate() {
        html += "<tr style=\"background:none\">";
        for (x, cell) in row.iter().enumerate() {
            let edge = |number: usize, every: usize| match drawing.ruling {
                Ruling::Grid { .. } if every > 0 && number.is_multiple_of(every) && number > 0 => "2px solid #888",
                Ruling::Grid { .. } => line,
                _ => "0",
            };
            let [rows, columns] = match drawing.ruling {
                Ruling::Grid { rows, columns } => [rows, columns],
                _ => [0, 0],
            };
            let (style, text) = painted(cell, task);
            // Writing to a string cannot fail.
            let _ = write!(
                html,
                "<td style=\"width:{side}px;height:{side}px;min-width:{side}px;padding:0;text-align:center;border:0;\
                 border-top:{};border-left:{};{style}\">{text}</td>",
                edge(y, rows),
                edge(x, columns)
            );
        }
        html += "</tr>";
    }
    html + "</table>"
}

/// Returns the style and the text of a cell.
fn painted(cell: &Cell, task: Task) -> (String, String) {
    let mut style = String::new();
    let text = match cell.shown.look {
        Look::Open => String::new(),
        Look::Solid => {
            style += "background:#888;";
            String::new()
        }
        Look::Dot => "•".to_owned(),
        Look::Badge => {
            style += "background:#2a78d6;color:#fff;";
            escaped(cell.shown.glyph)
        }
        Look::Colour(number) => {
            let colours = task.colours(false);
            let [red, green, blue] = colours.get(usize::from(number)).copied().unwrap_or_default();
            style += &format!("background:rgb({red},{green},{blue});");
            String::new()
        }
        _ => escaped(cell.shown.glyph),
    };
    if cell.given {
        style += "font-weight:bold;";
    } else if cell.shown.look == Look::Text || cell.shown.look == Look::Dot {
        style += "color:#2a78d6;";
    }
    if cell.fault {
        style += "background:#e34948;color:#fff;";
    }
    (style, text)
}

fn escaped(glyph: char) -> String {
    match glyph {
        '<' => "&lt;".to_owned(),
        '&' => "&amp;".to_owned(),
        glyph => glyph.to_string(),
    }
}
