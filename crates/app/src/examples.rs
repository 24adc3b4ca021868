//! A strip of examples beside the board, where a puzzle's rule is told by them: small boards in pairs.

use eframe::egui::{Pos2, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use hrm::tasks::{Board, Task};

use crate::colours::{Palette, Tints};
use crate::paint::small;
use crate::state::State;

/// The largest side of a small board, and the room for the arrow between two, in points.
const SIDE: f32 = 84.0;
const ARROW: f32 = 22.0;

/// The width of an upright strip, in points, scroll bar included.
pub const WIDTH: f32 = 2.0 * SIDE + ARROW + 20.0;
/// The height of a strip that lies, in points.
pub const HEIGHT: f32 = SIDE + 34.0;

/// Returns whether the puzzle on the board has examples.
pub fn are_there(state: &State) -> bool {
    state
        .editor
        .origin()
        .is_some_and(|origin| !origin.demonstrations.is_empty())
}

/// Shows the examples, one below or beside the other.
pub fn show(ui: &mut Ui, state: &State, upright: bool) {
    let Some(origin) = state.editor.origin() else { return };
    let name = origin.name.as_deref().unwrap_or("The rule");
    let tints = Tints::of(origin.task, &state.settings);
    let pairs = |ui: &mut Ui| {
        for (number, (from, to)) in origin.demonstrations.iter().enumerate() {
            pair(ui, origin.task, number + 1, [from, to], tints);
        }
    };
    ui.strong(format!("{name}: examples"));
    match upright {
        true => ScrollArea::vertical().auto_shrink(false).show(ui, pairs),
        false => ScrollArea::horizontal()
            .auto_shrink(false)
            .show(ui, |ui| ui.horizontal(pairs).inner),
    };
}

/// Shows a board and what becomes of it.
fn pair(ui: &mut Ui, task: Task, number: usize, boards: [&Board; 2], tints: Tints) {
    let palette = Palette::of(ui.visuals());
    let longest = boards.iter().map(|board| board.rows.max(board.columns)).max();
    let cell = SIDE / longest.unwrap_or(1).max(1) as f32;
    let size = |board: &Board| vec2(board.columns as f32, board.rows as f32) * cell;
    let height = boards.iter().map(|board| size(board).y).fold(0.0, f32::max);
    let (rect, response) = ui.allocate_exact_size(vec2(2.0 * SIDE + ARROW, height + 2.0), Sense::HOVER);
    let [from, to] = boards.map(|board| format!("{}×{}", board.rows, board.columns));
    let name = format!("Example {number}: {from} cells become {to}");
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let painter = ui.painter();
    let place = |left: f32, board: &Board| -> Rect {
        let corner: Pos2 = pos2(left, rect.top() + 1.0 + (height - size(board).y) / 2.0);
        Rect::from_min_size(corner, size(board))
    };
    let [from, to] = boards;
    small(
        painter,
        place(rect.left() + SIDE - size(from).x, from),
        task,
        from,
        &palette,
        tints,
    );
    small(
        painter,
        place(rect.left() + SIDE + ARROW, to),
        task,
        to,
        &palette,
        tints,
    );
    let tail = pos2(rect.left() + SIDE + 4.0, rect.center().y);
    painter.arrow(tail, vec2(ARROW - 8.0, 0.0), Stroke::new(1.5, palette.muted));
    response.on_hover_text(name);
}
