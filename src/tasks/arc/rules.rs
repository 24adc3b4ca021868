//! Rules of our own making, which the bundled model was trained on. Each makes a question and its answer.

use super::grid::{BLACK, BLUE, GREEN, GREY, Gap, Grid, MOST, RED, Random, YELLOW, inner};

/// A rule, which is a task of its own.
pub(super) struct Rule {
    /// The name under which the bundled model knows it: "gravity-down".
    pub(super) name: &'static str,
    /// The family that it belongs to, one of [`FAMILIES`].
    pub(super) family: &'static str,
    /// Makes a question and its answer.
    pub(super) make: fn(&mut Random) -> (Grid, Grid),
}

/// The families of rules.
pub(super) const FAMILIES: [&str; 8] = [
    "recolour", "mirror", "fill", "gravity", "count", "connect", "crop", "repeat",
];

/// Every rule, family by family.
pub(super) static RULES: [Rule; 29] = [
    rule("red-to-blue", "recolour", red_to_blue),
    rule("swap-green-yellow", "recolour", swap_green_yellow),
    rule("negative", "recolour", negative),
    rule("grey-to-ink", "recolour", grey_to_ink),
    rule("mirror-left-right", "mirror", |random| {
        changed(random.picture(3, MOST), |board| {
            board.transposed().upside_down().transposed()
        })
    }),
    rule("mirror-top-bottom", "mirror", |random| {
        changed(random.picture(3, MOST), Grid::upside_down)
    }),
    rule("half-turn", "mirror", |random| {
        changed(random.picture(3, MOST), |board| {
            let cells = board.cells.iter().rev().copied().collect();
            Grid { cells, ..*board }
        })
    }),
    rule("transpose", "mirror", |random| {
        changed(random.picture(3, MOST), Grid::transposed)
    }),
    rule("mirror-beside", "mirror", |random| {
        changed(random.picture(2, MOST / 2), with_mirror_image)
    }),
    rule("complete-symmetry", "mirror", complete_symmetry),
    rule("fill-boxes", "fill", fill_boxes),
    rule("fill-enclosed", "fill", fill_enclosed),
    rule("hollow", "fill", hollow),
    rule("surround", "fill", surround),
    rule("gravity-down", "gravity", |random| {
        changed(random.picture(3, MOST), fallen)
    }),
    rule("gravity-left", "gravity", |random| {
        changed(random.picture(3, MOST), |board| {
            fallen(&board.transposed().upside_down()).upside_down().transposed()
        })
    }),
    rule("shift-down", "gravity", |random| {
        changed(random.picture(3, MOST), |board| {
            let above = |row: usize| (row + board.rows - 1) % board.rows;
            Grid::of(board.rows, board.columns, &|row, column| board.at(above(row), column))
        })
    }),
    rule("count-cells", "count", count_cells),
    rule("most-frequent", "count", most_frequent),
    rule("keep-largest", "count", keep_largest),
    rule("connect-pairs", "connect", connect_pairs),
    rule("shoot-right", "connect", shoot_right),
    rule("cross", "connect", |random| {
        lines(random, |[row, column], [r, c]| row == r || column == c)
    }),
    rule("diagonals", "connect", |random| {
        lines(random, |[row, column], [r, c]| row.abs_diff(r) == column.abs_diff(c))
    }),
    rule("crop-object", "crop", crop_object),
    rule("upper-half", "crop", |random| {
        let mut board = Grid::black(2 * random.between(1, MOST / 2), random.between(3, MOST));
        random.scatter(&mut board, 50, &[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let answer = board.part(&(0..board.rows / 2, 0..board.columns));
        (board, answer)
    }),
    rule("without-specks", "crop", without_specks),
    rule("twice-as-large", "repeat", |random| {
        changed(random.picture(1, MOST / 2), |board| {
            let cell = |row, column| board.at(row / 2, column / 2);
            Grid::of(2 * board.rows, 2 * board.columns, &cell)
        })
    }),
    rule("four-times", "repeat", |random| {
        changed(random.picture(1, MOST / 2), |board| {
            let cell = |row, column| board.at(row % board.rows, column % board.columns);
            Grid::of(2 * board.rows, 2 * board.columns, &cell)
        })
    }),
];

const fn rule(name: &'static str, family: &'static str, make: fn(&mut Random) -> (Grid, Grid)) -> Rule {
    Rule { name, family, make }
}

/// Returns a board and what becomes of it.
fn changed(board: Grid, change: impl FnOnce(&Grid) -> Grid) -> (Grid, Grid) {
    let answer = change(&board);
    (board, answer)
}

fn red_to_blue(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.picture(3, MOST);
    random.scatter(&mut board, 25, &[RED]);
    let answer = board.map(&|colour| if colour == RED { BLUE } else { colour });
    (board, answer)
}

fn swap_green_yellow(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.picture(3, MOST);
    random.scatter(&mut board, 40, &[GREEN, YELLOW]);
    let answer = board.map(&|colour| match colour {
        GREEN => YELLOW,
        YELLOW => GREEN,
        other => other,
    });
    (board, answer)
}

/// Black and the one other colour change places.
fn negative(random: &mut Random) -> (Grid, Grid) {
    let (mut board, ink, share) = (random.board(3, MOST), random.ink(BLACK), random.between(20, 70));
    random.scatter(&mut board, share, &[ink]);
    let answer = board.map(&|colour| if colour == BLACK { ink } else { BLACK });
    (board, answer)
}

/// Grey cells take the colour of the one cell that has another.
fn grey_to_ink(random: &mut Random) -> (Grid, Grid) {
    let (mut board, ink, share) = (random.board(3, MOST), random.ink(GREY), random.between(20, 50));
    random.scatter(&mut board, share, &[GREY]);
    let at = random.below(board.cells.len());
    board.cells[at] = ink;
    let answer = board.map(&|colour| if colour == GREY { ink } else { colour });
    (board, answer)
}

/// Returns a board with its mirror image to its right.
fn with_mirror_image(board: &Grid) -> Grid {
    let columns = 2 * board.columns;
    Grid::of(board.rows, columns, &|row, column| {
        board.at(row, column.min(columns - 1 - column))
    })
}

/// A picture that is its own mirror image, a part of which is hidden by grey.
fn complete_symmetry(random: &mut Random) -> (Grid, Grid) {
    let mut half = Grid::black(random.between(4, MOST), random.between(2, MOST / 2));
    random.scatter(&mut half, 60, &[1, 2, 3, 4, 6, 7, 8, 9]);
    let answer = with_mirror_image(&half);
    let (rows, columns) = (random.between(1, half.rows - 1), random.between(1, half.columns));
    let top = random.between(0, half.rows - rows);
    let left = random.between(0, half.columns - columns) + half.columns * random.below(2);
    let mut board = answer.clone();
    board.fill(&(top..top + rows, left..left + columns), GREY);
    (board, answer)
}

/// The insides of frames become yellow.
fn fill_boxes(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.board(5, MOST);
    let mut answer = board.clone();
    let most = random.between(1, 3);
    for place in random.rectangles(&board, most, 3, Gap::One) {
        let ink = random.ink(YELLOW);
        for (board, inside) in [(&mut board, BLACK), (&mut answer, YELLOW)] {
            board.fill(&place, ink);
            board.fill(&inner(&place), inside);
        }
    }
    (board, answer)
}

/// Black cells that no way leads to from the edge become red.
fn fill_enclosed(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.board(4, MOST);
    for place in random.rectangles(&board, 3, 3, Gap::Edges) {
        board.fill(&place, GREEN);
        board.fill(&inner(&place), BLACK);
    }
    for cell in &mut board.cells {
        if random.percent(6) {
            *cell = GREEN - *cell;
        }
    }
    let mut answer = board.map(&|colour| if colour == BLACK { RED } else { colour });
    let (rows, columns) = (board.rows, board.columns);
    let edge = |row: usize, column: usize| row == 0 || column == 0 || row + 1 == rows || column + 1 == columns;
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    let mut open: Vec<(usize, usize)> = cells.filter(|&(row, column)| edge(row, column)).collect();
    while let Some((row, column)) = open.pop() {
        if row < rows && column < columns && answer.at(row, column) == RED {
            answer.set(row, column, BLACK);
            // One below 0 is beyond the board as well.
            let [above, left] = [row, column].map(|at| at.wrapping_sub(1));
            open.extend([(above, column), (row + 1, column), (row, left), (row, column + 1)]);
        }
    }
    (board, answer)
}

/// Rectangles keep their frame alone.
fn hollow(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.board(5, MOST);
    let mut answer = board.clone();
    let most = random.between(1, 3);
    for place in random.rectangles(&board, most, 3, Gap::One) {
        let ink = random.ink(BLACK);
        board.fill(&place, ink);
        answer.fill(&place, ink);
        answer.fill(&inner(&place), BLACK);
    }
    (board, answer)
}

/// Black cells around a blue one become red.
fn surround(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.board(3, MOST);
    random.scatter(&mut board, 8, &[BLUE]);
    let answer = Grid::of(board.rows, board.columns, &|row, column| match board.at(row, column) {
        BLACK if board.is_near(row, column, BLUE) => RED,
        colour => colour,
    });
    (board, answer)
}

/// Returns the cells of each column that are not black, in order, at its foot.
fn fallen(board: &Grid) -> Grid {
    let mut answer = Grid::black(board.rows, board.columns);
    for column in 0..board.columns {
        let colours = (0..board.rows).rev().map(|row| board.at(row, column));
        for (height, colour) in colours.filter(|colour| *colour != BLACK).enumerate() {
            answer.set(board.rows - 1 - height, column, colour);
        }
    }
    answer
}

/// As many cells in a row as the board has.
fn count_cells(random: &mut Random) -> (Grid, Grid) {
    let (mut board, ink, count) = (random.board(3, MOST), random.ink(BLACK), random.between(1, 9));
    let cells = random.some(count, board.cells.len());
    cells.iter().for_each(|&cell| board.cells[cell] = ink);
    let answer = Grid::filled(1, cells.len(), ink);
    (board, answer)
}

/// One cell, in the colour that is seen most.
fn most_frequent(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.board(3, MOST);
    let kinds = random.between(2, 3);
    let inks = random.inks(kinds);
    // At most as many cells as there are, since a third of them is the most of each.
    let others: Vec<usize> = inks[1..]
        .iter()
        .map(|_| random.between(1, board.cells.len() / 4 - 1))
        .collect();
    let most = others.iter().max().unwrap_or(&0) + random.between(1, 3);
    let counts = std::iter::once(most).chain(others);
    let colours: Vec<u8> = inks
        .iter()
        .zip(counts)
        .flat_map(|(&ink, count)| vec![ink; count])
        .collect();
    let cells = random.some(colours.len(), board.cells.len());
    cells
        .iter()
        .zip(&colours)
        .for_each(|(&cell, &colour)| board.cells[cell] = colour);
    (board, Grid::filled(1, 1, inks[0]))
}

/// Of several rectangles the largest stays.
fn keep_largest(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.board(6, MOST);
    let mut places = random.rectangles(&board, 4, 1, Gap::One);
    places.sort_by_key(|(rows, columns)| std::cmp::Reverse(rows.len() * columns.len()));
    let area = |place: usize| {
        places
            .get(place)
            .map_or(0, |(rows, columns)| rows.len() * columns.len())
    };
    if area(1) == 0 || area(0) == area(1) {
        return keep_largest(random);
    }
    let mut answer = board.clone();
    for (rank, place) in places.iter().enumerate() {
        let ink = random.ink(BLACK);
        board.fill(place, ink);
        if rank == 0 {
            answer.fill(place, ink);
        }
    }
    (board, answer)
}

/// Two cells of one colour in a row are joined; one alone stays so.
fn connect_pairs(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.board(4, MOST);
    let mut answer = board.clone();
    for row in 0..board.rows {
        let count = match (row, random.below(100)) {
            (0, _) | (_, 0..50) => 2,
            (_, 50..65) => 1,
            _ => 0,
        };
        let (ink, ends) = (random.ink(BLACK), random.some(count, board.columns));
        ends.iter().for_each(|&column| board.set(row, column, ink));
        if let (Some(&left), Some(&right)) = (ends.iter().min(), ends.iter().max()) {
            answer.fill(&(row..row + 1, left..right + 1), ink);
        }
    }
    (board, answer)
}

/// Each cell paints to the right, as far as the edge or a grey wall.
fn shoot_right(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.board(4, MOST);
    random.scatter(&mut board, 12, &[GREY]);
    let always = random.below(board.rows);
    for row in 0..board.rows {
        if random.percent(50) || row == always {
            let column = random.below(board.columns);
            board.set(row, column, random.ink(GREY));
        }
    }
    let mut answer = board.clone();
    for row in 0..board.rows {
        for column in 1..board.columns {
            let before = answer.at(row, column - 1);
            if answer.at(row, column) == BLACK && before != GREY {
                answer.set(row, column, before);
            }
        }
    }
    (board, answer)
}

/// A cell paints those that a condition on both places tells.
fn lines(random: &mut Random, is_painted: fn([usize; 2], [usize; 2]) -> bool) -> (Grid, Grid) {
    let mut board = random.board(3, MOST);
    let (r, c, ink) = (random.below(board.rows), random.below(board.columns), random.ink(BLACK));
    board.set(r, c, ink);
    let paint = |row, column| if is_painted([row, column], [r, c]) { ink } else { BLACK };
    let answer = Grid::of(board.rows, board.columns, &paint);
    (board, answer)
}

/// The one thing on the board, cut out.
fn crop_object(random: &mut Random) -> (Grid, Grid) {
    let (mut board, ink) = (random.board(4, MOST), random.ink(BLACK));
    let [rows, columns] = [board.rows, board.columns].map(|side| {
        let length = random.between(1, side - 1);
        let start = random.between(0, side - length);
        start..start + length
    });
    let mut object = Grid::black(rows.len(), columns.len());
    random.scatter(&mut object, 70, &[ink]);
    let painted = |at: &usize| object.cells[*at] != BLACK;
    for at in (0..object.cells.len()).filter(painted) {
        board.set(
            rows.start + at / object.columns,
            columns.start + at % object.columns,
            ink,
        );
    }
    let has = |row: usize, column: usize| board.at(row, column) != BLACK;
    let (height, width) = (board.rows, board.columns);
    let rows: Vec<usize> = (0..height)
        .filter(|&row| (0..width).any(|column| has(row, column)))
        .collect();
    let columns: Vec<usize> = (0..width)
        .filter(|&column| (0..height).any(|row| has(row, column)))
        .collect();
    let whole = |of: &[usize]| of[0]..of[of.len() - 1] + 1;
    let answer = board.part(&(whole(&rows), whole(&columns)));
    (board, answer)
}

/// Rectangles stay, single cells go.
fn without_specks(random: &mut Random) -> (Grid, Grid) {
    let mut board = random.board(5, MOST);
    let most = random.between(1, 3);
    for place in random.rectangles(&board, most, 2, Gap::One) {
        board.fill(&place, random.ink(BLACK));
    }
    let answer = board.clone();
    for _ in 0..random.between(1, 7) {
        let (row, column) = (random.below(board.rows), random.below(board.columns));
        let is_free = (1..10).all(|colour| !board.is_near(row, column, colour));
        if is_free {
            board.set(row, column, random.ink(BLACK));
        }
    }
    (board, answer)
}
