//! The view of the network's states: what moved, the beats of a segment, the path, and the raw values.

use eframe::egui::{
    Align2, CollapsingHeader, Color32, ColorImage, FontId, Id, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind,
    TextureHandle, TextureOptions, Ui, WidgetInfo, pos2, vec2,
};

use hrm::trace::percent;

use crate::cells;
use crate::colours::{Palette, ramp};
use crate::mind::{Mind, Path, Shows, Z};
use crate::solve::Solve;
use crate::state::State;

/// Values so many times as large as usual have the ends of the colours.
const FAR: f32 = 3.0;
/// The height of the path's drawing, and what its marks need around it, in points.
const PATH: f32 = 150.0;
const MARGIN: f32 = 16.0;
/// More beats than this are told, not drawn.
const MOST_BEATS: usize = 48;

/// Shows the view, folded away until it is wanted.
pub fn show(ui: &mut Ui, state: &mut State) {
    let header = CollapsingHeader::new("Look inside").open(Some(state.inside.open));
    let response = header.show(ui, |ui| body(ui, state));
    if response.header_response.clicked() {
        state.inside.open = !state.inside.open;
    }
}

fn body(ui: &mut Ui, state: &mut State) {
    state.trace();
    let Some((solve, mind)) = state.current_solve().and_then(|solve| Some((solve, solve.mind()?))) else {
        ui.label(state.untraced());
        return;
    };
    if solve.track() != 0 {
        ui.label(state.untraced());
        return;
    }
    let said = told(solve, mind);
    let label = ui.label(&said);
    label.widget_info(|| WidgetInfo::labeled(Role::Status, true, &said));
    beats(ui, mind, solve.playback.part);
    // Below the question are the states after the first segment.
    let segment = solve.showing().clamp(1, mind.segments().max(1));
    let shows = choice(ui, mind, state.inside.shows);
    if let Shows::Moved(z) = shows {
        scale(ui, mind.most(z));
    }
    path(ui, &mind.path, segment);
    for z in Z::ALL {
        raw(ui, mind, z, segment, solve.ticket);
    }
    state.inside.shows = shows;
}

/// Says what the pictures show.
fn told(solve: &Solve, mind: &Mind) -> String {
    let shown = solve.showing();
    if shown == 0 {
        return "The question is shown; below are the states after the first segment.".to_owned();
    }
    let about = Z::ALL.into_iter().filter(|z| mind.has(*z)).map(|z| {
        let heat = cells::heat(solve, mind, z)?;
        let (mean, at, most) = heat.summary()?;
        Some(format!(
            "{} moved by {mean:.1} in the mean, most in {at} ({most:.1})",
            z.name()
        ))
    });
    let Some(about) = about.collect::<Option<Vec<String>>>() else {
        return "Segment 1 begins from the state that every puzzle begins from; movement is known from the second on."
            .to_owned();
    };
    format!("Segment {shown}: {}.{}", about.join("; "), way(&mind.path, shown))
}

/// Says which part of the whole way a segment was.
fn way(path: &Path, segment: usize) -> String {
    let steps = path.points.windows(2);
    let along: Vec<f64> = steps
        .map(|step| (step[1][0] - step[0][0]).hypot(step[1][1] - step[0][1]))
        .collect();
    let Some(step) = segment.checked_sub(2).and_then(|i| along.get(i)) else {
        return String::new();
    };
    let part = step / along.iter().sum::<f64>().max(1e-9);
    format!(
        " This is {} of the way of z_H in its two main directions, which hold {} of its movement.",
        percent(part as f32),
        percent(path.share as f32)
    )
}

