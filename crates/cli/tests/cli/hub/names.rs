//! Names, and the files that they mean.

use super::server::listed;
use super::*;

/// The catalogue says what a repository does not.
#[test]
fn a_configuration_of_the_repository_counts() {
    let files = [
        ("step_32550_sudoku_epoch50k", "trm-mlp-tiny/checkpoint.pt", true),
        ("all_config.yaml", "trm-mlp-tiny/config.yaml", false),
    ];
    let visit = Visit::new(Hub::new([model("alphaXiv/trm-model-sudoku", &files)]));
    let name = "hub:alphaXiv/trm-model-sudoku/step_32550_sudoku_epoch50k";
    for _ in 0..2 {
        let ran = visit.run(&["inspect", name]);
        assert!(ran.stdout.contains("all_config.yaml"), "{}{}", ran.stdout, ran.stderr);
    }
}

/// What is in the cache may be a part of a repository: a name without a path means the same whatever is there.
#[test]
fn a_name_means_the_same_after_a_part_was_fetched() {
    let name = "someone/several";
    let both = ["step_1", "step_2"].map(|file| (file, "hrm-sudoku-small/checkpoint.pt", true));
    let visit = Visit::new(Hub::new([model(name, &both)]));
    let refused = || visit.run(&["inspect", &format!("hub:{name}")]).error(3);
    let first = refused();
    assert!(
        first.contains("found 2: add one of them to the name: step_1, step_2"),
        "{first}"
    );
    let pulled = visit.run(&["pull", &format!("{name}/step_1")]);
    assert!(
        pulled.stdout.contains("step_1, fetched"),
        "{}{}",
        pulled.stdout,
        pulled.stderr
    );
    assert_eq!(refused(), first);
}

/// Two files whose names are nearly one are two models.
#[test]
fn each_file_is_a_model_of_its_own() {
    let files = ["a-b.pt", "a/b.pt", "a%2Fb.pt"].map(|file| (file, "hrm-sudoku-small/checkpoint.pt", true));
    let configured = [
        ("config.yaml", "hrm-sudoku-small/config.yaml", false),
        ("a/config.yaml", "hrm-sudoku-small/config.yaml", false),
        ("dataset.json", "urm-sudoku-tiny/dataset.json", false),
        ("a/dataset.json", "urm-sudoku-tiny/dataset.json", false),
    ];
    let visit = Visit::new(Hub::new([model(
        "someone/several",
        &[&files[..], &configured[..]].concat(),
    )]));
    for _ in 0..2 {
        for (file, ..) in files {
            let ran = visit.run(&["inspect", &format!("hub:someone/several/{file}")]);
            assert_eq!(ran.code, 0, "{file}: {}{}", ran.stdout, ran.stderr);
        }
    }
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for file in [
        "../checkpoint",
        "a/../../checkpoint",
        "/etc/checkpoint",
        "a\\..\\checkpoint",
        "C:checkpoint",
        // What a terminal would obey.
        "a\u{1b}]0;title\u{7}checkpoint",
        "a\u{9b}2Jcheckpoint",
        "a\u{202e}checkpoint",
    ] {
        let visit = Visit::new(Hub::new([(sudoku().0, vec![kept(file, weights().bytes, true)])]));
        let path = file.trim_start_matches("../");
        let error = visit.run(&["pull", NAME]).error(3);
        assert!(error.contains("hub:sapientinc"), "{file} {path}: {error}");
        assert!(
            error.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'),
            "{error:?}"
        );
        let files = visit.files("");
        assert!(
            !files
                .iter()
                .any(|file| file.contains("checkpoint") || file.contains("blobs")),
            "{file}: {files:?}"
        );
        assert!(!visit.home.path().join("checkpoint").exists());
    }
    // The id of a commit and that of a file become names, too.
    for key in ["sha", "blobId"] {
        let visit = with(move |asked| {
            let mut list = listed(&[kept("checkpoint", "x", false)]);
            let place = if key == "sha" {
                &mut list["sha"]
            } else {
                &mut list["siblings"][0]["blobId"]
            };
            *place = format!("../../{}", &COMMIT[6..]).into();
            asked
                .path
                .starts_with("/api")
                .then(|| Reply::new(200, list.to_string()))
        });
        let error = visit.refused();
        assert!(
            error.contains("expected the id of a commit, found `../../")
                || error.contains("expected size and checksum of `checkpoint`"),
            "{error}"
        );
    }
}

