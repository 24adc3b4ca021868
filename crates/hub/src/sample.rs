//! Some rows of a large table, without the rest of it.

#[cfg(feature = "client")]
use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::address::flat;
use crate::cache::Cache;
use crate::found::{chosen, is_alone, not_cached};
use crate::{Address, Watch, select, settings};
use hrm::error::{Error, Result};

/// Which rows, of those below the heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows {
    /// From A, counted from 0, to before B.
    Range(Range<u64>),
    /// So many, from places all over the table.
    Spread(u64),
}

impl FromStr for Rows {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Rows, String> {
        let number = |text: &str| text.parse::<u64>().ok();
        let rows = match text.split_once("..") {
            Some((from, to)) => number(from).zip(number(to)).map(|(from, to)| Rows::Range(from..to)),
            None => number(text).map(Rows::Spread),
        };
        rows.filter(|rows| (1..=1_000_000).contains(&rows.count()))
            .ok_or_else(|| {
                format!("expected A..B or a number of rows, at least one row and at most 1000000, found {text}")
            })
    }
}

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rows::Range(range) => write!(f, "{}..{}", range.start, range.end),
            Rows::Spread(count) => write!(f, "{count}"),
        }
    }
}

impl Rows {
    fn count(&self) -> u64 {
        match self {
            Rows::Range(range) => range.end.saturating_sub(range.start),
            Rows::Spread(count) => *count,
        }
    }

    /// Returns a file with these rows of a table on a hub, in the cache folder.
    ///
    /// # Errors
    /// As [`Found::of`](crate::Found::of).
    pub fn of(&self, address: &Address, watch: &dyn Watch) -> Result<PathBuf> {
        let cache = Cache::of(address)?;
        let choose = |files: &[String]| select::data(files, address.path.as_deref());
        if let Some(commit) = cache.commit(address.revision())
            && let Some(table) = chosen(address, &cache, &commit, &choose, is_alone()).map(|found| found.main)
        {
            if let Some(kept) = cache.kept(&commit, &self.name(&table)) {
                return Ok(kept);
            }
            let whole = cache.snapshot(&commit).join(&table);
            if whole.is_file() {
                return self.keep(address, &cache, (&commit, &table), cut_of(&whole, self)?, watch);
            }
        }
        match settings::offline() {
            true => Err(not_cached(address, &cache, "these rows")),
            false => self.fetch(address, &cache, watch),
        }
    }

    /// The name of the file with these rows of a table.
    fn name(&self, table: &str) -> String {
        format!("{}.rows-{self}.csv", flat(table).trim_end_matches(".csv"))
    }

    /// Puts rows that were cut of a table into the cache.
    fn keep(
        &self,
        address: &Address,
        cache: &Cache,
        (commit, table): (&str, &str),
        rows: String,
        watch: &dyn Watch,
    ) -> Result<PathBuf> {
        let found = rows.lines().count().saturating_sub(1) as u64;
        if found == 0 {
            return Err(address.error(format!("expected rows {self} of `{table}`, found that it has fewer")));
        }
        if found < self.count() {
            let expected = self.count();
            watch.note(&format!("expected {expected} rows of `{table}`, found {found}"));
        }
        cache.keep(commit, &self.name(table), rows.as_bytes())
    }

    #[cfg(not(feature = "client"))]
    fn fetch(&self, address: &Address, cache: &Cache, _: &dyn Watch) -> Result<PathBuf> {
        Err(crate::found::without_client(address, cache))
    }

    #[cfg(feature = "client")]
    fn fetch(&self, address: &Address, cache: &Cache, watch: &dyn Watch) -> Result<PathBuf> {
        let client = crate::client::Client::new(address, watch)?;
        let listing = client.list()?;
        let (commit, files) = (&listing.commit, listing.names());
        let table = select::data(&files, address.path.as_deref())
            .map_err(|reason| address.error(reason))?
            .main;
        let entry = match table.ends_with(".csv") {
            true => client.entry(&listing, &table)?,
            false => None,
        };
        let entry =
            entry.ok_or_else(|| address.error(format!("expected a CSV file to take rows of, found `{table}`")))?;
        // What is small comes whole, with its checksum; parts have none.
        let rows = if entry.size <= LITTLE * PLACES {
            client.fetch(cache, commit, &entry)?;
            cut_of(&cache.snapshot(commit).join(&table), self)?
        } else {
            let arrived = Cell::new(0);
            let read = |range| {
                let bytes = client.part(commit, &entry, range)?;
                arrived.set(arrived.get() + bytes.len() as u64);
                watch.arrived(arrived.get())?;
                Ok(bytes)
            };
            watch.begin(&table, None);
            let rows = cut(self, entry.size, read);
            watch.end();
            rows?
        };
        cache.remember_listing(commit, &files);
        let path = self.keep(address, cache, (commit, &table), rows, watch)?;
        cache.remember(address.revision(), commit);
        Ok(path)
    }
}

