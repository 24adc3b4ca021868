//! Every kernel on made-up data, for the comparison with its twin.

use std::sync::Arc;

use crate::halt::Halt;
use crate::kernels::fixture::{AttentionSizes, Biased, BlockSizes, EmbedSizes, Fixture, Fused, Samples, Stored};
use crate::kernels::{Scalar, Threshold};
use crate::model::Model;
use crate::tasks::rule_kernel;

/// Returns every kernel on made-up data, named after what is special about the data.
pub(super) fn fixtures(models: &[Arc<Model>]) -> Vec<(&'static str, Fixture)> {
    let (slots, live) = (3, &[0, 2][..]);
    let samples = Samples { slots, live };
    let embed = EmbedSizes {
        seq_len: 81,
        prefix: 2,
        width: 64,
        puzzle_width: 100,
        learned: false,
    };
    let learned = EmbedSizes {
        prefix: 0,
        puzzle_width: 0,
        learned: true,
        ..embed
    };
    let stored = Stored {
        prefix: 1,
        rows: 81,
        inputs: 512,
        outputs: 200,
        bias: true,
        stored: Scalar::F32,
    };
    let odd = Stored {
        prefix: 0,
        rows: 37,
        inputs: 97,
        outputs: 65,
        bias: false,
        stored: Scalar::F32,
    };
    let half = Stored {
        prefix: 0,
        rows: 82,
        bias: false,
        stored: Scalar::F16,
        ..stored
    };
    let rope = Fused {
        rows: 82,
        inputs: 256,
        outputs: 768,
        head_dim: Some(64),
        norm: true,
        scale: 2.0,
        stored: Scalar::F32,
    };
    let swiglu = Fused {
        outputs: 512,
        head_dim: None,
        ..rope
    };
    let large = Fused {
        norm: false,
        scale: 200.0,
        ..swiglu
    };
    let attention = AttentionSizes {
        rows: 82,
        heads: 4,
        head_dim: 64,
        groups: 1,
        sharp: 3.0,
    };
    let grouped = AttentionSizes {
        rows: 21,
        groups: 7,
        ..attention
    };
    let symbols = AttentionSizes {
        groups: 11,
        ..attention
    };
    let long = AttentionSizes {
        rows: 901,
        heads: 1,
        ..attention
    };
    let narrow = AttentionSizes {
        rows: 33,
        heads: 2,
        head_dim: 10,
        ..attention
    };
    let alone = Samples { slots: 1, live: &[0] };
    let mut fixtures = vec![
        ("embed", Fixture::embed(samples, embed)),
        ("embed, learned positions", Fixture::embed(samples, learned)),
        ("reset", Fixture::reset(samples, [82, 64])),
        ("inject", Fixture::inject(samples, [82, 64], 2)),
        ("blend", Fixture::blend(samples, [82, 64], Some(0.05))),
        ("linear", Fixture::stored(samples, stored)),
        ("linear, odd sizes", Fixture::stored(samples, odd)),
        ("linear, f16 weights", Fixture::stored(samples, half)),
        ("linear, normed, rotary positions", Fixture::fused(samples, rope)),
        (
            "linear, rotary positions in pairs",
            Fixture::turning(samples, 82, [4, 32, 2]),
        ),
        ("linear, normed, SwiGLU", Fixture::fused(samples, swiglu)),
        ("linear, SwiGLU of large values", Fixture::fused(samples, large)),
        ("block", Fixture::block(samples, BLOCK)),
        ("attention", Fixture::attention(samples, attention)),
        ("attention, 901 positions", Fixture::attention(alone, long)),
        ("attention, heads of 10", Fixture::attention(samples, narrow)),
        ("attention, seven groups", Fixture::attention(samples, grouped)),
        ("attention over symbols", Fixture::symbol_attention(samples, symbols)),
        ("rms_norm", Fixture::rms_norm(samples, [82, 512], 1.0)),
        ("rms_norm, small values", Fixture::rms_norm(samples, [82, 97], 1e-3)),
        ("transpose", Fixture::transpose(samples, [97, 64])),
        ("convolve", Fixture::convolve(samples, [82, 96])),
        ("argmax", Fixture::argmax(samples, [81, 11], false)),
        ("argmax, given cells kept", Fixture::argmax(samples, [81, 9], true)),
        ("symbol_embed", Fixture::symbol_embed(samples, [81, 11, 64], true)),
        (
            "symbol_embed, not equivariant",
            Fixture::symbol_embed(samples, [49, 6, 64], false),
        ),
        ("symbol_head", Fixture::symbol_head(samples, [81, 11, 256], false)),
        ("symbol_head, mixed", Fixture::symbol_head(samples, [49, 6, 128], true)),
        ("confidence", Fixture::confidence(samples, [81, 11], false)),
        ("confidence of empty cells", Fixture::confidence(samples, [81, 9], true)),
        ("embed by a layer", Fixture::one_hot(samples, [81, 11, 64])),
        ("layer_norm", Fixture::layer_norm(samples, [81, 128], 1.0)),
        ("layer_norm, large values", Fixture::layer_norm(samples, [81, 97], 1e3)),
        ("softmax", Fixture::softmax(samples, [81, 9])),
    ];
    for (name, kind) in [
        ("linear, bias, ReLU", Biased::Relu),
        ("linear, bias, residual", Biased::Residual),
        ("linear, bias, rotary positions", Biased::Rope(32)),
        ("linear, bias, SwiGLU", Biased::Swiglu),
    ] {
        fixtures.push((name, Fixture::biased(samples, [81, 128, 384], kind)));
    }
    fixtures.push(("shift", Fixture::shift(samples, 81, 2)));
    fixtures.push(("shift, upwards", Fixture::shift(samples, 81, -1)));
    fixtures.push(("change", Fixture::change(samples, [81, 11], false)));
    for (name, halt) in [("halting, valid", Halt::Valid), ("halting, stable", Halt::Stable)] {
        fixtures.push((name, Fixture::halting(samples, 81, halt, Threshold::Continue, 2)));
    }
    for config in models.iter().map(|model| &model.config) {
        let cells = config.seq_len;
        if let Some(rules) = rule_kernel(config.task, cells) {
            // One that is no answer at all, and one that repeats the question.
            let answers = [[vec![1; cells], vec![0; cells]], [vec![1; cells], vec![1; cells]]];
            fixtures.push((rules.shader.name, Fixture::judge(samples, rules, &answers)));
        }
    }
    fixtures
}

/// Sizes of a block with attention.
pub(super) const BLOCK: BlockSizes = BlockSizes {
    rows: 82,
    heads: 4,
    head_dim: 64,
    inner: 512,
    stored: Scalar::F32,
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::fixtures;
    use crate::kernels::Step;
    use crate::model::{BUNDLED, Model};

    /// Every kernel must be compared with its twin here.
    #[test]
    fn every_kernel_is_verified() {
        let bundled = BUNDLED.iter().map(|name| Arc::new(Model::bundled(name).unwrap()));
        let fixtures = fixtures(&bundled.collect::<Vec<_>>());
        let steps = fixtures.iter().flat_map(|(_, fixture)| &fixture.steps);
        let mut names: BTreeSet<&str> = steps.map(Step::name).collect();
        // Its result is the list of live slots, without which no segment after the first would be right.
        assert!(names.insert("Compact"));
        assert_eq!(names, Step::NAMES.iter().copied().collect());
    }
}
