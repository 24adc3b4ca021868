//! The public checkpoints that are known, as data: `models.json`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::Address;
use hrm::error::{Error, Result};
use hrm::model::TensorSummary;
use hrm::tasks::Task;

/// A public checkpoint.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// `OWNER/NAME` on the hub.
    pub repository: String,
    /// The weight file, or its folder; None where the repository has one alone, or nobody said which.
    pub file: Option<String>,
    /// What `hrm inspect` calls its family.
    pub family: String,
    task: String,
    /// As stated with the weights.
    pub parameters: Option<usize>,
    /// As stated with the weights; None where the card has to be asked.
    pub license: Option<String>,
    /// The published score, in words.
    pub published: String,
    /// Where that stands; empty where nothing is stated.
    pub published_by: String,
    /// The data set of the score on the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// What others measured, comparable from entry to entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// Where its first carry comes from.
    pub first_carry: String,
    /// Which variants help.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variants: Option<String>,
    /// What neither the file nor one beside it says, as in a model folder's config.json.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings: Option<Map<String, Value>>,
    /// What replaces some of the settings where the file has no MLP over tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings_of_attention: Option<Map<String, Value>>,
    /// Where it is, if not on the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download: Option<String>,
    /// What else is worth knowing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Whether this project has run the published file itself.
    pub run_here: bool,
}

/// Percentages of a data set after so many segments.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measured {
    /// Who measured them.
    pub by: String,
    /// Equal to the label.
    pub exact: BTreeMap<usize, f64>,
    /// Any shortest path, for mazes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shortest: BTreeMap<usize, f64>,
}

/// Returns all entries.
///
/// # Errors
/// [`Error::Input`] where the catalogue is damaged, which a test excludes.
pub fn all() -> Result<&'static [Entry]> {
    static ALL: OnceLock<std::result::Result<Vec<Entry>, String>> = OnceLock::new();
    let all = ALL.get_or_init(|| serde_json::from_str(include_str!("../models.json")).map_err(|e| e.to_string()));
    match all {
        Ok(all) => Ok(all),
        Err(reason) => Err(Error::Input {
            what: "models.json".to_owned(),
            reason: reason.clone(),
        }),
    }
}

/// Returns the entry of a name: of a repository's several the first, unless the name says which. A file that is not known,
/// in a folder whose models need settings, is one of the same recipe.
pub fn find(address: &Address) -> Option<&'static Entry> {
    let same = |entry: &&Entry| entry.repository.eq_ignore_ascii_case(&address.repository());
    let entries = all().ok()?.iter().filter(same);
    let Some(path) = address.path.as_deref() else {
        return entries.clone().next();
    };
    let above = path.rsplit_once('/').map(|(folder, _)| folder);
    let is_inside = |entry: &&Entry| {
        let rest = |file| path.strip_prefix(file);
        let inside = |rest: &str| rest.is_empty() || rest.starts_with('/');
        entry.file.as_deref().is_none_or(|file| rest(file).is_some_and(inside))
    };
    let is_folder = |entry: &&Entry| entry.folder() == Some(path);
    let is_beside = |entry: &&Entry| entry.settings.is_some() && entry.folder() == above;
    let first = |is: &dyn Fn(&&Entry) -> bool| entries.clone().find(|entry| is(entry));
    first(&is_inside)
        .or_else(|| first(&is_folder))
        .or_else(|| first(&is_beside))
}

/// Returns the file or folder that a name stands for: what it says, or else what the catalogue says.
pub(crate) fn file_of(address: &Address) -> Option<&str> {
    let known = || find(address)?.file.as_deref();
    address.path.as_deref().or_else(known)
}

impl Entry {
    /// Returns the name to give as a model: shorter where no other entry has the repository.
    pub fn name(&self) -> String {
        let all = all().unwrap_or_default().iter();
        let mut others = all.filter(|entry| entry.repository == self.repository);
        let is_first = others.clone().next().is_none_or(|first| first.file == self.file);
        let Some(file) = self.file.as_deref().filter(|_| !is_first) else {
            return self.repository.clone();
        };
        let is_alone = !others.any(|other| other.file != self.file && other.folder() == self.folder());
        let folder = self.folder().filter(|_| is_alone);
        format!("{}/{}", self.repository, folder.unwrap_or(file))
    }

    /// The folder that the file is in, or that the folder is in.
    fn folder(&self) -> Option<&str> {
        Some(self.file.as_deref()?.rsplit_once('/')?.0)
    }

    /// Returns the task, None where it is not one of ours.
    pub fn task(&self) -> Option<Task> {
        self.task.parse().ok()
    }

