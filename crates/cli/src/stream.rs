//! Standard input, which may stay open: answers need not wait for its end.

use std::io::{BufRead, Read};
use std::sync::mpsc::SyncSender;

use super::input::{Item, LARGEST, Sent, piece};
use super::output::STDIN;
use hrm::error::Error;
use hrm::tasks::Task;

/// Sends the puzzles of an input that may stay open: line by line where each of its lines is one puzzle, perhaps below the
/// head of a table; otherwise a puzzle when a blank line or the next one follows.
pub(super) fn stream(mut input: impl BufRead, task: Option<Task>, send: &SyncSender<Item>) -> Sent {
    // Nothing but zeros may come without end.
    match input.fill_buf() {
        Err(error) => return send.send(unread(error)),
        Ok(head) if 2 * head.iter().filter(|&&byte| byte == 0).count() > head.len() => {
            return send_all(piece(head, STDIN, 0, 0, task), send);
        }
        Ok(_) => {}
    }
    let mut text = Vec::new();
    loop {
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
        // JSON of several lines is one text, and so is what has two bytes a character.
        let is_json = matches!(line.trim_ascii_start(), [b'[' | b'{', ..]) && !is_one(&piece(line, STDIN, 0, 0, task));
        if is_json || text.starts_with(&[0xff, 0xfe]) || text.starts_with(&[0xfe, 0xff]) || line.contains(&0) {
            return to_end(text, 0, 0, input, task, send);
        }
        let is_head = before.iter().any(|byte| b",;|\t".contains(byte));
        let below = |items: &[Item]| is_one(items) && items[0].line > count_lines(before);
        if is_head && below(&piece(&text, STDIN, 0, 0, task)) {
            let (head, line) = (before.to_vec(), line.to_vec());
            return Flow::new(head, Vec::new(), task).run(line, input, send);
        }
        if is_one(&piece(line, STDIN, 0, 0, task)) {
            let (open, line) = (before.to_vec(), line.to_vec());
            return Flow::new(Vec::new(), open, task).run(line, input, send);
        }
        if !is_blank(before) {
            // The last line may be a heading, which is seen when it comes by itself.
            let (before, line) = (before.to_vec(), std::io::Cursor::new(line.to_vec()));
            return boards(before, line.chain(input), task, send);
        }
    }
}

/// Most bytes of a board of several lines, with all that stands around it. What is longer is no such board, or one text as
/// a whole, and is read once, at the end.
const LONGEST: usize = 1 << 12;

/// Sends puzzles of several lines each, of which `open` has been read: each when a blank line follows, or else when the
/// next one is there, for what follows a puzzle may belong to it, as a solution does.
fn boards(mut open: Vec<u8>, mut input: impl BufRead, task: Option<Task>, send: &SyncSender<Item>) -> Sent {
    // Lines that are done with; of the puzzles in `open` those that have been sent; puzzles and bytes up to the end of the
    // last one that is whole.
    let (mut before, mut sent) = (0, 0);
    let (mut whole, mut length) = (0, 0);
    // Whether the last puzzle was whole before, and whether a heading of the next one has come.
    let (mut was_whole, mut headed) = (false, false);
    while open.len() < LONGEST {
        let mut items = piece(&open, STDIN, before, 0, task);
        let is_whole = items.last().is_some_and(|item| item.asked.is_ok());
        let mut lines = open.split_inclusive(|&byte| byte == b'\n');
        let line = lines.next_back().unwrap_or_default();
        let is_end = is_blank(line);
        // A line that changes nothing and is no puzzle by itself is a heading of the next one: its name, say.
        let changes_nothing = was_whole && is_whole && items.len() == whole;
        let alone = || piece(line, STDIN, 0, 0, task);
        headed = changes_nothing && (headed || !is_end && !alone().iter().any(|item| item.asked.is_ok()));
        was_whole = is_whole;
        if is_whole && !headed {
            if whole > 0 && items.len() > whole {
                send_all(items.drain(..whole).skip(sent), send)?;
                sent = sent.saturating_sub(whole);
                before += count_lines(&open[..length]);
                open.drain(..length);
            }
            (whole, length) = (items.len(), open.len());
        }
        if is_whole && is_end && items.iter().all(|item| item.asked.is_ok()) {
            send_all(items.into_iter().skip(sent), send)?;
            sent = whole;
        }
        match input.read_until(b'\n', &mut open) {
            Err(error) => return send.send(unread(error)),
            Ok(0) => return send_all(piece(&open, STDIN, before, 0, task).into_iter().skip(sent), send),
            Ok(_) => {}
        }
    }
    to_end(open, before, sent, input, task, send)
}

/// Reads the rest of an input, and sends what `text`, which follows `before` lines, then holds beyond what was `sent`.
fn to_end(
    mut text: Vec<u8>,
    before: usize,
    sent: usize,
    input: impl BufRead,
    task: Option<Task>,
    send: &SyncSender<Item>,
) -> Sent {
    match input.take(LARGEST).read_to_end(&mut text) {
        Err(error) => send.send(unread(error)),
        Ok(_) => send_all(piece(&text, STDIN, before, 0, task).into_iter().skip(sent), send),
    }
}

/// Lines that are one puzzle each, below the head of a table or without one.
struct Flow {
    task: Option<Task>,
    head: Vec<u8>,
    /// The last line that was a puzzle, for what follows may be its footer; empty if there is none.
    last: Vec<u8>,
    /// Lines behind it that are no puzzle by themselves: a heading, or a puzzle together.
    open: Vec<u8>,
    /// How many lines have been taken.
    taken: usize,
}

