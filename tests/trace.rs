//! The thinking as data, against the official outputs and independent formulas.

use std::sync::Arc;

use crate::common::Golden;
use hrm::executor::{Executor, Outputs};
use hrm::model::{Loss, Model};
use hrm::trace::{Trace, confidences};

const CASES: [&str; 6] = [
    "hrm-tiny",
    "hrm-sudoku-small",
    "trm-att-tiny",
    "trm-mlp-tiny",
    "urm-arc-tiny",
    "serrm-sudoku-tiny",
];

/// Every segment's grid is the official prediction, and what changed, how sure the model was and how far its carry
/// moved follow from the official outputs.
#[test]
fn the_trace_of_golden_cases_is_the_official_one() {
    for case in CASES {
        let golden = Golden::load(case);
        let model = Arc::new(Model::open(&golden.folder.join("checkpoint.pt"), None).unwrap());
        let (config, s) = (model.config.clone(), golden.seq_len);
        let (vocab, dim) = (config.vocab_size, config.hidden_size);
        // A network with a symbol axis has its further positions behind the cells.
        let prefix = config.symbols.map_or(config.positions_for(0), |_| 0);
        let segments = golden.segments(&Executor::cpu(model, None).unwrap(), golden.count);
        let mut traces = vec![Trace::new(&config); golden.samples];
        for (i, samples) in segments.iter().enumerate() {
            for (trace, outputs) in traces.iter_mut().zip(samples) {
                trace.add(i + 1, outputs);
            }
        }
        for (i, samples) in segments.iter().enumerate() {
            let (number, shown): (usize, Vec<Outputs>) = (i + 1, {
                let grids = traces.iter().map(|trace| trace.thoughts[i].grid.clone());
                let shown = grids.zip(samples).map(|(preds, outputs)| {
                    let mut shown = outputs.clone();
                    shown.preds = preds;
                    shown
                });
                shown.collect()
            });
            golden.check_predictions(number, &shown);
            let preds = golden.f32s(&format!("seg{number}.preds"));
            let logits = golden.f32s(&format!("seg{number}.logits"));
            for (b, trace) in traces.iter().enumerate() {
                let thought = &trace.thoughts[i];
                assert_eq!(thought.number, number);
                let ids = |segment: usize| golden.f32s(&format!("seg{segment}.preds"))[b * s..][..s].to_vec();
                let (now, ours) = (
                    ids(number),
                    thought.grid.iter().map(|&id| id as f32).collect::<Vec<_>>(),
                );
                let before: Option<Vec<f32>> = (i > 0).then(|| ids(i));
                // Where rounding decided an id, what changed may differ, too.
                if now == ours
                    && before
                        .as_ref()
                        .is_none_or(|before| same(before, &trace.thoughts[i - 1].grid))
                {
                    let changed = (0..s).filter(|&c| before.as_ref().is_none_or(|before| before[c] != now[c]));
                    assert_eq!(thought.changed, changed.collect::<Vec<_>>());
                }
                for cell in 0..s {
                    let logits = &logits[(b * s + cell) * vocab..][..vocab];
                    if preds[b * s + cell] == ours[cell] {
                        let expected = stablemax(logits)[ours[cell] as usize];
                        let found = f64::from(thought.confidence.as_ref().unwrap()[cell]);
                        assert!((found - expected).abs() < 1e-4, "{case}: {found} for {expected}");
                    }
                }
                for (name, motion) in [("z_H", &thought.z_h), ("z_L", &thought.z_l)] {
                    assert_eq!(motion.is_some(), golden.outputs().any(|has| has == name));
                    let Some(motion) = motion else { continue };
                    let (t, planes) = (config.positions_for(s), config.symbols.map_or(1, |_| vocab));
                    let len = planes * t * dim;
                    let z = |segment: usize| golden.f32s(&format!("seg{segment}.{name}"))[b * len..][..len].to_vec();
                    let norm = |z: &[f32], cell: usize| -> f64 {
                        let rows = (0..planes).flat_map(|plane| &z[(plane * t + prefix + cell) * dim..][..dim]);
                        rows.map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt()
                    };
                    let now = z(number);
                    assert_eq!((motion.norm.len(), motion.change.is_some()), (s, i > 0));
                    for cell in 0..s {
                        let bound = 1.25e-4 * norm(&now, cell);
                        assert!((f64::from(motion.norm[cell]) - norm(&now, cell)).abs() < bound);
                        if let Some(change) = &motion.change {
                            let moved: Vec<f32> = now.iter().zip(z(i)).map(|(a, b)| a - b).collect();
                            let (found, expected) = (f64::from(change[cell]), norm(&moved, cell));
                            assert!(
                                (found - expected).abs() < bound,
                                "{case} {name}: {found} for {expected}"
                            );
                        }
                    }
                }
            }
        }
    }
}

