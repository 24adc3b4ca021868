//! Opcodes that only push a value.

use super::input::long;
use super::opcodes;
use super::pickle::Machine;
use super::values::{Global, Value};

fn text(bytes: &[u8]) -> Value<'_> {
    std::str::from_utf8(bytes).map_or(Value::Inert, Value::Str)
}

/// A number written as decimal digits.
pub(super) fn digits(line: &[u8]) -> Value<'_> {
    let number = std::str::from_utf8(line).ok().and_then(|line| line.parse().ok());
    number.map_or(Value::Inert, Value::Int)
}

impl<'a> Machine<'a> {
    /// The value of an opcode that only pushes one.
    pub(super) fn literal(&mut self, opcode: u8) -> Result<Value<'a>, String> {
        Ok(match opcode {
            b'c' => Value::Global(Global::new(self.input.name()?, self.input.name()?)),
            0x93 => match (self.pop()?, self.pop()?) {
                (Value::Str(name), Value::Str(module)) => Value::Global(Global::new(module, name)),
                _ => return Err("STACK_GLOBAL: a name that is no text".into()),
            },
            b'N' => Value::None,
            0x88 | 0x89 => Value::Bool(opcode == 0x88),
            b'K' => Value::Int(self.input.byte()?.into()),
            b'M' => Value::Int(u16::from_le_bytes(self.input.take()?).into()),
            b'J' => Value::Int(i32::from_le_bytes(self.input.take()?).into()),
            0x8a => long(self.input.sized::<1>()?).map_or(Value::Inert, Value::Int),
            0x8b => long(self.input.sized::<4>()?).map_or(Value::Inert, Value::Int),
            b'I' => match self.input.line()? {
                b"00" => Value::Bool(false),
                b"01" => Value::Bool(true),
                line => digits(line),
            },
            b'L' => {
                let line = self.input.line()?;
                digits(line.strip_suffix(b"L").unwrap_or(line))
            }
            b'F' => {
                let number = std::str::from_utf8(self.input.line()?).ok();
                let number = number.and_then(|line| line.trim().parse().ok());
                number.map_or(Value::Inert, Value::Float)
            }
            b'G' => Value::Float(f64::from_be_bytes(self.input.take()?)),
            b'X' | b'T' => text(self.input.sized::<4>()?),
            0x8c | b'U' => text(self.input.sized::<1>()?),
            0x8d => text(self.input.sized::<8>()?),
            b'V' | b'S' => {
                let line = self.input.line()?;
                let line = line.strip_suffix(b"\r").unwrap_or(line);
                let quoted = |q: &[u8]| line.strip_prefix(q)?.strip_suffix(q);
                let inner = if opcode == b'S' {
                    quoted(b"'").or_else(|| quoted(b"\""))
                } else {
                    Some(line)
                };
                // An escape stands in no name that is looked for.
                inner.filter(|line| !line.contains(&b'\\')).map_or(Value::Inert, text)
            }
            b'C' => self.input.sized::<1>().map(|_| Value::Inert)?,
            b'B' => self.input.sized::<4>().map(|_| Value::Inert)?,
            0x8e | 0x96 => self.input.sized::<8>().map(|_| Value::Inert)?,
            0x91 => self.above_mark("FROZENSET").map(|_| Value::Inert)?,
            b'2' => self.peek()?,
            b']' | 0x8f => {
                self.list(Vec::new());
                self.pop()?
            }
            b'}' => {
                self.dict(Vec::new());
                self.pop()?
            }
            other => return Err(format!("opcode {} is refused", opcodes::name(other))),
        })
    }
}
