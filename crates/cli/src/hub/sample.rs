//! Some rows of a large table, without the rest of it.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::str::FromStr;

use super::{Address, Cache, settings};
#[cfg(feature = "hub")]
use super::{cache, select};
use hrm::error::Result;

/// Which rows, of those below the heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rows {
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
    pub(crate) fn of(&self, address: &Address) -> Result<PathBuf> {
        let cache = Cache::of(address)?;
        if let Some(commit) = cache.commit(address.revision())
            && let Some(path) = self.kept(address, &cache, &commit)
        {
            return Ok(path);
        }
        if settings::offline() {
            return Err(address.error(format!(
                "expected these rows in the cache {}, found them neither there nor, since HF_HUB_OFFLINE is set, elsewhere",
                cache.folder.display()
            )));
        }
        self.fetch(address, &cache)
    }

    /// Returns the file of an earlier call.
    fn kept(&self, address: &Address, cache: &Cache, commit: &str) -> Option<PathBuf> {
        let own = self.path(cache, commit, address.path.as_deref().unwrap_or("test.csv"));
        own.is_file().then_some(own)
    }

    fn path(&self, cache: &Cache, commit: &str, table: &str) -> PathBuf {
        // A name of its own for each file: in an address `%2F` is no `/`.
        let table = table.replace('%', "%25").replace('/', "%2F");
        cache
            .own(commit)
            .join(format!("{}.rows-{self}.csv", table.trim_end_matches(".csv")))
    }

    #[cfg(not(feature = "hub"))]
    fn fetch(&self, address: &Address, cache: &Cache) -> Result<PathBuf> {
        Err(super::without_client(address, cache))
    }

    #[cfg(feature = "hub")]
    fn fetch(&self, address: &Address, cache: &Cache) -> Result<PathBuf> {
        let client = super::client::Client::new(address);
        let listing = client.list()?;
        let files: Vec<String> = listing.entries.iter().map(|entry| entry.file.clone()).collect();
        let table = select::data(&files, address.path.as_deref())
            .map_err(|reason| address.error(reason))?
            .main;
        let entry = listing
            .entries
            .iter()
            .find(|entry| entry.file == table && table.ends_with(".csv"));
        let entry =
            entry.ok_or_else(|| address.error(format!("expected a CSV file to take rows of, found `{table}`")))?;
        let read = |range: Range<u64>| client.part(&listing.commit, entry, range);
        let rows = match self {
            Rows::Range(range) => in_order(range, entry.size, read),
            Rows::Spread(count) => spread(*count, entry.size, read),
        }?;
        if rows.lines().count() < 2 {
            return Err(address.error(format!("expected rows {self} of `{table}`, found that it has fewer")));
        }
        let path = self.path(cache, &listing.commit, &table);
        cache::write(&path, rows.as_bytes())?;
        cache.remember(address.revision(), &listing.commit)?;
        Ok(path)
    }
}

/// How much is asked for at a time.
#[cfg(feature = "hub")]
const PIECE: u64 = 4 << 20;
/// The same, for rows from many places.
#[cfg(feature = "hub")]
const LITTLE: u64 = 64 << 10;
/// Places that spread rows come from.
#[cfg(feature = "hub")]
const PLACES: u64 = 25;

/// Calls `take` with the first byte and the text of each row from byte `at` on, until it returns false.
#[cfg(feature = "hub")]
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
            let text = String::from_utf8_lossy(row);
            if !take(start, text.lines().next().unwrap_or_default()) {
                return Ok(());
            }
            start += row.len() as u64;
        }
        rest.drain(..whole);
    }
    Ok(())
}

/// Reads a table from its beginning, as far as the rows go: only there are their numbers known.
#[cfg(feature = "hub")]
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
#[cfg(feature = "hub")]
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
    let beginning = |place: u64| begin + (size - begin) / places * place;
    for place in 0..places {
        let share = count / places + u64::from(place < count % places);
        // The rows that begin here up to where the next place begins. The one that holds the byte before began earlier.
        let end = if place + 1 < places { beginning(place + 1) } else { size };
        let (mut skip, mut taken) = (place > 0, 0);
        each_row(
            beginning(place) - u64::from(skip),
            (size, LITTLE),
            &read,
            |start, text| {
                if std::mem::take(&mut skip) {
                    return true;
                }
                if start < end {
                    rows += &format!("{text}\n");
                    taken += 1;
                }
                start < end && taken < share
            },
        )?;
    }
    Ok(rows)
}

#[cfg(feature = "hub")]
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
    fn rows_are_read_and_written() {
        for text in ["0..10", "7..8", "500"] {
            assert_eq!(text.parse::<Rows>().unwrap().to_string(), text);
        }
        for text in ["", "0", "5..5", "9..3", "a..b", "0..99999999", "-1"] {
            assert!(text.parse::<Rows>().is_err(), "{text}");
        }
    }
}
