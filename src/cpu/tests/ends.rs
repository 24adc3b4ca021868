//! Where a network begins and ends: embeddings, and the head over symbols.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

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
}
