//! The board of any task: shown, pointed at, drawn into, and read out by screen readers.

use eframe::egui::{
    Button, Event, EventFilter, Id, Label, PointerButton, Pos2, ProgressBar, Rect, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use hrm::tasks::{Drawing, Task};
use hrm::trace::percent;

use crate::brushes;
use crate::cells::{self, Marks};
use crate::colours::{Palette, Tints, ramp};
use crate::editor::is_drawn;
use crate::fade::{FRAME, Fade};
use crate::paint::{paint, place};
use crate::state::State;
use crate::words::capital;

/// The smallest side of a board in points, however little room there is.
const SMALLEST: f32 = 36.0;

/// Shows the board that is edited or solved, as large as there is room, and returns its place.
pub fn show(ui: &mut Ui, state: &mut State) -> Rect {
    let drawn = is_drawn(state.editor.task());
    new_puzzles(ui, state);
    if drawn {
        brushes::show(ui, state);
    }
    let mut drawing = cells::board(state);
    let rect = fit(ui, &drawing);
    if drawn {
        stroke(ui, state, rect, &drawing);
    }
    let palette = Palette::of(ui.visuals());
    let mut marks = cells::marks(state);
    if let Some(pencil) = &marks.pencil {
        // Where a cell shows candidates nothing is broken yet.
        for (number, cell) in drawing.cells.iter_mut().enumerate() {
            cell.fault &= pencil.of(number).is_none();
        }
    }
    marks.fade = fade(ui, state, &drawing);
    let painter = ui.painter_at(rect);
    let tints = Tints::of(state.editor.task(), &state.settings);
    paint(
        &painter,
        rect,
        &drawing,
        &marks,
        state.settings.colours,
        &palette,
        tints,
    );
    // The pointer draws by itself; a cell that is clicked takes the cursor where boards are typed.
    let sense = if drawn { Sense::HOVER } else { Sense::CLICK };
    interact(ui, state, rect, &drawing, &marks, sense);
    rect
}

/// Takes in what the board shows, and returns what is changing; only a playback has changes that take time.
fn fade(ui: &Ui, state: &State, drawing: &Drawing) -> Fade {
    let plays = state.current_solve().is_some_and(|solve| solve.playback.playing);
    let speed = (plays && !state.settings.calm).then_some(state.settings.speed);
    let id = Id::unique(("fade", state.editor.task().name()));
    let mut fade: Fade = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    if fade.take(drawing, ui.input(|input| input.time), speed) {
        ui.ctx().request_repaint_after(FRAME);
    }
    ui.data_mut(|data| data.insert_temp(id, fade.clone()));
    fade
}

/// Returns the largest place with square cells that there is room for, in the middle.
fn fit(ui: &mut Ui, drawing: &Drawing) -> Rect {
    // What stands above may be wider than there is room.
    let room = ui.available_rect_before_wrap().intersect(ui.clip_rect());
    let (rows, columns) = (drawing.rows.max(1) as f32, drawing.columns.max(1) as f32);
    let cell = (room.width() / columns).min(room.height() / rows);
    let cell = cell.max(SMALLEST / rows.max(columns));
    let size = vec2(cell * columns, cell * rows);
    let left = (room.left() + (room.width() - size.x).max(0.0) / 2.0).round();
    let rect = Rect::from_min_size(pos2(left, room.top().round()), size);
    ui.advance_cursor_after_rect(rect);
    rect
}

/// Returns the id under which the board of a task takes the focus.
pub fn id(task: Task) -> Id {
    Id::unique(("board", task.name()))
}

/// Shows a button for a new puzzle of each level.
fn new_puzzles(ui: &mut Ui, state: &mut State) {
    let task = state.editor.task();
    if task.levels().is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        ui.label("New");
        for level in task.levels() {
            let button = ui.add_enabled(!state.generating, Button::new(capital(level)));
            let name = format!("New puzzle: {level}");
            button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            if button.clicked() {
                state.settings.of_mut(task).level = Some((*level).to_owned());
                state.generate();
            }
        }
        if ui
            .button("More…")
            .on_hover_text("puzzles with a name, and one a day")
            .clicked()
        {
            state.gallery = !state.gallery;
        }
    });
}

/// Lets the pointer draw with the brush. The secondary button, or a press on a cell that the brush has filled already,
/// empties cells. Between two frames a pointer may press, move and let go again: all of that counts, in its order.
fn stroke(ui: &Ui, state: &mut State, rect: Rect, drawing: &Drawing) {
    let sense = Sense::click_and_drag() - Sense::FOCUSABLE;
    ui.interact(rect, ui.scope_id().with("stroke"), sense);
    let layer = ui.layer_id();
    let is_ours = |at: Pos2| rect.contains(at) && ui.ctx().layer_id_at(at) == Some(layer);
    // Where the stroke that goes on has come to.
    let id = ui.scope_id().with("last");
    let mut last: Option<Pos2> = ui.data(|data| data.get_temp(id)).flatten();
    for event in ui.input(|input| input.events.clone()) {
        match event {
            Event::PointerButton {
                pos,
                button,
                pressed: true,
                ..
            } if last.is_none() && is_ours(pos) => last = press(ui, state, rect, drawing, pos, button),
            Event::PointerMoved(to) if rect.contains(to) => {
                last = last.filter(|_| is_question(state, drawing)).map(|from| {
                    draw(state, rect, drawing, from, to);
                    to
                });
            }
            Event::PointerButton { pressed: false, .. } | Event::PointerGone | Event::WindowFocused(false) => {
                last = None
            }
            _ => {}
        }
    }
    ui.data_mut(|data| data.insert_temp(id, last));
}

