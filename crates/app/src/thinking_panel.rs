//! The panel beside the board: what the model thinks, how far it is, and what can be done about it.

use eframe::egui::{
    Button, DragValue, Grid, ProgressBar, RichText, ScrollArea, Sense, Slider, Ui, UiBuilder, WidgetInfo, vec2,
};

use super::cells;
use super::colours::Palette;
use super::export::Export;
use super::settings::{MOST_SEGMENTS, MOST_TRIES, SPEEDS};
use super::state::State;
use super::thinking::{Progress, Thinking};
use super::{dialogs, plot, sudoku_board};
use hrm::halt::{Halt, Stop};
use hrm::model::Task;
use hrm::puzzle::{maze, sudoku};

/// Shows the panel.
pub fn show(ui: &mut Ui, state: &mut State) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        verdict(ui, state);
        ui.add_space(6.0);
        start(ui, state);
        ui.separator();
        playback(ui, state);
        if state.playing().is_some() {
            timeline(ui, state);
            tries(ui, state);
            cell(ui, state);
            ui.separator();
            exports(ui, state);
        }
        ui.separator();
        effort(ui, state);
    });
}

/// One sentence about where it stands, and what would help.
fn verdict(ui: &mut Ui, state: &mut State) {
    let palette = Palette::of(ui.visuals());
    let Some(thinking) = state.playing() else {
        let typed = state.editor(state.task()).tokens();
        let givens = typed.iter().filter(|&&id| sudoku::digit(id).is_some()).count();
        let text = match state.task() {
            Task::Sudoku => format!("{givens} givens. Enter lets the model think."),
            _ => "Enter lets the model think.".to_owned(),
        };
        ui.label(text);
        return;
    };
    let (headline, good) = headline(thinking);
    let colour = match good {
        Some(true) => palette.good,
        Some(false) => palette.fault,
        None => ui.visuals().strong_text_color(),
    };
    ui.label(RichText::new(headline).heading().color(colour));
    for line in details(thinking) {
        ui.label(line);
    }
    if thinking.at_end() && thinking.verdict(thinking.track()).is_some_and(|v| !v.valid) && !thinking.is_running() {
        let longer = (4 * thinking.segments()).clamp(1, MOST_SEGMENTS);
        let more = (4 * thinking.tracks.len().max(2)).min(MOST_TRIES);
        let (can_longer, can_more) = (longer > thinking.segments(), more > thinking.tracks.len());
        ui.horizontal_wrapped(|ui| {
            let text = format!("Think longer: {longer} segments");
            if ui.add_enabled(can_longer, Button::new(text)).clicked() {
                state.think_on(false);
            }
            let text = format!("Try {more} variants");
            if ui.add_enabled(can_more, Button::new(text)).clicked() {
                state.think_on(true);
            }
        });
    }
}

/// The sentence, and whether it is good news: an invalid grid is never called a solution.
pub fn headline(thinking: &Thinking) -> (String, Option<bool>) {
    let number = thinking.showing();
    let valid = thinking.verdict(thinking.track()).map(|verdict| verdict.valid);
    match (&thinking.progress, valid) {
        (Progress::Failed(_), _) => ("It could not go on".to_owned(), Some(false)),
        (progress, valid) if thinking.at_end() => match (valid, progress) {
            (Some(true), _) => ("Solved".to_owned(), Some(true)),
            (Some(false), Progress::Stopped) => ("Stopped, not solved".to_owned(), Some(false)),
            (Some(false), _) => ("Not solved".to_owned(), Some(false)),
            (None, Progress::Stopped) => ("Stopped".to_owned(), None),
            (None, _) => ("Answered".to_owned(), None),
        },
        _ if number == 0 => ("The question".to_owned(), None),
        _ => (format!("Segment {number} of {}", thinking.segments()), None),
    }
}

