//! Standard input, which may stay open: answers need not wait for its end.

use std::io::{BufRead, Read};
use std::sync::mpsc::SyncSender;

use super::input::{Item, LARGEST, Sent, piece};
use super::output::STDIN;
use hrm::error::Error;
use hrm::tasks::Task;

/// Sends the puzzles of an input that may stay open: line by line where each of its lines is one puzzle, perhaps below a
/// heading, as in a table; other forms are read to the end.
pub(super) fn stream(mut input: impl BufRead, task: Option<Task>, send: &SyncSender<Item>) -> Sent {
    let mut text = Vec::new();
    let lines = loop {
        let start = text.len();
        match input.read_until(b'\n', &mut text) {
            Err(error) => return send.send(unread(error)),
            Ok(0) => return send_all(piece(&text, STDIN, 0, 0, task), send),
            Ok(_) => {}
        }
        let (before, line) = text.split_at(start);
        if is_blank(line) {
            continue;
        }
        let heading_lines = count_lines(before);
        let below = |items: &[Item]| is_one(items) && items[0].line > heading_lines;
        if !is_blank(before) && below(&piece(&text, STDIN, 0, 0, task)) {
            break Some((before.to_vec(), Vec::new(), line.to_vec()));
        }
        if is_one(&piece(line, STDIN, 0, 0, task)) {
            break Some((Vec::new(), before.to_vec(), line.to_vec()));
        }
        let marked = text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]);
        if !is_blank(before) || marked {
            break None;
        }
    };
    let Some((heading, open, line)) = lines else {
        return match input.take(LARGEST).read_to_end(&mut text) {
            Err(error) => send.send(unread(error)),
            Ok(_) => send_all(piece(&text, STDIN, 0, 0, task), send),
        };
    };
    let mut flow = Flow {
        task,
        before: count_lines(&heading),
        heading,
        open: Vec::new(),
    };
    for line in open.split_inclusive(|&byte| byte == b'\n') {
        flow.open.extend(line);
        flow.before += 1;
    }
    let mut line = line;
    loop {
        send_all(flow.take(&line), send)?;
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Err(error) => return send.send(unread(error)),
            Ok(0) => return send_all(flow.rest(), send),
            Ok(_) => {}
        }
    }
}

/// Lines that are one puzzle each, below a heading.
struct Flow {
    task: Option<Task>,
    heading: Vec<u8>,
    /// Lines that are no puzzle by themselves, and may be one together.
    open: Vec<u8>,
    /// How many lines have been taken.
    before: usize,
}

impl Flow {
    fn take(&mut self, line: &[u8]) -> Vec<Item> {
        let items = self.read(line, self.before);
        self.before += 1;
        if is_one(&items) {
            let before = self.before;
            self.before -= 1;
            let mut all = self.rest();
            self.before = before;
            all.extend(items);
            return all;
        }
        if !self.open.is_empty() || !is_blank(line) {
            self.open.extend(line);
        }
        Vec::new()
    }

    /// What the open lines hold; comments alone are nothing.
    fn rest(&mut self) -> Vec<Item> {
        let open = std::mem::take(&mut self.open);
        if is_blank(&open) {
            return Vec::new();
        }
        let mut items = self.read(&open, self.before - count_lines(&open));
        items.retain(|item| item.line > 0);
        items
    }

    fn read(&self, lines: &[u8], before: usize) -> Vec<Item> {
        let text = [&self.heading[..], lines].concat();
        piece(&text, STDIN, before, count_lines(&self.heading), self.task)
    }
}

/// Whether items are one puzzle that nothing can be added to: a row of colours may be the first of many.
fn is_one(items: &[Item]) -> bool {
    matches!(items, [Item { asked: Ok(puzzle), .. }] if !puzzle.task.is_named())
}

fn is_blank(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_whitespace)
}

fn count_lines(text: &[u8]) -> usize {
    text.split_inclusive(|&byte| byte == b'\n').count()
}

fn unread(error: std::io::Error) -> Item {
    Item {
        place: STDIN.to_owned(),
        line: 0,
        asked: Err(Error::io("read", STDIN)(error)),
    }
}

pub(super) fn send_all(items: Vec<Item>, send: &SyncSender<Item>) -> Sent {
    items.into_iter().try_for_each(|item| send.send(item))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::sync_channel;

    const EASY: &str = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79";

    /// What a stream gives, as lines and whether each is a puzzle.
    fn of(text: &str) -> Vec<(usize, bool)> {
        let (send, receive) = sync_channel(99);
        stream(text.as_bytes(), None, &send).unwrap();
        drop(send);
        receive.iter().map(|item| (item.line, item.asked.is_ok())).collect()
    }

    fn whole(text: &str) -> Vec<(usize, bool)> {
        let items = piece(text.as_bytes(), STDIN, 0, 0, None);
        items.iter().map(|item| (item.line, item.asked.is_ok())).collect()
    }

    /// Whatever the form, what flows is what a file of the same text holds.
    #[test]
    fn a_stream_holds_what_a_file_would() {
        let rows: Vec<&str> = (0..9).map(|row| &EASY[9 * row..][..9]).collect();
        let rows = rows.join("\n");
        let maze = "#####\n#S  #\n# # #\n#  G#\n#####";
        for text in [
            String::new(),
            "\n\n".to_owned(),
            EASY.to_owned(),
            format!("\n{EASY}\n\n{EASY}\n"),
            format!("a title\n{EASY}\n{EASY}\n"),
            format!("source,question\nmine,{EASY}\nyours,{EASY}\n\nhis,{EASY}"),
            format!("question,rating\n{EASY},1\n{},2\n{EASY},3\n", &EASY[..80]),
            format!("{EASY}\n{}\n{EASY}\n", &EASY[..80]),
            format!("{}\n{EASY}\n{}\n", &EASY[..80], &EASY[..80]),
            format!("{EASY}\n# a comment\n{EASY}\n{rows}\n{EASY}\n"),
            format!("{rows}\n\n{rows}\n"),
            format!("{{\"puzzle\":\"{EASY}\"}}\n{{\"puzzle\":\"{EASY}\"}}\n"),
            format!("{maze}\n\n{maze}\n"),
            format!("{}\n{}\n", maze.replace('\n', ""), maze.replace('\n', "")),
            "nothing\nof the kind\n".to_owned(),
        ] {
            assert_eq!(of(&text), whole(&text), "{text}");
        }
    }
}