/// A branch may have slashes; a second run asks nothing, whatever a revision is called.
#[test]
fn every_revision_is_known_the_second_time() {
    for revision in ["main", "refs/pr/1", "feature%2Fx", COMMIT, "0123456"] {
        let visit = Visit::new(Hub::with([sudoku()], |asked| {
            let is_list = asked.path.starts_with("/api");
            is_list.then(|| Reply::new(200, listed(&sudoku().1).to_string()))
        }));
        let name = format!("hub:{NAME}@{revision}");
        let ran = visit.run(&["pull", &name]);
        assert_eq!(ran.code, 0, "{revision}: {}", ran.stderr);
        assert!(ran.stdout.starts_with(&name), "{}", ran.stdout);
        let asked = visit.hub.asked();
        let encoded = revision.replace('/', "%2F");
        assert!(
            asked[0].path.ends_with(&format!("/revision/{encoded}?blobs=true")),
            "{}",
            asked[0].path
        );
        assert_eq!(visit.run(&["inspect", &name]).code, 0, "{revision}");
        assert_eq!(visit.hub.asked().len(), asked.len(), "{revision}");
    }
}

/// What lies beside weights in a folder is found beside them on a hub.
#[test]
fn every_configuration_that_a_folder_may_have_comes_with_the_weights() {
    let (weights, configuration) = ("hrm-sudoku-small/checkpoint.pt", "hrm-sudoku-small/config.yaml");
    for (file, beside) in [
        ("a.pt", "a.pt.yaml"),
        ("a.pt", "a.yml"),
        ("a.pt", "all_config.yml"),
        ("a.pt", "config.yaml"),
        ("a.pt", "hparams.yaml"),
        ("a.pt", ".hydra/config.yaml"),
        ("b/a.pt", "b/all_config.yaml"),
        ("checkpoints/a.pt", "all_config.yaml"),
        ("b/checkpoints/a.pt", "b/config.yaml"),
        ("b/checkpoints/a.pt", "b/.hydra/config.yaml"),
    ] {
        let place = tempfile::tempdir().unwrap();
        for (name, from) in [(file, weights), (beside, configuration)] {
            let path = place.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, golden(from)).unwrap();
        }
        let visit = Visit::new(Hub::new([model(
            "a/b",
            &[(file, weights, true), (beside, configuration, false)],
        )]));
        let path = place.path().join(file);
        for model in [path.to_str().unwrap(), "hub:a/b"] {
            let ran = visit.run(&["inspect", model, "--task", "sudoku"]);
            assert_eq!(ran.code, 0, "{file} {beside} {model}: {}{}", ran.stdout, ran.stderr);
        }
    }
}

/// Names that other systems or addresses write otherwise.
#[test]
fn odd_names_are_files_like_others() {
    for file in [
        "a b.pt",
        "100%.pt",
        "a#b.pt",
        "a?b.pt",
        "模型.pt",
        "it's.pt",
        "a+b&c.pt",
        "a%20b.pt",
    ] {
        let files = [
            (file, "hrm-sudoku-small/checkpoint.pt", true),
            ("config.yaml", "hrm-sudoku-small/config.yaml", false),
        ];
        let visit = Visit::new(Hub::new([model("a/b", &files)]));
        for name in ["hub:a/b".to_owned(), format!("hub:a/b/{file}")] {
            let ran = visit.run(&["inspect", &name, "--task", "sudoku"]);
            assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{name}: {}", ran.stdout);
        }
    }
}
