//! From what files say to a whole configuration: official defaults, then the weights' shapes, then the task.

use super::files::{Arch, Count, DataSizes, Declared};
use super::{Config, Family, Loss, Positions};
use crate::error::{Error, Result};
use crate::tasks::Task;
use std::collections::BTreeMap;

/// `arch.name` of the HRM repository's model.
const HRM: &str = "hrm.hrm_act_v1@HierarchicalReasoningModel_ACTV1";
/// `arch.name` of the TRM repository's model.
const TRM: &str = "recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1";
/// `arch.name` of HRM as copied into the TRM repository: it also has `mlp_t` and "no positions".
pub(super) const HRM_IN_TRM: &str = "recursive_reasoning.hrm@HierarchicalReasoningModel_ACTV1";

/// Where a value of the configuration comes from.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Note {
    /// The key, by its official name.
    pub key: &'static str,
    /// Its value.
    pub value: String,
    /// The file, "official default", "shapes of the weights" or "task".
    pub from: String,
}

/// Shapes of the weights, by names without prefixes.
pub(crate) type Shapes<'a> = BTreeMap<&'a str, &'a [usize]>;

const SHAPES: &str = "shapes of the weights";
const DEFAULT: &str = "official default";
const TASK: &str = "task";

struct Resolver<'a> {
    declared: &'a Declared,
    shapes: &'a Shapes<'a>,
    notes: Vec<Note>,
    missing: Vec<&'static str>,
}

/// The configuration, and where its values come from.
pub(crate) fn resolve(declared: &Declared, shapes: &Shapes<'_>, given: Option<Task>) -> Result<(Config, Vec<Note>)> {
    let refuse = |reason| Error::Config {
        path: declared.path.clone(),
        reason,
    };
    if let (Some(found), Some(asked)) = (declared.task, given)
        && found != asked
    {
        return Err(Error::Usage(format!(
            "{} says that this model is for {found}, not {asked}",
            declared.path.display()
        )));
    }
    let task = declared.task.or(given);
    let mut resolver = Resolver {
        declared,
        shapes,
        notes: Vec::new(),
        missing: Vec::new(),
    };
    let mut config = resolver.config(task).map_err(refuse)?;
    let Resolver { mut notes, missing, .. } = resolver;
    if !missing.is_empty() {
        let keys = missing
            .iter()
            .map(|key| format!("`{key}`"))
            .collect::<Vec<_>>()
            .join(", ");
        let advice = match missing
            .iter()
            .all(|key| ["seq_len", "vocab_size", "num_puzzle_identifiers"].contains(key))
        {
            true => "neither a file nor the weights' shapes tell: give dataset.json, or the task",
            false => "needed by inference",
        };
        return Err(refuse(format!("missing {keys} ({advice})")));
    }
    if let Some(asked) = given
        && !asked.fits(config.seq_len, config.vocab_size)
    {
        let (path, needed) = (declared.path.display(), asked.needs());
        let found = format!("`seq_len` {} and `vocab_size` {}", config.seq_len, config.vocab_size);
        return Err(match declared.task {
            Some(_) => refuse(format!("task {asked} needs {needed}, found {found}")),
            None => Error::Usage(format!(
                "task {asked} needs {needed}, but the model of {path} has {found}"
            )),
        });
    }
    config.task = task.or_else(|| Task::guess(config.seq_len, config.vocab_size));
    if let Some(task) = config.task {
        let from = match (declared.task, given) {
            (Some(_), _) => "the configuration file",
            (None, Some(_)) => "asked for",
            (None, None) => "`seq_len` and `vocab_size`",
        };
        notes.push(Note {
            key: "task",
            value: task.to_string(),
            from: from.to_owned(),
        });
    }
    config.validate().map_err(refuse)?;
    Ok((config, notes))
}

