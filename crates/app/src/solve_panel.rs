//! The panel beside the board: how far the solve is, what it shows, and its controls.

use eframe::egui::{
    Align, Button, CollapsingHeader, DragValue, Grid, Layout, Rect, RichText, Role, ScrollArea, Sense, Slider, Stroke,
    StrokeKind, Ui, UiBuilder, WidgetInfo, vec2,
};
use hrm::halt::Halt;
use hrm::tasks::place;

use crate::cells::{self, Marks};
use crate::colours::{Palette, Tints};
use crate::editor::is_drawn;
use crate::messages::Export;
use crate::paint::paint;
use crate::settings::{MOST_SEGMENTS, MOST_TRIES, SPEEDS, usual_tries};
use crate::state::State;
use crate::{about, board, brushes, dialogs, inside, plot, race_view, words};

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
        if !brushes::is_coloured(state.editor.task()) {
            about::legend(ui);
        }
        inside::show(ui, state);
        race_view::show(ui, state);
        let options = CollapsingHeader::new("Settings of the next solve").default_open(false);
        options.show(ui, |ui| next_options(ui, state));
    });
}

/// Shows the headline, its details, and what would help if the puzzle was not solved.
fn verdict(ui: &mut Ui, state: &mut State) {
    let palette = Palette::of(ui.visuals());
    let (headline, good, lines) = match state.current_solve() {
        Some(solve) => {
            let (headline, good) = words::headline(solve);
            (headline, good, words::details(solve))
        }
        None => words::asked(state),
    };
    let colour = match good {
        Some(true) => palette.good,
        Some(false) => palette.fault,
        None => palette.ink,
    };
    let label = ui.label(RichText::new(&headline).heading().color(colour));
    label.widget_info(|| WidgetInfo::labeled(Role::Status, true, &headline));
    for line in lines {
        ui.label(line);
    }
    let Some(solve) = state.current_solve() else { return };
    let is_wrong = solve.at_end() && solve.verdict(solve.track()).is_some_and(|verdict| !verdict.valid);
    // More thought is no help where no answer can be right.
    if is_wrong && !solve.is_running() && !words::is_insoluble(solve) {
        let longer = (4 * solve.segments()).clamp(1, MOST_SEGMENTS);
        let more = solve.more_tries();
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

/// Shows the button that starts the solver, or stops it.
fn start(ui: &mut Ui, state: &mut State) {
    ui.horizontal(|ui| {
        if state.is_busy() {
            if ui.button("Stop").on_hover_text("Esc").clicked() {
                state.stop();
            }
            if !state.is_running() {
                return;
            }
            // No spinner: it would redraw the window sixty times a second and take time from the solver.
            let on = state
                .opened
                .as_ref()
                .map_or("", |opened| opened.device.as_str())
                .to_owned();
            let said = state.playing().map(|solve| words::progress(solve, &on));
            if let Some(said) = said {
                ui.label(said);
            }
            return;
        }
        let solve = ui.button(RichText::new("Solve").strong()).on_hover_text("Enter");
        if solve.clicked() {
            state.solve();
        }
        if is_drawn(state.editor.task()) {
            return;
        }
        let hint = ui.button("Hint");
        if hint.on_hover_text("what the model thinks of one cell (H)").clicked() {
            state.advise();
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
    let tints = Tints::of(state.editor.task(), &state.settings);
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
            let is_valid = solve.verdict(number).map(|verdict| verdict.valid);
            let stands = match (solve.thought(number), is_valid) {
                (None, _) => "not started",
                (_, None) => "an answer",
                (_, Some(true)) => "valid",
                (_, Some(false)) => "not valid",
            };
            let [wins, mark] = match solve.winner == Some(number) {
                true => [", gives the answer", " •"],
                false => ["", ""],
            };
            let name = format!("Try {} ({}): {stands}{wins}", number + 1, solve.tracks[number].variant);
            let role = eframe::egui::Role::Button;
            response.widget_info(|| WidgetInfo::selected(role, true, shown, &name));
            let layout = Layout::top_down(Align::LEFT);
            let mut inside = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout));
            inside.spacing_mut().item_spacing.y = 2.0;
            let text = RichText::new(format!("{}{mark}", number + 1)).small();
            let label = inside.label(if shown { text.strong() } else { text });
            if is_valid == Some(true) {
                let at = label.rect.right_center() + vec2(4.0, 0.0);
                let tick = vec![at, at + vec2(3.0, 3.0), at + vec2(8.0, -4.0)];
                inside.painter().line(tick, Stroke::new(2.0, palette.good));
            }
            let mut drawing = cells::track(solve, number);
            // What is changed and broken is too small to be told apart here: a try lights up as it becomes sure.
            for cell in &mut drawing.cells {
                (cell.changed, cell.fault) = (false, false);
            }
            let (rows, columns) = (drawing.rows as f32, drawing.columns as f32);
            let size = vec2(columns, rows) * (88.0 / rows.max(columns).max(1.0));
            let place = Rect::from_min_size(inside.cursor().min, size);
            paint(
                &ui.painter_at(rect),
                place,
                &drawing,
                &Marks::default(),
                colours,
                &palette,
                tints,
            );
            if is_valid == Some(true) {
                let frame = Stroke::new(2.0, palette.good);
                inside.painter().rect_stroke(place, 0.0, frame, StrokeKind::Outside);
            }
            if response.on_hover_text(name).clicked() {
                chosen = Some(number);
            }
        }
    });
    solve.selected = chosen.or(solve.selected);
}

/// Shows the candidates of the cell under the cursor: under a pointer that moves, all that is below would jump.
fn cell(ui: &mut Ui, state: &mut State) {
    let cell = state.editor.cursor;
    let Some((task, candidates)) = board::candidates_of(state, cell) else {
        return;
    };
    let columns = cells::board(state).columns;
    ui.label(format!("Candidates in {}:", place(cell, columns)));
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
    let task = state.editor.task();
    let settings = &mut state.settings;
    Grid::new("options").num_columns(2).show(ui, |ui| {
        let label = ui.label("Halting rule");
        let name = |halt: Option<Halt>| match halt {
            Some(Halt::Valid) => "valid: the answer obeys the rules".to_owned(),
            Some(Halt::Learned) => "learned: the model chooses to".to_owned(),
            Some(Halt::Stable) => "stable: learned, and nothing changed".to_owned(),
            Some(Halt::Still) => "still: nothing changes any more".to_owned(),
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
                Some(Halt::Still),
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
        let mut tries = settings.tries(task);
        let drag = ui
            .add(DragValue::new(&mut tries).range(1..=MOST_TRIES))
            .labelled_by(label.id);
        if drag.changed() {
            settings.tries = Some(tries).filter(|n| *n != usual_tries(task));
        }
        ui.end_row();
    });
    ui.checkbox(&mut settings.colours, "Colour cells by confidence and change");
    ui.checkbox(&mut settings.candidates, "Candidates in cells that are unsure");
    if !is_drawn(task) {
        ui.checkbox(&mut settings.move_on, "Move on after typing");
    }
    if brushes::is_coloured(task) {
        ui.checkbox(&mut settings.digits, "Digits on colours");
        ui.checkbox(&mut settings.safe_colours, "Colours for every kind of sight");
    }
    if task.is_named() {
        ui.checkbox(
            &mut settings.blank_identifier,
            "Ask about tasks that the model does not know",
        );
    }
}
