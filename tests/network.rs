//! Whole segments of random models against an independent implementation in f64, written from the specification.

mod formulas;

use std::sync::Arc;

use crate::common::{random_model, values};
use formulas::{Matrix, Reference};
use hrm::executor::{Executor, Want};
use hrm::model::{Config, Family, Positions};

/// Relative L2 against f64: the first segment, and the second, in which the recurrence has let roundings grow.
const BOUNDS: [f64; 2] = [3e-6, 2e-5];

fn relative(found: &[f32], needed: &Matrix) -> f64 {
    let needed: Vec<f64> = needed.iter().flatten().copied().collect();
    assert_eq!(found.len(), needed.len());
    let difference: f64 = found
        .iter()
        .zip(&needed)
        .map(|(a, b)| (f64::from(*a) - b).powi(2))
        .sum();
    (difference / needed.iter().map(|v| v * v).sum::<f64>()).sqrt()
}

fn check(name: &str, config: Config) {
    let model = Arc::new(random_model(&config));
    let reference = Reference {
        config: &config,
        model: &model,
    };
    let executor = Executor::cpu(model.clone(), Some(3)).unwrap();
    let samples = 3;
    let mut batch = executor.batch(samples, config.seq_len, None).unwrap();
    let mut carries = Vec::new();
    for i in 0..samples {
        let tokens: Vec<u32> = (0..config.seq_len)
            .map(|t| ((t * 7 + i * 3) % config.vocab_size) as u32)
            .collect();
        let identifier = i % config.num_puzzle_identifiers.max(1);
        let rows = config.positions_for(config.seq_len);
        let [z_h, z_l] = if config.family == Family::Eqr {
            let given = [1, 2].map(|z| values(rows * config.hidden_size, 10 * i as u64 + z));
            batch.load_carry(i, &tokens, identifier, given.clone()).unwrap();
            given.map(|z| {
                let rows = z.chunks(config.hidden_size);
                rows.map(|row| row.iter().map(|&v| f64::from(v)).collect()).collect()
            })
        } else {
            batch.load(i, &tokens, identifier, None).unwrap();
            let inits = match config.family {
                Family::Urm => ["init_hidden"; 2],
                _ => ["H_init", "L_init"],
            };
            inits.map(|init| vec![reference.weight(init)[0].clone(); rows])
        };
        carries.push((reference.input(&tokens, identifier), z_h, z_l));
    }
    for (segment, bound) in BOUNDS.into_iter().enumerate() {
        let want = Want::ALL;
        let outputs = pollster::block_on(batch.segment(&[0, 1, 2], want)).unwrap();
        for (output, (x, z_h, z_l)) in outputs.iter().zip(&mut carries) {
            let (logits, q) = reference.segment(x, z_h, z_l);
            assert_eq!(output.z_l.is_none(), config.family == Family::Urm);
            for (what, found, needed) in [
                ("logits", output.logits.as_ref(), &logits),
                ("z_H", output.z_h.as_ref(), &*z_h),
                ("z_L", output.z_l.as_ref(), &*z_l),
            ] {
                let Some(found) = found else { continue };
                let error = relative(found, needed);
                assert!(
                    error < bound,
                    "{name}, segment {segment}, {what}: relative L2 {error:e}"
                );
            }
            assert!(
                (f64::from(output.q_halt) - q[0]).abs() < 1e-4 && (f64::from(output.q_continue) - q[1]).abs() < 1e-4
            );
        }
    }
}

/// A small model; the tests vary it.
fn base() -> Config {
    Config::published(Family::Hrm, 13, 7).with(|c| {
        (c.h_layers, c.l_layers) = (1, 1);
        (c.hidden_size, c.num_heads) = (32, 4);
        c.puzzle_emb_ndim = 32;
        c.num_puzzle_identifiers = 3;
        c.halt_max_steps = 4;
    })
}

fn trm() -> Config {
    base().with(|c| {
        c.family = Family::Trm;
        c.h_layers = 0;
        c.l_layers = 2;
        c.puzzle_emb_len = 5;
        c.h_cycles = 3;
    })
}