fn same(official: &[f32], ours: &[u32]) -> bool {
    official.iter().zip(ours).all(|(a, b)| *a == *b as f32)
}

/// The specification's words, section 6.3.
fn stablemax(logits: &[f32]) -> Vec<f64> {
    let s = |l: f64| if l >= 0.0 { l + 1.0 } else { 1.0 / (1.0 - l) };
    let sum: f64 = logits.iter().map(|l| s(f64::from(*l))).sum();
    logits.iter().map(|l| s(f64::from(*l)) / sum).collect()
}

/// By way of the logarithm of the sum.
fn softmax(logits: &[f32]) -> Vec<f64> {
    let log_sum = logits.iter().map(|l| f64::from(*l).exp()).sum::<f64>().ln();
    logits.iter().map(|l| (f64::from(*l) - log_sum).exp()).collect()
}

#[test]
fn confidences_are_those_of_independent_formulas() {
    for case in CASES {
        let golden = Golden::load(case);
        let logits = golden.f32s("seg2.logits");
        let vocab = logits.len() / (golden.samples * golden.seq_len);
        for (loss, independent) in [
            (Loss::Stablemax, stablemax as fn(&[f32]) -> Vec<f64>),
            (Loss::Softmax, softmax),
        ] {
            let expected: Vec<f64> = logits.chunks(vocab).flat_map(independent).collect();
            let found = confidences(loss, &logits, vocab);
            assert_eq!(found.len(), expected.len());
            let worst = found.iter().zip(&expected).map(|(a, b)| (f64::from(*a) - b).abs());
            assert!(worst.fold(0.0, f64::max) < 1e-7, "{case}, {loss}");
        }
    }
    assert_ne!(
        confidences(Loss::Stablemax, &[1.0, 3.0], 2),
        confidences(Loss::Softmax, &[1.0, 3.0], 2)
    );
    assert_eq!(
        confidences(Loss::Stablemax, &[1.0, 3.0, -1.0, -3.0], 4)[..2],
        [2.0 / 6.75, 4.0 / 6.75]
    );
}

#[test]
fn extreme_logits_are_probabilities_still() {
    for loss in [Loss::Stablemax, Loss::Softmax] {
        for logits in [[1e30, -1e30, 0.0], [-1e30; 3], [88.0, 89.0, 700.0]] {
            let all = confidences(loss, &logits, 3);
            assert!((all.iter().sum::<f32>() - 1.0).abs() < 1e-6, "{loss}: {all:?}");
        }
        assert!(confidences(loss, &[], 3).is_empty());
    }
}

#[test]
fn what_was_not_wanted_is_not_there() {
    let golden = Golden::load("hrm-tiny");
    let model = Arc::new(Model::open(&golden.folder.join("checkpoint.pt"), None).unwrap());
    let mut trace = Trace::new(&model.config);
    let mut outputs = Outputs::default();
    outputs.preds = vec![1; golden.seq_len];
    let thought = trace.add(1, &outputs);
    assert!(thought.confidence.is_none() && thought.probabilities.is_none());
    assert!(thought.z_h.is_none() && thought.z_l.is_none());
    assert!(trace.add(2, &outputs).changed.is_empty());
}
