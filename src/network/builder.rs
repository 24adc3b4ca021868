//! Builds plans: tensors and steps.

use super::config::Config;
use super::families::definition;
use crate::kernels::*;

/// What stands between the names of tensors that are used as one.
pub(crate) const STACKED: &str = " + ";

/// The tensors of a plan. Weights are identified by name, so that blocks share a weight by requesting it again; scratch
/// tensors are identified by name and shape.
#[derive(Default)]
pub(crate) struct Tensors {
    pub specs: Vec<TensorSpec>,
    /// Names and shapes that the weight file must contain, in the order in which they were first requested.
    pub stored: Vec<(String, Vec<usize>)>,
    /// The first weight that was requested with two shapes, which is a bug in the family.
    pub conflict: Option<String>,
}

impl Tensors {
    pub(crate) fn add(&mut self, name: &str, shape: &[usize], role: Role) -> TensorId {
        let same = |t: &TensorSpec| t.name == name && t.shape == shape;
        if let Some(id) = self.specs.iter().position(same) {
            return id;
        }
        self.specs.push(TensorSpec {
            name: name.to_owned(),
            shape: shape.to_vec(),
            role,
        });
        self.specs.len() - 1
    }

    /// Adds a tensor of the weight file, which all samples share.
    pub(crate) fn weight(&mut self, name: &str, shape: &[usize]) -> TensorId {
        self.store(name, shape);
        self.add(name, shape, Role::Weight)
    }

    /// Adds a tensor of several in the weight file, whose rows stand below each other: `names` have `rows` each.
    pub(crate) fn stack(&mut self, names: &[String], rows: usize, row: &[usize]) -> TensorId {
        let shape = |rows: usize| [&[rows], row].concat();
        names.iter().for_each(|name| self.store(name, &shape(rows)));
        let name = names.join(STACKED);
        self.add(&name, &shape(names.len() * rows), Role::Weight)
    }

    /// Declares a table that stays in the weight file: the host reads single rows of it.
    pub(crate) fn table(&mut self, name: &str, shape: &[usize]) {
        self.store(name, shape);
    }

    pub(crate) fn activation(&mut self, name: &str, shape: &[usize]) -> TensorId {
        self.add(name, shape, Role::Activation)
    }

    fn store(&mut self, name: &str, shape: &[usize]) {
        match self.stored.iter().find(|(known, _)| known == name) {
            None => self.stored.push((name.to_owned(), shape.to_vec())),
            Some((_, known)) if known == shape => {}
            Some((_, known)) => {
                let conflict = || format!("`{name}` is asked for as {known:?} and as {shape:?}");
                self.conflict.get_or_insert_with(conflict);
            }
        }
    }
}

/// A plan under construction.
pub(crate) struct Builder<'c> {
    pub config: &'c Config,
    pub tensors: Tensors,
    pub io: PlanIo,
    /// Rows of a state: positions `T`, for each symbol if there is a symbol axis.
    pub rows: usize,
    /// Tokens `S`.
    pub seq_len: usize,
    pub steps: Vec<Step>,
    /// Rotary positions, once they are asked for.
    pub rotary: Option<Epilogue>,
}

impl Builder<'_> {
    /// Creates a plan without steps, with the tensors for its inputs and outputs.
    pub(crate) fn new(config: &Config, seq_len: usize) -> Builder<'_> {
        let mut tensors = Tensors::default();
        let rows = config.rows_for(seq_len);
        let carry = [rows, config.hidden_size];
        let two = definition(config.family).first_carry(config).states() > 1;
        let io = PlanIo {
            tokens: tensors.add("inputs", &[seq_len], Role::Ids),
            puzzle: (config.puzzle_emb_ndim > 0).then(|| tensors.activation("puzzle", &[config.puzzle_width()])),
            z_h: tensors.activation("z_H", &carry),
            z_l: two.then(|| tensors.activation("z_L", &carry)),
            logits: tensors.activation("logits", &[seq_len, config.predicted()]),
            q: tensors.activation("q", &[definition(config.family).q_outputs()]),
            preds: tensors.add("preds", &[seq_len], Role::Ids),
            state: tensors.add("state", &[State::LEN], Role::Ids),
            change: None,
        };
        Builder {
            config,
            tensors,
            io,
            rows,
            seq_len,
            steps: Vec::new(),
            rotary: None,
        }
    }

    /// Returns the input embedding `x`, `[T, D]`, which is injected into each update of the L network.
    pub(crate) fn x(&mut self) -> TensorId {
        self.tensors.activation("x", &[self.rows, self.config.hidden_size])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_of_two_shapes_is_refused() {
        let mut tensors = Tensors::default();
        let one = tensors.weight("w", &[2, 3]);
        assert_eq!((tensors.weight("w", &[2, 3]), &tensors.conflict), (one, &None));
        tensors.weight("w", &[3, 2]);
        assert_eq!(
            tensors.conflict.as_deref(),
            Some("`w` is asked for as [2, 3] and as [3, 2]")
        );
        tensors.table("t", &[4]);
        assert_eq!(tensors.stored.len(), 2);
    }

    #[test]
    fn scratch_of_another_shape_is_another_tensor() {
        let mut tensors = Tensors::default();
        let (one, other) = (tensors.activation("scale", &[2]), tensors.activation("scale", &[3]));
        assert_ne!(one, other);
        assert_eq!(tensors.activation("scale", &[2]), one);
        assert_eq!(tensors.conflict, None);
    }
}
