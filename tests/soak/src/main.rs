//! Ten thousand puzzles through the library, on the CPU and on a GPU if there is any: memory, threads and buffers of the device
//! must be after the last thousand what they were after the second.
//!
//! `hrm-soak PUZZLES.txt [cpu|gpu|…]` reads puzzles, one a line.

use std::process::ExitCode;

use hrm::executor::DeviceChoice;
use hrm::solve::{Query, Solver};
use hrm::{Options, Puzzle, Result};

const ROUNDS: usize = 10;
/// What an allocator may keep to itself.
const SLACK: u64 = 16 << 20;

/// What a process holds.
#[derive(Debug, Clone, Copy)]
struct Held {
    memory: u64,
    threads: u64,
    files: usize,
    buffers: u64,
}

impl Held {
    fn now(solver: &Solver) -> Held {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok())
                .unwrap_or(0)
        };
        Held {
            memory: field("RssAnon:") << 10,
            threads: field("Threads:"),
            files: std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            buffers: solver.executor().gpu().map_or(0, |gpu| gpu.bytes()),
        }
    }

    fn is_like(&self, other: &Held) -> bool {
        // Less is no leak: threads of a solver that was closed end when they end.
        self.memory <= other.memory + other.memory / 20 + SLACK
            && self.threads <= other.threads
            && self.files <= other.files
            && self.buffers <= other.buffers
    }
}

fn soak(device: &str, puzzles: &[Puzzle]) -> Result<bool> {
    let mut options = Options::default();
    options.device = device.parse().unwrap_or(DeviceChoice::Auto);
    options.tries = Some(4);
    let solver = Solver::open_blocking(&options)?;
    println!("{}, {} puzzles", solver.executor().device_name(), puzzles.len());
    let (mut second, mut sound) = (None, true);
    for (round, puzzles) in puzzles.chunks(puzzles.len().div_ceil(ROUNDS)).enumerate() {
        let queries = puzzles.iter().cloned().map(Query::from);
        let (mut run, mut answered, mut valid) = (solver.answers(queries)?, 0, 0);
        while let Some(segment) = run.next_blocking() {
            if let Some(answer) = segment?.answer {
                answered += 1;
                valid += usize::from(answer.valid() == Some(true));
            }
        }
        drop(run);
        // Cancelled in the middle of it, too.
        let run = solver.run(puzzles.iter().take(64).cloned().map(Query::from))?;
        let cancel = hrm::solve::Cancel::default();
        let mut run = run.with_cancel(cancel.clone());
        for _ in 0..20 {
            drop(run.next_blocking());
        }
        cancel.cancel();
        while run.next_blocking().is_some() {}
        drop(run);
        // And opened again.
        drop(Solver::open_blocking(&options)?);
        let held = Held::now(&solver);
        println!(
            "  round {round}: {answered} answers, {valid} valid; {} MiB, {} threads, {} files, {} bytes on the device",
            held.memory >> 20,
            held.threads,
            held.files,
            held.buffers
        );
        sound &= answered == puzzles.len();
        match second {
            None if round > 0 => second = Some(held),
            Some(before) if !held.is_like(&before) => {
                println!("  more than after the second round: {before:?}");
                sound = false;
            }
            _ => {}
        }
    }
    Ok(sound)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let text = arguments.next().map(std::fs::read_to_string);
    let Some(Ok(text)) = text else {
        eprintln!("expected a file of puzzles, one a line");
        return ExitCode::from(2);
    };
    let puzzles: Vec<Puzzle> = text.lines().filter_map(|line| Puzzle::parse(line, None).ok()).collect();
    let devices: Vec<String> = arguments.collect();
    let devices = if devices.is_empty() {
        vec!["cpu".to_owned()]
    } else {
        devices
    };
    let mut sound = !puzzles.is_empty();
    for device in devices {
        match soak(&device, &puzzles) {
            Ok(held) => sound &= held,
            Err(error) => {
                println!("{device}: {error}");
                sound = false;
            }
        }
    }
    ExitCode::from(u8::from(!sound))
}
