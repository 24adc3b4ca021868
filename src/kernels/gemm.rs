//! How a GPU multiplies matrices.

use serde::{Deserialize, Serialize};

use super::dispatch::{Grid, Target, Variant};
use super::shader::shader;
use super::{Constants, Epilogue, Linear, Scalar, Shader};

/// A way to compute a linear layer's product on a GPU. To add one, add a row to [`Gemm::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Gemm {
    /// The tile that a workgroup computes.
    pub tile: Tile,
    /// The number type that is multiplied.
    pub scalar: Scalar,
}

/// The part of a product that a workgroup computes. The large tile reads less memory; the small one gives small batches
/// enough workgroups. Both sum in the same order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tile {
    /// 32 × 32.
    Small,
    /// 64 × 64.
    Large,
}

/// Number of large tiles from which a batch keeps a GPU busy.
const ENOUGH_TILES: usize = 256;

impl Tile {
    /// Returns the side of the square tile, in rows and outputs.
    pub(crate) fn side(self) -> usize {
        match self {
            Tile::Small => 32,
            Tile::Large => 64,
        }
    }
}

impl Gemm {
    /// Every candidate that a device may choose. Candidates with the same scalar give the same bits and may differ from
    /// layer to layer; the scalar is chosen for a whole model.
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

    /// Returns the likely best choice for a layer and a number of samples, without measuring.
    pub(crate) fn by_rule(linear: &Linear, samples: usize) -> Gemm {
        let large = Gemm::of(Tile::Large, Scalar::F32);
        match large.grid(linear).workgroups(samples) {
            ENOUGH_TILES.. => large,
            _ => Gemm::of(Tile::Small, Scalar::F32),
        }
    }

    /// Returns the target's choice for a layer.
    pub(super) fn chosen(linear: &Linear, target: &Target) -> Gemm {
        let gemm = (target.gemm)(linear).unwrap_or_else(|| Gemm::by_rule(linear, target.samples));
        if gemm.suits(linear, target) {
            gemm
        } else {
            Gemm::of(gemm.tile, Scalar::F32)
        }
    }

    /// Returns whether a layer may be computed this way. f16 needs weights stored as f16. The heads stay f32, since
    /// their results are read directly and they cost next to nothing.
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

    /// Returns the constants that select this tile in the shader.
    pub(super) fn constants(self) -> Constants {
        vec![("LARGE", f64::from(self.tile == Tile::Large))]
    }

    pub(super) fn grid(self, linear: &Linear) -> Grid {
        Grid::tiles(linear.rows, linear.outputs, [self.tile.side(); 2])
    }
}
