//! How controls look in both themes: sizes, grounds and the ring of the focus, as `docs/design.md` says.

use eframe::egui::{Color32, Context, CornerRadius, FontId, Stroke, Style, TextStyle, Theme, vec2};

use crate::colours::Palette;

/// Sets the styles of both themes.
pub fn apply(ctx: &Context) {
    for theme in [Theme::Light, Theme::Dark] {
        ctx.style_mut_of(theme, style);
    }
}

fn style(style: &mut Style) {
    let sizes = [
        (TextStyle::Small, 12.0),
        (TextStyle::Body, 14.0),
        (TextStyle::Button, 14.0),
        (TextStyle::Heading, 22.0),
    ];
    for (name, size) in sizes {
        style.text_styles.insert(name, FontId::proportional(size));
    }
    style.text_styles.insert(TextStyle::Monospace, FontId::monospace(13.0));
    style.spacing.item_spacing = vec2(8.0, 6.0);
    style.spacing.button_padding = vec2(8.0, 3.0);
    // The least size of a target.
    style.spacing.interact_size.y = 24.0;

    let visuals = &mut style.visuals;
    let palette = Palette::of(visuals);
    visuals.panel_fill = palette.page;
    visuals.window_fill = palette.panel;
    visuals.extreme_bg_color = palette.panel;
    visuals.override_text_color = Some(palette.ink);
    visuals.weak_text_color = Some(palette.muted);
    visuals.hyperlink_color = palette.model;
    visuals.selection.bg_fill = palette.selected;
    visuals.selection.stroke = Stroke::new(1.0, palette.model);
    visuals.window_corner_radius = CornerRadius::same(12);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    let widgets = &mut visuals.widgets;
    widgets.noninteractive.bg_stroke = Stroke::new(1.0, palette.line);
    for widget in [
        &mut widgets.inactive,
        &mut widgets.hovered,
        &mut widgets.active,
        &mut widgets.open,
    ] {
        widget.corner_radius = CornerRadius::same(8);
        widget.expansion = 0.0;
        widget.bg_stroke = Stroke::new(1.0, palette.edge);
    }
    widgets.inactive.weak_bg_fill = palette.panel;
    widgets.hovered.weak_bg_fill = palette.given_cell;
    widgets.open.weak_bg_fill = palette.given_cell;
    // What is pressed, and what has the focus.
    widgets.active.bg_stroke = Stroke::new(2.0, palette.cursor);
    widgets.active.weak_bg_fill = palette.panel;
    widgets.inactive.bg_fill = palette.given_cell;
    visuals.faint_bg_color = Color32::TRANSPARENT;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colours::contrast;

    #[test]
    fn text_and_focus_can_be_seen() {
        let ctx = Context::default();
        apply(&ctx);
        for theme in [Theme::Light, Theme::Dark] {
            let style = ctx.style_of(theme);
            let visuals = &style.visuals;
            let palette = Palette::of(visuals);
            for ground in [palette.page, palette.panel, palette.given_cell, palette.selected] {
                assert!(contrast(palette.ink, ground) > 4.5, "{theme:?} {ground:?}");
                assert!(contrast(palette.muted, ground) > 4.5, "{theme:?} {ground:?}");
                assert!(contrast(palette.cursor, ground) > 3.0, "{theme:?} {ground:?}");
            }
            assert!(contrast(palette.edge, palette.page) > 3.0, "{theme:?}");
            assert!(visuals.widgets.active.bg_stroke.width >= 2.0);
        }
    }
}
