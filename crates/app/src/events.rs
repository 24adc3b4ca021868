//! How the window's state takes in events from the worker.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hrm::error::Error;
use hrm::executor::DeviceChoice;
use hrm::tasks::{Puzzle, Question};

use crate::input::Loaded;
use crate::list::List;
use crate::messages::{Event, Opened, Setup};
use crate::mind::Mind;
use crate::settings::View;
use crate::solve::{Progress, Solve, Traced};
use crate::solver_thread::sentence;
use crate::state::State;
use crate::worker::Worker;

/// The time for events in one frame; the rest waits for the next frame.
const PATIENCE: Duration = Duration::from_millis(4);

impl State {
    /// Takes in events for as long as a frame allows; returns whether more are waiting.
    pub fn receive(&mut self) -> bool {
        let start = Instant::now();
        while let Some(event) = self.worker.event() {
            self.take(event);
            if start.elapsed() > PATIENCE {
                return true;
            }
        }
        if self.worker.is_gone() {
            self.replace_worker();
        }
        false
    }

    /// Starts a new solver thread after a defect has ended the old one.
    fn replace_worker(&mut self) {
        self.worker = Worker::start(self.worker.outbox().wake());
        for solve in self.solves().filter(|solve| solve.is_running()) {
            solve.progress = Progress::Failed("the solver ended unexpectedly".into());
        }
        for solve in self.solves().filter(|solve| matches!(solve.traced, Traced::Asked(_))) {
            solve.traced = Traced::Failed("The solver ended unexpectedly.".into());
        }
        if let Some(list) = &mut self.list {
            list.ticket = None;
        }
        (self.opened, self.advising, self.race) = (None, None, None);
        self.complain("the solver ended unexpectedly and was restarted: please report this");
        self.open();
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Fetching(text) => self.fetching = Some(text),
            Event::Opened(opened) => self.opened(opened),
            Event::NotOpened(setup, reason) => self.not_opened(&setup, reason),
            Event::Devices(devices) => self.devices = devices,
            Event::Question(ticket, question) => self.question(ticket, question),
            Event::Segment {
                ticket,
                attempt,
                variant,
                thought,
                stopped,
                answer,
                elapsed,
            } => {
                if let Some(solve) = self.solves().find(|solve| solve.ticket == ticket) {
                    solve.add(attempt, variant, *thought, stopped);
                    solve.seconds = elapsed.as_secs_f64();
                    if answer.is_some() {
                        (solve.winner, solve.answer) = (Some(attempt), answer);
                    }
                }
            }
            Event::Answer(ticket, number, solver, answer) => {
                if let Some(list) = self.list.as_mut().filter(|list| list.ticket == Some(ticket)) {
                    list.answer(number, solver, answer);
                }
            }
            Event::Race(ticket, lane, news) => self.raced(ticket, lane, news),
            Event::Hint(ticket, hint) => self.advised(ticket, hint),
            Event::Mind(ticket, mind) => self.mind(ticket, mind),
            Event::Finished(ticket, done) => self.finished(ticket, done),
            Event::Loaded(path, loaded) => match loaded {
                Ok(Loaded::One(puzzle)) => {
                    self.message = None;
                    self.put_puzzle(puzzle);
                }
                Ok(Loaded::Many(rows)) => {
                    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                    self.put_many(&name, rows);
                }
                Err(error) => self.complain(error.to_string()),
            },
            Event::Generated(puzzle) => {
                self.generating = false;
                match puzzle {
                    Ok(puzzle) => puzzle.into_iter().for_each(|puzzle| self.put_puzzle(puzzle)),
                    Err(error) => self.complain(error.to_string()),
                }
            }
            Event::Daily(task, day, puzzle) => self.take_daily(task, day, puzzle),
            Event::Saved(Ok(path)) => self.say(format!("Saved {}", path.display())),
            Event::Saved(Err(error)) => self.complain(error.to_string()),
            Event::Dialog(chosen) => self.chosen(chosen),
            Event::NoDialog(purpose) => self.ask_for_path(purpose),
        }
    }

    /// Takes the puzzles of a text: to the list, and of one task with several tests the first to the board.
    pub(crate) fn put_many(&mut self, name: &str, rows: Vec<(usize, Result<Puzzle, Error>)>) {
        let first = rows.iter().find_map(|(_, puzzle)| puzzle.as_ref().ok()).cloned();
        let is_of = |first: &Puzzle, other: &Puzzle| first.name.is_some() && first.name == other.name;
        let mut puzzles = rows.iter().map(|(_, puzzle)| puzzle.as_ref());
        let first = first.filter(|first| puzzles.all(|puzzle| puzzle.is_ok_and(|puzzle| is_of(first, puzzle))));
        let count = rows.len();
        self.put_list(List::new(name.to_owned(), rows));
        if let Some(first) = first {
            self.put_puzzle(first);
            self.say(format!(
                "The first of {count} tests is on the board, the others are in the list."
            ));
        }
    }

    fn put_list(&mut self, list: List) {
        if self.list.as_ref().is_some_and(|old| old.ticket.is_some()) {
            self.stop();
        }
        let counts = list.counts();
        self.list = Some(list);
        self.show(View::List);
        match counts.unreadable {
            0 => self.message = None,
            n => self.complain(format!("{n} of {} entries are not puzzles", n + counts.puzzles())),
        }
    }

    fn opened(&mut self, opened: Opened) {
        if !opened.remarks.is_empty() {
            self.complain(opened.remarks.join(". "));
        } else if self.opened.is_none()
            && opened.setup.device == DeviceChoice::Auto
            && opened.device == "cpu"
            && self.message.as_ref().is_none_or(|message| !message.is_error)
        {
            self.say("No GPU that can run the network was found: the CPU is used.");
        }
        (self.missing, self.fetching) = (None, None);
        self.opened = Some(opened);
    }

    /// Reports a setup that could not be opened; the solver that was open before stays.
    fn not_opened(&mut self, setup: &Setup, reason: String) {
        (self.missing, self.fetching) = (Some(setup.clone()), None);
        let now = self.setup(setup.task) == *setup;
        let before = self.opened.as_ref().map(|opened| opened.setup.clone());
        match before.filter(|before| now && before.task == setup.task) {
            Some(before) => {
                let stays = self
                    .opened
                    .as_ref()
                    .map_or(String::new(), |o| format!("; {} stays", o.model));
                self.choose_model(before.task, before.model);
                self.complain(format!("{reason}{stays}"));
            }
            None => self.complain(reason),
        }
    }

    fn question(&mut self, ticket: u64, question: Option<Question>) {
        let Some(solve) = self.solves().find(|solve| solve.ticket == ticket) else {
            return;
        };
        solve.question = question;
    }

    fn mind(&mut self, ticket: u64, mind: Result<Arc<Mind>, Error>) {
        let is_it = |solve: &&mut Solve| matches!(solve.traced, Traced::Asked(asked) if asked == ticket);
        if let Some(solve) = self.solves().find(is_it) {
            solve.traced = match mind {
                Ok(mind) => Traced::Yes(mind),
                // Something else was more urgent.
                Err(Error::Cancelled) => Traced::No,
                Err(error) => Traced::Failed(sentence(&error)),
            };
        }
    }

    fn finished(&mut self, ticket: u64, done: Result<(), Error>) {
        let failure = done.as_ref().err().map(sentence);
        let progress = match (&done, &failure) {
            (Err(Error::Cancelled), _) => Progress::Stopped,
            (_, Some(reason)) => Progress::Failed(reason.clone()),
            _ => Progress::Ended,
        };
        let failed = matches!(progress, Progress::Failed(_));
        let mut known = false;
        if let Some(solve) = self.solves().find(|solve| solve.ticket == ticket) {
            solve.progress = progress;
            known = true;
        }
        if let Some(list) = self.list.as_mut().filter(|list| list.ticket == Some(ticket)) {
            list.ticket = None;
            list.refresh();
            known = true;
        }
        if let Some(race) = self.race.as_mut().filter(|race| race.ticket == ticket) {
            race.end();
        }
        if let (true, true, Some(reason)) = (known, failed, failure) {
            self.complain(reason);
        }
    }
}