/// What there is to add: why it stopped, which rules are broken and where.
pub fn details(thinking: &Thinking) -> Vec<String> {
    let mut lines = Vec::new();
    if let Progress::Failed(reason) = &thinking.progress {
        lines.push(reason.clone());
    }
    let track = &thinking.tracks[thinking.track()];
    if thinking.at_end() {
        let segments = track.thoughts.len();
        let segments = if segments == 1 {
            "1 segment".to_owned()
        } else {
            format!("{segments} segments")
        };
        let why = match track.stopped {
            Some(Stop::Valid) => "then the rules were kept (halting rule: valid)",
            Some(Stop::Learned) => "then the model said that it was done (halting rule: learned)",
            Some(Stop::Stable) => "then the model said that it was done and nothing changed (halting rule: stable)",
            Some(Stop::Limit) => "which is the most it was given",
            None => "then it was stopped",
        };
        lines.push(format!("{segments}, {why}. {:.0} ms.", thinking.seconds * 1000.0));
        if thinking
            .verdict(thinking.track())
            .is_some_and(|v| v.shortest == Some(false))
        {
            lines.push("It is a way, but there is a shorter one.".to_owned());
        }
        let faults = cells::shown_faults(thinking, thinking.track());
        lines.extend(faults.iter().take(3).map(|fault| format!("{fault}.")));
        if faults.len() > 3 {
            lines.push(format!("And {} more faults.", faults.len() - 3));
        }
    } else if let Some(thought) = thinking.thought(thinking.track()) {
        let changed = thought.changed.len();
        lines.push(format!("{changed} cells changed, q_halt {:.2}", thought.q_halt));
    }
    lines
}

/// Think, or stop.
fn start(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        if state.is_running() {
            if ui.button("Stop").on_hover_text("Esc").clicked() {
                state.stop();
            }
            // No spinner: it would have the window drawn sixty times a second, beside a solver that needs the time.
            ui.label("thinking…");
        } else if ui
            .button(RichText::new("Think").strong())
            .on_hover_text("Enter")
            .clicked()
        {
            state.think();
        }
    });
}

/// Play, pause, step, back, speed.
fn playback(ui: &mut Ui, state: &mut State) {
    let mut speed = state.settings.speed;
    let thinking = state.playing();
    let has = thinking.is_some();
    let playing = thinking.as_ref().is_some_and(|t| t.playback.playing);
    let mut act = None;
    ui.horizontal_wrapped(|ui| {
        let play = if playing {
            ("Pause", "Pause (P)")
        } else {
            ("Play", "Play (P)")
        };
        for (i, (text, name)) in [
            ("«", "To the question (Home)"),
            ("‹", "Back one segment ([)"),
            play,
            ("›", "On one segment (])"),
            ("»", "To the end (End)"),
        ]
        .into_iter()
        .enumerate()
        {
            let button = ui.add_enabled(has, Button::new(text).min_size(vec2(26.0, 22.0)));
            button.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::Button, has, name));
            if button.on_hover_text(name).clicked() {
                act = Some(i);
            }
        }
    });
    ui.horizontal(|ui| {
        let label = ui.label("Speed");
        let slider = Slider::new(&mut speed, SPEEDS).logarithmic(true).fixed_decimals(2);
        ui.add(slider)
            .labelled_by(label.id)
            .on_hover_text("segments a second (< and >)");
    });
    if let (Some(thinking), Some(act)) = (state.playing(), act) {
        match act {
            0 => thinking.seek(0),
            1 => thinking.step(-1),
            2 => thinking.toggle(),
            3 => thinking.step(1),
            _ => thinking.seek(usize::MAX),
        }
    }
    state.settings.speed = speed;
}

/// The segments as a strip, and q_halt over them.
fn timeline(ui: &mut Ui, state: &mut State) {
    let Some(thinking) = state.playing() else { return };
    if thinking.segments() == 0 {
        return;
    }
    let to = plot::segments(ui, thinking).or(plot::q_halt(ui, thinking));
    if let Some(number) = to {
        thinking.seek(number);
    }
}

/// The tries side by side.
fn tries(ui: &mut Ui, state: &mut State) {
    let colours = state.settings.colours;
    let palette = Palette::of(ui.visuals());
    let Some(thinking) = state.playing().filter(|thinking| thinking.tracks.len() > 1) else {
        return;
    };
    ui.label(format!("{} tries, side by side:", thinking.tracks.len()));
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        for number in 0..thinking.tracks.len() {
            let size = vec2(92.0, 108.0);
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            let shown = thinking.track() == number;
            let stands = thinking
                .verdict(number)
                .map_or("begins", |v| if v.valid { "valid" } else { "not valid" });
            let wins = if thinking.winner == Some(number) {
                ", gives the answer"
            } else {
                ""
            };
            let name = format!("Try {}: {stands}{wins}", number + 1);
            let role = eframe::egui::Role::Button;
            response.widget_info(|| WidgetInfo::selected(role, true, shown, &name));
            let mut inside = ui.new_child(UiBuilder::new().max_rect(rect));
            let text = format!(
                "{} {}",
                number + 1,
                if thinking.winner == Some(number) { "•" } else { "" }
            );
            let text = RichText::new(text).small();
            inside.label(if shown { text.strong() } else { text });
            let board = eframe::egui::Rect::from_min_size(inside.cursor().min, vec2(88.0, 88.0));
            let cells = cells::track(thinking, number);
            match thinking.puzzle.task {
                Task::Maze => super::maze_board::paint(&ui.painter_at(rect), board, &cells, colours, &palette),
                _ => sudoku_board::paint(&ui.painter_at(rect), board, &cells, colours, &palette),
            }
            if response.on_hover_text(name).clicked() {
                chosen = Some(number);
            }
        }
    });
    thinking.selected = chosen.or(thinking.selected);
}

