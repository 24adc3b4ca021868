//! The view of the list: progress, results, sorting.

use eframe::egui::style::ScrollAnimation;
use eframe::egui::{
    Button, ProgressBar, Rect, RichText, ScrollArea, Shape, Stroke, TextStyle, TextWrapMode, Ui, WidgetInfo, vec2,
};
use hrm::tasks::Puzzle;

use crate::colours::Palette;
use crate::dialogs;
use crate::list::{Column, List, Standing};
use crate::messages::Export;
use crate::state::State;

/// The widths of the columns before the puzzle's, in points.
const WIDTHS: [f32; 5] = [60.0, 100.0, 96.0, 80.0, 76.0];

/// Shows the list.
pub fn show(ui: &mut Ui, state: &mut State) {
    let Some(list) = &state.list else {
        ui.heading("Many puzzles");
        ui.label("Open a file of puzzles, or drop one here: one a line, CSV with a column `question`, drawn boxes.");
        if ui.button("Open a file").clicked() {
            dialogs::open(state);
        }
        return;
    };
    head(ui, &list.name.clone(), state);
    ui.separator();
    columns(ui, state);
    rows(ui, state);
}

fn head(ui: &mut Ui, name: &str, state: &mut State) {
    let Some(list) = &state.list else { return };
    let (counts, running) = (list.counts(), list.ticket.is_some());
    let model = state
        .opened
        .as_ref()
        .map_or(String::new(), |o| format!(" · {} on {}", o.model, o.device));
    ui.label(RichText::new(format!("{name}: {} puzzles{model}", counts.puzzles())).strong());
    let part = counts.done() as f32 / counts.puzzles().max(1) as f32;
    let mut text = format!(
        "{} of {} answered, {} solved",
        counts.done(),
        counts.puzzles(),
        counts.solved
    );
    if counts.unsolved > 0 {
        text += &format!(", {} not solved", counts.unsolved);
    }
    ui.add(ProgressBar::new(part).text(text));
    ui.horizontal_wrapped(|ui| {
        if running {
            if ui.button("Stop").on_hover_text("Esc").clicked() {
                state.stop();
            }
        } else {
            let go = if counts.done() == 0 { "Answer all" } else { "Continue" };
            if ui
                .add_enabled(counts.waiting > 0, Button::new(go))
                .on_hover_text("Enter")
                .clicked()
            {
                state.solve_list();
            }
            if ui.add_enabled(counts.done() > 0, Button::new("Start over")).clicked() {
                state.list.iter_mut().for_each(List::reset);
                state.solve_list();
            }
        }
        if ui
            .add_enabled(counts.done() > 0, Button::new("Save results"))
            .on_hover_text("Ctrl+S")
            .clicked()
        {
            dialogs::save(state, Export::Results);
        }
        if ui
            .button("Show on the board")
            .on_hover_text("Ctrl+Enter, or a double-click on a row")
            .clicked()
        {
            state.show_listed();
        }
    });
}

fn columns(ui: &mut Ui, state: &mut State) {
    let Some(list) = &mut state.list else { return };
    let (sorted, upwards) = list.sorted_by();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        for (column, width) in Column::ALL.into_iter().zip(WIDTHS) {
            let button = ui.add_sized([width, 20.0], Button::new(column.name()));
            let name = format!("Sort by {}", column.name());
            button.widget_info(|| WidgetInfo::selected(eframe::egui::Role::Button, true, sorted == column, &name));
            if sorted == column {
                arrow(ui, button.rect, upwards);
            }
            if button.clicked() {
                list.sort_by(column);
            }
        }
        ui.label("puzzle, or why it could not be read");
    });
}

/// Draws a small arrow at the right end of a button: the font has none.
fn arrow(ui: &Ui, button: Rect, upwards: bool) {
    let tip = if upwards { -2.5 } else { 2.5 };
    let middle = button.right_center() - vec2(8.0, 0.0);
    let corners = [vec2(0.0, tip), vec2(3.5, -tip), vec2(-3.5, -tip)].map(|by| middle + by);
    let ink = ui.visuals().text_color();
    ui.painter()
        .add(Shape::convex_polygon(corners.to_vec(), ink, Stroke::NONE));
}

fn rows(ui: &mut Ui, state: &mut State) {
    let palette = Palette::of(ui.visuals());
    let Some(list) = &mut state.list else { return };
    // As high as egui makes them, or the last rows would lie below the end.
    let spacing = ui.spacing();
    let text = ui.text_style_height(&TextStyle::Monospace) + 2.0 * spacing.button_padding.y;
    let height = text.max(spacing.interact_size.y);
    let mut open = false;
    ScrollArea::vertical()
        .auto_shrink(false)
        .show_rows(ui, height, list.rows.len(), |ui, range| {
            ui.style_mut().wrap_mode = Some(TextWrapMode::Extend);
            if std::mem::take(&mut list.seek) {
                // Rows out of sight are not laid out: its place is told by its number.
                let step = height + ui.spacing().item_spacing.y;
                let top = ui.max_rect().top() + (list.cursor as f32 - range.start as f32) * step;
                let place = Rect::from_x_y_ranges(ui.max_rect().left()..=ui.max_rect().left(), top..=top + height);
                ui.scroll_to_rect_animation(place, None, ScrollAnimation::none());
            }
            for place in range {
                let Some(row) = list.order().get(place).and_then(|&i| list.rows.get(i)) else {
                    continue;
                };
                let standing = row.standing();
                let answer = row.answer.as_ref().map(|(_, answer)| answer);
                let texts = [
                    row.line.to_string(),
                    standing.name().to_owned(),
                    answer.map_or(String::new(), |a| a.segments.to_string()),
                    answer.map_or(String::new(), |a| format!("{:.2}", a.q_halt)),
                    answer.map_or(String::new(), |a| format!("{:.1}", a.elapsed.as_secs_f64() * 1000.0)),
                ];
                let colour = match standing {
                    Standing::Solved => palette.good,
                    Standing::Unsolved | Standing::Unreadable => palette.fault,
                    Standing::Answered | Standing::Waiting => ui.visuals().text_color(),
                };
                let last = match (&row.puzzle, answer.and_then(|a| a.verdict.as_ref()?.faults.first())) {
                    (Err(reason), _) => reason.clone(),
                    (Ok(puzzle), None) => told(puzzle),
                    (Ok(puzzle), Some(fault)) => format!("{}: {fault}", told(puzzle)),
                };
                let text = texts.iter().zip(WIDTHS).map(|(text, width)| {
                    let characters = (width / 8.0) as usize;
                    format!("{text:<characters$} ")
                });
                let text = text.collect::<String>() + &last;
                let text = RichText::new(text).monospace().color(colour);
                let row = ui.selectable_label(place == list.cursor, text);
                if row.clicked() || row.double_clicked() {
                    list.cursor = place;
                    open |= row.double_clicked();
                }
            }
        });
    if open {
        state.show_listed();
    }
}

/// Returns a puzzle in a line: its name, if it has one, and its cells.
fn told(puzzle: &Puzzle) -> String {
    let name = puzzle.name.as_ref();
    let name = name.map_or(String::new(), |name| format!("{name}, test {}: ", puzzle.part + 1));
    name + &puzzle.text().replace('\n', " ")
}
