//! What the states of a solve tell: how far each cell's moved in a segment, their values, and the path of all. Plain data.

use hrm::executor::Outputs;
use hrm::model::Config;
use hrm::trace::{Motion, Trace};

/// The most segments whose states are kept.
pub const MOST_TRACED: usize = 64;
/// The part of the cells that the scale of movement has room for.
const NEARLY: f64 = 0.97;
/// Steps of the iteration for a main direction: neighbours in size part slowly, but then either will do.
const ITERATIONS: usize = 200;

/// One of the two states that make a carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Z {
    /// The state of the H network, or the only one.
    H,
    /// The state of the L network.
    L,
}

impl Z {
    /// Both states.
    pub const ALL: [Z; 2] = [Z::H, Z::L];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Z::H => "z_H",
            Z::L => "z_L",
        }
    }
}

/// What the board's colours tell while the view of the states is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// How unsure the model is.
    Doubt,
    /// How far a state moved.
    Moved(Z),
}

/// The view of the states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inside {
    /// Whether it is open.
    pub open: bool,
    /// What the board's colours tell meanwhile.
    pub shows: Shows,
}

impl Default for Inside {
    fn default() -> Inside {
        Inside {
            open: false,
            shows: Shows::Moved(Z::H),
        }
    }
}

/// A state over all segments.
#[derive(Debug, Clone, Default, PartialEq)]
struct Course {
    /// The values after each segment, token by token, `[S, D]`; None where they are not a vector a token.
    values: Vec<Option<Vec<f32>>>,
    /// How far the state of each token moved in each segment, `[S]`; None in the first, before which no state is known.
    moved: Vec<Option<Vec<f32>>>,
    /// How far nearly all moved at most: the end of the scale, which few would stretch.
    most: f32,
}

/// The positions of a path in its two main directions, and which share of all movement these hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Path {
    /// A point a segment.
    pub points: Vec<[f64; 2]>,
    /// The share of movement, from 0 to 1.
    pub share: f64,
}

/// The states of a try over all its segments.
#[derive(Debug, Clone, PartialEq)]
pub struct Mind {
    /// H updates in a segment, and L updates before each.
    pub cycles: [usize; 2],
    /// The number of values of a token.
    pub width: usize,
    /// The path of z_H, without points where its values are not a vector a token.
    pub path: Path,
    courses: [Course; 2],
}

impl Mind {
    /// Returns the number of segments.
    pub fn segments(&self) -> usize {
        self.courses[0].moved.len()
    }

    /// Returns whether the model has this state; some have only one.
    pub fn has(&self, z: Z) -> bool {
        !self.courses[z as usize].moved.is_empty()
    }

    /// Returns how far each token's state moved in a segment, from 1; None in the first.
    pub fn moved(&self, z: Z, segment: usize) -> Option<&[f32]> {
        self.courses[z as usize].moved.get(segment.checked_sub(1)?)?.as_deref()
    }

    /// Returns how far nearly all tokens moved at most, in all segments.
    pub fn most(&self, z: Z) -> f32 {
        self.courses[z as usize].most
    }

    /// Returns all values after a segment, from 1, token by token.
    pub fn values(&self, z: Z, segment: usize) -> Option<&[f32]> {
        self.courses[z as usize].values.get(segment.checked_sub(1)?)?.as_deref()
    }
}

/// Records the states of a try, segment by segment.
pub struct Recording {
    trace: Trace,
    mind: Mind,
}

impl Recording {
    /// Begins the recording of a try of a model.
    pub fn new(config: &Config) -> Recording {
        Recording {
            trace: Trace::new(config),
            mind: Mind {
                cycles: [config.h_cycles, config.l_cycles],
                width: config.hidden_size,
                path: Path::default(),
                courses: [Course::default(), Course::default()],
            },
        }
    }

    /// Adds a segment; one that comes twice counts once.
    pub fn add(&mut self, number: usize, outputs: &Outputs) {
        if number <= self.mind.segments() {
            return;
        }
        let thought = self.trace.add(number, outputs);
        let (tokens, width) = (thought.grid.len(), self.mind.width);
        let states = [(&outputs.z_h, &thought.z_h), (&outputs.z_l, &thought.z_l)];
        for (course, (z, motion)) in self.mind.courses.iter_mut().zip(states) {
            let (Some(z), Some(Motion { change, .. })) = (z, motion) else {
                continue;
            };
            course.values.push(vectors(z, tokens, width).map(<[f32]>::to_vec));
            course.moved.push(change.clone());
        }
    }

    /// Returns the states, with their scales and their path.
    pub fn finish(self) -> Mind {
        let mut mind = self.mind;
        for course in &mut mind.courses {
            let mut all: Vec<f32> = course.moved.iter().flatten().flatten().copied().collect();
            all.sort_by(f32::total_cmp);
            let most = all.get((NEARLY * all.len() as f64) as usize);
            course.most = most.copied().unwrap_or_default();
        }
        let points: Option<Vec<&[f32]>> = mind.courses[0].values.iter().map(Option::as_deref).collect();
        mind.path = points.map(|points| project(&points)).unwrap_or_default();
        mind
    }
}

