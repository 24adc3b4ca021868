//! Every kernel against its plain formula in f64, on random shapes; slots that are not live stay as they are.

use super::epilogues::Operands;
use super::parallel::Output;
use super::*;
use crate::kernels::*;
use crate::model::Tensor;
use proptest::prelude::*;

/// Returns values in [−2, 2) that depend only on the seed.
fn values(n: usize, seed: u64) -> Vec<f32> {
    let hash = |i: u64| {
        (i ^ seed.rotate_left(17))
            .wrapping_add(seed)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    (0..n as u64)
        .map(|i| ((hash(hash(i)) >> 40) as f32 / (1u64 << 22) as f32) - 2.0)
        .collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// Compares the live samples of `found` with the formula, and the others with what was there before.
fn check(
    found: &[f32],
    before: &[f32],
    len: usize,
    live: &[usize],
    tolerance: f64,
    formula: impl Fn(usize) -> Vec<f64>,
) -> std::result::Result<(), TestCaseError> {
    for slot in 0..found.len() / len.max(1) {
        let sample = &found[slot * len..][..len];
        if live.contains(&slot) {
            let needed = formula(slot);
            prop_assert_eq!(needed.len(), len);
            for (i, (found, needed)) in sample.iter().zip(&needed).enumerate() {
                let error = (f64::from(*found) - needed).abs();
                prop_assert!(
                    error <= tolerance * needed.abs().max(1.0),
                    "slot {slot} [{i}]: {found} for {needed}"
                );
            }
        } else {
            prop_assert_eq!(sample, &before[slot * len..][..len]);
        }
    }
    Ok(())
}

const SLOTS: usize = 4;

fn fused(rows: usize, inputs: usize, outputs: usize, epilogue: Epilogue) -> Linear {
    Linear {
        x: 0,
        weight: 0,
        bias: None,
        y: 0,
        x_rows: rows,
        first_row: 0,
        rows,
        inputs,
        outputs,
        norm: None,
        epilogue,
    }
}

fn matrix(weight: &[f32], inputs: usize, outputs: usize) -> Matrix {
    let weight = Tensor::from_f32([outputs, inputs], weight.to_vec()).unwrap();
    Matrix::new(&weight, inputs, outputs, Dtype::F32).unwrap()
}

fn scaled(scale: Option<&[f32]>) -> Operands<'_> {
    Operands {
        scale,
        ..Operands::default()
    }
}

/// Runs the epilogue on whole rows of a product.
fn finish(k: &Linear, operands: Operands, product: &[f32], y: &mut [f32], live: &[usize]) {
    for &slot in live {
        let finish = epilogues::Finish {
            k,
            operands: Operands {
                scale: operands.scale.map(|scale| &scale[slot * k.rows..]),
                ..operands
            },
            slot,
            row: 0,
            column: 0,
            products: &product[slot * k.rows * k.outputs..][..k.rows * k.outputs],
            width: k.outputs,
            columns: k.outputs,
            out: Output::new(y),
        };
        // SAFETY: one thread, its own output.
        unsafe { finish.run() };
    }
}

fn live() -> impl Strategy<Value = Vec<usize>> {
    proptest::sample::subsequence((0..SLOTS).collect::<Vec<_>>(), 1..=SLOTS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn linear_is_the_product(
        rows in 1usize..100, extra in 0usize..3, inputs in 1usize..70, outputs in 1usize..200,
        bias: bool, seed: u64, live in live(),
    ) {
        let mut k = fused(rows, inputs, outputs, Epilogue::Store);
        (k.x_rows, k.first_row) = (rows + extra, extra);
        let (x, w) = (values(SLOTS * k.x_rows * inputs, seed), values(inputs * outputs, seed + 1));
        let (b, before) = (values(outputs, seed + 2), values(SLOTS * rows * outputs, seed + 3));
        let mut y = before.clone();
        let operands = Operands { bias: bias.then_some(&b[..]), ..Operands::default() };
        let weight = matrix(&w, inputs, outputs);
        linear::linear(&k, bytemuck::cast_slice(&x), &weight, operands, &mut y, &live);
        check(&y, &before, rows * outputs, &live, 1e-6 * inputs as f64, |slot| {
            let element = |r: usize, o: usize| {
                let x = &x[(slot * k.x_rows + extra + r) * inputs..][..inputs];
                let dot: f64 = x.iter().zip(&w[o * inputs..]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                dot + if bias { f64::from(b[o]) } else { 0.0 }
            };
            (0..rows * outputs).map(|i| element(i / outputs, i % outputs)).collect()
        })?;
    }

    #[test]
    fn linear_finishes_what_it_has_multiplied(
        rows in 1usize..240, inputs in 1usize..70, heads in 1usize..4, half in 1usize..70, kind in 0..5, norm: bool, seed: u64,
        live in live(), threads in 1usize..4, neighbours: bool,
    ) {
        let outputs = if kind == 1 { 6 * heads * half } else { 2 * heads * half };
        let k = fused(rows, inputs, outputs, match kind {
            0 => Epilogue::Store,
            1 => Epilogue::Rope {
                table: 0,
                head_dim: 2 * half,
                pair: if neighbours { 2 } else { 2 * half },
            },
            2 => Epilogue::Swiglu,
            3 => Epilogue::Relu,
            _ => Epilogue::Residual { scale: None },
        });
        let (table, scale) = (Rotary::along([rows, 2 * half], 1e4).angles, values(SLOTS * rows, seed + 2));
        let operands = Operands { bias: None, table: &table, scale: norm.then_some(&scale[..]) };
        let weight = matrix(&values(inputs * outputs, seed + 1), inputs, outputs);
        let (x, before) = (values(SLOTS * rows * inputs, seed), values(SLOTS * rows * outputs, seed + 3));
        let (mut needed, mut product, mut y) = (before.clone(), before.clone(), before);
        let plain = fused(rows, inputs, outputs, Epilogue::Store);
        linear::linear(&plain, bytemuck::cast_slice(&x), &weight, Operands::default(), &mut product, &live);
        finish(&k, operands, &product, &mut needed, &live);
        Pool::new(Some(threads)).unwrap().install(|| linear::linear(&k, bytemuck::cast_slice(&x), &weight, operands, &mut y, &live));
        prop_assert_eq!(y, needed);
    }

    /// A bias goes before the epilogue, and behind the factor of a norm.
    #[test]
    fn linear_adds_its_bias_first(
        rows in 1usize..60, inputs in 1usize..30, half in 1usize..70, kind in 0..5, norm: bool, seed: u64, live in live(),
    ) {
        let outputs = if kind == 1 { 6 * half } else { 2 * half };
        let mut k = fused(rows, inputs, outputs, match kind {
            0 => Epilogue::Store,
            1 => Epilogue::Rope { table: 0, head_dim: 2 * half, pair: 2 },
            2 => Epilogue::Swiglu,
            3 => Epilogue::Relu,
            _ => Epilogue::Residual { scale: None },
        });
        let residual = kind == 4;
        k.norm = (norm && !residual).then_some(Norm { eps: 1e-5, scale: 0 });
        let (table, scale) = (Rotary::along([rows, 2 * half], 1e4).angles, values(SLOTS * rows, seed + 2));
        let (x, bias) = (values(SLOTS * rows * inputs, seed), values(outputs, seed + 4));
        let before = values(SLOTS * rows * outputs, seed + 3);
        let weight = matrix(&values(inputs * outputs, seed + 1), inputs, outputs);
        let plain = fused(rows, inputs, outputs, Epilogue::Store);
        let (mut needed, mut product, mut y) = (before.clone(), before.clone(), before);
        linear::linear(&plain, bytemuck::cast_slice(&x), &weight, Operands::default(), &mut product, &live);
        let factor = |row: usize| if k.norm.is_some() { scale[row] } else { 1.0 };
        let rows_of_product = product.chunks_mut(outputs).enumerate();
        rows_of_product.for_each(|(i, row)| row.iter_mut().zip(&bias).for_each(|(p, b)| *p = *p * factor(i) + b));
        let operands = Operands { bias: None, table: &table, scale: (norm && residual).then_some(&scale[..]) };
        finish(&k, operands, &product, &mut needed, &live);
        let operands = Operands { bias: Some(&bias), scale: norm.then_some(&scale[..]), ..operands };
        linear::linear(&k, bytemuck::cast_slice(&x), &weight, operands, &mut y, &live);
        prop_assert_eq!(y, needed);
    }

    #[test]
    fn layer_norm_and_softmax_are_their_formulas(
        rows in 1usize..20, width in 1usize..70, seed: u64, live in live(),
    ) {
        let k = LayerNorm { x: 0, weight: 0, bias: 0, y: 0, rows, width, eps: 1e-5 };
        let (x, before) = (values(SLOTS * rows * width, seed), values(SLOTS * rows * width, seed + 1));
        let affine = [values(width, seed + 2), values(width, seed + 3)];
        let mut y = before.clone();
        layer_norm::layer_norm(&k, &x, [&affine[0], &affine[1]], &mut y, &live);
        check(&y, &before, rows * width, &live, 1e-4, |slot| {
            let norm = |row: &[f64]| {
                let mean = row.iter().sum::<f64>() / width as f64;
                let var = row.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / width as f64;
                let affine = affine[0].iter().zip(&affine[1]);
                let value = |(v, (w, b)): (&f64, (&f32, &f32))| (v - mean) / (var + 1e-5).sqrt() * f64::from(*w) + f64::from(*b);
                row.iter().zip(affine).map(value).collect::<Vec<_>>()
            };
            wide(&x[slot * rows * width..][..rows * width]).chunks(width).flat_map(norm).collect()
        })?;
        let mut y = before.clone();
        softmax::softmax(&Softmax { x: 0, y: 0, rows, width }, &x, &mut y, &live);
        check(&y, &before, rows * width, &live, 1e-6, |slot| {
            let softmax = |row: &[f64]| {
                let sum: f64 = row.iter().map(|v| v.exp()).sum();
                row.iter().map(|v| v.exp() / sum).collect::<Vec<_>>()
            };
            wide(&x[slot * rows * width..][..rows * width]).chunks(width).flat_map(softmax).collect()
        })?;
    }

    #[test]
    fn attention_is_the_softmax_of_all_keys(
        rows in 1usize..140, groups in 1usize..4, heads in 1usize..4, head_dim in 1usize..20, seed: u64, live in live(),
    ) {
        let (k, width) = (Attention { qkv: 0, y: 0, rows, groups, heads, head_dim }, heads * head_dim);
        let (group, rows) = (rows, groups * rows);
        let (qkv, before) = (values(SLOTS * rows * 3 * width, seed), values(SLOTS * rows * width, seed + 1));
        let mut y = before.clone();
        let mut panels = vec![f32::NAN; SLOTS * attention::panels_len(&k)];
        attention::attention(&k, &qkv, &mut panels, &mut y, &live);
        check(&y, &before, rows * width, &live, 2e-6, |slot| {
            let at = |row: usize, third: usize, c: usize| f64::from(qkv[((slot * rows + row) * 3 + third) * width + c]);
            let mut out = vec![0.0; rows * width];
            for head in 0..heads {
                for q in 0..rows {
                    let channels = head * head_dim..(head + 1) * head_dim;
                    let score = |key| channels.clone().map(|c| at(q, 0, c) * at(key, 1, c)).sum::<f64>();
                    let keys = q / group * group..(q / group + 1) * group;
                    let p = |key| (score(key) / (head_dim as f64).sqrt()).exp();
                    let sum: f64 = keys.clone().map(p).sum();
                    for c in channels.clone() {
                        out[q * width + c] = keys.clone().map(|key| p(key) * at(key, 2, c)).sum::<f64>() / sum;
                    }
                }
            }
            out
        })?;
    }

    #[test]
    fn symbol_attention_is_the_softmax_of_all_symbols(
        positions in 1usize..40, symbols in 1usize..14, heads in 1usize..4, head_dim in 1usize..40, seed: u64,
        live in live(), threads in 1usize..4,
    ) {
        let k = SymbolAttention { qkv: 0, y: 0, symbols, positions, heads, head_dim };
        let (rows, width) = (k.rows(), heads * head_dim);
        let (qkv, before) = (values(SLOTS * rows * 3 * width, seed), values(SLOTS * rows * width, seed + 1));
        let mut y = before.clone();
        let pool = Pool::new(Some(threads)).unwrap();
        pool.install(|| symbol_attention::symbol_attention(&k, &qkv, &mut y, &live));
        check(&y, &before, rows * width, &live, 2e-6, |slot| {
            let at = |row: usize, third: usize, c: usize| f64::from(qkv[((slot * rows + row) * 3 + third) * width + c]);
            let element = |i: usize| {
                let (row, c) = (i / width, i % width);
                let channels = c / head_dim * head_dim..(c / head_dim + 1) * head_dim;
                let keys = (0..symbols).map(|u| u * positions + row % positions);
                let score = |key| channels.clone().map(|c| at(row, 0, c) * at(key, 1, c)).sum::<f64>();
                let p = |key| (score(key) / (head_dim as f64).sqrt()).exp();
                keys.clone().map(|key| p(key) * at(key, 2, c)).sum::<f64>() / keys.map(p).sum::<f64>()
            };
            (0..rows * width).map(element).collect()
        })?;
    }

    #[test]
    fn symbol_head_reads_the_cells_of_all_symbols(
        seq_len in 1usize..30, added in 0usize..3, symbols in 1usize..9, width in 1usize..40, mixed: bool, seed: u64,
        live in live(),
    ) {
        let positions = seq_len + added;
        let k = SymbolHead { z: 0, weight: 0, y: 0, seq_len, positions, symbols, width, mixed };
        let len = symbols * positions * width;
        let (z, weight) = (values(SLOTS * len, seed), values(symbols * symbols * width, seed + 1));
        let before = values(SLOTS * seq_len * symbols, seed + 2);
        let mut y = before.clone();
        symbol_head::symbol_head(&k, &z, &weight, &mut y, &live);
        check(&y, &before, seq_len * symbols, &live, 1e-6 * (symbols * width) as f64, |slot| {
            let product = |s: usize, u: usize, w: usize| -> f64 {
                let z = &z[slot * len + (u * positions + s) * width..][..width];
                z.iter().zip(&weight[w * width..]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
            };
            let logit = |i: usize| {
                let (s, v) = (i / symbols, i % symbols);
                if mixed { (0..symbols).map(|u| product(s, u, v * symbols + u)).sum() } else { product(s, v, 0) }
            };
            (0..seq_len * symbols).map(logit).collect()
        })?;
    }

    #[test]
    fn confidence_is_that_of_the_least_certain_cell(
        rows in 1usize..40, width in 1usize..12, skips: bool, seed: u64, live in live(),
    ) {
        let k = Confidence { x: 0, given: None, q: 0, rows, width };
        let given: Vec<u32> = (0..SLOTS * rows).map(|i| (i % 3) as u32).collect();
        let x: Vec<f32> = values(SLOTS * rows * width, seed).iter().map(|v| v * 4.0).collect();
        let before = values(SLOTS * 2, seed + 1);
        let mut q = before.clone();
        confidence::confidence(&k, &x, skips.then_some(&given[..]), &mut q, &live);
        check(&q, &before, 2, &live, 1e-6, |slot| {
            let cells = wide(&x[slot * rows * width..][..rows * width]);
            let most = |cell: &[f64]| {
                let sum: f64 = cell.iter().map(|l| l.exp()).sum();
                cell.iter().map(|l| l.exp() / sum).fold(0.0, f64::max)
            };
            let cells = cells.chunks(width).zip(&given[slot * rows..]).filter(|(_, given)| !skips || **given == 0);
            vec![cells.map(|(cell, _)| most(cell)).fold(1.0, f64::min), 0.0]
        })?;
    }

    #[test]
    fn symbol_embed_marks_the_symbol_of_a_cell(
        seq_len in 1usize..9, added in 1usize..4, symbols in 2usize..7, width in 1usize..9, equivariant: bool, rest: bool,
        seed: u64, live in live(),
    ) {
        let (t, own) = (seq_len + added, if equivariant { 1 } else { symbols });
        let k = SymbolEmbed {
            tokens: 0, puzzle: None, special: None, common: 0, positions: None, x: 0, seq_len, positions_len: t, symbols,
            width, scale: 3.3125,
        };
        let tokens: Vec<u32> = values(SLOTS * seq_len, seed).iter().map(|v| v.to_bits() % symbols as u32).collect();
        let (special, common) = (values(2 * width, seed + 1), values(own * width, seed + 2));
        let (last_special, last) = (values(2 * added * width, seed + 3), values(own * added * width, seed + 4));
        let (positions, puzzle) = (values(seq_len * width, seed + 5), values(SLOTS * (width + symbols), seed + 6));
        let before = values(SLOTS * symbols * t * width, seed + 7);
        let mut x = before.clone();
        let tables = symbol_embed::Tables {
            puzzle: rest.then_some(&puzzle[..]),
            special: equivariant.then_some(&special[..]),
            common: &common,
            positions: rest.then_some(&positions[..]),
        };
        symbol_embed::symbol_embed(&k, &tokens, tables, &mut x, &live);
        let k = SymbolAppend { special: None, common: 0, x: 0, seq_len, added, symbols, width };
        symbol_append::symbol_append(&k, equivariant.then_some(&last_special[..]), &last, &mut x, &live);
        check(&x, &before, symbols * t * width, &live, 1e-6, |slot| {
            let of = |special: &[f32], common: &[f32], v: usize, i: usize, len: usize| {
                f64::from(match equivariant {
                    true if v < 2 => special[v * len + i],
                    true => common[i],
                    false => common[v * len + i],
                })
            };
            let element = |i: usize| {
                let (v, s, c) = (i / (t * width), i / width % t, i % width);
                if s >= seq_len {
                    return of(&last_special, &last, v, (s - seq_len) * width + c, added * width);
                }
                let is_token = tokens[slot * seq_len + s] as usize == v;
                let e = if is_token { 3.3125 * of(&special, &common, v, c, width) } else { 0.0 };
                let puzzle = &puzzle[slot * (width + symbols)..];
                let more = f64::from(positions[s * width + c]) + f64::from(puzzle[width + v]) + f64::from(puzzle[c]);
                if rest { e + more } else { e }
            };
            (0..symbols * t * width).map(element).collect()
        })?;
    }

    #[test]
    fn rms_norm_has_epsilon_inside_the_root(
        rows in 1usize..20, width in 1usize..70, small: bool, seed: u64, live in live(),
    ) {
        // Small values, because that is where epsilon shows.
        let scale = if small { 1e-3 } else { 1.0 };
        let scaled = |seed| values(SLOTS * rows * width, seed).iter().map(|v| v * scale).collect::<Vec<f32>>();
        let (k, before) = (RmsNorm { h: 0, rows, width, eps: 1e-5 }, scaled(seed));
        let mut h = before.clone();
        rms_norm::rms_norm(&k, &mut h, &live);
        check(&h, &before, rows * width, &live, 1e-6, |slot| {
            let rows = wide(&before[slot * rows * width..(slot + 1) * rows * width]);
            let norm = |row: &[f64]| {
                let mean = row.iter().map(|v| v * v).sum::<f64>() / width as f64;
                row.iter().map(|v| v / (mean + 1e-5).sqrt()).collect::<Vec<_>>()
            };
            rows.chunks(width).flat_map(norm).collect()
        })?;
        // The factors of a linear layer are the same.
        let (k, mut scale) = (fused(rows, width, 1, Epilogue::Store), vec![7.0; SLOTS * rows]);
        epilogues::factors(&k, 1e-5, &before, &mut scale, &live);
        for (i, (scale, (h, before))) in scale.iter().zip(h.chunks(width).zip(before.chunks(width))).enumerate() {
            if live.contains(&(i / rows)) {
                prop_assert!(h.iter().zip(before).all(|(h, before)| *h == before * scale));
            } else {
                prop_assert_eq!(*scale, 7.0);
            }
        }
    }

    #[test]
    fn rope_turns_pairs_of_queries_and_keys(
        rows in 1usize..20, heads in 1usize..4, half in 1usize..9, norm: bool, seed: u64, live in live(),
    ) {
        let (head_dim, width) = (2 * half, heads * 2 * half);
        let k = fused(rows, 1, 3 * width, Epilogue::Rope {
            table: 0,
            head_dim,
            pair: head_dim,
        });
        let (before, scale) = (values(SLOTS * rows * 3 * width, seed), values(SLOTS * rows, seed + 1));
        let mut qkv = before.clone();
        let table = &Rotary::along([rows, head_dim], 1e4).angles[..];
        finish(&k, Operands { bias: None, table, scale: norm.then_some(&scale[..]) }, &before, &mut qkv, &live);
        check(&qkv, &before, rows * 3 * width, &live, 1e-5, |slot| {
            let mut out = wide(&before[slot * rows * 3 * width..][..rows * 3 * width]);
            for (p, row) in out.chunks_mut(3 * width).enumerate() {
                for head in row[..2 * width].chunks_mut(head_dim) {
                    for i in 0..half {
                        let angle = p as f64 * 1e4f64.powf(-2.0 * i as f64 / head_dim as f64);
                        let (a, b) = (head[i], head[i + half]);
                        head[i] = a * angle.cos() - b * angle.sin();
                        head[i + half] = b * angle.cos() + a * angle.sin();
                    }
                }
                let scale = if norm { f64::from(scale[slot * rows + p]) } else { 1.0 };
                row.iter_mut().for_each(|v| *v *= scale);
            }
            out
        })?;
    }

    #[test]
    fn swiglu_gates_with_the_first_half(rows in 1usize..20, width in 1usize..70, norm: bool, seed: u64, live in live()) {
        let k = fused(rows, 1, 2 * width, Epilogue::Swiglu);
        let gate_up: Vec<f32> = values(SLOTS * rows * 2 * width, seed).iter().map(|v| v * 20.0).collect();
        let (before, scale) = (values(SLOTS * rows * width, seed + 1), values(SLOTS * rows, seed + 2));
        let mut y = before.clone();
        finish(&k, scaled(norm.then_some(&scale[..])), &gate_up, &mut y, &live);
        check(&y, &before, rows * width, &live, 1e-6, |slot| {
            let product = |(row, values): (usize, &[f64])| {
                let scale = if norm { f64::from(scale[slot * rows + row]) } else { 1.0 };
                let gated = |i: usize| {
                    let gate = values[i] * scale;
                    gate / (1.0 + (-gate).exp()) * values[width + i] * scale
                };
                (0..width).map(gated).collect::<Vec<_>>()
            };
            let rows = wide(&gate_up[slot * rows * 2 * width..][..rows * 2 * width]);
            rows.chunks(2 * width).enumerate().flat_map(product).collect()
        })?;
    }

    #[test]
    fn residual_adds_to_what_is_normed(rows in 1usize..20, width in 1usize..70, norm: bool, seed: u64, live in live()) {
        let k = fused(rows, 1, width, Epilogue::Residual { scale: None });
        let (product, before) = (values(SLOTS * rows * width, seed), values(SLOTS * rows * width, seed + 1));
        let (scale, mut h) = (values(SLOTS * rows, seed + 2), before.clone());
        finish(&k, scaled(norm.then_some(&scale[..])), &product, &mut h, &live);
        check(&h, &before, rows * width, &live, 1e-6, |slot| {
            let range = slot * rows * width..(slot + 1) * rows * width;
            let sum = |i: usize| {
                let scale = if norm { f64::from(scale[i / width]) } else { 1.0 };
                f64::from(before[i]) * scale + f64::from(product[i])
            };
            range.map(sum).collect()
        })?;
        if norm {
            let (k, mut stored) = (fused(rows, 1, width, Epilogue::Store), before.clone());
            finish(&k, scaled(Some(&scale)), &before, &mut stored, &live);
            check(&stored, &before, rows * width, &live, 1e-6, |slot| {
                let range = slot * rows * width..(slot + 1) * rows * width;
                range.map(|i| f64::from(before[i]) * f64::from(scale[i / width])).collect()
            })?;
        }
    }

    #[test]
    fn inject_adds_one_or_two(len in 1usize..40_000, two: bool, seed: u64, live in live()) {
        let k = Inject { state: 0, a: 0, b: None, rows: 1, width: len };
        let (a, b, before) = (values(SLOTS * len, seed), values(SLOTS * len, seed + 1), values(SLOTS * len, seed + 2));
        let mut state = before.clone();
        inject::inject(&k, &a, two.then_some(&b[..]), &mut state, &live);
        check(&state, &before, len, &live, 1e-6, |slot| {
            let sum = |i: usize| f64::from(before[i]) + f64::from(a[i]) + if two { f64::from(b[i]) } else { 0.0 };
            (slot * len..(slot + 1) * len).map(sum).collect()
        })?;
    }

    #[test]
    fn transpose_swaps_rows_and_columns(rows in 1usize..40, columns in 1usize..40, seed: u64, live in live()) {
        let (k, len) = (Transpose { x: 0, y: 0, rows, columns }, rows * columns);
        let (x, before) = (values(SLOTS * len, seed), values(SLOTS * len, seed + 1));
        let mut y = before.clone();
        transpose::transpose(&k, &x, &mut y, &live);
        check(&y, &before, len, &live, 0.0, |slot| {
            (0..len).map(|i| f64::from(x[slot * len + i % rows * columns + i / rows])).collect()
        })?;
    }

    #[test]
    fn convolve_reads_a_position_and_the_one_before(
        rows in 1usize..40, width in 1usize..70, threads in 1usize..4, seed: u64, live in live(),
    ) {
        let (k, len) = (Convolve { x: 0, weight: 0, bias: 0, y: 0, rows, width }, rows * width);
        let (x, before) = (values(SLOTS * len, seed), values(SLOTS * len, seed + 1));
        let (weight, bias) = (values(2 * width, seed + 2), values(width, seed + 3));
        let mut y = before.clone();
        let pool = Pool::new(Some(threads)).unwrap();
        pool.install(|| convolve::convolve(&k, &x, &weight, &bias, &mut y, &live));
        check(&y, &before, len, &live, 1e-6, |slot| {
            let element = |i: usize| {
                let (c, x) = (i % width, wide(&x[slot * len..][..len]));
                let above = if i < width { 0.0 } else { x[i - width] };
                let sum = f64::from(weight[2 * c]) * above + f64::from(weight[2 * c + 1]) * x[i] + f64::from(bias[c]);
                sum / (1.0 + (-sum).exp())
            };
            (0..len).map(element).collect()
        })?;
    }

    #[test]
    fn reset_overwrites_whatever_was_there(rows in 1usize..20, width in 1usize..20, seed: u64, live in live()) {
        let (k, init) = (Reset { init: 0, z: 0, rows, width }, values(width, seed));
        let mut z = vec![f32::NAN; SLOTS * rows * width];
        reset::reset(&k, &init, &mut z, &live);
        for slot in 0..SLOTS {
            for row in z[slot * rows * width..][..rows * width].chunks(width) {
                let right = if live.contains(&slot) { row == init } else { row.iter().all(|v| v.is_nan()) };
                prop_assert!(right, "slot {slot}: {row:?}");
            }
        }
    }

    #[test]
    fn embed_places_prefix_tokens_and_positions(
        seq_len in 1usize..9, prefix in 0usize..4, width in 1usize..9, short in 0usize..9, learned: bool, seed: u64,
        live in live(),
    ) {
        let (vocab, rows) = (5, prefix + seq_len);
        let puzzle_width = (prefix * width).saturating_sub(short);
        let scale = (width as f32).sqrt();
        let k = Embed {
            tokens: 0, puzzle: None, table: 0, layer: None, positions: None, x: 0, seq_len, puzzle_width, prefix, width, scale,
        };
        let tokens: Vec<u32> = values(SLOTS * seq_len, seed).iter().map(|v| v.to_bits() % vocab).collect();
        let (puzzle, table) = (values(SLOTS * puzzle_width, seed + 1), values(vocab as usize * width, seed + 2));
        let (positions, before) = (values(rows * width, seed + 3), values(SLOTS * rows * width, seed + 4));
        let mut x = before.clone();
        embed::embed(&k, &tokens, Some(&puzzle), &table, learned.then_some(&positions[..]), &mut x, &live);
        check(&x, &before, rows * width, &live, 1e-6, |slot| {
            let element = |row: usize, c: usize| {
                let e = if row < prefix {
                    let i = row * width + c;
                    if i < puzzle_width { f64::from(puzzle[slot * puzzle_width + i]) } else { 0.0 }
                } else {
                    f64::from(table[tokens[slot * seq_len + row - prefix] as usize * width + c])
                };
                let e = if learned { 0.5f64.sqrt() * (e + f64::from(positions[row * width + c])) } else { e };
                (width as f64).sqrt() * e
            };
            (0..rows * width).map(|i| element(i / width, i % width)).collect()
        })?;
    }

    #[test]
    fn argmax_takes_the_lowest_of_equals(
        rows in 1usize..300, width in 1usize..12, keeps: bool, seed: u64, live in live(),
    ) {
        let k = Argmax { x: 0, given: None, y: 0, rows, width };
        let given: Vec<u32> = (0..SLOTS * rows).map(|i| (i % 3) as u32).collect();
        let x: Vec<f32> = values(SLOTS * rows * width, seed).iter().map(|v| v.round()).collect();
        let mut y = vec![99; SLOTS * rows];
        argmax::argmax(&k, &x, keeps.then_some(&given[..]), &mut y, &live);
        for (i, (row, &found)) in x.chunks(width).zip(&y).enumerate() {
            let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let first = row.iter().position(|&v| v == largest).unwrap();
            let needed = match given[i] as usize {
                0 if keeps => first + 1,
                given if keeps => given,
                _ => first,
            };
            prop_assert_eq!(found as usize, if live.contains(&(i / rows)) { needed } else { 99 });
        }
    }
}
