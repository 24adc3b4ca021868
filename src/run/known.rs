//! In how many ways a puzzle can be asked: of some tasks a model knows each puzzle and each augmentation by an identifier.

use std::path::Path;
use std::sync::Arc;

use super::Query;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::options::Options;
use crate::tasks::{Augmentation, IDENTIFIERS_FILE, Identifiers, Puzzle, Sample, Task};
use crate::tries::{Tries, Variant, Variants};

/// What a model knows of its puzzles.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// The model's name and task, where it tells puzzles apart.
    model: Option<(String, Task)>,
    names: Option<Arc<Identifiers>>,
    /// Whether a puzzle that it does not know is asked with the blank identifier.
    blank: bool,
}

/// The ways in which a query can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ways {
    /// As it is, and by every augmentation of its task.
    Any,
    /// As it is: its identifier stands for this form of the puzzle alone.
    One,
    /// In the forms that these identifiers stand for.
    Named(Vec<u32>),
}

impl Known {
    /// Reads the names of the puzzles that a model knows, where it tells puzzles apart and the names are at hand.
    pub(crate) fn open(model: &Model, options: &Options) -> Result<Known> {
        let rows = model.config.num_puzzle_identifiers;
        let task = model.config.task.filter(|task| task.is_named());
        let Some(task) = task.filter(|_| rows > 1 && model.config.puzzle_width() > 0) else {
            return Ok(Known::default());
        };
        let beside = model.weights.path().parent().unwrap_or(Path::new(""));
        let path = options.identifiers.clone();
        let path = path.or_else(|| Some(beside.join(IDENTIFIERS_FILE)).filter(|path| path.is_file()));
        let given = model.identifiers.clone().filter(|_| options.identifiers.is_none());
        let found: Option<Result<(String, Arc<Identifiers>)>> = match given {
            Some(names) => Some(Ok((IDENTIFIERS_FILE.to_owned(), names))),
            None => path.map(|path| {
                let names = Identifiers::open(&path, task)?;
                Ok((path.display().to_string(), Arc::new(names)))
            }),
        };
        let names = found.map(|found| {
            let (what, names) = found?;
            match names.len() == rows {
                true => Ok(names),
                false => Err(Error::Input {
                    what,
                    reason: format!(
                        "expected the {rows} names of the data that model {} was trained on, found {}: an identifier of other data stands for another puzzle",
                        model.name,
                        names.len()
                    ),
                }),
            }
        });
        Ok(Known {
            model: Some((model.name.clone(), task)),
            names: names.transpose()?,
            blank: options.blank_identifier,
        })
    }

    /// Returns the names of the puzzles that the model knows, where they are at hand.
    #[cfg(feature = "eval")]
    pub(crate) fn names(&self) -> Option<&Identifiers> {
        self.names.as_deref()
    }

    /// Returns whether a puzzle that the model does not know is asked with the blank identifier.
    #[cfg(feature = "eval")]
    pub(crate) fn takes_unknown(&self) -> bool {
        self.model.is_some() && self.blank
    }

    /// Returns the ways in which the model can be asked a puzzle.
    ///
    /// # Errors
    /// [`Error::Input`] for one that it does not know.
    pub(crate) fn ways(&self, puzzle: &Puzzle) -> Result<Ways> {
        let Some((model, _)) = &self.model else {
            return Ok(Ways::Any);
        };
        if let Some(identifier) = puzzle.identifier {
            return Ok(if identifier == 0 { Ways::Any } else { Ways::One });
        }
        let name = puzzle.name.as_deref();
        let known = self
            .names
            .as_ref()
            .zip(name)
            .map_or(&[][..], |(names, name)| names.of(name));
        if !known.is_empty() {
            return Ok(Ways::Named(known.to_vec()));
        }
        if self.blank {
            return Ok(Ways::Any);
        }
        let why = "it knows the rule of a puzzle by the identifier that it was trained with, not by the examples";
        Err(Error::Input {
            what: name.map_or("puzzle".to_owned(), |name| format!("task {name}")),
            reason: match (&self.names, name) {
                (None, _) => format!(
                    "expected the {IDENTIFIERS_FILE} of its training data beside model {model}, found none: {why}"
                ),
                (Some(names), None) => format!(
                    "expected a name, found none: model {model} has identifiers by name; {why}. It knows {}",
                    names.told()
                ),
                (Some(names), Some(_)) => format!(
                    "model {model} has no identifier for it, since it was not in the training data: {why}, and cannot know this one's. It knows {}",
                    names.told()
                ),
            },
        })
    }

    /// Returns the ways in which a query can be asked.
    ///
    /// # Errors
    /// As [`Known::ways`].
    pub(super) fn ways_of(&self, query: &Query) -> Result<Ways> {
        match &query.puzzle {
            _ if self.model.is_none() => Ok(Ways::Any),
            _ if query.puzzle_identifier != 0 => Ok(Ways::One),
            Some(puzzle) => self.ways(puzzle),
            None => Ok(Ways::Any),
        }
    }

    /// Returns what the network sees in a try, and the augmentation that is to be undone.
    pub(super) fn ask(
        &self,
        query: &Query,
        ways: &Ways,
        variant: Variant,
        task: Option<Task>,
    ) -> (Sample, Option<Box<dyn Augmentation>>) {
        let asked = query.sample();
        let (identifier, augmentation) = match ways {
            Ways::Any => (None, variant.augmentation(task, &asked)),
            Ways::One => (None, None),
            Ways::Named(ids) => {
                let number = variant.symmetry.unwrap_or(0) as usize % ids.len().max(1);
                let id = ids.get(number).copied();
                let name = self
                    .names
                    .as_ref()
                    .zip(id)
                    .and_then(|(names, id)| names.name(id as usize));
                let augmentation = name.zip(task).and_then(|(name, task)| task.named(name).1);
                (id, augmentation)
            }
        };
        let mut sample = augmentation
            .as_ref()
            .map_or(asked.clone(), |augmentation| augmentation.sample(&asked));
        if let Some(identifier) = identifier {
            sample.identifier = identifier;
        }
        (sample, augmentation)
    }
}

impl Ways {
    /// Returns how many tries differ from each other.
    pub(super) fn tries(&self, tries: Tries) -> usize {
        let most = match self {
            _ if tries.variants != Variants::Symmetry => usize::MAX,
            Ways::Any => usize::MAX,
            Ways::One => 1,
            Ways::Named(ids) => ids.len(),
        };
        tries.count.min(most)
    }
}
