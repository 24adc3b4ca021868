//! What goes over the rows of a state, and what is read off them.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn layer_norm_and_softmax_are_their_formulas(
        rows in 1usize..20, width in 1usize..most(70), seed: u64, live in live(),
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
    fn rms_norm_has_epsilon_inside_the_root(
        rows in 1usize..20, width in 1usize..most(70), small: bool, seed: u64, live in live(),
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
    fn inject_adds_one_or_two(len in 1usize..most(40_000), two: bool, seed: u64, live in live()) {
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
        rows in 1usize..40, width in 1usize..most(70), threads in 1usize..4, seed: u64, live in live(),
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
    fn argmax_takes_the_lowest_of_equals(
        rows in 1usize..most(300), width in 1usize..12, keeps: bool, seed: u64, live in live(),
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