/// Returns the vectors of tokens, without those of the positions before them; None if a state is not a vector a position.
fn vectors(z: &[f32], tokens: usize, width: usize) -> Option<&[f32]> {
    let prefix = (z.len() / width.max(1)).checked_sub(tokens)?;
    let is_one = z.len().is_multiple_of(width.max(1)) && prefix < tokens;
    z.get(prefix * width..).filter(|_| is_one)
}

/// Projects points on their two main directions. These follow from the products of the few points, not of the many values.
pub fn project(points: &[&[f32]]) -> Path {
    let count = points.len();
    let product = |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let products: Vec<Vec<f64>> = points
        .iter()
        .map(|a| points.iter().map(|b| product(a, b)).collect())
        .collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / count.max(1) as f64;
    let means: Vec<f64> = products.iter().map(|row| mean(row)).collect();
    let all = mean(&means);
    let mut gram: Vec<Vec<f64>> = products
        .iter()
        .zip(&means)
        .map(|(row, a)| row.iter().zip(&means).map(|(one, b)| one - a - b + all).collect())
        .collect();
    let total: f64 = gram.iter().enumerate().map(|(i, row)| row[i]).sum();
    let [(x_size, x), (y_size, y)] = [main_direction(&mut gram), main_direction(&mut gram)];
    Path {
        points: x.into_iter().zip(y).map(|(x, y)| [x, y]).collect(),
        share: if total > 0.0 { (x_size + y_size) / total } else { 1.0 },
    }
}

/// Returns the size and the main direction of a symmetric matrix, and takes it out of it. The path ends on its positive
/// side.
fn main_direction(matrix: &mut [Vec<f64>]) -> (f64, Vec<f64>) {
    // A start that is no direction of symmetry, and the same each time.
    let mut vector: Vec<f64> = (0..matrix.len()).map(|i| (i as f64 + 1.0).sin()).collect();
    let mut size = 0.0;
    for _ in 0..ITERATIONS {
        let dot = |row: &Vec<f64>| row.iter().zip(&vector).map(|(a, b)| a * b).sum::<f64>();
        let next: Vec<f64> = matrix.iter().map(dot).collect();
        size = next.iter().map(|one| one * one).sum::<f64>().sqrt();
        if size < 1e-9 {
            return (0.0, vec![0.0; matrix.len()]);
        }
        vector = next.into_iter().map(|one| one / size).collect();
    }
    for (row, a) in matrix.iter_mut().zip(&vector) {
        for (one, b) in row.iter_mut().zip(&vector) {
            *one -= size * a * b;
        }
    }
    let turned = vector.last() < vector.first();
    let scale = if turned { -size.sqrt() } else { size.sqrt() };
    (size, vector.into_iter().map(|one| scale * one).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_in_a_plane_keeps_its_distances() {
        // Points of a plane, turned into four dimensions.
        let plane = [[0.0, 0.0], [3.0, 0.0], [3.0, 1.0], [5.0, 1.0]];
        let raised: Vec<Vec<f32>> = plane.iter().map(|[x, y]| vec![*x, *y, *x + 1.0, -*y]).collect();
        let points: Vec<&[f32]> = raised.iter().map(Vec::as_slice).collect();
        let path = project(&points);
        assert!((path.share - 1.0).abs() < 1e-6, "{}", path.share);
        for (i, j) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
            let far = raised[i].iter().zip(&raised[j]).map(|(a, b)| f64::from(a - b).powi(2));
            let shown = (0..2).map(|axis| (path.points[i][axis] - path.points[j][axis]).powi(2));
            let (far, shown): (f64, f64) = (far.sum(), shown.sum());
            assert!((far - shown).abs() < 1e-6, "{i} {j}: {far} {shown}");
        }
        assert!(path.points[3][0] > path.points[0][0], "it ends on the positive side");
        assert_eq!(
            project(&[]),
            Path {
                points: Vec::new(),
                share: 1.0
            }
        );
        assert_eq!(project(&[&[1.0, 2.0]]).points, [[0.0, 0.0]]);
    }

    #[test]
    fn a_state_is_a_vector_a_token_after_its_prefix_or_nothing() {
        let z: Vec<f32> = (0..10).map(|value| value as f32).collect();
        assert_eq!(vectors(&z, 4, 2), Some(&z[2..]));
        assert_eq!(vectors(&z, 5, 2), Some(&z[..]));
        assert_eq!(vectors(&z, 6, 2), None, "fewer than there are tokens");
        assert_eq!(vectors(&z, 2, 2), None, "vectors of several symbols");
        assert_eq!(vectors(&z, 4, 0), None);
    }
}