/// Returns the heading and rows of a table in a file.
fn cut_of(path: &Path, rows: &Rows) -> Result<String> {
    let failed = || Error::io("read", path);
    let file = File::open(path).map_err(Error::io("open", path))?;
    let size = file.metadata().map_err(failed())?.len();
    cut(rows, size, |range| {
        let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap_or(usize::MAX)];
        (&file).seek(SeekFrom::Start(range.start)).map_err(failed())?;
        (&file).read_exact(&mut bytes).map_err(failed())?;
        Ok(bytes)
    })
}

/// Returns the heading and rows of a table of `size` bytes.
fn cut(rows: &Rows, size: u64, read: impl Fn(Range<u64>) -> Result<Vec<u8>>) -> Result<String> {
    match rows {
        Rows::Range(range) => in_order(range, size, read),
        Rows::Spread(count) => spread(*count, size, read),
    }
}

/// How much is asked for at a time.
const PIECE: u64 = 4 << 20;
/// The same, for rows from many places.
const LITTLE: u64 = 32 << 10;
/// Places that spread rows come from.
const PLACES: u64 = 50;
/// The longest row of a table, in bytes: what has a longer one is none.
const LONGEST: usize = 1 << 20;

/// Calls `take` with the first byte and the text of each row from byte `at` on, until it returns false.
fn each_row(
    mut at: u64,
    (size, piece): (u64, u64),
    read: &impl Fn(Range<u64>) -> Result<Vec<u8>>,
    mut take: impl FnMut(u64, &str) -> bool,
) -> Result<()> {
    let (mut start, mut rest) = (at, Vec::new());
    while at < size {
        let bytes = read(at..(at + piece).min(size))?;
        at += bytes.len() as u64;
        rest.extend(bytes);
        if at >= size && rest.last().is_some_and(|&last| last != b'\n') {
            rest.push(b'\n');
        }
        let whole = rest.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        for row in rest[..whole].split_inclusive(|&byte| byte == b'\n') {
            check_length(row)?;
            let text = String::from_utf8_lossy(row);
            if !take(start, text.lines().next().unwrap_or_default()) {
                return Ok(());
            }
            start += row.len() as u64;
        }
        rest.drain(..whole);
        check_length(&rest)?;
    }
    Ok(())
}

/// Refuses what is no row of a table.
fn check_length(row: &[u8]) -> Result<()> {
    match row.len() > LONGEST {
        true => Err(Error::Input {
            what: "rows of a table".to_owned(),
            reason: format!("expected at most {LONGEST} bytes in each, found more"),
        }),
        false => Ok(()),
    }
}

/// Reads a table from its beginning, as far as the rows go: only there are their numbers known.
fn in_order(range: &Range<u64>, size: u64, read: impl Fn(Range<u64>) -> Result<Vec<u8>>) -> Result<String> {
    let (mut rows, mut line) = (String::new(), 0);
    each_row(0, (size, PIECE), &read, |_, text| {
        // The heading, and then the rows from 0.
        if line == 0 || range.contains(&(line - 1)) {
            rows += &format!("{text}\n");
        }
        line += 1;
        line <= range.end
    })?;
    Ok(rows)
}

