//! The weights of a model: tensors by name.

use super::dtype::Dtype;
use super::tensor::Tensor;
use crate::error::{Error, Result};
use crate::network::STACKED;
use crate::ordered;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The tensors of a model by their official names without prefixes (docs/specification.md, section 2.3).
#[derive(Debug, Clone)]
pub struct Weights {
    path: PathBuf,
    tensors: BTreeMap<String, Tensor>,
}

impl Weights {
    /// Creates weights from named tensors; error messages refer to them by `path`.
    pub fn new(path: impl Into<PathBuf>, tensors: impl IntoIterator<Item = (String, Tensor)>) -> Weights {
        Weights {
            path: path.into(),
            tensors: ordered::map(tensors),
        }
    }

    /// Returns the file that the weights came from, or what stands in for it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the tensor `name`, or [`Error::Tensors`].
    pub fn get(&self, name: &str) -> Result<&Tensor> {
        self.tensors.get(name).ok_or_else(|| Error::Tensors {
            path: self.path.clone(),
            config: PathBuf::from("in use"),
            problems: vec![format!("`{name}` is missing")],
        })
    }

    /// Returns the tensors of a plan's weight: that of the name, or several with [`STACKED`] between their names.
    pub(crate) fn parts<'a>(&'a self, names: &'a str) -> impl Iterator<Item = Result<&'a Tensor>> {
        names.split(STACKED).map(|name| self.get(name))
    }

    /// Returns a plan's weight: a tensor where it is, or rows of several below each other in memory, in f32 unless they are
    /// all of one number format.
    pub(crate) fn stacked(&self, names: &str) -> Result<Tensor> {
        let parts: Vec<&Tensor> = self.parts(names).collect::<Result<_>>()?;
        let [first, others @ ..] = &parts[..] else {
            return self.get(names).cloned();
        };
        match others {
            [] => Ok((*first).clone()),
            _ => first.above(others),
        }
    }

    /// Returns all tensors, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Tensor)> {
        self.tensors.iter().map(|(name, tensor)| (name.as_str(), tensor))
    }

    /// The error of a value that `dtype` cannot hold.
    pub(crate) fn too_large(&self, tensor: &str, index: usize, value: f32, dtype: Dtype) -> Error {
        Error::Checkpoint {
            path: self.path.clone(),
            reason: format!("tensor `{tensor}` holds {value} at element {index}: too large for {dtype}"),
        }
    }

    pub(crate) fn not_finite(&self, tensor: &str, index: usize, value: f32) -> Error {
        Error::NotFinite {
            path: self.path.clone(),
            tensor: tensor.to_owned(),
            index,
            value,
        }
    }
}
