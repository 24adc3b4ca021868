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

/// Names of files that a model's reader looks for beside the weights.
const BESIDE: [&str; 5] = [
    "config.json",
    "all_config.yaml",
    "config.yaml",
    "dataset.json",
    "identifiers.json",
];

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
            let mut found: Vec<&String> = files.iter().filter(inside).filter(|file| is_weights(file)).collect();
            if let Some(index) = found.iter().find(|file| file.ends_with(INDEX)) {
                found = vec![index];
            } else if found.is_empty() && path.is_none() {
                found = files.iter().filter(|file| is_weights(file)).collect();
            }
            only(&found, "weight file", path, files)?
        }
    };
    let (folder, name) = main.rsplit_once('/').unwrap_or(("", &main));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let own = [name, stem]
        .into_iter()
        .flat_map(|name| [format!("{name}.yaml"), format!("{name}.yml")]);
    let mut optional: Vec<String> = own
        .chain(BESIDE.map(str::to_owned))
        .map(|name| join(folder, &name))
        .collect();
    optional.sort();
    optional.dedup();
    let mut required: Vec<String> = Vec::new();
    if main.ends_with(INDEX) {
        let shard = |file: &&String| {
            let name = file.strip_prefix(folder).map(|name| name.trim_start_matches('/'));
            name.is_some_and(|name| !name.contains('/') && !name.ends_with(INDEX) && is_weights(name))
        };
        required.extend(files.iter().filter(shard).cloned());
    }
    required.push(main.clone());
    Ok(Selection {
        main,
        required,
        optional,
    })
}

/// Chooses the test data among the files of a repository: a CSV file, or the arrays of an official folder.
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
    match path {
        Some(path) if files.iter().any(|file| file == path) => return Ok(file(path)),
        Some(path) => {
            let found = arrays(&format!("{path}/test")).or_else(|| arrays(path));
            return found.ok_or_else(|| none("data file or folder of arrays", Some(path), files));
        }
        None => {}
    }
    if files.iter().any(|file| file == "test.csv") {
        return Ok(file("test.csv"));
    }
    if let Some(found) = arrays("test").or_else(|| arrays("")) {
        return Ok(found);
    }
    let tables: Vec<&String> = files.iter().filter(|file| file.ends_with(".csv")).collect();
    only(&tables, "CSV file", None, files).map(|table| file(&table))
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
        several => {
            let several: Vec<String> = several.iter().map(|file| file.escape_debug().to_string()).collect();
            Err(format!(
                "expected one {what}, found {}: add one of them to the name: {}",
                several.len(),
                several.join(", ")
            ))
        }
    }
}

fn none(what: &str, path: Option<&str>, files: &[String]) -> String {
    let place = path.map_or(String::new(), |path| format!(" `{path}`"));
    let mut names: Vec<String> = files
        .iter()
        .take(8)
        .map(|file| file.escape_debug().to_string())
        .collect();
    if files.len() > names.len() {
        names.push("…".to_owned());
    }
    match names.is_empty() {
        true => format!("expected a {what}{place}, found nothing"),
        false => format!("expected a {what}{place}, found {}", names.join(", ")),
    }
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
        let shards = model(&files("m-1.safetensors m-2.safetensors m.safetensors.index.json"), None).unwrap();
        assert_eq!(shards.required.len(), 3);
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
                .contains("expected one CSV file, found 2")
        );
    }
}
