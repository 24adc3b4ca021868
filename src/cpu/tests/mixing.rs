//! Attention: of positions, and of symbols.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn attention_is_the_softmax_of_all_keys(
        rows in 1usize..most(140), groups in 1usize..4, heads in 1usize..4, head_dim in 1usize..20, seed: u64, live in live(),
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
}
