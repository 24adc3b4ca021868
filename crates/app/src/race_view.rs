//! The race of CPU and GPU: two small boards side by side, with times.

use eframe::egui::{Button, CollapsingHeader, Role, Sense, Ui, WidgetInfo, vec2};
use hrm::tasks::Drawing;
use hrm::trace::percent;

use crate::cells::Marks;
use crate::colours::{Palette, Tints};
use crate::paint::paint;
use crate::race::{Lane, Race, Stage};
use crate::state::State;
use crate::words::count;

/// The side of a board, in points.
const SIDE: f32 = 130.0;

/// Shows the race, folded away until it is wanted.
pub fn show(ui: &mut Ui, state: &mut State) {
    CollapsingHeader::new("Race: CPU and GPU").show(ui, |ui| {
        ui.label("The same puzzle on both, one after the other, after a segment to warm up.");
        let is_running = state.race.as_ref().is_some_and(|race| race.is_running);
        if is_running {
            if ui.button("Stop the race").clicked() {
                state.stop();
            }
        } else if ui
            .add_enabled(!state.is_busy(), Button::new("Race on this puzzle"))
            .clicked()
        {
            state.race();
        }
        let Some(race) = state.current_race() else { return };
        ui.horizontal_top(|ui| {
            for (name, lane) in Race::NAMES.into_iter().zip(&race.lanes) {
                ui.vertical(|ui| one(ui, state, race, name, lane));
            }
        });
        let said = if race.is_running {
            String::new()
        } else {
            compared(&race.lanes)
        };
        if !said.is_empty() {
            let label = ui.label(&said);
            label.widget_info(|| WidgetInfo::labeled(Role::Status, true, &said));
        }
    });
}

fn one(ui: &mut Ui, state: &State, race: &Race, name: &str, lane: &Lane) {
    ui.set_width(SIDE);
    ui.strong(name);
    let drawing = match &lane.prediction {
        Some(prediction) => Drawing::new(&race.puzzle, prediction),
        None => Drawing::question(&race.puzzle),
    };
    let (rows, columns) = (drawing.rows as f32, drawing.columns as f32);
    let size = vec2(columns, rows) * (SIDE / rows.max(columns).max(1.0));
    // The frame is as much outside of the board as inside.
    let (rect, response) = ui.allocate_exact_size(size + vec2(2.0, 2.0), Sense::HOVER);
    let place = rect.shrink(1.0);
    let text = said(lane);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name}: {text}")));
    let palette = Palette::of(ui.visuals());
    let tints = Tints::of(race.puzzle.task, &state.settings);
    paint(
        &ui.painter_at(rect),
        place,
        &drawing,
        &Marks::default(),
        false,
        &palette,
        tints,
    );
    ui.label(text);
    if !lane.name.is_empty() {
        let software = if lane.is_software {
            ", computed by the processor: this is no real GPU"
        } else {
            ""
        };
        ui.small(format!("{}{software}", lane.name));
    }
}

/// Says what a device is doing, or what came of it.
fn said(lane: &Lane) -> String {
    let each = lane.each().map(|ms| {
        if ms < 10.0 {
            format!("{ms:.1} ms each")
        } else {
            format!("{ms:.0} ms each")
        }
    });
    let each = each.unwrap_or_default();
    let segments = count(lane.segments, "segment");
    match &lane.stage {
        Stage::Waits => "Waits".to_owned(),
        Stage::Opening => "Opening".to_owned(),
        Stage::Runs => format!("Segment {}, {each}", lane.segments),
        Stage::Answered(None) => format!("Answered after {segments}, {each}"),
        Stage::Answered(Some(true)) => format!("Solved after {segments}, {each}"),
        Stage::Answered(Some(false)) => format!("Not solved after {segments}, {each}"),
        Stage::Stopped => "Stopped".to_owned(),
        Stage::Failed(reason) => reason.clone(),
    }
}

/// Says what came of it, of segments and answers apart: devices round differently.
fn compared(lanes: &[Lane; 2]) -> String {
    let [cpu, gpu] = lanes;
    let (Stage::Answered(_), Stage::Answered(_), Some(a), Some(b)) = (&cpu.stage, &gpu.stage, cpu.each(), gpu.each())
    else {
        return String::new();
    };
    let [faster, slower] = if a < b {
        Race::NAMES
    } else {
        [Race::NAMES[1], Race::NAMES[0]]
    };
    let part = percent((a.min(b) / a.max(b).max(1e-6)) as f32);
    let is_same = cpu.prediction == gpu.prediction && cpu.segments == gpu.segments;
    let ends = match is_same {
        true => "Both gave the same answer, after as many segments.",
        false => "They came to different ends: each rounds differently, and a hard puzzle shows it.",
    };
    format!("A segment took the {faster} {part} of the time that the {slower} needed. {ends}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(segments: usize, seconds: f64, valid: bool) -> Lane {
        Lane {
            stage: Stage::Answered(Some(valid)),
            prediction: Some(vec![2; 81]),
            segments,
            seconds,
            ..Lane::default()
        }
    }

    #[test]
    fn the_faster_is_named_and_different_ends_are_told() {
        let lanes = [lane(4, 0.2, true), lane(4, 0.02, true)];
        assert_eq!(
            [said(&lanes[0]), said(&lanes[1])],
            [
                "Solved after 4 segments, 50 ms each",
                "Solved after 4 segments, 5.0 ms each"
            ]
        );
        assert_eq!(
            compared(&lanes),
            "A segment took the GPU 10 % of the time that the CPU needed. Both gave the same answer, after as many segments."
        );
        let lanes = [lane(4, 0.02, true), lane(5, 0.1, false)];
        assert!(compared(&lanes).contains("took the CPU 25 %") && compared(&lanes).contains("different ends"));
        assert_eq!(compared(&[lane(4, 0.2, true), Lane::default()]), "");
    }
}
