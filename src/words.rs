//! What a parser of a library says, in the words of this one.

/// Returns on one line what is wrong: what was expected, what was found, and where, as far as the parser knows.
pub(crate) fn plain(problem: impl std::fmt::Display) -> String {
    let text = problem.to_string();
    let text = text.lines().next().unwrap_or_default().trim();
    // Advice to whoever calls the parser.
    let ends = [", set ", "; use ", ", use ", " (use ", " if acceptable"]
        .into_iter()
        .filter_map(|mark| text.find(mark));
    let text = ends.min().and_then(|end| text.get(..end)).unwrap_or(text);
    let (text, place) = match text.rsplit_once(" at line ") {
        Some((text, place)) => match place.split_once(" column ") {
            Some((line, column)) => (text, format!(", in line {line}, column {column}")),
            None => (text, format!(", in line {place}")),
        },
        None => (text, String::new()),
    };
    let of = |prefix: &str| text.strip_prefix(prefix);
    let pair = |rest: &str| {
        rest.rsplit_once(", expected ")
            .map(|(found, expected)| (named(expected), named(found)))
    };
    let said = if let Some((expected, found)) = of("invalid type: ").or(of("invalid value: ")).and_then(pair) {
        format!("expected {expected}, found {found}")
    } else if let Some(field) = of("missing field ") {
        format!("expected {field}, found none")
    } else if let Some((expected, found)) = of("unknown field ").or(of("unknown variant ")).and_then(pair) {
        format!("expected {expected}, found {found}")
    } else if let Some(key) = of("duplicate mapping key: ").or(of("duplicate field ")) {
        format!("expected each key once, found {key} again")
    } else if text.starts_with("EOF ") {
        "expected more, found the end".to_owned()
    } else if text.starts_with("budget breached") || text.starts_with("recursion limit") {
        "it is too large, or nested too deeply".to_owned()
    } else if of("expected").is_some() && !text.starts_with("expected one of") {
        format!("{text}, found something else")
    } else {
        text.to_owned()
    };
    said + &place
}

/// A type in words that anybody knows.
fn named(expected: &str) -> String {
    let known = match expected {
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, 0 or more",
        "i8" | "i16" | "i32" | "i64" => "a whole number",
        "f32" | "f64" => "a number",
        "a sequence" | "sequence" => "a list",
        "a map" | "map" => "an object",
        "a boolean" => "true or false",
        _ if expected.starts_with("struct ") => "an object",
        other => other,
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parsers_are_quoted_in_our_words() {
        for (raw, said) in [
            (
                "EOF while parsing a value at line 1 column 12",
                "expected more, found the end, in line 1, column 12",
            ),
            (
                "invalid type: null, expected u32 at line 3 column 7",
                "expected a whole number, 0 or more, found null, in line 3, column 7",
            ),
            (
                "invalid type: map, expected a sequence",
                "expected a list, found an object",
            ),
            (
                "missing field `seq_len` at line 1 column 2",
                "expected `seq_len`, found none, in line 1, column 2",
            ),
            (
                "unknown field `x`, expected one of `a`, `b`",
                "expected one of `a`, `b`, found `x`",
            ),
            (
                "duplicate mapping key: arch, set DuplicateKeyPolicy in Options if acceptable",
                "expected each key once, found arch again",
            ),
            (
                "budget breached: Nodes { nodes: 250001 }",
                "it is too large, or nested too deeply",
            ),
            (
                "expected `,` or `}` at line 2 column 1",
                "expected `,` or `}`, found something else, in line 2, column 1",
            ),
            ("a header\n  | with carets\n  ^^^", "a header"),
            ("multiple documents; use from_str_multiple", "multiple documents"),
        ] {
            assert_eq!(plain(raw), said);
        }
    }
}
