//! Colours, for light and for dark surroundings.

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
    /// An empty or given cell.
    pub cell: Colour,
    /// Lines and walls.
    pub line: Colour,
    /// The thin lines between cells.
    pub hair: Colour,
    /// Givens and captions.
    pub ink: Colour,
    /// Secondary text.
    pub faint: Colour,
    /// Answers of the model.
    pub answer: Colour,
    /// The background of a cell with full confidence.
    pub sure: Colour,
    /// A cell that has just changed.
    pub changed: Colour,
    /// A broken rule.
    pub fault: Colour,
}

const fn rgb(hex: u32) -> Colour {
    Colour([(hex >> 16) as u8, (hex >> 8) as u8, hex as u8])
}

impl Theme {
    pub(super) fn palette(self) -> Palette {
        match self {
            Theme::Light => Palette {
                surface: rgb(0xf7f8fa),
                cell: rgb(0xffffff),
                line: rgb(0x2b3440),
                hair: rgb(0xc9d0d9),
                ink: rgb(0x14181f),
                faint: rgb(0x5c6773),
                answer: rgb(0x0b5cad),
                sure: rgb(0xb9dcfb),
                changed: rgb(0xffd166),
                fault: rgb(0xc1121f),
            },
            Theme::Dark => Palette {
                surface: rgb(0x11151b),
                cell: rgb(0x1a2029),
                line: rgb(0x9aa7b5),
                hair: rgb(0x333d4a),
                ink: rgb(0xf2f5f8),
                faint: rgb(0x93a1b0),
                answer: rgb(0x8cc8ff),
                sure: rgb(0x1f4a73),
                changed: rgb(0x8a6410),
                fault: rgb(0xff6b6b),
            },
        }
    }
}