/// Begins a stroke, and returns where. The cells of an answer of another shape are not the question's: a press shows that
/// first, and draws nothing.
fn press(ui: &Ui, state: &mut State, rect: Rect, drawing: &Drawing, at: Pos2, button: PointerButton) -> Option<Pos2> {
    if !is_question(state, drawing) {
        state.playing().into_iter().for_each(|solve| solve.seek(0));
        return None;
    }
    let (task, cell) = (state.editor.task(), cell_at(rect, drawing, at));
    // Keys act on the board that was just drawn on.
    ui.memory_mut(|memory| memory.request_focus(id(task)));
    let filled = state.editor.board().tokens.get(cell) == Some(&state.brush);
    let empties = button == PointerButton::Secondary || (filled && !task.symbol(state.brush).single);
    state.stroke = if empties { task.blank() } else { state.brush };
    state.edit(|editor| editor.cursor = cell);
    // A symbol that a board has only once follows the pointer; a stroke is one edit to undo.
    state.put(cell, state.stroke, false);
    Some(at)
}

/// Goes on with a stroke. A fast pointer leaves cells out: the line between two places goes through them.
fn draw(state: &mut State, rect: Rect, drawing: &Drawing, from: Pos2, to: Pos2) {
    let size = rect.width() / drawing.columns as f32;
    let steps = (from.distance(to) / (size / 3.0)).ceil().max(1.0);
    for step in 1..=steps as usize {
        let cell = cell_at(rect, drawing, from + (to - from) * (step as f32 / steps));
        state.put(cell, state.stroke, true);
    }
}

fn cell_at(rect: Rect, drawing: &Drawing, at: Pos2) -> usize {
    let size = rect.width() / drawing.columns as f32;
    let row = ((at.y - rect.top()).max(0.0) / size) as usize;
    let column = ((at.x - rect.left()).max(0.0) / size) as usize;
    row.min(drawing.rows - 1) * drawing.columns + column.min(drawing.columns - 1)
}

/// Returns whether a drawing has the shape of the board that is edited.
fn is_question(state: &State, drawing: &Drawing) -> bool {
    let board = state.editor.board();
    (drawing.rows, drawing.columns) == (board.rows, board.columns)
}

/// Lets cells be pointed at and read. The board as a whole takes the focus, and tells screen readers which cell is the
/// active one.
fn interact(ui: &Ui, state: &mut State, rect: Rect, drawing: &Drawing, marks: &Marks, sense: Sense) {
    let task = state.editor.task();
    let board = ui.interact(rect, id(task), Sense::FOCUSABLE);
    let cell_id = |cell: usize| id(task).with(cell);
    for (number, cell) in drawing.cells.iter().enumerate() {
        let response = ui.interact(place(rect, drawing, number), cell_id(number), sense);
        let label = || cells::label(drawing.columns, number, cell, marks);
        response.widget_info(|| WidgetInfo::labeled(Role::GridCell, true, label()));
        if (response.clicked() || response.is_pointer_button_down_on()) && is_question(state, drawing) {
            state.edit(|editor| editor.cursor = number);
            board.request_focus();
        }
    }
    let cursor = state.editor.cursor;
    let here = drawing.cells.get(cursor);
    let here = here.map(|cell| cells::label(drawing.columns, cursor, cell, marks));
    let label = format!("{} board, {}", task.title(), here.unwrap_or_default());
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
        if !is_question(state, drawing) {
            return;
        }
        let place = place(rect, drawing, cursor);
        let width = (place.width() / 16.0).max(2.0);
        let stroke = Stroke::new(width, Palette::of(ui.visuals()).cursor);
        ui.painter().rect_stroke(place, 2.0, stroke, StrokeKind::Inside);
        if let Some(part) = marks.heat.as_ref().and_then(|heat| heat.part(cursor)) {
            // The cursor's colour may be close to that of a measure.
            let ink = Stroke::new(2.0, Tints::ink(ramp(part)));
            ui.painter()
                .rect_stroke(place.shrink(width), 0.0, ink, StrokeKind::Inside);
        }
    }
}

/// Returns the candidates of a cell at the playback position, with the task that knows their symbols.
pub fn candidates_of(state: &State, cell: usize) -> Option<(Task, Vec<(u32, f32)>)> {
    let solve = state.current_solve()?;
    let thought = solve.thought(solve.track())?;
    let task = solve.puzzle.task;
    let answer = solve.puzzle.answer(&thought.grid);
    let token = task.token(cell, answer.columns, thought.grid.len());
    let is_given = solve
        .puzzle
        .board
        .tokens
        .get(cell)
        .is_some_and(|&id| id != task.blank())
        && !is_drawn(task);
    let is_there = cell < answer.tokens.len() && !is_given;
    is_there.then(|| (task, cells::candidates(thought, token)))
}

/// Shows candidates with their probabilities as bars.
pub fn candidates(ui: &mut Ui, task: Task, candidates: &[(u32, f32)]) {
    for (id, probability) in candidates.iter().take(4) {
        ui.horizontal(|ui| {
            ui.add_sized(vec2(44.0, 16.0), Label::new(task.symbol(*id).name));
            let bar = ProgressBar::new(*probability)
                .desired_width(120.0)
                .text(percent(*probability));
            ui.add(bar);
        });
    }
}