/// Shows the order in which a segment updates its states; while it plays, how far it is.
fn beats(ui: &mut Ui, mind: &Mind, part: f64) {
    let [h, l] = mind.cycles;
    let updates = if l == 1 { "update" } else { "updates" };
    if !mind.has(Z::L) {
        ui.small(format!("A segment: {} updates of its only state.", h * l));
        return;
    }
    ui.small(format!(
        "A segment: {h} times {l} {updates} of z_L (L), then one of z_H (H)."
    ));
    let count = h * (l + 1);
    if count > MOST_BEATS {
        return;
    }
    let palette = Palette::of(ui.visuals());
    let width = ui.available_width();
    let (row, _) = ui.allocate_exact_size(vec2(width, 18.0), Sense::HOVER);
    let each = (width / count as f32).min(18.0);
    let now = (part > 0.0).then_some((part * count as f64) as usize);
    for beat in 0..count {
        let is_h = beat % (l + 1) == l;
        let left = row.left() + beat as f32 * each;
        let mark = Rect::from_min_size(pos2(left, row.top()), vec2(each - 2.0, row.height()));
        // Where nothing plays, all beats have been.
        let has_been = now.is_none_or(|now| beat <= now);
        let (ground, ink) = match (has_been, is_h) {
            (true, true) => (palette.model, palette.page),
            (true, false) => (palette.selected, palette.ink),
            (false, _) => (palette.cell, palette.muted),
        };
        ui.painter()
            .rect(mark, 3.0, ground, Stroke::new(1.0, palette.line), StrokeKind::Inside);
        if each >= 9.0 {
            let font = FontId::proportional(11.0);
            let letter = if is_h { "H" } else { "L" };
            ui.painter()
                .text(mark.center(), Align2::CENTER_CENTER, letter, font, ink);
        }
    }
}

/// Shows what the board's colours can tell, and returns the choice.
fn choice(ui: &mut Ui, mind: &Mind, mut shows: Shows) -> Shows {
    ui.label("The board shows");
    ui.horizontal_wrapped(|ui| {
        ui.selectable_value(&mut shows, Shows::Doubt, "doubt");
        for z in Z::ALL.into_iter().filter(|z| mind.has(*z)) {
            ui.selectable_value(&mut shows, Shows::Moved(z), format!("{} moved", z.name()));
        }
    });
    shows
}

/// Shows the colours of a measure with their ends.
fn scale(ui: &mut Ui, most: f32) {
    /// Steps that look like a gradient.
    const STEPS: usize = 24;
    ui.horizontal_wrapped(|ui| {
        ui.small("did not move");
        let (rect, _) = ui.allocate_exact_size(vec2(96.0, 12.0), Sense::HOVER);
        let at = |step: usize| rect.left() + rect.width() * step as f32 / STEPS as f32;
        for step in 0..STEPS {
            let place = Rect::from_x_y_ranges(at(step)..=at(step + 1), rect.y_range());
            let colour = ramp(step as f32 / (STEPS - 1) as f32);
            ui.painter().rect_filled(place, 0.0, colour);
        }
        ui.small(format!("moved by {most:.1} or more"));
    });
}

/// Draws the path of z_H; both directions have one scale.
fn path(ui: &mut Ui, Path { points, share }: &Path, segment: usize) {
    if points.is_empty() {
        return;
    }
    let palette = Palette::of(ui.visuals());
    let title = format!(
        "The path of z_H over {} segments in its two main directions, which hold {} of its movement; numbers are segments.",
        points.len(),
        percent(*share as f32)
    );
    let name = format!("The path of z_H, after segment {segment} of {}", points.len());
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), PATH), Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let painter = ui.painter_at(rect);
    painter.rect(
        rect,
        8.0,
        palette.cell,
        Stroke::new(1.0, palette.line),
        StrokeKind::Inside,
    );
    let ends = |axis: usize| {
        let all = points.iter().map(|point| point[axis]);
        let (least, most) = (
            all.clone().fold(f64::INFINITY, f64::min),
            all.fold(f64::NEG_INFINITY, f64::max),
        );
        ((least + most) / 2.0, (most - least).max(1e-9))
    };
    let [(x, wide), (y, high)] = [ends(0), ends(1)];
    let room = rect.shrink(MARGIN).size();
    let scale = (f64::from(room.x) / wide).min(f64::from(room.y) / high);
    let at = |point: &[f64; 2]| rect.center() + vec2(((point[0] - x) * scale) as f32, ((y - point[1]) * scale) as f32);
    let places: Vec<Pos2> = points.iter().map(at).collect();
    painter.add(Shape::line(places.clone(), Stroke::new(1.5, palette.thin)));
    for (i, place) in places.iter().enumerate() {
        let (radius, colour) = match (i + 1).cmp(&segment) {
            std::cmp::Ordering::Less => (3.0, palette.model),
            std::cmp::Ordering::Equal => (6.0, palette.changed),
            std::cmp::Ordering::Greater => (3.0, palette.thin),
        };
        painter.circle_filled(*place, radius, colour);
    }
    let mut named = vec![1, segment, points.len()];
    named.dedup();
    for number in named {
        let place = places[number - 1];
        let (left, up) = (place.x > rect.center().x, place.y > rect.center().y);
        let align = match (left, up) {
            (true, true) => Align2::RIGHT_BOTTOM,
            (true, false) => Align2::RIGHT_TOP,
            (false, true) => Align2::LEFT_BOTTOM,
            (false, false) => Align2::LEFT_TOP,
        };
        let beside = place + vec2(if left { -7.0 } else { 7.0 }, if up { -2.0 } else { 2.0 });
        painter.text(beside, align, number, FontId::proportional(12.0), palette.ink);
    }
    ui.small(title);
}

