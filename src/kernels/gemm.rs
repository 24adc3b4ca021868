//! How a GPU multiplies matrices.

use serde::{Deserialize, Serialize};

use super::dispatch::{Grid, Target, Variant};
use super::shader::shader;
use super::{Constants, Epilogue, Linear, Scalar, Shader};

/// A way to compute the product of a linear layer on a GPU. Another way is another row of [`Gemm::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Gemm {
    /// What a workgroup computes.
    pub tile: Tile,
    /// The numbers that are multiplied.
    pub scalar: Scalar,
}

/// Part of a product that a workgroup computes. The larger tile reads less; the smaller one gives small batches enough
/// workgroups. Both sum in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tile {
    /// 32 by 32.
    Small,
    /// 64 by 64.
    Large,
}

/// Large tiles of a batch from which on they keep a GPU busy.
const ENOUGH_TILES: usize = 256;

impl Tile {
    /// Rows and outputs of the tile.
    pub(crate) fn side(self) -> usize {
        match self {
            Tile::Small => 32,
            Tile::Large => 64,
        }
    }
}

impl Gemm {
    /// All ways of which a device may choose. Those with the same scalar give the same bits, and may differ from layer to layer; another scalar is a
    /// choice for a whole model.
    #[cfg(not(target_arch = "wasm32"))]
    pub(crate) const ALL: [Gemm; 4] = [
        Gemm::of(Tile::Small, Scalar::F32),
        Gemm::of(Tile::Large, Scalar::F32),
        Gemm::of(Tile::Small, Scalar::F16),
        Gemm::of(Tile::Large, Scalar::F16),
    ];

    const fn of(tile: Tile, scalar: Scalar) -> Gemm {
        Gemm { tile, scalar }
    }

    /// The way that should serve a layer on that many samples, by a rule that needs no measurement.
    pub(crate) fn by_rule(linear: &Linear, samples: usize) -> Gemm {
        let large = Gemm::of(Tile::Large, Scalar::F32);
        match large.grid(linear).workgroups(samples) {
            ENOUGH_TILES.. => large,
            _ => Gemm::of(Tile::Small, Scalar::F32),
        }
    }

    /// The way that a target has for a layer.
    pub(super) fn chosen(linear: &Linear, target: &Target) -> Gemm {
        let gemm = (target.gemm)(linear).unwrap_or_else(|| Gemm::by_rule(linear, target.samples));
        if gemm.suits(linear, target) {
            gemm
        } else {
            Gemm::of(gemm.tile, Scalar::F32)
        }
    }

    /// Whether a layer may be computed so. f16 needs weights that are f16; the heads, whose results are looked at, stay
    /// f32: they cost nothing.
    pub(crate) fn suits(self, linear: &Linear, target: &Target) -> bool {
        match self.scalar {
            Scalar::F32 => true,
            Scalar::F16 => {
                target.variant == Variant::Workgroup
                    && !matches!(linear.epilogue, Epilogue::Store)
                    && (target.half)(linear.weight)
            }
        }
    }

    pub(super) fn shader(self) -> &'static Shader {
        match self.scalar {
            Scalar::F32 => shader!("linear"),
            Scalar::F16 => shader!("linear", f16),
        }
    }

    /// The constants by which the shader is this way and not another.
    pub(super) fn constants(self) -> Constants {
        vec![("LARGE", f64::from(self.tile == Tile::Large))]
    }

    pub(super) fn grid(self, linear: &Linear) -> Grid {
        Grid::tiles(linear.rows, linear.outputs, [self.tile.side(); 2])
    }
}
