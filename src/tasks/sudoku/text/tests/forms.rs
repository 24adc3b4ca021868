//! A board in the forms in which people, pages and programs write it.

pub(super) fn rows(grid: &str, cell: impl Fn(char) -> String, separator: &str, end: &str) -> String {
    let chars: Vec<char> = grid.chars().collect();
    let row = |row: &[char]| row.iter().map(|&c| cell(c)).collect::<Vec<_>>().join(separator);
    chars.chunks(9).map(row).collect::<Vec<_>>().join(end)
}

pub(super) fn boxes(grid: &str, bar: &str, border: &str) -> String {
    let nine = rows(grid, |c| c.to_string(), "", "\n");
    let line = |line: &str| {
        let part = |at: usize| line[at..at + 3].chars().map(String::from).collect::<Vec<_>>().join(" ");
        format!("{bar} {} {bar} {} {bar} {} {bar}", part(0), part(3), part(6))
    };
    let lines: Vec<String> = nine.lines().map(line).collect();
    let bands: Vec<String> = lines.chunks(3).map(|band| band.join("\n")).collect();
    format!("{border}\n{}\n{border}", bands.join(&format!("\n{border}\n")))
}

/// A board in every form that is read.
pub(super) fn forms(grid: &str) -> Vec<String> {
    let plain = |c: char| c.to_string();
    let empty = |c: char| if c == '.' { String::new() } else { c.to_string() };
    let zero = |c: char| if c == '.' { "0".to_owned() } else { c.to_string() };
    let space = |c: char| if c == '.' { " ".to_owned() } else { c.to_string() };
    let wide = |c: char| {
        c.to_digit(10)
            .and_then(|d| char::from_u32(0xff10 + d))
            .unwrap_or('.')
            .to_string()
    };
    let zeros: String = grid.chars().map(|c| if c == '.' { '0' } else { c }).collect();
    let candidates = |c: char| match c.to_digit(10) {
        None => "123456789".to_owned(),
        Some(d) => (1..=9).map(|k| if k == d { c } else { '.' }).collect(),
    };
    let mut forms = vec![
        rows(grid, empty, "\t", "\n"),
        rows(grid, empty, ",", "\n"),
        rows(grid, empty, ";", "\r\n"),
        rows(grid, zero, ", ", "\n"),
        format!("|{}|", rows(grid, |c| format!(" {} ", space(c)), "|", "|\n|")),
        format!(
            "|{}|\n|---|---|---|---|---|---|---|---|---|\n|{}|",
            ["   "; 9].join("|"),
            rows(grid, |c| format!(" {} ", space(c)), "|", "|\n|")
        ),
        format!("[[{}]]", rows(grid, zero, ", ", "],\n [")),
        format!("grid = [[{}]]", rows(grid, zero, ", ", "], [")),
        format!("[[{}]]", rows(grid, zero, " ", "]\n [")),
        format!("[{}]", rows(grid, zero, ",", ",")),
        format!("int grid[9][9] = {{{{{}}}}};", rows(grid, zero, ",", "},\n{")),
        format!("[[\"{}\"]]", rows(grid, plain, "\",\"", "\"],[\"")),
        format!("[\"{}\"]", rows(grid, plain, "", "\",\n\"")),
        format!(
            "[[{}]]",
            rows(
                grid,
                |c| if c == '.' { "null".into() } else { c.to_string() },
                ",",
                "],["
            )
        ),
        rows(grid, wide, "", "\n"),
        rows(grid, wide, "", ""),
        rows(grid, candidates, "", ""),
        boxes(grid, "|", "+-------+-------+-------+"),
        boxes(grid, "│", "├───────┼───────┼───────┤"),
        boxes(grid, "|", "*-----------------------*"),
        format!(
            "[Puzzle]\n{}\n[State]\n{}",
            rows(grid, plain, "", "\n"),
            rows(grid, zero, "", "\n")
        ),
        format!("#Aname\n#Dday\n{}", rows(grid, plain, "", "\n")),
        format!(":0000:x:{grid}:::"),
        format!("https://example.org/sudoku?bd={zeros}&theme=2"),
        format!("{grid} # easy"),
        format!("1: {grid}"),
        format!("0000183b305c {zeros}  1.2"),
        format!("<game data=\"{zeros}\" />"),
        format!("Grid 01\n{}", rows(grid, zero, "", "\n")),
        format!("28.11.2026\n{}", rows(grid, plain, "", "\n")),
        format!("Level: hard\n{}\n(c) someone", rows(grid, plain, "", "\n")),
        format!("{{\"puzzle\": \"{grid}\"}}"),
        format!("```\n{}\n```", rows(grid, plain, " ", "\n")),
        rows(grid, plain, "", " # comment\n"),
    ];
    for blank in ["_", "*", "x", "X", "?", "-", "·", "0"] {
        let marked = |c: char| if c == '.' { blank.to_owned() } else { c.to_string() };
        forms.push(rows(grid, marked, "", ""));
        forms.push(rows(grid, marked, "", "\n"));
        forms.push(rows(grid, marked, " ", "\n"));
    }
    let spaced = |c: char| if c == '.' { "   ".to_owned() } else { format!(" {c} ") };
    let lines = |end: &str| rows(grid, plain, "", end);
    let numbers = |between: &str, end: &str| rows(grid, zero, between, end);
    let name = |line: usize| char::from(b'a' + line as u8).to_string();
    let names: Vec<String> = (0..9).map(name).collect();
    let lettered = |separator: &str| format!("{}\n{}", names.join(separator), numbers(separator, "\n"));
    let ruled = format!("+{}", "---+".repeat(9));
    let framed = boxes(grid, "|", "------+-------+------");
    let unframed: Vec<&str> = framed.lines().map(|line| line.trim_matches(['|', ' '])).collect();
    forms.extend([
        lettered(","),
        lettered(";"),
        lettered("\t"),
        format!("{},", numbers(",", ",\n")),
        format!("\"{}\"", rows(grid, zero, "\",\"", "\"\n\"")),
        numbers(",", ","),
        numbers(" ", " "),
        lines("/"),
        lines(","),
        lines(";"),
        lines("|"),
        lines(" "),
        lines("\n\n"),
        grid.split_at(27).0.to_owned() + "\n" + &grid[27..54] + "\n" + &grid[54..],
        format!("\"{}\"", lines("\"\n\"")),
        format!("grid = \"\"\"\n{}\n\"\"\"", lines("\n")),
        format!("const grid = `\n{}\n`;", lines("\n")),
        format!("puzzle = \"{grid}\""),
        format!("puzzle: |\n  {}\n", lines("\n  ")),
        format!("- {grid}"),
        format!("* {grid}"),
        format!("17. {grid}"),
        format!("(3) {grid}"),
        format!("{grid};7.2;hard"),
        format!("{grid}\t7.2\tED"),
        format!("{grid} ; easy"),
        format!("{grid} // easy"),
        format!("{grid} -- easy"),
        format!("{grid} (easy)"),
        format!("'{grid}'"),
        format!("> {}", lines("\n> ")),
        format!("// made by hand\n{grid}"),
        format!("; made by hand\n{grid}"),
        format!("{}\n{}", "=".repeat(12), lines("\n")),
        lines("\u{200b}\n"),
        grid.replace('.', "．"),
        rows(
            grid,
            |c| {
                if c == '.' {
                    "⬜".into()
                } else {
                    format!("{c}\u{fe0f}\u{20e3}")
                }
            },
            "",
            "\n",
        ),
        rows(grid, plain, "\u{a0}", "\n"),
        format!(
            "| {} |\n|{}\n|{}|",
            names.join(" | "),
            "---|".repeat(9),
            rows(grid, spaced, "|", "|\n|")
        ),
        format!(
            "|{}|\n|{}\n|{}|",
            names.join("|"),
            ":-:|".repeat(9),
            rows(grid, space, "|", "|\n|")
        ),
        format!(
            "|{}\n|{}\n|{}|",
            " |".repeat(9),
            "-|".repeat(9),
            rows(grid, space, "|", "|\n|")
        ),
        format!(
            "{ruled}\n|{}|\n{ruled}",
            rows(grid, spaced, "|", &format!("|\n{ruled}\n|"))
        ),
        unframed.join("\n"),
        boxes(grid, "║", "╟───────┼───────┼───────╢"),
        format!(
            "\\begin{{tabular}}{{c}}\n{} \\\\\n\\end{{tabular}}",
            rows(grid, space, " & ", " \\\\\n")
        ),
        format!("[{}]", numbers(" ", ";\n ")),
        format!("array([[{}]])", numbers(", ", "],\n       [")),
        format!("(({}))", numbers(", ", "), (")),
        format!("{{\"board\": [[{}]], \"difficulty\": \"hard\"}}", numbers(",", "],[")),
        format!(
            "{{\"newboard\": {{\"grids\": [{{\"value\": [[{}]], \"difficulty\": \"Hard\"}}]}}}}",
            numbers(",", "],[")
        ),
        format!("[\"{grid}\"]"),
        format!("puzzle\n{grid}"),
        format!("id,puzzle\n7,{grid}"),
        format!("difficulty;puzzle\nhard;{grid}"),
        format!("https://example.org/solve?puzzle={grid}"),
        format!("[Puzzle]\n{}", lines("\n")),
        format!(":0709:1357:{grid}:::r1c1"),
    ]);
    forms.extend(further(grid));
    forms
}