/// Shows all values of a state, a row a token.
fn raw(ui: &mut Ui, mind: &Mind, z: Z, segment: usize, ticket: u64) {
    let Some(values) = mind.values(z, segment).filter(|values| !values.is_empty()) else {
        return;
    };
    let (width, height) = (mind.width, values.len() / mind.width.max(1));
    if width.max(height) > ui.input(|input| input.max_texture_side) {
        return;
    }
    let usual = usual(values);
    let end = FAR * usual;
    ui.label(z.name());
    ui.small(format!(
        "values 1 to {width} from left to right, cells 1 to {height} from top to bottom; from −{end:.1} (dark) to {end:.1} (light)"
    ));
    let wide = ui.available_width();
    let high = (wide * height as f32 / width as f32).clamp(90.0, 320.0);
    let (rect, response) = ui.allocate_exact_size(vec2(wide, high), Sense::HOVER);
    let name = format!(
        "{} after segment {segment}: {height} cells of {width} values; usual size {usual:.2}",
        z.name()
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    let texture = picture(ui, z, (ticket, segment), values, [width, height], usual);
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), rect, whole, Color32::WHITE);
}

/// Returns the root of the mean square of values.
fn usual(values: &[f32]) -> f32 {
    let squares: f64 = values.iter().map(|value| f64::from(*value).powi(2)).sum();
    let usual = (squares / values.len().max(1) as f64).sqrt() as f32;
    if usual > 0.0 { usual } else { 1.0 }
}

/// Returns the picture of values; it is made anew only for another segment.
fn picture(ui: &Ui, z: Z, of: (u64, usize), values: &[f32], size: [usize; 2], usual: f32) -> TextureHandle {
    type Kept = ((u64, usize), TextureHandle);
    let id = Id::unique(("raw", z));
    let kept: Option<Kept> = ui.data(|data| data.get_temp(id));
    if let Some((_, texture)) = kept.as_ref().filter(|(kept, _)| *kept == of) {
        return texture.clone();
    }
    let shades: Vec<Color32> = (0..=255).map(|step| ramp(step as f32 / 255.0)).collect();
    let shade = |value: &f32| shades[(255.0 * (0.5 + value / (2.0 * FAR * usual)).clamp(0.0, 1.0)).round() as usize];
    let image = ColorImage::new(size, values.iter().map(shade).collect());
    let options = TextureOptions {
        minification: eframe::egui::TextureFilter::Linear,
        ..TextureOptions::NEAREST
    };
    let texture = match kept {
        Some((_, mut texture)) => {
            texture.set(image, options);
            texture
        }
        None => ui.ctx().load_texture(z.name(), image, options),
    };
    ui.data_mut(|data| data.insert_temp(id, (of, texture.clone())));
    texture
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_of_a_segment_is_its_part_of_all() {
        let path = Path {
            points: vec![[0.0, 0.0], [3.0, 0.0], [3.0, 1.0]],
            share: 0.9,
        };
        assert_eq!(way(&path, 1), "");
        assert!(way(&path, 2).contains("This is 75 % of the way"));
        assert!(way(&path, 3).contains("This is 25 % of the way") && way(&path, 3).contains("hold 90 %"));
        assert_eq!(way(&path, 4), "");
        assert_eq!((usual(&[3.0, -3.0]), usual(&[0.0])), (3.0, 1.0));
    }
}
