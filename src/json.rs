//! Reads JSON and refuses repeated keys: of two values under one key, one would be lost silently.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads one value from a text.
pub(crate) fn read(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text).map(|Once(value)| value)
}

/// Returns the values of a text, one behind the other, as `hrm generate` writes them in lines.
pub(crate) fn values(text: &str) -> impl Iterator<Item = serde_json::Result<Value>> + use<'_> {
    let values = serde_json::Deserializer::from_str(text).into_iter();
    values.map(|value| value.map(|Once(value)| value))
}

/// A value whose objects, at any depth, have each key once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Once, D::Error> {
        from.deserialize_any(Reader).map(Once)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(value)) = from.next_element()? {
            list.push(value);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = from.next_key::<String>()? {
            if object.contains_key(&key) {
                let key = key.escape_debug();
                return Err(de::Error::custom(format_args!("duplicate field `{key}`")));
            }
            let Once(value) = from.next_value()?;
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::plain;

    #[test]
    fn values_are_those_of_the_library() {
        for text in [
            r#"{"a": [1, -2, 2.5, null, true, "x\u0041", {"b": {}}], "c": [[]]}"#,
            "18446744073709551615",
            "[1e300, -0.0]",
            "\"\"",
        ] {
            assert_eq!(read(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        }
        assert_eq!(values("{} 1\n[2]").filter_map(Result::ok).count(), 3);
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_its_place() {
        for (text, said) in [
            (r#"{"a": 1, "a": 2}"#, "`a` again, in line 1, column 12"),
            (
                r#"[{"b": {"a": 1,
                 "c": 2, "a": 1}}]"#,
                "`a` again, in line 2, column 28",
            ),
            (r#"{"a": 1, "\u0061": 1}"#, "`a` again, in line 1, column 17"),
        ] {
            let problem = plain(read(text).unwrap_err());
            assert_eq!(problem, format!("expected each key once, found {said}"));
        }
    }
}
