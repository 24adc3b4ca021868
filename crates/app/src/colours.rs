//! The colours of the boards, for the light and the dark theme.

use eframe::egui::{Color32, Visuals, lerp};
use hrm::tasks::Task;

use crate::settings::Settings;

/// The colours of a board.
#[derive(Debug, Clone, Copy)]
pub struct Palette {
    /// The ground of empty cells and of the model's.
    pub cell: Color32,
    /// The ground of givens.
    pub given_cell: Color32,
    /// The ink of givens.
    pub given: Color32,
    /// The ink of the model's symbols.
    pub model: Color32,
    /// The ink of whatever breaks a rule.
    pub fault: Color32,
    /// The ground of cells that break a rule.
    pub fault_cell: Color32,
    /// The ground of cells that the model is unsure of.
    pub unsure: Color32,
    /// The frame of cells that the segment changed.
    pub changed: Color32,
    /// The frame of the cursor.
    pub cursor: Color32,
    /// Lines between cells.
    pub thin: Color32,
    /// Lines between boxes.
    pub thick: Color32,
    /// Filled cells, such as walls.
    pub wall: Color32,
    /// The colour of good news.
    pub good: Color32,
    /// The ground of the window.
    pub page: Color32,
    /// The ground of cards, fields and buttons.
    pub panel: Color32,
    /// Text.
    pub ink: Color32,
    /// Text that matters less.
    pub muted: Color32,
    /// The edges of buttons and fields.
    pub edge: Color32,
    /// Lines that only separate.
    pub line: Color32,
    /// The ground of what is chosen among others.
    pub selected: Color32,
}

impl Palette {
    /// Returns the palette of a theme. Text has a contrast of at least 4.5:1 to its ground.
    pub fn of(visuals: &Visuals) -> Palette {
        let rgb = Color32::from_rgb;
        if visuals.dark_mode {
            Palette {
                cell: rgb(24, 26, 30),
                given_cell: rgb(48, 52, 60),
                given: rgb(240, 240, 240),
                model: rgb(120, 190, 255),
                fault: rgb(255, 130, 120),
                fault_cell: rgb(82, 28, 28),
                unsure: rgb(88, 62, 8),
                changed: rgb(250, 200, 70),
                cursor: rgb(90, 160, 250),
                thin: rgb(66, 70, 78),
                thick: rgb(170, 174, 182),
                wall: rgb(116, 122, 134),
                good: rgb(110, 210, 130),
                page: rgb(18, 20, 24),
                panel: rgb(27, 29, 34),
                ink: rgb(236, 236, 240),
                muted: rgb(170, 176, 188),
                edge: rgb(116, 123, 137),
                line: rgb(54, 58, 67),
                selected: rgb(30, 46, 70),
            }
        } else {
            Palette {
                cell: rgb(255, 255, 255),
                given_cell: rgb(228, 231, 237),
                given: rgb(16, 16, 20),
                model: rgb(0, 82, 180),
                fault: rgb(180, 16, 16),
                fault_cell: rgb(255, 222, 218),
                unsure: rgb(255, 214, 120),
                changed: rgb(180, 80, 0),
                cursor: rgb(20, 100, 220),
                thin: rgb(186, 190, 198),
                thick: rgb(50, 54, 62),
                wall: rgb(70, 74, 84),
                good: rgb(0, 110, 40),
                page: rgb(243, 244, 247),
                panel: rgb(255, 255, 255),
                ink: rgb(16, 16, 20),
                muted: rgb(80, 86, 98),
                edge: rgb(130, 136, 154),
                line: rgb(215, 218, 225),
                selected: rgb(214, 228, 248),
            }
        }
    }