    /// Returns the text of the config.json that this file needs, None if it needs none of ours; `tensors` reads it.
    pub(crate) fn settings_for(&self, tensors: impl FnOnce() -> Result<Vec<TensorSummary>>) -> Result<Option<String>> {
        let Some(mut settings) = self.settings.clone() else {
            return Ok(None);
        };
        if let Some(other) = &self.settings_of_attention {
            let mixes = |tensor: &TensorSummary| tensor.name.contains(".mlp_t.");
            if !tensors()?.iter().any(mixes) {
                settings.extend(other.clone());
            }
        }
        Ok(Some(Value::Object(settings).to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Kind;

    #[test]
    fn the_catalogue_is_well_formed() {
        let all = all().unwrap();
        assert!(all.len() >= 15, "{}", all.len());
        let mut names = std::collections::BTreeSet::new();
        for entry in all {
            let name = entry.name();
            assert!(names.insert(name.clone()), "{name} is there twice");
            let address = Address::parse(&name, Kind::Model).unwrap();
            let found = find(&address).unwrap();
            assert_eq!(
                (&found.repository, &found.file),
                (&entry.repository, &entry.file),
                "{name}"
            );
            assert!(entry.task().is_some(), "{name}: task {}", entry.task);
            let families = ["hrm", "trm", "urm", "serrm", "eqr", "nano", "sotaku"];
            assert!(families.contains(&&*entry.family), "{name}: family {}", entry.family);
            assert_eq!(
                entry.published_by.is_empty(),
                entry.published.starts_with("not stated"),
                "{name}"
            );
            let texts = [&entry.published, &entry.first_carry];
            let more = [&entry.note, &entry.variants, &entry.license, &entry.download];
            let sound = |text: &String| !text.is_empty() && text.trim() == text;
            assert!(texts.into_iter().chain(more.into_iter().flatten()).all(sound), "{name}");
            if let Some(data) = &entry.data {
                assert_eq!(Address::parse(data, Kind::Data).unwrap().repository(), *data, "{name}");
            }
            if let Some(Measured { by, exact, shortest }) = &entry.measured {
                let share = |share: &f64| (0.0..=100.0).contains(share);
                assert!(!by.is_empty() && !exact.is_empty() && entry.data.is_some(), "{name}");
                assert!(exact.values().chain(shortest.values()).all(share), "{name}");
                assert!(exact.values().is_sorted(), "{name}: more segments, more answers");
            }
        }
        for published in [
            "sapientinc/HRM-checkpoint-sudoku-extreme",
            "alphaXiv/trm-model-sudoku",
            "locuslab/EqR-model/maze-unique",
            "Kaleemullah/trm-cgar-sudoku",
            "chenglou/sotaku",
        ] {
            assert!(names.contains(published), "{published}");
        }
    }

    #[test]
    fn a_path_in_a_repository_finds_its_entry() {
        for (name, file) in [
            ("alphaXiv/trm-model-sudoku", Some("step_32550_sudoku_epoch50k")),
            (
                "alphaXiv/trm-model-sudoku/step_39060_sudoku_epoch_60k",
                Some("step_39060_sudoku_epoch_60k"),
            ),
            ("alphaXiv/trm-model-maze/another_step", Some("maze_hard_step_32550")),
            ("locuslab/EqR-model/maze-unique", Some("maze-unique/eqr.pth")),
            ("locuslab/EqR-model/maze-unique/eqr.pth", Some("maze-unique/eqr.pth")),
            (
                "ThomasHeim/HRM-Reproduction-Checkpoints/sudoku-extreme/augmented-hrm/step_5",
                Some("sudoku-extreme/augmented-hrm"),
            ),
            ("MaximeILL/GAR_ckpts/TRM-Att-PPBench.pt", None),
            ("locuslab/EqR-model/other/eqr.pth", None),
        ] {
            let address = Address::parse(name, Kind::Model).unwrap();
            assert_eq!(find(&address).and_then(|entry| entry.file.as_deref()), file, "{name}");
        }
    }

    #[test]
    fn settings_follow_the_tensors() {
        let address = Address::parse("alphaXiv/trm-model-sudoku", Kind::Model).unwrap();
        let entry = find(&address).unwrap();
        let text = entry.settings_for(|| Ok(Vec::new())).unwrap().unwrap();
        let settings: Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&settings["mlp_t"], &settings["pos_encodings"]),
            (&false.into(), &"rope".into())
        );
        assert_eq!(file_of(&address), Some("step_32550_sudoku_epoch50k"));
    }
}
