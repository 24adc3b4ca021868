//! What a newcomer is told: what the colours mean, and what is to be seen here.

use eframe::egui::{
    Color32, Context, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, TextStyle, Ui, WidgetInfo, Window, vec2,
};

use crate::colours::Palette;

/// The side of a mark in the legend, and the room between it and its name, in points.
const SIDE: f32 = 16.0;
const BESIDE: f32 = 5.0;

/// Shows what each mark on a board means.
pub fn legend(ui: &mut Ui) {
    let palette = Palette::of(ui.visuals());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 12.0;
        for (ground, ring, ink, name) in [
            (palette.given_cell, None, palette.given, "given"),
            (palette.cell, None, palette.model, "the network's"),
            (palette.unsure, None, palette.model, "unsure"),
            (palette.cell, Some(palette.changed), palette.model, "just changed"),
            (palette.fault_cell, None, palette.fault, "breaks a rule"),
        ] {
            entry(ui, ground, ring, ink, name);
        }
    });
}

/// Shows a mark with its name, which stay beside each other.
fn entry(ui: &mut Ui, ground: Color32, ring: Option<Color32>, ink: Color32, name: &str) {
    let palette = Palette::of(ui.visuals());
    let font = TextStyle::Small.resolve(ui.style());
    let text = ui.painter().layout_no_wrap(name.to_owned(), font, palette.ink);
    let size = vec2(SIDE + BESIDE + text.size().x, text.size().y.max(SIDE));
    let (rect, response) = ui.allocate_exact_size(size, Sense::HOVER);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, name));
    let mark = Rect::from_center_size(rect.left_center() + vec2(SIDE / 2.0, 0.0), vec2(SIDE, SIDE));
    ui.painter().rect_filled(mark, 3.0, ground);
    let (width, colour) = ring.map_or((1.0, palette.edge), |ring| (2.5, ring));
    ui.painter()
        .rect_stroke(mark, 3.0, Stroke::new(width, colour), StrokeKind::Inside);
    ui.painter().circle_filled(mark.center(), 2.5, ink);
    let corner = rect.right_center() - vec2(text.size().x, text.size().y / 2.0);
    ui.painter().galley(corner, text, palette.ink);
}

/// Shows the window "What am I looking at?".
pub fn show(ctx: &Context, open: &mut bool) {
    Window::new("What am I looking at?").open(open).default_width(420.0).show(ctx, |ui| {
        ScrollArea::vertical().show(ui, |ui| {
            ui.label(
                "A small neural network that thinks in rounds. It is no search and knows no rules: it has seen solved \
                 puzzles, and improves its guess at all cells at once, again and again. Each round is called a segment.",
            );
            ui.add_space(6.0);
            legend(ui);
            ui.add_space(6.0);
            ui.label(
                "In cells of which it is unsure stand its candidates, the larger the likelier. With every segment it also \
                 says how much it would like to stop: that is q_halt, the curve beside the board; above the line it would.",
            );
            ui.label(
                "The rules only judge what it answers, and \"Solved\" means that they are kept. If they are not, give it \
                 more segments, or let it try variants of the puzzle: turned, mirrored, with other digits.",
            );
            ui.add_space(6.0);
            ui.horizontal_wrapped(|ui| {
                ui.label("Read more:");
                ui.hyperlink_to("Hierarchical Reasoning Model", "https://arxiv.org/abs/2506.21734");
                ui.hyperlink_to("Tiny Recursive Models", "https://arxiv.org/abs/2510.04871");
            });
        });
    });
}
