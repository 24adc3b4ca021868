//! The panel beside the board: how far the solve is, what it shows, and its controls.

use eframe::egui::{
    Button, DragValue, Grid, Rect, RichText, ScrollArea, Sense, Slider, Ui, UiBuilder, WidgetInfo, vec2,
};
use hrm::halt::{Halt, Stop};
use hrm::tasks::place;

use crate::cells;
use crate::colours::Palette;
use crate::messages::Export;
use crate::paint::paint;
use crate::settings::{MOST_SEGMENTS, MOST_TRIES, SPEEDS};
use crate::solve::{Progress, Solve};
use crate::state::State;
use crate::{board, dialogs, plot};

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
        next_options(ui, state);
    });
}

/// Shows the headline, its details, and what would help if the puzzle was not solved.
fn verdict(ui: &mut Ui, state: &mut State) {
    let palette = Palette::of(ui.visuals());
    let Some(solve) = state.playing() else {
        let (task, board) = (state.editor.task(), state.editor.board());
        let text = if board::is_drawn(task) {
            "Press Enter to solve.".to_owned()
        } else {
            let givens = board.tokens.iter().filter(|&&id| id != task.blank()).count();
            format!("{givens} givens. Press Enter to solve.")
        };
        ui.label(text);
        return;
    };
    let (headline, good) = headline(solve);
    let colour = match good {
        Some(true) => palette.good,
        Some(false) => palette.fault,
        None => ui.visuals().strong_text_color(),
    };
    ui.label(RichText::new(headline).heading().color(colour));
    for line in details(solve) {
        ui.label(line);
    }
    if solve.at_end() && solve.verdict(solve.track()).is_some_and(|v| !v.valid) && !solve.is_running() {
        let longer = (4 * solve.segments()).clamp(1, MOST_SEGMENTS);
        let more = (4 * solve.tracks.len().max(2)).min(MOST_TRIES);
        let (can_longer, can_more) = (longer > solve.segments(), more > solve.tracks.len());
        ui.horizontal_wrapped(|ui| {
            let text = format!("Think longer: {longer} segments");
            if ui.add_enabled(can_longer, Button::new(text)).clicked() {
                state.more_segments();
            }
            let text = format!("Try {more} variants");
            if ui.add_enabled(can_more, Button::new(text)).clicked() {
                state.more_tries();
            }
        });
    }
}

/// Returns the headline, and whether it is good or bad news. A grid that breaks a rule is never called a solution.
pub fn headline(solve: &Solve) -> (String, Option<bool>) {
    let number = solve.showing();
    let valid = solve.verdict(solve.track()).map(|verdict| verdict.valid);
    match (&solve.progress, valid) {
        (Progress::Failed(_), _) => ("The solver failed".to_owned(), Some(false)),
        (progress, valid) if solve.at_end() => match (valid, progress) {
            (Some(true), _) => ("Solved".to_owned(), Some(true)),
            (Some(false), Progress::Stopped) => ("Stopped, not solved".to_owned(), Some(false)),
            (Some(false), _) => ("Not solved".to_owned(), Some(false)),
            (None, Progress::Stopped) => ("Stopped".to_owned(), None),
            (None, _) => ("Answered".to_owned(), None),
        },
        _ if number == 0 => ("The question".to_owned(), None),
        _ => (format!("Segment {number} of {}", solve.segments()), None),
    }
}

/// Returns the lines below the headline: why the solve halted, which rules are broken and where.
pub fn details(solve: &Solve) -> Vec<String> {
    let mut lines = Vec::new();
    if let Progress::Failed(reason) = &solve.progress {
        lines.push(reason.clone());
    }
    let track = &solve.tracks[solve.track()];
    if solve.at_end() {
        let segments = track.thoughts.len();
        let segments = if segments == 1 {
            "1 segment".to_owned()
        } else {
            format!("{segments} segments")
        };
        let other;
        let why = match track.stopped {
            Some(Stop::Valid) => "halted because the answer obeys the rules (halting rule: valid)",
            Some(Stop::Learned) => "halted because the model chose to (halting rule: learned)",
            Some(Stop::Stable) => "halted because the model chose to and nothing changed (halting rule: stable)",
            Some(Stop::Limit) => "which is the limit",
            Some(stop) => {
                other = stop.to_string();
                &other
            }
            None => "stopped by you",
        };
        lines.push(format!("{segments}, {why}. {:.0} ms.", solve.seconds * 1000.0));
        let optimum = solve.puzzle.task.rules().and_then(|rules| rules.optimum());
        let optimal = solve.verdict(solve.track()).and_then(|verdict| verdict.optimal);
        if let (Some(false), Some(optimum)) = (optimal, optimum) {
            lines.push(format!("It is {}.", optimum.said[1]));
        }
        let faults = cells::shown_faults(solve, solve.track());
        lines.extend(faults.iter().take(3).map(|fault| format!("{fault}.")));
        if faults.len() > 3 {
            lines.push(format!("And {} more.", faults.len() - 3));
        }
    } else if let Some(thought) = solve.thought(solve.track()) {
        let changed = thought.changed.len();
        lines.push(format!("{changed} cells changed, q_halt {:.2}", thought.q_halt));
    }
    lines
}

