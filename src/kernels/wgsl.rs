//! The text of shaders inside the program.

/// Includes a file of WGSL. A page downloads it without comments and indentation, a third of it.
macro_rules! wgsl {
    ($path:expr) => {{
        #[cfg(not(target_arch = "wasm32"))]
        const TEXT: &str = include_str!($path);
        #[cfg(target_arch = "wasm32")]
        const TEXT: &str = {
            const FILE: &[u8] = include_str!($path).as_bytes();
            const BARE: [u8; $crate::kernels::bare(FILE, &mut [])] = {
                let mut bare = [0; _];
                $crate::kernels::bare(FILE, &mut bare);
                bare
            };
            match std::str::from_utf8(&BARE) {
                Ok(text) => text,
                Err(_) => include_str!($path),
            }
        };
        TEXT
    }};
}
pub(crate) use wgsl;

/// Copies WGSL without comments, indentation and empty lines to `out`, as far as it is long enough; returns the length.
#[cfg(any(test, target_arch = "wasm32"))]
pub(crate) const fn bare(text: &[u8], out: &mut [u8]) -> usize {
    // `line` is where the line begins in `out`, and `end` the end of what it holds beside spaces.
    let (mut at, mut line, mut end) = (0, 0, 0);
    let mut length = 0;
    while at < text.len() {
        let byte = text[at];
        if byte == b'/' && at + 1 < text.len() && text[at + 1] == b'/' {
            while at < text.len() && text[at] != b'\n' {
                at += 1;
            }
            continue;
        }
        if byte == b'\n' {
            length = if end == line { line } else { end + 1 };
            if end > line && end < out.len() {
                out[end] = byte;
            }
            (line, end) = (length, length);
        } else if byte != b' ' || length > line {
            if length < out.len() {
                out[length] = byte;
            }
            length += 1;
            if byte != b' ' {
                end = length;
            }
        }
        at += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bared(text: &str) -> String {
        let mut out = vec![0; bare(text.as_bytes(), &mut [])];
        let length = bare(text.as_bytes(), &mut out);
        assert_eq!(length, out.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_the_compiler_reads_stays() {
        assert_eq!(bared("// a\n\n  let x = 1; // b\n    // c\n}\n"), "let x = 1;\n}\n");
        assert_eq!(bared("a / b  /\n c"), "a / b  /\nc");
        assert_eq!(bared(""), "");
        let files = std::fs::read_dir("shaders").unwrap().map(|entry| entry.unwrap().path());
        let mut count = 0;
        for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "wgsl")) {
            let text = std::fs::read_to_string(path).unwrap();
            let code = |text: &str| -> String {
                let lines = text
                    .lines()
                    .map(|line| line.split("//").next().unwrap_or_default().trim());
                lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
            };
            assert_eq!(bared(&text).trim_end(), code(&text));
            count += 1;
        }
        assert!(count > 20);
    }
}
