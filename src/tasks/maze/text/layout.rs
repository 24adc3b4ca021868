//! How the cells of a maze lie in lines: side by side, between separators, two columns a cell, indented.

/// Returns the rows of the maze that lines hold, or None if they are not one maze or could be read in two ways.
pub(super) fn square(lines: &[&str]) -> Option<Vec<String>> {
    // Behind a tab, as code is set.
    let inside: Option<Vec<&str>> = lines.iter().map(|line| line.strip_prefix('\t')).collect();
    if let Some(square) = inside
        .filter(|lines| !lines.is_empty())
        .and_then(|inside| square(&inside))
    {
        return Some(square);
    }
    let rows: Vec<Vec<char>> = lines.iter().map(|line| line.chars().collect()).collect();
    let side = rows.len();
    let is_square = |rows: &Vec<Vec<char>>| side > 1 && rows.iter().all(|row| row.len() == side);
    let ways = [separated(lines), spaced(&rows), doubled(&rows), cropped(&rows)];
    let found = Some(rows)
        .filter(is_square)
        .or_else(|| ways.into_iter().flatten().find(is_square));
    Some(found?.iter().map(|row| row.iter().collect()).collect())
}

/// Returns cells that stand between separators, at most one character each.
fn separated(lines: &[&str]) -> Option<Vec<Vec<char>>> {
    let row = |line: &&str, separator: char| {
        let mut fields: Vec<&str> = line.split(separator).collect();
        if fields.len() == lines.len() + 1 && fields.last().is_some_and(|last| last.is_empty()) {
            fields.pop();
        }
        let cell = |field: &&str| {
            let field = field.trim_matches(['"', '\'']);
            let mut chars = if field.trim().is_empty() {
                field.chars()
            } else {
                field.trim().chars()
            };
            match (chars.next(), chars.next()) {
                (None, _) => Some(' '),
                (Some(c), None) => Some(c),
                _ => None,
            }
        };
        fields.iter().map(cell).collect::<Option<Vec<char>>>()
    };
    let rows = |separator: char| {
        lines
            .iter()
            .map(|line| row(line, separator))
            .collect::<Option<Vec<_>>>()
    };
    [',', ';', '\t', '|']
        .into_iter()
        .filter(|&separator| lines.iter().all(|line| line.contains(separator)))
        .find_map(rows)
}

/// Returns cells that have a space between them.
fn spaced(rows: &[Vec<char>]) -> Option<Vec<Vec<char>>> {
    let wide = 2 * rows.len();
    // An editor may have taken all spaces at the ends, if none is left there and no wall stands around the maze.
    let is_walled = |row: Option<&Vec<char>>| {
        row.is_some_and(|row| row.len() + 1 >= wide && row.iter().step_by(2).all(|c| Some(c) == row.first()))
    };
    let is_trimmed = rows.iter().all(|row| row.last() != Some(&' '))
        && rows.iter().any(|row| row.len() == wide - 1)
        && !is_walled(rows.first())
        && !is_walled(rows.last());
    let row = |row: &Vec<char>| {
        let between = row.iter().skip(1).step_by(2).all(|&c| c == ' ');
        let mut cells: Vec<char> = row.iter().step_by(2).copied().collect();
        // Or a free cell.
        let is_row = between && row.len() <= wide && (is_trimmed || row.len() + 2 >= wide - 1);
        cells.resize(rows.len(), ' ');
        is_row.then_some(cells)
    };
    rows.iter().map(row).collect()
}

/// Returns cells that are two columns wide: the same character twice, or one character and a space.
fn doubled(rows: &[Vec<char>]) -> Option<Vec<Vec<char>>> {
    let cell = |pair: &[char]| match *pair {
        [a, b] if a == b || b == ' ' => Some(a),
        [' ', b] if b.is_alphabetic() => Some(b),
        _ => None,
    };
    let row = |row: &Vec<char>| row.chunks(2).map(cell).collect::<Option<Vec<char>>>();
    rows.iter().map(row).collect()
}

/// Returns the rows without the spaces around them, if the square can have only one place.
fn cropped(rows: &[Vec<char>]) -> Option<Vec<Vec<char>>> {
    let side = rows.len();
    let width = rows.iter().map(Vec::len).max()?;
    let at = |row: &[char], column: usize| row.get(column).copied().unwrap_or(' ');
    let is_empty = |column: usize| rows.iter().all(|row| at(row, column) == ' ');
    let fits = |first: &usize| (0..*first).chain(first + side..width).all(is_empty);
    let mut places = (0..=width.checked_sub(side)?).filter(fits);
    let first = places.next()?;
    if places.next().is_some() || width == side {
        return None;
    }
    let row = |row: &Vec<char>| (first..first + side).map(|column| at(row, column)).collect();
    Some(rows.iter().map(row).collect())
}
