//! Which files of a repository are needed.

/// What is needed of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selection {
    /// The file to open; empty for the folder of the repository itself.
    pub main: String,
    /// Files that must be there, small ones first.
    pub required: Vec<String>,
    /// Files that are of use where they are there.
    pub optional: Vec<String>,
}

/// Names of configurations that a model's reader looks for beside the weights.
const CONFIGURATIONS: [&str; 8] = [
    "config.json",
    "all_config.yaml",
    "all_config.yml",
    "config.yaml",
    "config.yml",
    "hparams.yaml",
    "hparams.yml",
    ".hydra/config.yaml",
];
/// Names of what else is of use there.
const BESIDE: [&str; 2] = ["dataset.json", "identifiers.json"];
/// The folder of a run whose configuration is in the folder above.
const CHECKPOINTS: &str = "checkpoints";

/// Endings of the names of weight files; a name without any is one, too, if it begins as `checkpoint` and `step_100` do.
const WEIGHTS: [&str; 5] = ["safetensors", "pt", "pth", "bin", "ckpt"];
/// Beginnings of the names of files that hold what else a trainer has.
const NO_WEIGHTS: [&str; 5] = ["optimizer", "scheduler", "scaler", "rng_state", "training_args"];
/// The ending of a file that says which files together hold the weights.
const INDEX: &str = ".index.json";

/// Chooses the weights among the files of a repository, and what belongs to them; `path` is a file or a folder. The
/// error says what was found.
pub(super) fn model(files: &[String], path: Option<&str>) -> Result<Selection, String> {
    let main = match path {
        Some(path) if files.iter().any(|file| file == path) => path.to_owned(),
        path => {
            let folder = path.map_or(String::new(), |path| format!("{path}/"));
            let inside = |file: &&String| file.strip_prefix(&folder).is_some_and(|name| !name.contains('/'));
            let is_whole = |file: &&String| is_weights(file) && whole_of(file).is_none();
            let mut found: Vec<&String> = files.iter().filter(inside).filter(is_whole).collect();
            if let Some(index) = found.iter().find(|file| file.ends_with(INDEX)) {
                found = vec![index];
            } else if found.is_empty() && path.is_none() {
                found = files.iter().filter(is_whole).collect();
            }
            only(&found, "weight file", path, files)?
        }
    };
    let (folder, name) = main.rsplit_once('/').unwrap_or(("", &main));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let own = [name, stem]
        .into_iter()
        .flat_map(|name| [format!("{name}.yaml"), format!("{name}.yml")]);
    let configurations: Vec<String> = own
        .chain(CONFIGURATIONS.map(str::to_owned))
        .map(|name| join(folder, &name))
        .collect();
    let is_configured = configurations.iter().any(|name| files.contains(name));
    let mut optional = configurations;
    optional.extend(BESIDE.map(|name| join(folder, name)));
    // As the reader does: of two of a name the one beside the weights counts, and of configurations all there.
    let above = match folder.rsplit_once('/') {
        Some((above, CHECKPOINTS)) => Some(above),
        None if folder == CHECKPOINTS => Some(""),
        _ => None,
    };
    for (names, is_wanted) in [(&CONFIGURATIONS[..], !is_configured), (&BESIDE[..], true)] {
        let names = names
            .iter()
            .filter(|name| is_wanted && !files.contains(&join(folder, name)));
        optional.extend(
            above
                .into_iter()
                .flat_map(|above| names.clone().map(|name| join(above, name))),
        );
    }
    optional.sort();
    optional.dedup();
    let mut required: Vec<String> = Vec::new();
    if let Some(whole) = main.strip_suffix(INDEX) {
        let shards = files.iter().filter(|file| whole_of(file).as_deref() == Some(whole));
        required.extend(shards.cloned());
    }
    required.push(main.clone());
    Ok(Selection {
        main,
        required,
        optional,
    })
}

