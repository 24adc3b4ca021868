//! The vote of several tries for their answers.

use std::cmp::Reverse;

use crate::ordered;

/// Ranks the distinct answers of several tries, given as predictions and `q_halt`, and returns for each the indices of the
/// tries that gave it.
pub(crate) fn rank(answers: &[(&[u32], f32)]) -> Vec<Vec<usize>> {
    rank_by(answers, |prediction| prediction)
}

/// Ranks answers of which those count as equal that `key` makes equal.
///
/// Equal answers are counted; most votes win, then the higher mean of `sigmoid(q_halt)`, then the first appearance
/// (specification, section 7.4).
pub(crate) fn rank_by<'a, K: PartialEq>(answers: &[(&'a [u32], f32)], key: impl Fn(&'a [u32]) -> K) -> Vec<Vec<usize>> {
    let mut groups: Vec<(K, Vec<usize>)> = Vec::new();
    for (i, (prediction, _)) in answers.iter().enumerate() {
        let key = key(prediction);
        match groups.iter_mut().find(|(known, _)| *known == key) {
            Some((_, tries)) => tries.push(i),
            None => groups.push((key, vec![i])),
        }
    }
    by_votes(groups.into_iter().map(|(_, tries)| tries).collect(), answers)
}

/// Puts the tries of each distinct answer in order, the best one first.
fn by_votes(mut groups: Vec<Vec<usize>>, answers: &[(&[u32], f32)]) -> Vec<Vec<usize>> {
    let mean = |tries: &[usize]| tries.iter().map(|&i| confidence(answers[i].1)).sum::<f64>() / tries.len() as f64;
    // Of equals the first appearance stays first. No mean is negative: their bits are in their order.
    ordered::sort_by_key(&mut groups, |tries| Reverse((tries.len(), mean(tries).to_bits())));
    groups
}

/// Returns `sigmoid(q_halt)`; NaN counts as no confidence.
pub(crate) fn confidence(q_halt: f32) -> f64 {
    (1.0 / (1.0 + (-f64::from(q_halt)).exp())).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn count_wins_then_mean_confidence_then_order() {
        let of = |answers: &[(u32, f32)]| {
            let grids: Vec<[u32; 1]> = answers.iter().map(|(id, _)| [*id]).collect();
            let answers: Vec<_> = grids
                .iter()
                .zip(answers)
                .map(|(grid, (_, q))| (&grid[..], *q))
                .collect();
            let ranked = rank(&answers);
            ranked.first().map(|tries| tries[0])
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(5, -9.0)]), Some(0));
        assert_eq!(of(&[(1, 9.0), (2, -3.0), (2, -3.0)]), Some(1));
        assert_eq!(of(&[(1, 0.0), (2, 1.0), (1, 0.0), (2, 0.5)]), Some(1));
        // Equal in everything: the first appearance.
        assert_eq!(of(&[(3, 1.0), (1, 1.0), (2, 1.0)]), Some(0));
        // The mean is of the sigmoid: two lukewarm votes outweigh one sure and one hopeless.
        assert_eq!(of(&[(1, 20.0), (1, -20.0), (2, 0.5), (2, 0.5)]), Some(2));
        assert_eq!(of(&[(1, f32::NAN), (2, -5.0)]), Some(1));
        let answers: [(&[u32], f32); 4] = [(&[1], 0.0), (&[2], 5.0), (&[3], 0.0), (&[3], 0.0)];
        assert_eq!(
            rank(&answers),
            [vec![2, 3], vec![1], vec![0]],
            "a second answer is ranked, too"
        );
    }
}
