//! What a board is drawn with: a brush for each symbol, and the size of a board that may be any rectangle.

use eframe::egui::{Align2, DragValue, FontId, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};
use hrm::tasks::{Look, Symbol, Task};

use crate::colours::{Palette, Tints};
use crate::editor::{is_free, symbols};
use crate::state::State;

/// The side of a coloured brush, in points.
const SIDE: f32 = 26.0;

/// Returns whether the cells of a task's boards are told apart by colour.
pub fn is_coloured(task: Task) -> bool {
    symbols(task).any(|symbol| matches!(symbol.look, Look::Colour(_)))
}

/// Shows the brushes, and rows and columns where they can be chosen.
pub fn show(ui: &mut Ui, state: &mut State) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Draw");
        for symbol in symbols(state.editor.task()) {
            match symbol.look {
                Look::Colour(number) => coloured(ui, state, symbol, number),
                _ => {
                    ui.selectable_value(&mut state.brush, symbol.id, symbol.name);
                }
            }
        }
    });
    if is_free(state.editor.task()) {
        ui.horizontal_wrapped(|ui| size(ui, state));
    }
}

/// Shows a brush as a square of its colour. It takes the focus, and keys press it, as those of every button.
fn coloured(ui: &mut Ui, state: &mut State, symbol: Symbol, number: u8) {
    let tints = Tints::of(state.editor.task(), &state.settings);
    let ground = tints.ground(number);
    let (rect, response) = ui.allocate_exact_size(vec2(SIDE, SIDE), Sense::CLICK);
    let chosen = state.brush == symbol.id;
    let name = format!("{} ({})", symbol.name, symbol.keys);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &name));
    let palette = Palette::of(ui.visuals());
    let painter = ui.painter();
    painter.rect_filled(rect, 3.0, ground);
    painter.rect_stroke(rect, 3.0, Stroke::new(1.0, palette.edge), StrokeKind::Inside);
    if tints.digits {
        let font = FontId::proportional(SIDE * 0.6);
        painter.text(
            rect.center(),
            Align2::CENTER_CENTER,
            symbol.glyph,
            font,
            Tints::ink(ground),
        );
    }
    if chosen || response.has_focus() {
        let colour = if response.has_focus() {
            palette.cursor
        } else {
            palette.ink
        };
        painter.rect_stroke(rect.expand(2.0), 4.0, Stroke::new(2.0, colour), StrokeKind::Outside);
    }
    if response.on_hover_text(name).clicked() {
        state.brush = symbol.id;
    }
}

/// Shows the numbers of rows and columns.
fn size(ui: &mut Ui, state: &mut State) {
    let most = state.editor.task().sizes().0.isqrt();
    let board = state.editor.board();
    let (mut rows, mut columns) = (board.rows, board.columns);
    for (name, side) in [("Rows", &mut rows), ("Columns", &mut columns)] {
        let label = ui.label(name);
        ui.add(DragValue::new(side).range(1..=most)).labelled_by(label.id);
    }
    if (rows, columns) != (board.rows, board.columns) {
        state.edit(|editor| editor.resize(rows, columns));
    }
}
