//! Completes the configuration of files: from official defaults, then the shapes of the weights, then the task.

use super::files::Declared;
use crate::error::{Error, Result};
use crate::network::config::{Config, Family, Loss};
use crate::network::families::{by_name, by_tensors, definition};
use crate::network::keys::{Keys, Note, SHAPES, Shapes};
use crate::tasks::Task;

/// Returns the complete configuration, and the source of each value.
pub(in crate::model) fn resolve(
    declared: &Declared,
    shapes: &Shapes<'_>,
    given: Option<Task>,
) -> Result<(Config, Vec<Note>)> {
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
    let file = declared.path.file_name().unwrap_or_default().to_string_lossy();
    let mut keys = Keys::new(file.into_owned(), &declared.settings, shapes);
    let mut config = configure(declared, shapes, task, &mut keys).map_err(refuse)?;
    let mut notes = keys.finish(config.family).map_err(refuse)?;
    if let Some(asked) = given
        && !asked.fits(config.seq_len, config.task_vocab())
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
    config.task = task.or_else(|| Task::guess(config.seq_len, config.task_vocab()));
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

fn configure<'d>(
    declared: &'d Declared,
    shapes: &Shapes<'_>,
    task: Option<Task>,
    keys: &mut Keys<'d>,
) -> std::result::Result<Config, String> {
    let (family, module) = family(declared, shapes, keys)?;
    let family = definition(family);
    let config = family.read(module, keys)?;
    let told = family.told(&config, keys);
    let (seq_len, vocab_size) = task.map(|task| task.sizes()).unzip();
    let loss = [(declared.loss, keys.file().to_owned())];
    let default = [(Some(config.loss), "official default".to_owned())];
    Ok(Config {
        loss: keys
            .pick("loss_type", loss.into_iter().chain(default))
            .unwrap_or(Loss::Stablemax),
        seq_len: data_size(declared, keys, "seq_len", told.seq_len, seq_len)?,
        vocab_size: data_size(declared, keys, "vocab_size", told.vocab_size, vocab_size)?,
        num_puzzle_identifiers: data_size(
            declared,
            keys,
            "num_puzzle_identifiers",
            told.num_puzzle_identifiers,
            None,
        )?,
        task,
        ..config
    })
}

/// Returns the family, and the module in front of the class name.
fn family<'d>(
    declared: &'d Declared,
    shapes: &Shapes<'_>,
    keys: &mut Keys<'d>,
) -> std::result::Result<(Family, &'d str), String> {
    let named = keys.text("name")?.map(by_name).transpose()?;
    let (family, module, from) = match (named, declared.family) {
        (Some((name, _)), Some(family)) if name != family => {
            return Err(format!("`family` is {family}, but `name` is that of {name}"));
        }
        (Some((family, module)), _) => (family, module, keys.file().to_owned()),
        (None, Some(family)) => (family, "", keys.file().to_owned()),
        (None, None) => match by_tensors(shapes) {
            Some(family) => (family, "", SHAPES.to_owned()),
            None => return Err("neither `name` nor the names of the tensors tell the family".to_owned()),
        },
    };
    keys.note("family", family, from);
    Ok((family, module))
}

/// Picks a size of the data set: from the files (which must agree), then the shapes, then the task.
fn data_size(
    declared: &Declared,
    keys: &mut Keys<'_>,
    key: &'static str,
    shapes: Option<usize>,
    task: Option<usize>,
) -> std::result::Result<usize, String> {
    let own = keys.stated(key)?;
    let value = declared.dataset.as_ref().and_then(|dataset| dataset.get(key));
    let dataset = value.map(|value| {
        let expected = "expected a whole number that is not negative";
        value
            .size()
            .ok_or_else(|| format!("`{key}` of dataset.json: {expected}, found {value}"))
    });
    let dataset = dataset.transpose()?;
    if let (Some(one), Some(other)) = (own, dataset)
        && one != other
    {
        return Err(format!(
            "`{key}` is {one} in {}, but {other} in dataset.json",
            keys.file()
        ));
    }
    let file = keys.file().to_owned();
    let candidates = [
        (own, file),
        (dataset, "dataset.json".to_owned()),
        (shapes, SHAPES.to_owned()),
        (task, "task".to_owned()),
    ];
    Ok(keys.pick(key, candidates).unwrap_or(1))
}