#[test]
fn hrm_of_every_form() {
    check("plain", base());
    check(
        "no prefix",
        base().with(|c| {
            c.puzzle_emb_ndim = 0;
            c.num_puzzle_identifiers = 0;
        }),
    );
    check(
        "unequal layers",
        base().with(|c| {
            c.h_layers = 3;
            c.l_layers = 2;
        }),
    );
    check(
        "three and five cycles",
        base().with(|c| {
            c.h_cycles = 3;
            c.l_cycles = 5;
        }),
    );
    check(
        "one cycle",
        base().with(|c| {
            c.h_cycles = 1;
            c.l_cycles = 1;
        }),
    );
    check("learned positions", base().with(|c| c.positions = Positions::Learned));
    check("narrow puzzle embedding", base().with(|c| c.puzzle_emb_ndim = 10));
    check("wide puzzle embedding", base().with(|c| c.puzzle_emb_ndim = 75));
    check(
        "other rope, epsilon and width",
        base().with(|c| {
            c.rope_theta = 500.0;
            c.rms_norm_eps = 1e-3;
            c.hidden_size = 48;
            c.num_heads = 2;
            c.expansion = 2.0;
        }),
    );
    check("one token", base().with(|c| c.seq_len = 1));
}

#[test]
fn eqr_of_every_form() {
    let eqr = trm().with(|c| {
        c.family = Family::Eqr;
        c.damping = 0.9;
    });
    check("attention", eqr.clone());
    check("no positions", eqr.clone().with(|c| c.positions = Positions::None));
    check(
        "token MLP",
        eqr.clone().with(|c| {
            c.mlp_t = true;
            c.positions = Positions::None;
        }),
    );
    check(
        "undamped, heads of 14",
        eqr.clone().with(|c| {
            c.damping = 1.0;
            (c.hidden_size, c.num_heads, c.puzzle_emb_ndim) = (42, 3, 42);
        }),
    );
    check(
        "a board of 3 by 5",
        eqr.with(|c| {
            c.positions = Positions::Rope2d;
            (c.puzzle_emb_ndim, c.puzzle_emb_len, c.num_puzzle_identifiers) = (0, 0, 0);
            (c.seq_len, c.board) = (15, Some([3, 5]));
        }),
    );
}

#[test]
fn urm_of_every_form() {
    let urm = base().with(|c| {
        c.family = Family::Urm;
        c.h_layers = 0;
        c.l_layers = 2;
    });
    check("plain", urm.clone());
    check(
        "no prefix",
        urm.clone().with(|c| {
            c.puzzle_emb_ndim = 0;
            c.num_puzzle_identifiers = 0;
        }),
    );
    check(
        "a prefix of three, other cycles and widths",
        urm.clone().with(|c| {
            (c.h_cycles, c.l_cycles) = (1, 5);
            (c.hidden_size, c.num_heads, c.expansion) = (48, 2, 2.0);
            c.puzzle_emb_ndim = 100;
            c.rope_theta = 500.0;
        }),
    );
    check("one token", urm.clone().with(|c| c.seq_len = 1));
    // Long enough for strips.
    check("many tokens", urm.with(|c| c.seq_len = 100));
}

#[test]
fn trm_of_every_form() {
    check("attention", trm());
    check(
        "token MLP",
        trm().with(|c| {
            c.mlp_t = true;
            c.positions = Positions::None;
        }),
    );
    check(
        "token MLP without prefix",
        trm().with(|c| {
            c.mlp_t = true;
            c.positions = Positions::None;
            c.puzzle_emb_ndim = 0;
            c.puzzle_emb_len = 0;
            c.num_puzzle_identifiers = 0;
        }),
    );
    check("no positions", trm().with(|c| c.positions = Positions::None));
    check("learned positions", trm().with(|c| c.positions = Positions::Learned));
    check(
        "prefix by width",
        trm().with(|c| {
            c.puzzle_emb_len = 0;
            c.puzzle_emb_ndim = 70;
        }),
    );
}
