//! The plain lines of a yaml file that contains Python objects, which only Python reads: URM's trainer writes such files
//! (docs/specification.md, section 15.1).

/// The map that contains the keys of a level: the settings, and in them the loss.
const BELOW: [&str; 2] = ["arch", "loss"];

/// Returns the lines `key: value` at the top, below `arch` and below its `loss`; None if there are no Python objects.
///
/// Deeper lines are skipped: an object may contain a second, unresolved copy of all keys.
pub(super) fn plain_lines(text: &str) -> Option<String> {
    if !text.contains("!!python/") {
        return None;
    }
    let (mut plain, mut level) = (String::new(), 0);
    for line in text.lines() {
        let trimmed = line.trim_start();
        let depth = (line.len() - trimmed.len()) / 2;
        let Some((key, value)) = trimmed.split_once(':').filter(|(key, _)| is_key(key)) else {
            continue;
        };
        if depth > level {
            continue;
        }
        let opens = value.trim().is_empty() && BELOW.get(depth) == Some(&key);
        level = depth + usize::from(opens);
        if opens || is_plain(value.trim()) {
            plain.push_str(line);
            plain.push('\n');
        }
    }
    Some(plain)
}

fn is_key(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Returns whether a value stands on its line alone, without tag, anchor or alias.
fn is_plain(value: &str) -> bool {
    match value.chars().next() {
        None => false,
        Some(quote @ ('"' | '\'')) => value.len() > 1 && value.ends_with(quote),
        Some('[') => value.ends_with(']'),
        Some(first) => !"!&*|>{%@`?".contains(first),
    }
}

#[cfg(test)]
mod tests {
    use super::plain_lines;

    #[test]
    fn objects_and_what_is_in_them_are_skipped() {
        let text = "\
arch:
  H_cycles: 2
  loop_deltas: &id001 !!python/object:omegaconf.listconfig.ListConfig
    _content:
    - !!python/object:omegaconf.nodes.AnyNode
      _val: 0
    hidden_size: 7
    _parent: *id001
    ? !!python/name:builtins.int ''
    : arch
  hidden_size: 48
  loss:
    loss_type: softmax_cross_entropy
    extra: *id001
  name: urm.urm@URM
evaluators: []
run: !!python/tuple
- 1
data:
  H_cycles: 9
seed: 'a
  b'
ema: true
";
        let expected = "\
arch:
  H_cycles: 2
  hidden_size: 48
  loss:
    loss_type: softmax_cross_entropy
  name: urm.urm@URM
evaluators: []
ema: true
";
        assert_eq!(plain_lines(text).as_deref(), Some(expected));
        assert_eq!(plain_lines("arch:\n  H_cycles: 2\n"), None);
    }
}
