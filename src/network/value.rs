//! A value of a configuration file, independent of the file's format.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// A value in YAML or JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Flag(bool),
    Whole(i128),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(Map),
}

/// Keys and values, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Map(pub Vec<(String, Value)>);

impl Map {
    /// Returns the value of `key`; null counts as absent.
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        let found = self.0.iter().find(|(name, _)| name == key);
        found.map(|(_, value)| value).filter(|value| **value != Value::Null)
    }

    /// Returns the map below `key`.
    pub(crate) fn map(&self, key: &str) -> Option<&Map> {
        match self.get(key)? {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl Value {
    /// Returns the value as a whole number that is not negative, which a file may also write as a float (`512.0`).
    pub(crate) fn size(&self) -> Option<usize> {
        match self {
            Value::Whole(value) => usize::try_from(*value).ok(),
            // Up to 2^53, every whole number is an f64.
            Value::Number(value) if value.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(value) => {
                Some(*value as usize)
            }
            _ => None,
        }
    }

    /// Returns the value as a number, whole or not.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Value::Whole(value) => Some(*value as f64),
            Value::Number(value) => Some(*value),
            _ => None,
        }
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Value {
        Value::Whole(value as i128)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Number(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Flag(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Value {
        Value::Text(value)
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Null => f.write_str("nothing"),
            Value::Flag(value) => value.fmt(f),
            Value::Whole(value) => value.fmt(f),
            Value::Number(value) => write!(f, "{value:?}"),
            Value::Text(value) => write!(f, "`{}`", value.escape_debug()),
            Value::List(_) => f.write_str("a list"),
            Value::Map(_) => f.write_str("a map"),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Flag(value) => serializer.serialize_bool(*value),
            Value::Whole(value) => match u64::try_from(*value) {
                Ok(value) => serializer.serialize_u64(value),
                Err(_) => serializer.serialize_i128(*value),
            },
            Value::Number(value) => serializer.serialize_f64(*value),
            Value::Text(value) => serializer.serialize_str(value),
            Value::List(values) => values.serialize(serializer),
            Value::Map(map) => map.serialize(serializer),
        }
    }
}

impl Serialize for Map {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Value;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E: Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_none<E: Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
                Value::deserialize(deserializer)
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
                Ok(Value::Flag(value))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
                Ok(Value::Whole(value.into()))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
                Ok(Value::Whole(value.into()))
            }
            fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
                Ok(Value::Whole(value))
            }
            fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
                Ok(i128::try_from(value).map_or(Value::Number(value as f64), Value::Whole))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
                Ok(Value::Number(value))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
                Ok(Value::Text(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
                let mut values = Vec::new();
                while let Some(value) = items.next_element()? {
                    values.push(value);
                }
                Ok(Value::List(values))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
                let mut map = Map::default();
                while let Some((key, value)) = entries.next_entry::<Value, Value>()? {
                    let key = match key {
                        Value::Text(key) => key,
                        other => other.to_string(),
                    };
                    if map.0.iter().any(|(name, _)| *name == key) {
                        return Err(A::Error::custom(format!("duplicate key `{}`", key.escape_debug())));
                    }
                    map.0.push((key, value));
                }
                Ok(Value::Map(map))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