/// Reads rows from places at equal distances, the same ones each time.
fn spread(count: u64, size: u64, read: impl Fn(Range<u64>) -> Result<Vec<u8>>) -> Result<String> {
    let first = read(0..LITTLE.min(size))?;
    let first = String::from_utf8_lossy(&first).into_owned();
    let heading = first.lines().next().unwrap_or_default();
    let begin = first.find('\n').map_or(first.len(), |end| end + 1) as u64;
    // A small table is read whole.
    if size <= LITTLE * PLACES {
        let all = in_order(&(0..u64::MAX), size, read)?;
        let rows: Vec<&str> = all.lines().skip(1).collect();
        let count = rows.len().min(usize::try_from(count).unwrap_or(usize::MAX));
        let chosen = (0..count).map(|number| format!("{}\n", rows[number * rows.len() / count]));
        return Ok(format!("{heading}\n{}", chosen.collect::<String>()));
    }
    let mut rows = format!("{heading}\n");
    let places = PLACES.min(count);
    let beginning = |place: u64| match place {
        0 => begin,
        // The row that holds the byte before began earlier.
        place => begin + (size - begin) / places * place - 1,
    };
    let pieces = (0..places).map(|place| read(beginning(place)..(beginning(place) + LITTLE).min(size)));
    let pieces = pieces.collect::<Result<Vec<_>>>()?;
    // A place gives rows as they are dense there: otherwise long rows would be drawn more often than short ones.
    let density = |piece: &Vec<u8>| {
        let ends = piece.iter().filter(|&&byte| byte == b'\n').count();
        ends.max(1) as f64 / piece.len().max(1) as f64
    };
    let densities: Vec<f64> = pieces.iter().map(density).collect();
    let all: f64 = densities.iter().sum();
    let (mut before, mut given) = (0.0, 0);
    for (place, piece) in (0..places).zip(&pieces) {
        before += densities[place as usize];
        let share = (count as f64 * before / all).round() as u64 - given;
        given += share;
        let end = if place + 1 < places {
            beginning(place + 1) + 1
        } else {
            size
        };
        let (start, mut skip, mut taken) = (beginning(place), place > 0, 0);
        let read = |range: Range<u64>| match range.start == start {
            true => Ok(piece.clone()),
            false => read(range),
        };
        each_row(start, (size, LITTLE), &read, |at, text| {
            if std::mem::take(&mut skip) {
                return true;
            }
            if at < end && taken < share {
                rows += &format!("{text}\n");
                taken += 1;
            }
            at < end && taken < share
        })?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: usize) -> String {
        let rows = (0..rows).map(|row| format!("source,{row},{}\n", "x".repeat(row % 90)));
        format!("source,question,answer\n{}", rows.collect::<String>())
    }

    fn numbers(rows: &str) -> Vec<usize> {
        assert_eq!(rows.lines().next(), Some("source,question,answer"));
        let number = |row: &str| row.split(',').nth(1).unwrap().parse().unwrap();
        rows.lines().skip(1).map(number).collect()
    }

    #[test]
    fn rows_are_those_that_were_asked_for() {
        for (length, whole) in [(300, true), (200_000, false)] {
            let table = table(length);
            let size = table.len() as u64;
            let read = |range: Range<u64>| Ok(table.as_bytes()[range.start as usize..range.end as usize].to_vec());
            let some = in_order(&(5..9), size, read).unwrap();
            assert_eq!(numbers(&some), [5, 6, 7, 8]);
            let last = in_order(&(length as u64 - 2..length as u64 + 5), size, read).unwrap();
            assert_eq!(numbers(&last), [length - 2, length - 1]);
            for many in [length as u64 - 1, length as u64, 1_000_000] {
                let all = numbers(&spread(many, size, read).unwrap());
                assert!(
                    all.is_sorted_by(|a, b| a < b) && all.len() as u64 <= many,
                    "{many}: {}",
                    all.len()
                );
                assert!(many != 1_000_000 || all.len() == length, "{}", all.len());
            }
            let spread = numbers(&spread(60, size, read).unwrap());
            assert_eq!(spread.len(), 60, "{whole}");
            assert!(
                spread.is_sorted() && spread[0] == 0 && spread[59] > length * 9 / 10,
                "{spread:?}"
            );
        }
    }

    #[test]
    fn long_rows_are_not_drawn_more_often() {
        let row = |row: usize| {
            format!(
                "{},{row},{}\n",
                row >= 20_000,
                "x".repeat(if row < 20_000 { 20 } else { 400 })
            )
        };
        let table = format!("long,number,text\n{}", (0..40_000).map(row).collect::<String>());
        let read = |range: Range<u64>| Ok(table.as_bytes()[range.start as usize..range.end as usize].to_vec());
        let rows = spread(1000, table.len() as u64, read).unwrap();
        let long = rows.lines().filter(|row| row.starts_with("true")).count();
        assert!(rows.lines().count() == 1001 && (450..550).contains(&long), "{long}");
    }

    #[test]
    fn what_has_no_rows_is_refused() {
        let bytes = vec![b'x'; 4 << 20];
        let read = |range: Range<u64>| Ok(bytes[range.start as usize..range.end as usize].to_vec());
        for rows in [Rows::Spread(10), Rows::Range(0..5)] {
            let error = cut(&rows, bytes.len() as u64, read).unwrap_err().to_string();
            assert!(
                error.contains("expected at most 1048576 bytes in each, found more"),
                "{error}"
            );
        }
    }

    #[test]
    fn rows_are_read_and_written() {
        for text in ["0..10", "7..8", "500"] {
            assert_eq!(text.parse::<Rows>().unwrap().to_string(), text);
        }
        for text in ["", "0", "5..5", "9..3", "a..b", "0..99999999", "-1"] {
            assert!(text.parse::<Rows>().is_err(), "{text}");
        }
    }
}
