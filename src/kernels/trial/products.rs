use super::{Join, Linear, Role, Step, TensorSpec, Trial};

impl Trial {
    /// `depth` products by the same square `weight` `[width, width]`, each of what the one before gave; the first of `x`
    /// `[samples, rows, width]`. An even number ends where it began.
    #[doc(hidden)]
    pub fn products(x: Vec<f32>, weight: Vec<f32>, rows: usize, depth: usize) -> Trial {
        let width = weight.len().isqrt();
        let samples = x.len() / (rows * width).max(1);
        let slots: Vec<usize> = (0..samples).collect();
        let product = |x: usize, y: usize| {
            Step::Linear(Linear {
                x,
                weight: 2,
                bias: None,
                y,
                x_rows: rows,
                first_row: 0,
                rows,
                inputs: width,
                outputs: width,
                norm: None,
                join: Join::Store,
            })
        };
        let tensor = |name: &str, role: Role, rows: usize| TensorSpec {
            name: name.to_owned(),
            shape: vec![rows, width],
            role,
        };
        let mut trial = Trial::new(samples, &slots, 0);
        trial.tensors = vec![
            tensor("x", Role::Activation, rows),
            tensor("y", Role::Activation, rows),
            tensor("weight", Role::Weight, width),
        ];
        trial.steps = (0..depth).map(|i| product(i % 2, (i + 1) % 2)).collect();
        trial.values = vec![x.clone(), x, weight];
        trial.output = depth % 2;
        trial
    }
}
