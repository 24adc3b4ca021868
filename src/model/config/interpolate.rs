//! References from one key of a configuration to another, as OmegaConf writes them.

use crate::network::value::{Map, Value};

/// Longest chain of references; a longer one is a circle.
const LONGEST: usize = 16;

/// Replaces references in the values of `settings`, a map at the top of `root` or `root` itself: `${.key}` is beside the
/// value, `${..key}` at the top, and `${a.b}` below `a` at the top. A text may hold several.
pub(super) fn interpolated(settings: &Map, root: &Map) -> Result<Map, String> {
    let file = File { settings, root };
    let entries = settings.0.iter().map(|(key, value)| {
        let value = file.value(value, LONGEST);
        Ok((
            key.clone(),
            value.map_err(|reason| format!("`{}`: {reason}", key.escape_debug()))?,
        ))
    });
    entries.collect::<Result<_, String>>().map(Map)
}

struct File<'a> {
    settings: &'a Map,
    root: &'a Map,
}

impl File<'_> {
    /// Returns a value without references; `left` more may follow each other.
    fn value(&self, value: &Value, left: usize) -> Result<Value, String> {
        let Value::Text(text) = value else {
            return Ok(value.clone());
        };
        let mut parts = text.split("${");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let Some((reference, rest)) = part.split_once('}') else {
                return Err(format!("{value}: expected `}}` behind `${{`, found none"));
            };
            let found = self.find(reference)?;
            let left = left
                .checked_sub(1)
                .ok_or_else(|| format!("`${{{reference}}}` leads in a circle"))?;
            let found = self.value(found, left)?;
            if whole.is_empty() && rest.is_empty() && text.matches("${").count() == 1 {
                return Ok(found);
            }
            match found {
                Value::Text(found) => whole.push_str(&found),
                other => whole.push_str(other.to_string().trim_matches('`')),
            }
            whole.push_str(rest);
        }
        Ok(Value::Text(whole))
    }

    fn find(&self, reference: &str) -> Result<&Value, String> {
        if reference.contains(':') {
            return Err(format!(
                "`${{{reference}}}` depends on what is not in the file: write its value there"
            ));
        }
        let (map, path) = match (reference.strip_prefix(".."), reference.strip_prefix('.')) {
            (Some(path), _) => (self.root, path),
            (None, Some(path)) => (self.settings, path),
            (None, None) => (self.root, reference),
        };
        let (above, last) = path.rsplit_once('.').unwrap_or(("", path));
        let mut parts = above.split('.').filter(|part| !part.is_empty());
        let below = parts.try_fold(map, |map, part| map.map(part));
        below
            .and_then(|map| map.get(last))
            .ok_or_else(|| format!("`${{{reference}}}` leads nowhere"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, Value)]) -> Map {
        Map(entries
            .iter()
            .map(|(key, value)| (key.to_string(), value.clone()))
            .collect())
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn references_lead_to_values() {
        let arch = |value: &str| {
            map(&[
                ("own", text(value)),
                ("size", 4usize.into()),
                ("chain", text("${a.b.deep}")),
            ])
        };
        let root = |value: &str| {
            map(&[
                ("arch", Value::Map(arch(value))),
                ("top", 5usize.into()),
                (
                    "a",
                    Value::Map(map(&[("b", Value::Map(map(&[("deep", text("${..top}"))])))])),
                ),
                ("name", text("trm")),
                ("round", text("${about}")),
                ("about", text("${round}")),
            ])
        };
        let own = |value: &str| interpolated(&arch(value), &root(value)).map(|map| map.get("own").cloned().unwrap());
        for (value, expected) in [
            ("plain", text("plain")),
            ("${.size}", 4usize.into()),
            ("${..top}", 5usize.into()),
            ("${top}", 5usize.into()),
            ("${arch.size}", 4usize.into()),
            ("${.chain}", 5usize.into()),
            ("${a.b.deep}", 5usize.into()),
            ("models.${name}@V${.size}", text("models.trm@V4")),
            ("${name}${name}", text("trmtrm")),
        ] {
            assert_eq!(own(value).as_ref(), Ok(&expected), "{value}");
        }
        for (value, told) in [
            ("${nothing}", "leads nowhere"),
            ("${a.c.deep}", "leads nowhere"),
            ("${.own}", "leads in a circle"),
            ("${round}", "leads in a circle"),
            ("x${name", "expected `}`"),
            ("${oc.env:DIM,64}", "depends on what is not in the file"),
        ] {
            let error = own(value).unwrap_err();
            assert!(error.starts_with("`own`: ") && error.contains(told), "{error}");
        }
    }
}
