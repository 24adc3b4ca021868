//! The window of puzzles with a name: the day's, and those of the task's gallery, each with a small picture.

use eframe::egui::{
    Align2, Button, Context, FontId, Painter, Rect, Role, ScrollArea, Sense, Slider, Stroke, StrokeKind, TextStyle, Ui,
    WidgetInfo, Window, pos2, vec2,
};
use hrm::tasks::{Drawing, Puzzle};

use crate::cells::Marks;
use crate::colours::{Palette, Tints};
use crate::editor::is_drawn;
use crate::gallery::{self, Day};
use crate::paint::paint;
use crate::state::State;
use crate::top_bar::recipe;
use crate::words::count;

/// The side of a small picture, and what is around it, in points.
const SIDE: f32 = 72.0;
const MARGIN: f32 = 8.0;

/// Shows the window, if it is wanted.
pub fn show(ctx: &Context, state: &mut State) {
    if !state.gallery {
        return;
    }
    let task = state.editor.task();
    let today = Day::today();
    state.ask_daily(today.number);
    let (mut open, mut chosen) = (true, None);
    let room = ctx.content_rect();
    let window = Window::new(format!("Puzzles: {}", task.title()))
        .open(&mut open)
        .collapsible(false)
        .pivot(Align2::CENTER_CENTER)
        .default_pos(room.center())
        .default_size(vec2(360.0, 560.0).min(room.size() - vec2(40.0, 80.0)));
    window.show(ctx, |ui| {
        if !task.levels().is_empty() {
            recipe(ui, state);
            if ui
                .add_enabled(!state.generating, Button::new("Make a new one"))
                .clicked()
            {
                state.generate();
                state.gallery = false;
            }
            slider(ui, state);
            ui.separator();
        }
        ScrollArea::vertical().show(ui, |ui| {
            let daily = state.daily_puzzle(task, today.number);
            if let Some(puzzle) = daily {
                let name = format!("Puzzle of the day, {}", today.date);
                chosen = entry(ui, state, &name, puzzle).or(chosen.take());
            }
            for named in gallery::all().iter().filter(|named| named.puzzle.task == task) {
                chosen = entry(ui, state, named.name, &named.puzzle).or(chosen.take());
            }
        });
    });
    state.gallery &= open;
    if let Some(puzzle) = chosen {
        state.put_puzzle(puzzle);
        state.gallery = false;
    }
}

/// Offers puzzles with as many givens as are wanted, where the task can make them.
fn slider(ui: &mut Ui, state: &mut State) {
    let task = state.editor.task();
    let Some((range, mut wanted)) = task.givens().zip(state.settings.givens(task)) else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let label = ui.label("Givens");
        if ui.add(Slider::new(&mut wanted, range)).labelled_by(label.id).changed() {
            state.settings.of_mut(task).givens = Some(wanted);
        }
        if ui.add_enabled(!state.generating, Button::new("Make one")).clicked() {
            state.generate_with_givens();
            state.gallery = false;
        }
    });
}

/// Shows a puzzle as a button; returns it if that is pressed.
fn entry(ui: &mut Ui, state: &State, name: &str, puzzle: &Puzzle) -> Option<Puzzle> {
    let palette = Palette::of(ui.visuals());
    let about = about(puzzle);
    let size = vec2(ui.available_width(), SIDE + 2.0 * MARGIN);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let said = format!("{name}, {about}");
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
    let (ground, edge) = match (response.has_focus(), response.hovered()) {
        (true, _) => (palette.panel, Stroke::new(2.0, palette.cursor)),
        (_, true) => (palette.given_cell, Stroke::new(1.0, palette.edge)),
        _ => (palette.panel, Stroke::new(1.0, palette.line)),
    };
    ui.painter().rect(rect, 8.0, ground, edge, StrokeKind::Inside);
    let place = Rect::from_min_size(rect.min + vec2(MARGIN, MARGIN), vec2(SIDE, SIDE));
    small(&ui.painter_at(place.expand(1.0)), place, puzzle, state, &palette);
    let left = place.right() + 12.0;
    let room = rect.right() - left - MARGIN;
    let text = ui
        .painter()
        .layout(name.to_owned(), TextStyle::Body.resolve(ui.style()), palette.ink, room);
    let top = rect.center().y - text.size().y / 2.0 - 9.0;
    let below = pos2(left, top + text.size().y + 2.0);
    ui.painter().galley(pos2(left, top), text, palette.ink);
    let font = FontId::proportional(12.0);
    ui.painter().text(below, Align2::LEFT_TOP, &about, font, palette.muted);
    response.clicked().then(|| puzzle.clone())
}

/// Returns what a puzzle is like, in a few words.
fn about(puzzle: &Puzzle) -> String {
    let (task, board) = (puzzle.task, &puzzle.board);
    match is_drawn(task) {
        true => format!("{} by {} cells", board.rows, board.columns),
        false => count(board.tokens.iter().filter(|&&id| id != task.blank()).count(), "given"),
    }
}

/// Paints the question of a puzzle into a square.
fn small(painter: &Painter, place: Rect, puzzle: &Puzzle, state: &State, palette: &Palette) {
    let drawing = Drawing::question(puzzle);
    let (rows, columns) = (drawing.rows as f32, drawing.columns as f32);
    let size = vec2(columns, rows) * (place.width() / rows.max(columns).max(1.0));
    let place = Rect::from_min_size(place.min, size);
    let tints = Tints::of(puzzle.task, &state.settings);
    paint(painter, place, &drawing, &Marks::default(), false, palette, tints);
}