    /// Returns the ground of a cell for the model's confidence in it: the lower, the warmer.
    pub fn by_confidence(&self, sure: f32) -> Color32 {
        let mix = |from: u8, to: u8| lerp(f32::from(from)..=f32::from(to), 1.0 - sure.clamp(0.0, 1.0)).round() as u8;
        let ([r0, g0, b0, _], [r1, g1, b1, _]) = (self.cell.to_array(), self.unsure.to_array());
        Color32::from_rgb(mix(r0, r1), mix(g0, g1), mix(b0, b1))
    }
}

/// Returns the colour of a measure between 0 and 1. From little to much its lightness grows evenly for everybody: cividis.
pub fn ramp(part: f32) -> Color32 {
    const STOPS: [[u8; 3]; 5] = [
        [0, 32, 77],
        [65, 77, 107],
        [124, 123, 120],
        [188, 175, 111],
        [255, 234, 70],
    ];
    let at = part.clamp(0.0, 1.0) * (STOPS.len() - 1) as f32;
    let (from, to) = (STOPS[at.floor() as usize], STOPS[at.ceil() as usize]);
    let mix = |i: usize| lerp(f32::from(from[i])..=f32::from(to[i]), at.fract()).round() as u8;
    Color32::from_rgb(mix(0), mix(1), mix(2))
}

/// How cells are shown that are told apart by colour.
#[derive(Debug, Clone, Copy)]
pub struct Tints {
    colours: &'static [[u8; 3]; 10],
    /// Whether digits stand on the colours.
    pub digits: bool,
}

impl Tints {
    /// Returns what the settings say for a task.
    pub fn of(task: Task, settings: &Settings) -> Tints {
        Tints {
            colours: task.colours(settings.safe_colours),
            digits: settings.digits,
        }
    }

    /// Returns one of the ten colours; numbers beyond take the last.
    pub fn ground(self, number: u8) -> Color32 {
        let [r, g, b] = self.colours[usize::from(number).min(self.colours.len() - 1)];
        Color32::from_rgb(r, g, b)
    }

    /// Returns black or white, whichever is read better on a colour.
    pub fn ink(ground: Color32) -> Color32 {
        match contrast(Color32::BLACK, ground) > contrast(Color32::WHITE, ground) {
            true => Color32::BLACK,
            false => Color32::WHITE,
        }
    }
}

/// Contrast as the Web Content Accessibility Guidelines define it.
pub(crate) fn contrast(a: Color32, b: Color32) -> f32 {
    let luminance = |c: Color32| {
        let linear = |v: u8| {
            let v = f32::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(c.r()) + 0.7152 * linear(c.g()) + 0.0722 * linear(c.b())
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_can_be_read_on_every_ground() {
        for visuals in [Visuals::dark(), Visuals::light()] {
            let p = Palette::of(&visuals);
            let grounds = [p.cell, p.by_confidence(0.5), p.unsure, p.fault_cell];
            for ground in grounds {
                assert!(contrast(p.model, ground) > 4.5, "{} {ground:?}", visuals.dark_mode);
            }
            assert!(contrast(p.given, p.given_cell) > 7.0);
            assert!(contrast(p.fault, p.fault_cell) > 4.5);
            assert!(contrast(p.good, p.page) > 4.5 && contrast(p.fault, p.page) > 4.5);
            for ground in [p.cell, p.unsure] {
                assert!(contrast(p.changed, ground) > 3.0, "{} {ground:?}", visuals.dark_mode);
            }
            for tints in [false, true].map(|safe_colours| {
                let settings = Settings {
                    safe_colours,
                    ..Settings::default()
                };
                Tints::of(hrm::tasks::arc::TASK, &settings)
            }) {
                let read = |number| contrast(Tints::ink(tints.ground(number)), tints.ground(number));
                assert!((0..12).all(|number| read(number) > 4.5));
            }
            assert!(
                (0..=100)
                    .map(|i| ramp(i as f32 / 100.0))
                    .all(|c| contrast(Tints::ink(c), c) > 4.5)
            );
            assert_eq!(p.by_confidence(1.0), p.cell);
            assert_eq!(p.by_confidence(-3.0), p.unsure);
        }
    }
}
