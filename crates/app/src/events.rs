//! What happens when the worker has something to say.

use std::time::{Duration, Instant};

use super::batch::Batch;
use super::bench::sentence;
use super::input::Loaded;
use super::settings::View;
use super::state::State;
use super::thinking::Progress;
use super::worker::{Event, Opened, Setup, Worker};
use hrm::error::Error;
use hrm::executor::DeviceChoice;
use hrm::puzzle::Question;

/// Time for events in one frame: what is left waits for the next one.
const PATIENCE: Duration = Duration::from_millis(4);

impl State {
    /// Takes in what has happened, for as long as a frame allows; whether more waits.
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

    /// A defect ended the thread: the window goes on with a new one.
    fn replace_worker(&mut self) {
        self.worker = Worker::start(self.worker.outbox().wake());
        if let Some(thinking) = self.thinking.as_mut().filter(|thinking| thinking.is_running()) {
            thinking.progress = Progress::Failed("the solver ended unexpectedly".into());
        }
        if let Some(list) = &mut self.list {
            list.ticket = None;
        }
        self.opened = None;
        self.complain("the solver ended unexpectedly, and was started again: please report this");
        self.open();
    }

    fn take(&mut self, event: Event) {
        match event {
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
                if let Some(thinking) = self.thinking.as_mut().filter(|t| t.ticket == ticket) {
                    thinking.add(attempt, variant, *thought, stopped);
                    thinking.seconds = elapsed.as_secs_f64();
                    if answer.is_some() {
                        (thinking.winner, thinking.answer) = (Some(attempt), answer);
                    }
                }
            }
            Event::Answer(ticket, number, solver, answer) => {
                if let Some(list) = self.list.as_mut().filter(|list| list.ticket == Some(ticket)) {
                    list.answer(number, solver, answer);
                }
            }
            Event::Over(ticket, done) => self.over(ticket, done),
            Event::Loaded(path, loaded) => match loaded {
                Ok(Loaded::One(puzzle)) => {
                    self.message = None;
                    self.put_puzzle(puzzle);
                }
                Ok(Loaded::Many(rows)) => {
                    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
                    self.put_list(Batch::new(name.into_owned(), rows));
                }
                Err(error) => self.complain(error.to_string()),
            },
            Event::Made(puzzle) => {
                self.busy.1 = false;
                self.put_puzzle(puzzle);
            }
            Event::Saved(Ok(path)) => self.say(format!("saved {}", path.display())),
            Event::Saved(Err(error)) => self.complain(error.to_string()),
            Event::Dialog(chosen) => self.chosen(chosen),
        }
    }

    fn put_list(&mut self, list: Batch) {
        if self.list.as_ref().is_some_and(|old| old.ticket.is_some()) {
            self.stop();
        }
        let counts = list.counts();
        self.list = Some(list);
        self.show(View::List);
        match counts.unreadable {
            0 => self.message = None,
            n => self.complain(format!("{n} of {} entries are no puzzles", n + counts.puzzles())),
        }
    }

    fn opened(&mut self, opened: Opened) {
        if !opened.remarks.is_empty() {
            self.complain(opened.remarks.join(". "));
        } else if self.opened.is_none() && opened.setup.device == DeviceChoice::Auto && opened.device == "cpu" {
            self.say("There is no GPU here that can compute: the CPU does.");
        }
        self.missing = None;
        self.opened = Some(opened);
    }

    /// What was there before stays.
    fn not_opened(&mut self, setup: &Setup, reason: String) {
        self.missing = Some(setup.clone());
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
        let Some(thinking) = self.thinking.as_mut().filter(|t| t.ticket == ticket) else {
            return;
        };
        thinking.question = question.clone();
        if let Some(question @ (Question::None | Question::Several | Question::Clash(_))) = question {
            self.say(format!("{question}. The model is asked all the same."));
        }
    }

    fn over(&mut self, ticket: u64, done: Result<(), Error>) {
        let failure = done.as_ref().err().map(sentence);
        let progress = match (&done, &failure) {
            (Err(Error::Cancelled), _) => Progress::Stopped,
            (_, Some(reason)) => Progress::Failed(reason.clone()),
            _ => Progress::Ended,
        };
        let failed = matches!(progress, Progress::Failed(_));
        let mut known = false;
        if let Some(thinking) = self.thinking.as_mut().filter(|t| t.ticket == ticket) {
            thinking.progress = progress;
            known = true;
        }
        if let Some(list) = self.list.as_mut().filter(|list| list.ticket == Some(ticket)) {
            list.ticket = None;
            list.refresh();
            known = true;
        }
        if let (true, true, Some(reason)) = (known, failed, failure) {
            self.complain(reason);
        }
    }
}
