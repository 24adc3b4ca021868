//! Many puzzles through the window, one after another, drawn at every step: `tests/soak/run` names a file of them.

use super::contents::{harness, wait};

/// What the process holds: memory in bytes, and threads.
fn held() -> (u64, u64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    (field("RssAnon:") << 10, field("Threads:"))
}

#[test]
#[ignore = "needs a process of its own and a file of puzzles: tests/soak/run"]
fn the_window_holds_at_the_end_what_it_held_at_the_beginning() {
    let path = std::env::var_os("SOAK_PUZZLES").unwrap();
    let puzzles = std::fs::read_to_string(path).unwrap();
    let puzzles: Vec<&str> = puzzles.lines().collect();
    let mut harness = harness();
    harness.run_ok();
    let mut early = None;
    for (round, some) in puzzles.chunks(puzzles.len().div_ceil(10)).enumerate() {
        let mut solved = 0;
        for puzzle in some {
            harness.state_mut().state.paste(puzzle);
            harness.state_mut().state.solve();
            wait(&mut harness, "solving", |contents| !contents.state.is_running());
            let solve = harness.state_mut().state.playing().unwrap();
            assert!(solve.answer.is_some(), "{puzzle}: {:?}", solve.progress);
            solve.seek(usize::MAX);
            solved += usize::from(solve.puzzle.is_valid(&solve.grid(0)) == Some(true));
            harness.run_ok();
        }
        let (memory, threads) = held();
        println!(
            "  round {round}: {} answers, {solved} valid; {} MiB, {threads} threads",
            some.len(),
            memory >> 20
        );
        // The first round fills what grows once: glyphs, the editor's history, what an allocator keeps.
        if round == 0 {
            continue;
        }
        let (before, as_many) = *early.get_or_insert((memory, threads));
        assert!(
            memory <= before + before / 10 + (16 << 20),
            "{before} bytes, then {memory}"
        );
        assert_eq!(threads, as_many);
    }
}