/// Chooses the test data among the files of a repository: a CSV file, or the arrays of an official folder; `path` is a
/// file or a folder.
pub(super) fn data(files: &[String], path: Option<&str>) -> Result<Selection, String> {
    let arrays = |folder: &str| -> Option<Selection> {
        let metadata = join(folder, "dataset.json");
        let own = |file: &&String| {
            let name = file.strip_prefix(folder).map(|name| name.trim_start_matches('/'));
            name.is_some_and(|name| !name.contains('/') && name.ends_with(".npy"))
        };
        let mut required: Vec<String> = files.iter().filter(own).cloned().collect();
        if required.is_empty() || !files.contains(&metadata) {
            return None;
        }
        required.push(metadata);
        Some(Selection {
            main: folder.to_owned(),
            required,
            optional: vec![join(
                folder.rsplit_once('/').map_or("", |(above, _)| above),
                "identifiers.json",
            )],
        })
    };
    let file = |file: &str| Selection {
        main: file.to_owned(),
        required: vec![file.to_owned()],
        optional: Vec::new(),
    };
    if let Some(path) = path.filter(|path| files.iter().any(|file| file == path)) {
        return Ok(file(path));
    }
    let folder = path.unwrap_or_default();
    let table = join(folder, "test.csv");
    if files.contains(&table) {
        return Ok(file(&table));
    }
    if let Some(found) = arrays(&join(folder, "test")).or_else(|| arrays(folder)) {
        return Ok(found);
    }
    let below =
        |file: &&String| folder.is_empty() || file.strip_prefix(folder).is_some_and(|name| name.starts_with('/'));
    let tables: Vec<&String> = files
        .iter()
        .filter(below)
        .filter(|file| file.ends_with(".csv"))
        .collect();
    let tests: Vec<&String> = tables
        .iter()
        .filter(|table| table.ends_with("/test.csv"))
        .copied()
        .collect();
    let chosen = if tests.len() == 1 { tests } else { tables };
    only(&chosen, "CSV file or folder of arrays", path, files).map(|table| file(&table))
}

/// Whether what [`data`] has chosen is a test set by its name.
pub(super) fn is_test(main: &str) -> bool {
    matches!(main.rsplit('/').next(), Some("test" | "test.csv" | ""))
}

/// Returns the file that this one is a part of: `a/m.pt` for `a/m-00001-of-00002.pt`.
fn whole_of(file: &str) -> Option<String> {
    let (stem, ending) = file.rsplit_once('.')?;
    let (stem, count) = stem.rsplit_once("-of-")?;
    let (stem, number) = stem.rsplit_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(number) && is_number(count)).then(|| format!("{stem}.{ending}"))
}

fn is_weights(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    if NO_WEIGHTS.iter().any(|other| name.starts_with(other)) {
        return false;
    }
    match name.rsplit_once('.') {
        Some((stem, ending)) => name.ends_with(INDEX) || (!stem.is_empty() && WEIGHTS.contains(&ending)),
        // Unlike LICENSE and Makefile.
        None => name.starts_with(|c: char| c.is_ascii_lowercase()),
    }
}

fn only(found: &[&String], what: &str, path: Option<&str>, files: &[String]) -> Result<String, String> {
    match found {
        [only] => Ok((*only).clone()),
        [] => Err(none(what, path, files)),
        several => Err(format!(
            "expected one {what}, found {}: add one of them to the name: {}",
            several.len(),
            listed(several.iter().copied())
        )),
    }
}

fn none(what: &str, path: Option<&str>, files: &[String]) -> String {
    let place = path.map_or(String::new(), |path| format!(" `{path}`"));
    match files {
        [] => format!("expected a {what}{place}, found nothing"),
        files => format!("expected a {what}{place}, found {}", listed(files.iter())),
    }
}