/// Forms of programs and people that came to light later.
fn further(grid: &str) -> Vec<String> {
    let plain = |c: char| c.to_string();
    let zero = |c: char| if c == '.' { "0".to_owned() } else { c.to_string() };
    let empty = |c: char| if c == '.' { String::new() } else { c.to_string() };
    let space = |c: char| if c == '.' { " ".to_owned() } else { c.to_string() };
    let nine = rows(grid, plain, "", "\n");
    let zeros = rows(grid, zero, "", "");
    let numbered = |name: &dyn Fn(usize) -> String, text: String| {
        let lines = text.lines().enumerate();
        lines.map(|(row, line)| name(row) + line).collect::<Vec<_>>().join("\n")
    };
    let letter = |row: usize| char::from(b'A' + row as u8);
    let csv = rows(grid, empty, ",", "\n");
    let (light, heavy) = ("───┼───┼───", "═══╪═══╪═══");
    let full = |c: char| format!(" {} ", space(c));
    let ruled = numbered(
        &|row| match row {
            0 => "║".to_owned(),
            3 | 6 => format!("╠{}╣\n║", [heavy; 3].join("╬")),
            _ => format!("╟{}╢\n║", [light; 3].join("╫")),
        },
        rows(grid, full, "│", "║\n") + "║",
    );
    let script = |zero: u32| {
        let digit = |c: char| c.to_digit(10).and_then(|digit| char::from_u32(zero + digit));
        grid.chars().map(|c| digit(c).unwrap_or(c)).collect::<String>()
    };
    let bold = |c: char| if c == '.' { " ".to_owned() } else { format!("**{c}**") };
    let float = |c: char| if c == '.' { "NaN".to_owned() } else { format!("{c}.0") };
    let sheet = |c: char| {
        format!(
            "<td>{}</td>",
            if c == '.' { "&nbsp;".to_owned() } else { c.to_string() }
        )
    };
    vec![
        ruled.clone(),
        boxes(&grid.replace('.', " "), "║", "╠═══════╬═══════╬═══════╣"),
        boxes(grid, "|", ":-------+-------+-------:"),
        boxes(grid, "|", "'-------'-------'-------'"),
        boxes(grid, "|", ".-------.-------.-------."),
        format!("1,2,3,4,5,6,7,8,9\n{csv}"),
        format!(
            ",0,1,2,3,4,5,6,7,8\n{}",
            numbered(&|row| format!("{row},"), csv.clone())
        ),
        format!(
            ",A,B,C,D,E,F,G,H,I\n{}",
            numbered(&|row| format!("{},", row + 1), csv.clone())
        ),
        rows(grid, float, ",", "\n"),
        format!(
            "|{}\n|{}\n|{}|",
            " |".repeat(9),
            "---|".repeat(9),
            rows(grid, bold, "|", "|\n|")
        ),
        numbered(&|row| format!("R{}: ", row + 1), nine.clone()),
        numbered(&|row| format!("{} ", letter(row)), nine.clone()),
        numbered(&|row| format!("{} ", row + 1), nine.clone()),
        format!(
            "   1 2 3 4 5 6 7 8 9\n{}",
            numbered(&|row| format!("{}  ", letter(row)), rows(grid, plain, " ", "\n"))
        ),
        format!("<table><tr>{}</tr></table>", rows(grid, sheet, "", "</tr>\n<tr>")),
        format!(
            "<?xml version=\"1.0\"?>\n<opensudoku>\n<name>x</name>\n<description>35 givens, 2009</description>\n\
             <sourceURL>http://example.org/1</sourceURL>\n<game data=\"{zeros}\" />\n</opensudoku>\n"
        ),
        format!(
            "<?xml version=\"1.0\"?><opensudoku version=\"2\"><folder name=\"Easy\" created=\"1243\"><game created=\"0\" \
             state=\"1\" data=\"{zeros}\" note=\"\"/></folder></opensudoku>"
        ),
        rows(
            grid,
            |c| {
                if c == '.' {
                    plain(c)
                } else {
                    format!("\u{1b}[1m{c}\u{1b}[0m")
                }
            },
            "",
            "\n",
        ),
        format!("\u{202b}{}\u{202c}", nine.replace('\n', "\u{202c}\n\u{202b}")),
        format!("{nine}\n\u{1a}"),
        format!("{nine}\n\0"),
        nine.replace('\n', "\r"),
        script(0x17e0),
        script(0x1810),
        script(0xa620),
    ]
}
