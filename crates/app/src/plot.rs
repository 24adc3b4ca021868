//! The time line of segments, and the curve of q_halt.

use eframe::egui::{FontId, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::colours::Palette;
use crate::solve::Solve;

/// The radius of the ring around the segment at which a try halted.
const RING: f32 = 5.0;

/// Draws a bar for each segment, its height the number of cells that changed; returns the segment that was clicked.
pub fn segments(ui: &mut Ui, solve: &Solve) -> Option<usize> {
    let palette = Palette::of(ui.visuals());
    let segments = solve.end();
    let (rect, response) = strip(ui, 30.0);
    let thoughts = &solve.tracks[solve.track()].thoughts;
    let painter = ui.painter_at(rect.expand(1.0));
    let cells = solve.puzzle.board.tokens.len().max(1) as f32;
    for (i, thought) in thoughts.iter().enumerate() {
        let (left, right) = (x(rect, i, segments), x(rect, i + 1, segments));
        let gap = if right - left > 4.0 { 1.0 } else { 0.0 };
        let slot = Rect::from_min_max(pos2(left, rect.top()), pos2(right - gap, rect.bottom()));
        painter.rect_filled(slot, 0.0, palette.given_cell);
        // A given that a segment keeps is no change.
        let changed = thought.changes(&solve.puzzle).len();
        let height = changed as f32 / cells * rect.height();
        let bar = Rect::from_min_max(pos2(left, rect.bottom() - height), slot.max);
        let shown = i < solve.showing();
        painter.rect_filled(bar, 0.0, if shown { palette.model } else { palette.thin });
        if thought.number == thoughts.len() && solve.tracks[solve.track()].stopped.is_some() {
            // The halting rule fired here.
            painter.rect_stroke(
                slot,
                0.0,
                Stroke::new(2.0, palette.changed),
                eframe::egui::StrokeKind::Inside,
            );
        }
    }
    marker(ui, rect, solve, &palette);
    let name = format!("Time line: segment {} of {segments}", solve.showing());
    response.widget_info(|| WidgetInfo::slider(true, solve.showing() as f64, &name));
    chosen(&response, rect, segments)
}

/// Draws q_halt over the segments; returns the segment that was clicked. Above the line the model wants to halt.
pub fn q_halt(ui: &mut Ui, solve: &Solve) -> Option<usize> {
    let palette = Palette::of(ui.visuals());
    let segments = solve.end();
    let (rect, response) = strip(ui, 64.0);
    let painter = ui.painter_at(rect.expand(1.0));
    let most = solve
        .tracks
        .iter()
        .flat_map(|track| &track.thoughts)
        .filter(|thought| thought.q_halt.is_finite())
        .fold(1.0f32, |most, thought| most.max(thought.q_halt.abs()));
    let y = |q: f32| rect.center().y - (q / most).clamp(-1.0, 1.0) * (rect.height() / 2.0 - RING - 1.0);
    painter.rect_filled(rect, 2.0, palette.cell);
    painter.hline(rect.x_range(), y(0.0), Stroke::new(1.0, palette.thin));
    let mut ended = None;
    for (number, track) in solve.tracks.iter().enumerate() {
        let main = number == solve.track();
        let point = |(i, thought): (usize, &hrm::trace::Thought)| {
            pos2(
                (x(rect, i, segments) + x(rect, i + 1, segments)) / 2.0,
                y(thought.q_halt),
            )
        };
        let points: Vec<Pos2> = track.thoughts.iter().enumerate().map(point).collect();
        let colour = if main { palette.changed } else { palette.thin };
        if main {
            points.iter().for_each(|&p| {
                painter.circle_filled(p, 2.5, colour);
            });
        }
        if let (Some(&last), Some(stopped)) = (points.last(), track.stopped.filter(|_| main)) {
            painter.circle_stroke(last, RING, Stroke::new(2.0, ui.visuals().text_color()));
            ended = Some((last, format!("stopped: {stopped}")));
        }
        painter.add(Shape::line(points, Stroke::new(if main { 2.0 } else { 1.0 }, colour)));
    }
    if let Some((last, text)) = ended {
        // At the edge that is away from the point, on ground of its own: the curve may pass there.
        let galley = painter.layout_no_wrap(text, FontId::proportional(12.0), ui.visuals().text_color());
        let size = galley.size();
        let top = match last.y < rect.center().y {
            true => rect.bottom() - size.y - 1.0,
            false => rect.top() + 1.0,
        };
        let left = (last.x - size.x).clamp(rect.left(), rect.right() - size.x - 3.0);
        let place = Rect::from_min_size(pos2(left, top), size);
        painter.rect_filled(place.expand(1.0), 2.0, palette.cell);
        painter.galley(place.min, galley, ui.visuals().text_color());
    }
    let small = FontId::proportional(12.0);
    let text = palette.muted;
    for (name, is_top) in [(format!("q_halt {most:+.1}"), true), (format!("{:+.1}", -most), false)] {
        let galley = painter.layout_no_wrap(name, small.clone(), text);
        let corner = match is_top {
            true => rect.left_top() + vec2(3.0, 1.0),
            false => rect.left_bottom() + vec2(3.0, -1.0 - galley.size().y),
        };
        // On ground of its own: the curve may pass there.
        painter.rect_filled(Rect::from_min_size(corner, galley.size()), 2.0, palette.cell);
        painter.galley(corner, galley, text);
    }
    marker(ui, rect, solve, &palette);
    let name = match solve.thought(solve.track()) {
        Some(thought) => format!("q_halt of segment {}: {:.2}", thought.number, thought.q_halt),
        None => "q_halt over the segments".to_owned(),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    chosen(
        &response.on_hover_text("q_halt: above the line the model wants to halt"),
        rect,
        segments,
    )
}

fn strip(ui: &mut Ui, height: f32) -> (Rect, Response) {
    let width = ui.available_width().max(40.0);
    ui.allocate_exact_size(vec2(width, height), Sense::click_and_drag() - Sense::FOCUSABLE)
}

/// Returns the left edge of segment `i`, counted from 0.
fn x(rect: Rect, i: usize, segments: usize) -> f32 {
    rect.left() + rect.width() * i as f32 / segments.max(1) as f32
}

/// Marks the playback position.
fn marker(ui: &Ui, rect: Rect, solve: &Solve, palette: &Palette) {
    let place = solve.playback.shown as f32 + solve.playback.part as f32;
    let at = rect.left() + rect.width() * place / solve.end().max(1) as f32;
    ui.painter().vline(at, rect.y_range(), Stroke::new(2.0, palette.cursor));
}

fn chosen(response: &Response, rect: Rect, segments: usize) -> Option<usize> {
    let pressed = response.clicked() || response.dragged();
    let at = response.interact_pointer_pos().filter(|_| pressed)?;
    let part = ((at.x - rect.left()) / rect.width().max(1.0)).clamp(0.0, 1.0);
    Some(((part * segments as f32).ceil() as usize).clamp(1, segments.max(1)))
}