/// What the model holds possible in the cell under the pointer, or under the cursor.
fn cell(ui: &mut Ui, state: &mut State) {
    let task = state.task();
    let cell = state.pointed.unwrap_or(state.editor(task).cursor);
    let side = state.editor(task).side().max(1);
    let Some(thinking) = state.playing() else { return };
    let Some(thought) = thinking.thought(thinking.track()) else {
        return;
    };
    ui.label(format!(
        "Candidates in row {}, column {}:",
        cell / side + 1,
        cell % side + 1
    ));
    candidates(ui, task, &cells::candidates(thought, cell));
}

/// Candidates with their probabilities as bars.
pub fn candidates(ui: &mut Ui, task: Task, candidates: &[(u32, f32)]) {
    for (id, probability) in candidates.iter().take(4) {
        let name = match task {
            Task::Maze => match *id {
                maze::FREE => "free".to_owned(),
                id => maze::glyph(id).to_string(),
            },
            _ => sudoku::glyph(*id).to_string(),
        };
        ui.horizontal(|ui| {
            ui.add_sized(vec2(28.0, 16.0), eframe::egui::Label::new(name));
            let bar = ProgressBar::new(*probability)
                .desired_width(120.0)
                .text(cells::percent(*probability));
            ui.add(bar);
        });
    }
}

fn exports(ui: &mut Ui, state: &mut State) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Save as");
        for export in [Export::Picture, Export::Film, Export::Json] {
            if ui.button(export.name()).on_hover_text(export.what()).clicked() {
                dialogs::save(state, export);
            }
        }
    });
}

/// Halting, segments, tries: for the next thinking.
fn effort(ui: &mut Ui, state: &mut State) {
    let defaults = state.opened.as_ref().map(|opened| opened.schedule);
    let settings = &mut state.settings;
    ui.label(RichText::new("Next time").strong());
    Grid::new("effort").num_columns(2).show(ui, |ui| {
        let label = ui.label("Halting rule");
        let name = |halt: Option<Halt>| match halt {
            Some(Halt::Valid) => "valid: the rules are kept".to_owned(),
            Some(Halt::Learned) => "learned: the model says so".to_owned(),
            Some(Halt::Stable) => "stable: and nothing changed".to_owned(),
            Some(Halt::Fixed) => "fixed: all segments".to_owned(),
            None => "the task's".to_owned(),
        };
        let combo = eframe::egui::ComboBox::from_id_salt("halt")
            .selected_text(name(settings.halt))
            .width(170.0)
            .truncate();
        let combo = combo.show_ui(ui, |ui| {
            for halt in [
                None,
                Some(Halt::Valid),
                Some(Halt::Learned),
                Some(Halt::Stable),
                Some(Halt::Fixed),
            ] {
                ui.selectable_value(&mut settings.halt, halt, name(halt));
            }
        });
        combo.response.labelled_by(label.id);
        ui.end_row();

        let label = ui.label("Most segments");
        let mut segments = settings.segments.or(defaults.map(|d| d.segments)).unwrap_or(16);
        let drag = ui
            .add(DragValue::new(&mut segments).range(1..=MOST_SEGMENTS))
            .labelled_by(label.id);
        if drag.changed() {
            settings.segments = Some(segments).filter(|n| defaults.is_none_or(|d| d.segments != *n));
        }
        ui.end_row();

        let label = ui.label("Most tries");
        ui.add(DragValue::new(&mut settings.tries).range(1..=MOST_TRIES))
            .labelled_by(label.id);
        ui.end_row();
    });
    ui.checkbox(&mut settings.colours, "Colour cells by confidence and change");
    ui.checkbox(&mut settings.move_on, "Move on after a digit is typed");
}
