//! Standard input, which may stay open: answers need not wait for its end.

use std::io::{BufRead, Read};
use std::sync::mpsc::SyncSender;

use super::input::{Item, LARGEST, Sent, piece};
use super::output::STDIN;
use hrm::error::Error;
use hrm::tasks::Task;

/// Sends the puzzles of an input that may stay open: line by line where each of its lines is one puzzle, perhaps below a
/// heading, as in a table; otherwise a puzzle when the next one is there.
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
        // JSON of several lines is one text, and so is what has two bytes a character.
        let is_json = matches!(line.trim_ascii_start(), [b'[' | b'{', ..]);
        if is_json || text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) {
            return to_end(text, 0, input, task, send);
        }
        if !is_blank(before) {
            break None;
        }
    };
    let Some((heading, open, line)) = lines else {
        return boards(text, input, task, send);
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

/// Most bytes of a board of several lines, with all that stands around it. What is longer is no such board, or one text as
/// a whole, and is read once, at the end.
const LONGEST: usize = 1 << 14;

/// Sends puzzles of several lines each, of which `open` has been read: each when the next one is there, for what follows a
/// puzzle may belong to it, as a solution does.
fn boards(mut open: Vec<u8>, mut input: impl BufRead, task: Option<Task>, send: &SyncSender<Item>) -> Sent {
    // Lines that have been sent, and the lines behind these that end with a whole puzzle, with their number of bytes.
    let mut before = 0;
    let (mut whole, mut length) = (Vec::new(), 0);
    while open.len() < LONGEST {
        let items = piece(&open, STDIN, before, 0, task);
        if items.last().is_some_and(|item| item.asked.is_ok()) {
            let more = items.len() > whole.len();
            let last = std::mem::replace(&mut whole, items);
            if more && !last.is_empty() {
                send_all(last, send)?;
                before += count_lines(&open[..length]);
                open.drain(..length);
                whole = piece(&open, STDIN, before, 0, task);
            }
            length = open.len();
        }
        match input.read_until(b'\n', &mut open) {
            Err(error) => return send.send(unread(error)),
            Ok(0) => return send_all(piece(&open, STDIN, before, 0, task), send),
            Ok(_) => {}
        }
    }
    to_end(open, before, input, task, send)
}

/// Reads the rest of an input, and sends what `text`, which follows `before` lines, then holds.
fn to_end(mut text: Vec<u8>, before: usize, input: impl BufRead, task: Option<Task>, send: &SyncSender<Item>) -> Sent {
    match input.take(LARGEST).read_to_end(&mut text) {
        Err(error) => send.send(unread(error)),
        Ok(_) => send_all(piece(&text, STDIN, before, 0, task), send),
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
    const EASY_ANSWER: &str = "534678912672195348198342567859761423426853791713924856961537284287419635345286179";

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
        let boxes = rows.replacen("\n7", "\n\n7", 1);
        let solved: Vec<&str> = (0..9).map(|row| &EASY_ANSWER[9 * row..][..9]).collect();
        let solved = solved.join("\n");
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
            format!("Grid 01\n{rows}\nGrid 02\n{rows}\nGrid 03\n{rows}"),
            format!("{rows}\n{rows}\n{rows}\n"),
            format!("{rows}\n\n{}\n\n{rows}\n\n{rows}\n", &rows[10..]),
            format!("{boxes}\n\n{boxes}\n\n\n{boxes}\n"),
            format!("{rows}\n\n{solved}\n\n{rows}\n\n{solved}\n"),
            format!("{maze}\n\n{maze}\n\n{maze}\n"),
            format!("# first\n{maze}\n\n# second\n{maze}\n"),
            format!("[\n\"{EASY}\",\n\"{EASY}\"\n]\n"),
        ] {
            assert_eq!(of(&text), whole(&text), "{text}");
        }
    }

    /// An input that says what had been sent when it was asked for its next line.
    struct Slow<'a> {
        lines: std::str::Lines<'a>,
        line: Vec<u8>,
        items: &'a std::sync::mpsc::Receiver<Item>,
        sent: Vec<usize>,
    }

    impl Read for Slow<'_> {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            unreachable!("it is read by lines")
        }
    }

    impl BufRead for Slow<'_> {
        fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
            if self.line.is_empty() {
                self.sent.push(self.items.try_iter().count());
                self.line = self
                    .lines
                    .next()
                    .map_or_else(Vec::new, |line| format!("{line}\n").into_bytes());
            }
            Ok(&self.line)
        }

        fn consume(&mut self, amount: usize) {
            self.line.drain(..amount);
        }
    }

    /// A board of nine lines is sent as soon as the next one is there.
    #[test]
    fn boards_flow() {
        let rows: Vec<&str> = (0..9).map(|row| &EASY[9 * row..][..9]).collect();
        let rows = rows.join("\n");
        for (text, each) in [
            (format!("Grid 01\n{rows}\n").repeat(5), 10),
            (format!("{rows}\n\n").repeat(5), 10),
            (format!("{rows}\n").repeat(5), 9),
        ] {
            let (send, items) = sync_channel(99);
            let mut slow = Slow {
                lines: text.lines(),
                line: Vec::new(),
                items: &items,
                sent: Vec::new(),
            };
            stream(&mut slow, None, &send).unwrap();
            let mut sum = 0;
            for (line, sent) in slow.sent.iter().enumerate() {
                sum += sent;
                // What is asked for is the line after `line` others.
                assert!(sum + 1 >= line / each, "{sum} boards before line {line} of:\n{text}");
            }
        }
    }
}