/// Shows the button that starts the solver, or stops it.
fn start(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        if state.is_running() {
            if ui.button("Stop").on_hover_text("Esc").clicked() {
                state.stop();
            }
            // No spinner: it would redraw the window sixty times a second and take time from the solver.
            ui.label("solving…");
        } else if ui
            .button(RichText::new("Solve").strong())
            .on_hover_text("Enter")
            .clicked()
        {
            state.solve();
        }
    });
}

/// Shows the playback controls.
fn playback(ui: &mut Ui, state: &mut State) {
    let mut speed = state.settings.speed;
    let solve = state.playing();
    let has = solve.is_some();
    let playing = solve.as_ref().is_some_and(|t| t.playback.playing);
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
    if let (Some(solve), Some(act)) = (state.playing(), act) {
        match act {
            0 => solve.seek(0),
            1 => solve.skip(-1),
            2 => solve.toggle(),
            3 => solve.skip(1),
            _ => solve.seek(usize::MAX),
        }
    }
    state.settings.speed = speed;
}

/// Shows the time line of segments, and the curve of q_halt.
fn timeline(ui: &mut Ui, state: &mut State) {
    let Some(solve) = state.playing() else { return };
    if solve.segments() == 0 {
        return;
    }
    let to = plot::segments(ui, solve).or(plot::q_halt(ui, solve));
    if let Some(number) = to {
        solve.seek(number);
    }
}

/// Shows small boards of all tries side by side.
fn tries(ui: &mut Ui, state: &mut State) {
    let colours = state.settings.colours;
    let palette = Palette::of(ui.visuals());
    let Some(solve) = state.playing().filter(|solve| solve.tracks.len() > 1) else {
        return;
    };
    ui.label(format!("{} tries, side by side:", solve.tracks.len()));
    let mut chosen = None;
    ui.horizontal_wrapped(|ui| {
        for number in 0..solve.tracks.len() {
            let size = vec2(92.0, 108.0);
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            let shown = solve.track() == number;
            let stands = solve
                .verdict(number)
                .map_or("not started", |v| if v.valid { "valid" } else { "not valid" });
            let wins = if solve.winner == Some(number) {
                ", gives the answer"
            } else {
                ""
            };
            let name = format!("Try {}: {stands}{wins}", number + 1);
            let role = eframe::egui::Role::Button;
            response.widget_info(|| WidgetInfo::selected(role, true, shown, &name));
            let mut inside = ui.new_child(UiBuilder::new().max_rect(rect));
            let text = format!("{} {}", number + 1, if solve.winner == Some(number) { "•" } else { "" });
            let text = RichText::new(text).small();
            inside.label(if shown { text.strong() } else { text });
            let drawing = cells::track(solve, number);
            let (rows, columns) = (drawing.rows as f32, drawing.columns as f32);
            let size = vec2(columns, rows) * (88.0 / rows.max(columns).max(1.0));
            let place = Rect::from_min_size(inside.cursor().min, size);
            paint(&ui.painter_at(rect), place, &drawing, colours, &palette);
            if response.on_hover_text(name).clicked() {
                chosen = Some(number);
            }
        }
    });
    solve.selected = chosen.or(solve.selected);
}

/// Shows the candidates of the cell under the pointer, or else under the cursor.
fn cell(ui: &mut Ui, state: &mut State) {
    let cell = state.pointed.unwrap_or(state.editor.cursor);
    let Some((task, candidates)) = board::candidates_of(state, cell) else {
        return;
    };
    ui.label(format!("Candidates in {}:", place(cell, state.editor.board().columns)));
    board::candidates(ui, task, &candidates);
}

fn exports(ui: &mut Ui, state: &mut State) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Save as");
        for export in [Export::Picture, Export::Animation, Export::Json] {
            if ui.button(export.name()).on_hover_text(export.title()).clicked() {
                dialogs::save(state, export);
            }
        }
    });
}

/// Shows the halting rule, segments and tries of the next solve.
fn next_options(ui: &mut Ui, state: &mut State) {
    let defaults = state.opened.as_ref().map(|opened| opened.schedule);
    let settings = &mut state.settings;
    ui.label(RichText::new("Next solve").strong());
    Grid::new("options").num_columns(2).show(ui, |ui| {
        let label = ui.label("Halting rule");
        let name = |halt: Option<Halt>| match halt {
            Some(Halt::Valid) => "valid: the answer obeys the rules".to_owned(),
            Some(Halt::Learned) => "learned: the model chooses to".to_owned(),
            Some(Halt::Stable) => "stable: learned, and nothing changed".to_owned(),
            Some(Halt::Fixed) => "fixed: all segments".to_owned(),
            Some(_) => "another rule".to_owned(),
            None => "the task's default".to_owned(),
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
    ui.checkbox(&mut settings.move_on, "Move on after typing");
}