impl Flow {
    /// Begins below `head`, with the lines `open` behind it.
    fn new(head: Vec<u8>, open: Vec<u8>, task: Option<Task>) -> Flow {
        Flow {
            task,
            taken: count_lines(&head) + count_lines(&open),
            head,
            last: Vec::new(),
            open,
        }
    }

    /// Sends what the input holds from `line` on.
    fn run(mut self, mut line: Vec<u8>, mut input: impl BufRead, send: &SyncSender<Item>) -> Sent {
        loop {
            send_all(self.take(&line), send)?;
            line.clear();
            match input.read_until(b'\n', &mut line) {
                Err(error) => return send.send(unread(error)),
                Ok(0) => return send_all(self.rest(&[]), send),
                Ok(_) => {}
            }
        }
    }

    fn take(&mut self, line: &[u8]) -> Vec<Item> {
        let alone = self.read(line, self.taken);
        if !is_one(&alone) {
            self.open.extend(line);
            self.taken += 1;
            return Vec::new();
        }
        let items = match is_blank(&self.open) {
            true => alone,
            false => self.rest(line),
        };
        self.taken += 1;
        (self.last, self.open) = (line.to_vec(), Vec::new());
        items
    }

    /// What the open lines and `line` hold, read as they stand: behind the last puzzle. Comments alone are nothing.
    fn rest(&self, line: &[u8]) -> Vec<Item> {
        if is_blank(&self.open) {
            return Vec::new();
        }
        let lines = [&self.last[..], &self.open, line].concat();
        let before = self.taken - count_lines(&self.open) - count_lines(&self.last);
        let mut items = self.read(&lines, before);
        if !self.last.is_empty() && !items.is_empty() {
            items.remove(0);
        }
        items.retain(|item| item.line > 0);
        items
    }

    fn read(&self, lines: &[u8], before: usize) -> Vec<Item> {
        let text = [&self.head[..], lines].concat();
        piece(&text, STDIN, before, count_lines(&self.head), self.task)
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

pub(super) fn send_all(items: impl IntoIterator<Item = Item>, send: &SyncSender<Item>) -> Sent {
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
        sent(text.as_bytes())
    }

    fn sent(text: &[u8]) -> Vec<(usize, bool)> {
        let (send, receive) = sync_channel(99);
        stream(text, None, &send).unwrap();
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
            format!("Grid 01\n{EASY}\nrating 3\n"),
            format!("Grid 01\n{EASY}\nrating 3\nGrid 02\n{EASY}\nrating 4\n"),
            format!("a title\n{EASY}\n{rows}\n{EASY}\na footer\n"),
            format!("a,title\n{EASY}\n{EASY}\n"),
            format!("[\n\"{EASY}\",\n\"{EASY}\"\n]\n"),
        ] {
            assert_eq!(of(&text), whole(&text), "{text}");
        }
        for big in [false, true] {
            let text = format!("\u{feff}{EASY}\n{EASY}\n{EASY}\n");
            let bytes: Vec<u8> = text
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect();
            assert_eq!(sent(&bytes), [(1, true), (2, true), (3, true)]);
        }
    }

    /// Names stand above their boards, however these are set apart.
    #[test]
    fn boards_keep_their_names() {
        let task: Task = "arc".parse().unwrap();
        let named = |items: Vec<Item>| -> Vec<_> {
            let puzzles = items.into_iter().map(|item| item.asked.unwrap());
            puzzles
                .map(|puzzle| (puzzle.name.clone(), puzzle.board.clone()))
                .collect()
        };
        for between in ["\n", "\n\n", "\n# a remark\n\n", "\n \n\n"] {
            for (first, other) in [("2", "3"), ("1 2\n3 4", "5"), ("7", "12\n34\n56"), ("123\n123", "9\n9")] {
                for names in [["# a\n", "# b\n", "# c\n"], ["", "# b\n", ""], ["# a\n", "", "# c\n"]] {
                    let boards = [first, other, first].into_iter().zip(names);
                    let text: String = boards
                        .map(|(board, name)| format!("{name}{board}\n{between}"))
                        .collect();
                    let (send, receive) = sync_channel(99);
                    stream(text.as_bytes(), Some(task), &send).unwrap();
                    drop(send);
                    let whole = named(piece(text.as_bytes(), STDIN, 0, 0, Some(task)));
                    assert_eq!(whole.len(), 3, "{text}");
                    assert_eq!(named(receive.iter().collect()), whole, "{text}");
                }
            }
        }
    }

    #[test]
    fn zeros_without_end_are_refused_at_once() {
        let (send, receive) = sync_channel(99);
        let zeros = std::io::BufReader::new(std::io::repeat(0));
        stream(zeros, None, &send).unwrap();
        drop(send);
        assert!(matches!(
            receive.iter().collect::<Vec<_>>()[..],
            [Item { asked: Err(_), .. }]
        ));
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

    /// A board of nine lines is sent as soon as a blank line follows, or the next one is there.
    #[test]
    fn boards_flow() {
        let rows: Vec<&str> = (0..9).map(|row| &EASY[9 * row..][..9]).collect();
        let rows = rows.join("\n");
        for (text, each, behind) in [
            (format!("Grid 01\n{rows}\n").repeat(5), 10, 1),
            (format!("{rows}\n\n").repeat(5), 10, 0),
            (format!("{rows}\n").repeat(5), 9, 1),
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
                assert!(
                    sum + behind >= line / each,
                    "{sum} boards before line {line} of:\n{text}"
                );
            }
        }
    }
}
