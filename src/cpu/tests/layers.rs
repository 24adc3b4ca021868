//! Linear layers, and what they do to their product.

use super::*;
use crate::cpu::epilogues::Operands;
use crate::cpu::parallel::Output;

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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn linear_is_the_product(
        rows in 1usize..most(100), extra in 0usize..3, inputs in 1usize..most(70), outputs in 1usize..most(200),
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
        rows in 1usize..most(240), inputs in 1usize..most(70), heads in 1usize..4, half in 1usize..most(70), kind in 0..5, norm: bool, seed: u64,
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
        rows in 1usize..60, inputs in 1usize..30, half in 1usize..most(70), kind in 0..5, norm: bool, seed: u64, live in live(),
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
    fn swiglu_gates_with_the_first_half(rows in 1usize..20, width in 1usize..most(70), norm: bool, seed: u64, live in live()) {
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
    fn residual_adds_to_what_is_normed(rows in 1usize..20, width in 1usize..most(70), norm: bool, seed: u64, live in live()) {
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
}
