//! What boards of all tasks have in common: their place, their cells under pointer and keys, and for screen readers.

use eframe::egui::{EventFilter, Id, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use super::cells::{self, Cell};
use super::colours::Palette;
use super::state::State;
use super::thinking_panel;
use hrm::model::Task;

/// The largest square that there is room for, in the middle.
pub fn square(ui: &mut Ui) -> Rect {
    let room = ui.available_rect_before_wrap();
    let side = room.width().min(room.height()).max(36.0);
    let left = (room.left() + (room.width() - side).max(0.0) / 2.0).round();
    let rect = Rect::from_min_size(pos2(left, room.top().round()), vec2(side, side));
    ui.advance_cursor_after_rect(rect);
    rect
}

/// The place of a cell on a board of `side` rows.
pub fn place(board: Rect, side: usize, cell: usize) -> Rect {
    let size = board.width() / side.max(1) as f32;
    let (row, column) = (cell / side.max(1), cell % side.max(1));
    let corner = |row: usize, column: usize| board.min + vec2(column as f32 * size, row as f32 * size);
    Rect::from_min_max(corner(row, column), corner(row + 1, column + 1))
}

/// The id under which a board takes the focus.
pub fn id(task: Task) -> Id {
    Id::unique(("board", task == Task::Maze))
}

/// Lets cells be pointed at and read. The board as a whole takes the focus, and tells screen readers which cell is the
/// active one.
pub fn interact(ui: &Ui, state: &mut State, task: Task, rect: Rect, cells: &[Cell], sense: Sense) {
    let side = cells.len().isqrt();
    let board = ui.interact(rect, id(task), Sense::FOCUSABLE);
    let cell_id = |cell: usize| id(task).with(cell);
    let mut pointed = None;
    for (number, cell) in cells.iter().enumerate() {
        let response = ui.interact(place(rect, side, number), cell_id(number), sense);
        response.widget_info(|| WidgetInfo::labeled(Role::GridCell, true, cells::label(task, side, number, cell)));
        if response.clicked() || response.is_pointer_button_down_on() {
            state.edit(|editor| editor.cursor = number);
            board.request_focus();
        }
        if response.hovered() {
            pointed = Some(number);
            candidates_on_hover(&response, state, task, number);
        }
    }
    state.pointed = pointed;
    let cursor = state.editor(task).cursor;
    let here = cells.get(cursor).map(|cell| cells::label(task, side, cursor, cell));
    let name = if task == Task::Maze {
        "Maze board"
    } else {
        "Sudoku board"
    };
    let label = format!("{name}, {}", here.unwrap_or_default());
    board.widget_info(|| WidgetInfo::labeled(Role::Grid, true, &label));
    ui.ctx().accesskit_node_builder(board.id, |node| {
        node.set_active_descendant(cell_id(cursor).accesskit_id())
    });
    if ui.memory(|memory| memory.focused().is_none()) && !ui.ctx().text_edit_focused() {
        board.request_focus();
    }
    if board.has_focus() {
        let filter = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            escape: true,
            tab: false,
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(board.id, filter));
        let place = place(rect, side, cursor);
        let stroke = Stroke::new((place.width() / 16.0).max(2.0), Palette::of(ui.visuals()).cursor);
        ui.painter().rect_stroke(place, 2.0, stroke, StrokeKind::Inside);
    }
}

fn candidates_on_hover(response: &Response, state: &State, task: Task, cell: usize) {
    let thought = state
        .thinking_of(task)
        .and_then(|thinking| thinking.thought(thinking.track()));
    let Some(thought) = thought else { return };
    let candidates = cells::candidates(thought, cell);
    if !candidates.is_empty() {
        response
            .clone()
            .on_hover_ui_at_pointer(|ui| thinking_panel::candidates(ui, task, &candidates));
    }
}
