//! The corpus of the fuzzers, and seeded mutations of it, through the same functions: what fuzzers have found stays found.

use std::path::Path;

#[path = "fuzz/src/replay.rs"]
mod replay;
#[path = "fuzz/src/targets.rs"]
mod targets;

fn replay(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let (_, target) = targets::ALL.into_iter().find(|(known, _)| *known == name).unwrap();
    replay::replay(&folder, name, target);
}

macro_rules! replays {
    ($($name:ident),*) => {
        $(#[test] fn $name() { replay(stringify!($name)); })*

        #[test]
        fn every_target_is_replayed() {
            assert_eq!(targets::ALL.map(|(name, _)| name), [$(stringify!($name)),*]);
        }
    };
}

replays!(weights, config, data, text, picture, results, options);