impl Resolver<'_> {
    fn config(&mut self, task: Option<Task>) -> std::result::Result<Config, String> {
        let arch = &self.declared.arch;
        let (family, variant) = self.family()?;
        let trm = family == Family::Trm;
        let mlp_t = (trm || variant) && arch.mlp_t.unwrap_or(false);
        let hidden_size = self.arch(
            "hidden_size",
            arch.hidden_size,
            self.size("embed_tokens.embedding_weight", 1),
        );
        let num_heads = self.arch("num_heads", arch.num_heads.or(mlp_t.then_some(Count(1))), None);
        let puzzle_emb_ndim = self.or("puzzle_emb_ndim", arch.puzzle_emb_ndim.map(|c| c.0), 0);
        // Without an embedding the default of 16 cannot be meant: the official code fails there.
        let default_len = if puzzle_emb_ndim == 0 { 0 } else { 16 };
        let puzzle_emb_len = if trm {
            self.or("puzzle_emb_len", arch.puzzle_emb_len.map(|c| c.0), default_len)
        } else {
            0
        };
        let mut config = Config {
            family,
            h_cycles: self.arch("H_cycles", arch.h_cycles, None),
            l_cycles: self.arch("L_cycles", arch.l_cycles, None),
            h_layers: if trm {
                0
            } else {
                self.arch("H_layers", arch.h_layers, self.layers("H_level.layers."))
            },
            l_layers: self.arch("L_layers", arch.l_layers, self.layers("L_level.layers.")),
            hidden_size,
            num_heads,
            expansion: self.pick("expansion", [(arch.expansion, self.file())]).unwrap_or(1.0),
            positions: self.positions(arch, trm || variant, mlp_t)?,
            rope_theta: self.or("rope_theta", arch.rope_theta, 10000.0),
            rms_norm_eps: self.or("rms_norm_eps", arch.rms_norm_eps, 1e-5),
            puzzle_emb_ndim,
            puzzle_emb_len,
            mlp_t,
            halt_max_steps: self.arch("halt_max_steps", arch.halt_max_steps, None),
            seq_len: 1,
            vocab_size: 1,
            num_puzzle_identifiers: 0,
            loss: self.or("loss_type", self.declared.loss, Loss::Stablemax),
            task,
        };
        let prefix = if config.hidden_size > 0 { config.prefix_len() } else { 0 };
        let positions = match (config.positions, mlp_t) {
            (Positions::Learned, _) => self.size("embed_pos.embedding_weight", 0),
            (_, true) => self.size("L_level.layers.0.mlp_t.down_proj.weight", 0),
            _ => None,
        };
        let seq_len = positions.and_then(|positions| positions.checked_sub(prefix));
        let (task_seq_len, task_vocab_size) = task.map(|task| task.sizes()).unzip();
        config.seq_len = self.data("seq_len", |sizes| sizes.seq_len, seq_len, task_seq_len)?;
        let vocab_size = self.size("embed_tokens.embedding_weight", 0);
        config.vocab_size = self.data("vocab_size", |sizes| sizes.vocab_size, vocab_size, task_vocab_size)?;
        let rows = if puzzle_emb_ndim == 0 {
            Some(0)
        } else {
            self.size("puzzle_emb.weights", 0)
        };
        config.num_puzzle_identifiers = self.data(
            "num_puzzle_identifiers",
            |sizes| sizes.num_puzzle_identifiers,
            rows,
            None,
        )?;
        Ok(config)
    }

    /// The family, and whether this is HRM as copied into the TRM repository.
    fn family(&mut self) -> std::result::Result<(Family, bool), String> {
        let named = match self.declared.arch.name.as_deref() {
            None => None,
            Some(HRM) => Some((Family::Hrm, false)),
            Some(HRM_IN_TRM) => Some((Family::Hrm, true)),
            Some(TRM) => Some((Family::Trm, false)),
            Some(other) => {
                let other = other.escape_debug();
                return Err(format!(
                    "`arch.name` is `{other}`, needed `{HRM}`, `{TRM}` or `{HRM_IN_TRM}`"
                ));
            }
        };
        let (found, from) = match (named, self.declared.family) {
            (Some((name, _)), Some(family)) if name != family => {
                return Err(format!("`family` is {family}, but `name` is that of {name}"));
            }
            (Some(named), _) => (named, self.file()),
            (None, Some(family)) => ((family, false), self.file()),
            (None, None) => {
                let hrm = self.shapes.keys().any(|name| name.starts_with("H_level."));
                ((if hrm { Family::Hrm } else { Family::Trm }, false), SHAPES.to_owned())
            }
        };
        self.note("family", found.0, from);
        Ok(found)
    }

    fn positions(&mut self, arch: &Arch, may_have_none: bool, mlp_t: bool) -> std::result::Result<Positions, String> {
        let learned = self.shapes.contains_key("embed_pos.embedding_weight");
        let (positions, from) = match arch.pos_encodings.as_deref() {
            Some("learned") => (Positions::Learned, self.file()),
            Some("rope") if mlp_t => (Positions::None, self.file()),
            Some("rope") => (Positions::Rope, self.file()),
            Some(_) if may_have_none => (Positions::None, self.file()),
            Some(other) => {
                return Err(format!(
                    "`pos_encodings` is `{}`, needed rope or learned in HRM",
                    other.escape_debug()
                ));
            }
            None if learned => (Positions::Learned, SHAPES.to_owned()),
            None if mlp_t => (Positions::None, SHAPES.to_owned()),
            None => {
                self.missing.push("pos_encodings");
                return Ok(Positions::None);
            }
        };
        self.note("pos_encodings", positions, from);
        Ok(positions)
    }

    /// A size of the data set: files (which must agree), then shapes, then the task.
    fn data(
        &mut self,
        key: &'static str,
        of: impl Fn(&DataSizes) -> Option<Count>,
        shapes: Option<usize>,
        task: Option<usize>,
    ) -> std::result::Result<usize, String> {
        let sizes = self.declared.sizes.iter();
        let stated: Vec<_> = sizes.filter_map(|(file, sizes)| Some((of(sizes)?.0, *file))).collect();
        if let [(one, first), (other, second)] = stated[..]
            && one != other
        {
            return Err(format!("`{key}` is {one} in {first}, but {other} in {second}"));
        }
        let file = stated.first().map(|&(value, file)| (Some(value), file.to_owned()));
        let others = [(shapes, SHAPES.to_owned()), (task, TASK.to_owned())];
        Ok(self.pick(key, file.into_iter().chain(others)).unwrap_or(1))
    }

    /// A key of `arch` without default: the file's value, or that of the shapes.
    fn arch(&mut self, key: &'static str, file: Option<Count>, shapes: Option<usize>) -> usize {
        self.pick(key, [(file.map(|c| c.0), self.file()), (shapes, SHAPES.to_owned())])
            .unwrap_or(1)
    }

    /// A key of `arch` with its official default.
    fn or<T: std::fmt::Display + Copy>(&mut self, key: &'static str, file: Option<T>, default: T) -> T {
        self.pick(key, [(file, self.file()), (Some(default), DEFAULT.to_owned())])
            .unwrap_or(default)
    }

    /// The first value that there is, with a note; without any the key is missing.
    fn pick<T: std::fmt::Display>(
        &mut self,
        key: &'static str,
        candidates: impl IntoIterator<Item = (Option<T>, String)>,
    ) -> Option<T> {
        match candidates.into_iter().find_map(|(value, from)| Some((value?, from))) {
            Some((value, from)) => {
                self.note(key, &value, from);
                Some(value)
            }
            None => {
                self.missing.push(key);
                None
            }
        }
    }

    fn note(&mut self, key: &'static str, value: impl std::fmt::Display, from: String) {
        self.notes.push(Note {
            key,
            value: value.to_string(),
            from,
        });
    }

    fn file(&self) -> String {
        self.declared
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned()
    }

    /// Size of one dimension of a tensor with two.
    fn size(&self, tensor: &str, dimension: usize) -> Option<usize> {
        self.shapes
            .get(tensor)
            .filter(|shape| shape.len() == 2)
            .map(|shape| shape[dimension])
    }

    /// Number of layers: one more than the highest index.
    fn layers(&self, prefix: &str) -> Option<usize> {
        let index = |name: &&str| name.strip_prefix(prefix)?.split('.').next()?.parse::<usize>().ok();
        self.shapes.keys().filter_map(index).max()?.checked_add(1)
    }
}