/// The first few names.
fn listed<'a>(files: impl ExactSizeIterator<Item = &'a String>) -> String {
    const MOST: usize = 8;
    let more = (files.len() > MOST).then(|| "…".to_owned());
    let names = files.take(MOST).map(|file| file.escape_debug().to_string());
    names.chain(more).collect::<Vec<_>>().join(", ")
}

fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(names: &str) -> Vec<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn weights_are_found_among_the_files_of_published_repositories() {
        let of = |names: &str, path: Option<&str>| model(&files(names), path).map(|found| found.main);
        let table = [
            (
                ".gitattributes README.md all_config.yaml checkpoint",
                None,
                "checkpoint",
            ),
            (
                "LICENSE README.md config.yaml pytorch_model.bin training_args.bin",
                None,
                "pytorch_model.bin",
            ),
            (
                "maze-unique/eqr.pth sudoku-extreme/eqr.pth",
                Some("maze-unique"),
                "maze-unique/eqr.pth",
            ),
            ("a/b/step_7 a/b/all_config.yaml", None, "a/b/step_7"),
            ("step_1 step_2", Some("step_2"), "step_2"),
            (
                "model-00001-of-00002.safetensors model-00002-of-00002.safetensors model.safetensors.index.json",
                None,
                "model.safetensors.index.json",
            ),
        ];
        for (names, path, expected) in table {
            assert_eq!(of(names, path).as_deref(), Ok(expected), "{names}");
        }
        let several = of("step_1 step_2 README.md", None).unwrap_err();
        assert!(
            several.ends_with("found 2: add one of them to the name: step_1, step_2"),
            "{several}"
        );
        assert!(of("README.md", None).unwrap_err().ends_with("found README.md"));
        assert!(
            of("a/eqr.pth", Some("b"))
                .unwrap_err()
                .starts_with("expected a weight file `b`")
        );
        // What the index does not name is left alone, and a part alone is no model.
        let parts = "w/m-1-of-2.safetensors w/m-2-of-2.safetensors";
        let beside = files(&format!(
            "{parts} w/m.safetensors.index.json w/other.pt w/x-1-of-2.safetensors m-1-of-2.safetensors"
        ));
        let shards = model(&beside, Some("w")).unwrap();
        assert_eq!(shards.required.join(" "), format!("{parts} w/m.safetensors.index.json"));
        let part = of("m-00001-of-00002.safetensors", None).unwrap_err();
        assert!(part.starts_with("expected a weight file, found m-00001"), "{part}");
        let many: Vec<String> = (0..3000).map(|number| format!("step_{number}")).collect();
        assert!(model(&many, None).unwrap_err().len() < 200);
    }

    #[test]
    fn test_data_are_found_as_table_or_arrays() {
        let of =
            |names: &str, path: Option<&str>| data(&files(names), path).map(|found| (found.main, found.required.len()));
        assert_eq!(of("test.csv train.csv", None), Ok(("test.csv".into(), 1)));
        assert_eq!(of("test.csv train.csv", Some("train.csv")), Ok(("train.csv".into(), 1)));
        let arrays = "test/all__inputs.npy test/all__labels.npy test/dataset.json train/all__inputs.npy";
        assert_eq!(of(arrays, None), Ok(("test".into(), 3)));
        let below = "sets/a/test/all__inputs.npy sets/a/test/dataset.json";
        assert_eq!(of(below, Some("sets/a")), Ok(("sets/a/test".into(), 2)));
        assert!(
            of("x.csv y.csv", None)
                .unwrap_err()
                .contains("expected one CSV file or folder of arrays, found 2")
        );
        let tables = "data/test.csv data/train.csv other/x.csv";
        for path in [None, Some("data")] {
            assert_eq!(of(tables, path), Ok(("data/test.csv".into(), 1)), "{path:?}");
        }
        assert_eq!(of(tables, Some("other")), Ok(("other/x.csv".into(), 1)));
        assert!(
            of(tables, Some("dat"))
                .unwrap_err()
                .contains("`dat`, found data/test.csv")
        );
    }
}
