//! What a newcomer is told: what the colours mean, and what is to be seen here.

use eframe::egui::{Color32, Context, ScrollArea, Sense, Stroke, StrokeKind, Ui, Window, vec2};

use crate::colours::Palette;

/// Shows what each mark on a board means.
pub fn legend(ui: &mut Ui) {
    let palette = Palette::of(ui.visuals());
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        for (ground, ring, ink, name) in [
            (palette.given_cell, None, palette.given, "given"),
            (palette.cell, None, palette.model, "the network's"),
            (palette.unsure, None, palette.model, "unsure"),
            (palette.cell, Some(palette.changed), palette.model, "just changed"),
            (palette.fault_cell, None, palette.fault, "breaks a rule"),
        ] {
            swatch(ui, ground, ring, ink);
            ui.small(name);
        }
    });
}

fn swatch(ui: &mut Ui, ground: Color32, ring: Option<Color32>, ink: Color32) {
    let palette = Palette::of(ui.visuals());
    let (rect, _) = ui.allocate_exact_size(vec2(16.0, 16.0), Sense::HOVER);
    ui.painter().rect_filled(rect, 3.0, ground);
    let (width, colour) = ring.map_or((1.0, palette.edge), |ring| (2.5, ring));
    ui.painter()
        .rect_stroke(rect, 3.0, Stroke::new(width, colour), StrokeKind::Inside);
    ui.painter().circle_filled(rect.center(), 2.5, ink);
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
