//! What the official evaluations do with ARC, written a second time from their description, and on plain grids.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;

/// Rows of colours.
pub type Grid = Vec<Vec<u8>>;

pub fn encode(grid: &Grid) -> Vec<u32> {
    let (rows, columns) = (grid.len(), grid[0].len());
    let mut canvas = [[0; 31]; 31];
    for row in 0..rows {
        for column in 0..columns {
            canvas[row][column] = u32::from(grid[row][column]) + 2;
            canvas[rows][column] = 1;
        }
        canvas[row][columns] = 1;
    }
    canvas[..30].iter().flat_map(|row| row[..30].to_vec()).collect()
}

/// Every rectangle is looked at.
pub fn crop(tokens: &[u32]) -> Grid {
    let is_colour = |row: usize, column: usize| (2..12).contains(&tokens[row * 30 + column]);
    let (mut best, mut area) = ((0, 0), 0);
    for rows in 1..=30 {
        let is_full = |columns: usize| (0..rows).all(|row| (0..columns).all(|column| is_colour(row, column)));
        let columns = (0..=30).rev().find(|&columns| is_full(columns)).unwrap();
        if rows * columns > area {
            (best, area) = ((rows, columns), rows * columns);
        }
    }
    let row = |row: usize| (0..best.1).map(|column| tokens[row * 30 + column] as u8 - 2).collect();
    (0..best.0).map(row).collect()
}

fn transposed(grid: &Grid) -> Grid {
    let columns = grid.first().map_or(0, Vec::len);
    (0..columns)
        .map(|column| grid.iter().map(|row| row[column]).collect())
        .collect()
}

fn upside_down(grid: &Grid) -> Grid {
    grid.iter().rev().cloned().collect()
}

fn mirrored(grid: &Grid) -> Grid {
    grid.iter().map(|row| row.iter().rev().copied().collect()).collect()
}

/// A quarter turn counter-clockwise.
fn turned(grid: &Grid) -> Grid {
    upside_down(&transposed(grid))
}

fn dihedral(t: usize, grid: &Grid) -> Grid {
    match t {
        0 => grid.clone(),
        1 => turned(grid),
        2 => turned(&turned(grid)),
        3 => turned(&turned(&turned(grid))),
        4 => mirrored(grid),
        5 => upside_down(grid),
        6 => transposed(grid),
        7 => mirrored(&turned(grid)),
        _ => panic!("{t} is no transform"),
    }
}

fn renamed(grid: &Grid, names: &[u8]) -> Grid {
    grid.iter()
        .map(|row| row.iter().map(|&c| names[usize::from(c)]).collect())
        .collect()
}

/// A form of a puzzle: its transform and its colours.
#[derive(Clone)]
pub struct Form {
    pub t: usize,
    pub colours: Vec<u8>,
}

impl Form {
    pub fn apply(&self, grid: &Grid) -> Grid {
        dihedral(self.t, &renamed(grid, &self.colours))
    }

    pub fn undo(&self, grid: &Grid) -> Grid {
        let back = [0, 3, 2, 1, 4, 5, 6, 7][self.t];
        let names: Vec<u8> = (0..10)
            .map(|c| self.colours.iter().position(|&to| to == c).unwrap() as u8)
            .collect();
        renamed(&dihedral(back, grid), &names)
    }
}

/// The answers in order, the best first: by the votes, then the mean sureness, then the first appearance.
pub fn ranked(votes: &[(Grid, f32)], sureness: fn(f32) -> f64) -> Vec<Grid> {
    let mut groups: Vec<(Grid, usize, f64)> = Vec::new();
    for (grid, q_halt) in votes {
        if let Some(group) = groups.iter_mut().find(|group| group.0 == *grid) {
            (group.1, group.2) = (group.1 + 1, group.2 + sureness(*q_halt));
        } else {
            groups.push((grid.clone(), 1, sureness(*q_halt)));
        }
    }
    groups.iter_mut().for_each(|group| group.2 /= group.1 as f64);
    // Python's sort with `reverse` keeps the order of equals, too.
    groups.sort_by(|a, b| (b.1, b.2).partial_cmp(&(a.1, a.2)).unwrap());
    groups.into_iter().map(|group| group.0).collect()
}

pub fn in_f32(q_halt: f32) -> f64 {
    f64::from(1.0 / (1.0 + (-q_halt).exp()))
}

pub fn in_f64(q_halt: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(q_halt)).exp())
}

/// A test: all votes, and the right answer.
pub type Test = (Vec<(Grid, f32)>, Grid);

fn is_solved((votes, right): &Test, k: usize, sureness: fn(f32) -> f64) -> bool {
    ranked(votes, sureness).iter().take(k).any(|grid| grid == right)
}

/// pass@K of HRM's evaluation.
pub fn hrm(puzzles: &BTreeMap<String, Vec<Test>>, k: usize) -> f64 {
    let solved = puzzles
        .values()
        .filter(|tests| tests.iter().all(|test| is_solved(test, k, in_f32)))
        .count();
    solved as f64 / puzzles.len() as f64
}

/// pass@K of TRM's evaluation.
pub fn trm(puzzles: &BTreeMap<String, Vec<Test>>, k: usize) -> f64 {
    let share =
        |tests: &Vec<Test>| tests.iter().filter(|test| is_solved(test, k, in_f64)).count() as f64 / tests.len() as f64;
    puzzles.values().map(share).sum::<f64>() / puzzles.len() as f64
}

/// The contest's file.
pub fn submission(puzzles: &BTreeMap<String, Vec<Test>>) -> serde_json::Value {
    let test = |(votes, _): &Test| {
        let best = ranked(votes, in_f64);
        serde_json::json!({"attempt_1": best[0], "attempt_2": best.get(1).unwrap_or(&best[0])})
    };
    let each = puzzles
        .iter()
        .map(|(name, tests)| (name.clone(), tests.iter().map(test).collect()));
    serde_json::Value::Object(each.collect())
}
