//! How a GPU multiplies matrices.

use serde::{Deserialize, Serialize};

use super::dispatch::{Grid, ShaderSet, Target};
use super::shader::shader;
use super::{Epilogue, Linear, Scalar, Shader};

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
    pub(crate) const ALL: [Gemm; 6] = [
        Gemm::of(Tile::Small, Scalar::F32),
        Gemm::of(Tile::Large, Scalar::F32),
        Gemm::of(Tile::Small, Scalar::F16),
        Gemm::of(Tile::Large, Scalar::F16),
        Gemm::of(Tile::Small, Scalar::I8),
        Gemm::of(Tile::Large, Scalar::I8),
    ];

    const fn of(tile: Tile, scalar: Scalar) -> Gemm {
        Gemm { tile, scalar }
    }

    /// Returns the likely best choice for a layer, without measuring.
    pub(crate) fn by_rule(linear: &Linear, target: &Target) -> Gemm {
        let small = Gemm::of(Tile::Small, target.scalar);
        let scalar = if small.suits(linear, target) {
            target.scalar
        } else {
            Scalar::F32
        };
        let large = Gemm::of(Tile::Large, scalar);
        match large.grid(linear).workgroups(target.samples) {
            ENOUGH_TILES.. if large.suits(linear, target) => large,
            _ => Gemm::of(Tile::Small, scalar),
        }
    }

    /// Returns the target's choice for a layer.
    pub(super) fn chosen(linear: &Linear, target: &Target) -> Gemm {
        let gemm = (target.gemm)(linear).unwrap_or_else(|| Gemm::by_rule(linear, target));
        let mut next_best = [gemm, Gemm::of(gemm.tile, Scalar::F32)].into_iter();
        let suits = next_best.find(|gemm| gemm.suits(linear, target));
        suits.unwrap_or(Gemm::of(Tile::Small, Scalar::F32))
    }

    /// Returns whether a layer may be computed this way. Where registers are few, large tiles would be spilled, and sums of
    /// f16 besides those of f32, which costs more than they save. f16 and int8 need weights stored so. The heads stay f32,
    /// since their results are read directly and they cost next to nothing; in int8 they are not stored.
    pub(crate) fn suits(self, linear: &Linear, target: &Target) -> bool {
        let fits = self.tile == Tile::Small || !target.few_registers;
        let stored = || target.shader_set == ShaderSet::Workgroup && (target.stored)(linear.weight) == self.scalar;
        match self.scalar {
            Scalar::F32 => fits,
            Scalar::F16 => !target.few_registers && !matches!(linear.epilogue, Epilogue::Store) && stored(),
            Scalar::I8 => fits && stored(),
        }
    }

    pub(super) fn shader(self) -> &'static Shader {
        match (self.tile, self.scalar) {
            (Tile::Small, Scalar::F32) => shader!("linear_small"),
            (Tile::Small, Scalar::F16) => shader!("linear_small", F16 "f16"),
            (Tile::Small, Scalar::I8) => shader!("linear_small", I8 "int8"),
            (Tile::Large, Scalar::F32) => shader!("linear_large"),
            (Tile::Large, Scalar::F16) => shader!("linear_large", F16 "f16"),
            (Tile::Large, Scalar::I8) => shader!("linear_large", I8 "int8"),
        }
    }

    pub(super) fn grid(self, linear: &Linear) -> Grid {
        Grid::tiles(linear.rows, linear.outputs, [self.tile.side(); 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However large a batch is, a device with few registers gets what does not spill.
    #[test]
    fn few_registers_hold_small_tiles_of_f32() {
        let linear = Linear {
            x: 0,
            weight: 1,
            bias: None,
            y: 2,
            x_rows: 82,
            first_row: 0,
            rows: 82,
            inputs: 512,
            outputs: 1536,
            norm: None,
            epilogue: Epilogue::Relu,
        };
        let gemm = &|_: &Linear| Some(Gemm::of(Tile::Large, Scalar::F16));
        let many = Target::new(ShaderSet::Workgroup, 64, &|_| Scalar::F16);
        let few = Target {
            few_registers: true,
            ..many
        };
        let tuned = |target| Gemm::chosen(&linear, &Target { gemm, ..target });
        assert_eq!(Gemm::by_rule(&linear, &many), Gemm::of(Tile::Large, Scalar::F32));
        assert_eq!(Gemm::by_rule(&linear, &few), Gemm::of(Tile::Small, Scalar::F32));
        assert_eq!(tuned(many), Gemm::of(Tile::Large, Scalar::F16));
        assert_eq!(tuned(few), Gemm::of(Tile::Small, Scalar::F32));
    }
}
