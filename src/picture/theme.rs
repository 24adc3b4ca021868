//! Colours, for light and for dark surroundings: those of `docs/design.md`.

/// A colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Colour(pub [u8; 3]);

impl Colour {
    /// Returns black or white, whichever is seen better on this colour.
    pub(super) fn ink(self) -> Colour {
        let light = self
            .0
            .iter()
            .zip([3, 6, 1])
            .map(|(&part, weight)| u32::from(part) * weight);
        if light.sum::<u32>() > 1100 {
            Colour([0; 3])
        } else {
            Colour([255; 3])
        }
    }

    /// Mixes this colour with a part, 0 to 1, of another.
    pub(super) fn mix(self, other: Colour, part: f32) -> Colour {
        let mix = |i: usize| f32::from(self.0[i]) * (1.0 - part) + f32::from(other.0[i]) * part;
        Colour([0, 1, 2].map(|i| mix(i).round() as u8))
    }
}

/// Whether pictures are dark on light, or light on dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    #[default]
    Light,
    /// Light on dark.
    Dark,
}

/// The colours of a theme.
pub(super) struct Palette {
    /// The area around the board.
    pub surface: Colour,
    /// An empty cell, or one of whose answer the model is sure.
    pub cell: Colour,
    /// The ground of a given.
    pub given_cell: Colour,
    /// Thick lines.
    pub line: Colour,
    /// Walls.
    pub wall: Colour,
    /// The thin lines between cells.
    pub hair: Colour,
    /// Givens and captions.
    pub ink: Colour,
    /// Secondary text.
    pub faint: Colour,
    /// Answers of the model.
    pub answer: Colour,
    /// The background of a cell without any confidence.
    pub unsure: Colour,
    /// The ring in a cell that has just changed.
    pub changed: Colour,
    /// A broken rule, and the background of its cells.
    pub fault: Colour,
    pub fault_cell: Colour,
}

const fn rgb(hex: u32) -> Colour {
    Colour([(hex >> 16) as u8, (hex >> 8) as u8, hex as u8])
}

impl Theme {
    pub(super) fn palette(self) -> Palette {
        match self {
            Theme::Light => Palette {
                surface: rgb(0xf3f4f7),
                cell: rgb(0xffffff),
                given_cell: rgb(0xe4e7ed),
                line: rgb(0x32363e),
                wall: rgb(0x464a54),
                hair: rgb(0xbabec6),
                ink: rgb(0x101014),
                faint: rgb(0x555b67),
                answer: rgb(0x0052b4),
                unsure: rgb(0xffd678),
                changed: rgb(0xb45000),
                fault: rgb(0xb41010),
                fault_cell: rgb(0xffdeda),
            },
            Theme::Dark => Palette {
                surface: rgb(0x121418),
                cell: rgb(0x181a1e),
                given_cell: rgb(0x30343c),
                line: rgb(0xaaaeb6),
                wall: rgb(0x747a86),
                hair: rgb(0x42464e),
                ink: rgb(0xf0f0f0),
                faint: rgb(0xa2a8b4),
                answer: rgb(0x78beff),
                unsure: rgb(0x583e08),
                changed: rgb(0xfac846),
                fault: rgb(0xff8278),
                fault_cell: rgb(0x521c1c),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One look for all faces: what `docs/design.md` says, and tests of the window and the page measure.
    #[test]
    fn colours_are_those_of_the_design() {
        let design = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/design.md");
        let design = std::fs::read_to_string(design).unwrap();
        for theme in [Theme::Light, Theme::Dark] {
            let p = theme.palette();
            let grounds = [p.surface, p.cell, p.given_cell, p.unsure, p.fault_cell, p.wall];
            for Colour([r, g, b]) in grounds
                .into_iter()
                .chain([p.ink, p.faint, p.answer, p.changed, p.fault])
            {
                let name = format!("`#{r:02x}{g:02x}{b:02x}`");
                assert!(design.contains(&name), "{theme:?} {name}");
            }
        }
    }
}
