//! Models that are not there or not sound, `inspect` and `convert`.

use std::path::Path;

use super::{HARD, hrm, repository};
use insta::assert_snapshot;
use serde_json::{Value, json};

fn bundled() -> std::path::PathBuf {
    repository().join("weights/sudoku")
}

/// A copy of the bundled model's folder.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["config.json", "model.safetensors"] {
        std::fs::copy(bundled().join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn reconfigure(folder: &Path, key: &str, value: Value) {
    let path = folder.join("config.json");
    let mut config: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    config[key] = value;
    std::fs::write(path, config.to_string()).unwrap();
}

/// Returns the error of `hrm solve` with the model in `folder`, without its path.
fn error(folder: &Path) -> String {
    let name = folder.to_str().unwrap();
    let error = hrm(["solve", "--model", name, HARD], "").error(3);
    error.replace(name, "[model]").replace('\\', "/")
}

#[test]
fn no_such_model() {
    assert_snapshot!(hrm(["solve", "--model", "nowhere", HARD], "").error(3), @r"
    error: no model found: nowhere: no such file or folder, and no bundled model of this name (there are: sudoku, maze, arc)
    hint: give a model folder (config.json + model.safetensors), an official checkpoint with all_config.yaml beside it, or the name of a bundled model
    ");
}

#[test]
fn an_empty_folder() {
    assert_snapshot!(error(tempfile::tempdir().unwrap().path()), @r"
    error: no model found: [model]: the folder has no model.safetensors, no checkpoint (`checkpoint`, `step_N`, `*.pt`) and no other file with weights
    hint: give a model folder (config.json + model.safetensors), an official checkpoint with all_config.yaml beside it, or the name of a bundled model
    ");
}

#[test]
fn a_folder_without_config() {
    let folder = copy();
    std::fs::remove_file(folder.path().join("config.json")).unwrap();
    assert_snapshot!(error(folder.path()), @r"
    error: configuration [model]: there is none in this folder: expected one of config.json, all_config.yaml, config.yaml, hparams.yaml, .hydra/config.yaml
    hint: put all_config.yaml (or config.json) and dataset.json of the training run beside the weights; --task fills in the sizes of a known task
    ");
}

#[test]
fn a_config_that_is_no_json() {
    let folder = copy();
    std::fs::write(folder.path().join("config.json"), "{ \"family\": ").unwrap();
    assert_snapshot!(error(folder.path()), @r"
    error: configuration [model]/config.json: expected more, found the end, in line 1, column 12
    hint: correct the file, or take the one that the training run wrote; `hrm inspect` shows where each setting comes from
    ");
}

#[test]
fn a_config_that_disagrees_with_its_weights() {
    let folder = copy();
    reconfigure(folder.path(), "seq_len", json!(80));
    assert_snapshot!(error(folder.path()), @r"
    error: configuration [model]/config.json: task sudoku needs `seq_len` 81 and `vocab_size` 11, found `seq_len` 80 and `vocab_size` 11
    hint: correct the file, or take the one that the training run wrote; `hrm inspect` shows where each setting comes from
    ");
    let folder = copy();
    reconfigure(folder.path(), "L_layers", json!(1));
    assert_snapshot!(error(folder.path()), @r"
    error: weights [model]/model.safetensors do not fit the configuration [model]/config.json: `L_level.layers.1.mlp.down_proj.weight` [128, 256] has no place in the network of the configuration; `L_level.layers.1.mlp.gate_up_proj.weight` [512, 128] has no place in the network of the configuration; `L_level.layers.1.self_attn.o_proj.weight` [128, 128] has no place in the network of the configuration; `L_level.layers.1.self_attn.qkv_proj.weight` [384, 128] has no place in the network of the configuration
    hint: use the configuration that these weights were trained with; `hrm inspect` shows both
    ");
}

#[test]
fn weights_that_are_not_finite() {
    let folder = copy();
    let path = folder.path().join("model.safetensors");
    let mut bytes = std::fs::read(&path).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let json: Value = serde_json::from_slice(&bytes[8..8 + header]).unwrap();
    let start = json["lm_head.weight"]["data_offsets"][0].as_u64().unwrap() as usize;
    // The fourth element, as f16.
    bytes[8 + header + start + 6..][..2].copy_from_slice(&0x7e00u16.to_le_bytes());
    std::fs::write(path, bytes).unwrap();
    assert_snapshot!(error(folder.path()), @r"
    error: weights [model]/model.safetensors: tensor `lm_head.weight` holds a value that is not finite (NaN at element 3)
    hint: this training run diverged or the file is damaged: use an earlier checkpoint
    ");
}

#[test]
fn weights_cut_short() {
    let folder = copy();
    let path = folder.path().join("model.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    let error = error(folder.path());
    assert!(
        error.starts_with("error: weights [model]/model.safetensors: "),
        "{error}"
    );
}

#[test]
fn inspect_shows_a_model() {
    let ran = hrm(["inspect", "sudoku"], "");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let head: Vec<&str> = ran.stdout.lines().take(7).collect();
    assert_snapshot!(head.join("\n"), @r"
    model                   sudoku
    weights                 bundled/sudoku/model.safetensors (safetensors)
    family                  hrm
    task                    sudoku
    parameters              668 930
    stored as               F16
    positions               82 (1 prefix + 81 tokens)
    ");

    let object = hrm(["inspect", "sudoku", "--json"], "").json().remove(0);
    assert_eq!(
        (&object["family"], &object["parameters"]),
        (&"hrm".into(), &668_930.into())
    );
    assert_eq!(object["tensors"].as_array().unwrap().len(), 24);
}

#[test]
fn inspect_shows_what_does_not_fit_and_gives_3() {
    let folder = copy();
    reconfigure(folder.path(), "H_layers", json!(3));
    let ran = hrm(["inspect", folder.path().to_str().unwrap()], "");
    assert_eq!(ran.code, 3);
    assert!(
        ran.stdout.contains("H_level.layers.2.mlp.down_proj.weight"),
        "{}",
        ran.stdout
    );
}

#[test]
fn convert_writes_a_folder_that_solves_the_same() {
    let answer = hrm(["solve", "-q", HARD], "").stdout;
    let folder = tempfile::tempdir().unwrap();
    for dtype in ["f16", "f32", "int8"] {
        let path = folder.path().join(dtype);
        let ran = hrm(["convert", "sudoku", path.to_str().unwrap(), "--dtype", dtype], "");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(
            hrm(["solve", "-q", "--model", path.to_str().unwrap(), HARD], "").stdout,
            answer
        );
    }
    let size = |dtype: &str| {
        std::fs::metadata(folder.path().join(dtype).join("model.safetensors"))
            .unwrap()
            .len()
    };
    assert!(size("f32") > 2 * size("f16") - 8192);
    assert!(size("int8") < 720_000, "{}", size("int8"));
    let inspected = hrm(["inspect", folder.path().join("int8").to_str().unwrap()], "").stdout;
    for told in ["F16, I8", "rounding", "of 324 predictions are the same"] {
        assert!(inspected.contains(told), "{inspected}");
    }
}

#[test]
fn official_files_load_directly_and_convert() {
    for case in ["trm-mlp-tiny", "urm-sudoku-tiny", "serrm-arc-tiny", "sotaku-tiny"] {
        let source = repository().join("tests/golden").join(case);
        let folder = tempfile::tempdir().unwrap();
        let converted = folder.path().join("model");
        let ran = hrm(["convert", source.to_str().unwrap(), converted.to_str().unwrap()], "");
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let inspect = |path: &Path| hrm(["inspect", "--json", path.to_str().unwrap()], "").json().remove(0);
        let (official, ours) = (inspect(&source), inspect(&converted));
        for key in ["family", "parameters", "tensors", "positions"] {
            assert_eq!(official[key], ours[key], "{case}: {key}");
        }
        let ran = hrm(
            [
                "convert",
                source.to_str().unwrap(),
                converted.to_str().unwrap(),
                "--dtype",
                "int8",
                "--force",
            ],
            "",
        );
        assert!(
            ran.stderr.contains("predictions are the same"),
            "{case}: {}",
            ran.stderr
        );
    }
}

#[test]
fn the_catalogue_needs_no_network() {
    let ran = hrm(["models"], "");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let line = ran
        .stdout
        .lines()
        .find(|line| line.starts_with("alphaXiv/trm-model-sudoku "))
        .unwrap();
    let fields: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(fields[1..5], ["trm", "sudoku", "5.03", "M"], "{line}");
    assert!(line.ends_with("79.37 % exact after 16 segments"), "{line}");
    let objects = hrm(["models", "--json"], "").json();
    assert_eq!(objects.len() + 3, ran.stdout.lines().count());
    for object in &objects {
        let name = object["name"].as_str().unwrap();
        assert!(ran.stdout.contains(name) && object["first_carry"].is_string(), "{name}");
    }
}

/// The page on reproduction has every model of the catalogue, and names no other.
#[test]
fn the_page_on_reproduction_follows_the_catalogue() {
    let page = std::fs::read_to_string(repository().join("docs/reproduce.md")).unwrap();
    let objects = hrm(["models", "--json"], "").json();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let names: Vec<String> = objects.iter().filter_map(|object| text(&object["name"])).collect();
    let data: Vec<String> = objects.iter().filter_map(|object| text(&object["data"])).collect();
    for name in &names {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
    let named = page
        .split("hub:")
        .skip(1)
        .map(|rest| rest.split([' ', '\n', '`']).next().unwrap());
    let named: Vec<&str> = named.collect();
    assert!(named.len() > 5);
    for name in named {
        assert!(names.iter().chain(&data).any(|known| known == name), "{name}");
    }
    // The figures of the tables are the catalogue's.
    for object in &objects {
        let exact = object["measured"]["exact"].as_object().into_iter().flatten();
        let name = text(&object["name"]).unwrap();
        let row = page.lines().find(|line| line.starts_with(&format!("| `{name}`")));
        for (segment, share) in exact {
            assert!(
                row.unwrap()
                    .contains(&format!("| {share:.1} |", share = share.as_f64().unwrap())),
                "{name} {segment}"
            );
        }
    }
}

/// Without its client the program still opens what is in the cache, and says how to get one.
#[cfg(not(feature = "hub"))]
#[test]
fn without_a_client_it_says_how_to_get_one() {
    let home = tempfile::tempdir().unwrap();
    let name = "alphaXiv/trm-model-sudoku";
    let run = |args: &[&str]| {
        let output = super::command()
            .env("HF_HOME", home.path())
            .args(args)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, error) = run(&["pull", name]);
    assert_eq!(code, Some(3), "{error}");
    assert!(error.contains("this program was built without a client that fetches it\nhint: take a released program, or build with `cargo install --path crates/cli --features hub`"), "{error}");
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let repository_folder = home.path().join("hub/models--alphaXiv--trm-model-sudoku");
    for (file, from) in [
        ("step_32550_sudoku_epoch50k", "trm-mlp-tiny/checkpoint.pt"),
        ("config.yaml", "trm-mlp-tiny/config.yaml"),
    ] {
        let to = repository_folder.join("snapshots").join(commit).join(file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(repository().join("tests/golden").join(from), to).unwrap();
    }
    std::fs::create_dir_all(repository_folder.join("refs")).unwrap();
    std::fs::write(repository_folder.join("refs/main"), commit).unwrap();
    // Others have fetched it, and nothing says that it is all.
    let (code, error) = run(&["inspect", &format!("hub:{name}")]);
    assert_eq!(code, Some(0), "{error}");
}
