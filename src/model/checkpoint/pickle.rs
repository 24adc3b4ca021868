//! A closed pickle machine: the opcodes and globals of docs/specification.md, section 2.2, and no others.
//!
//! It executes nothing. A global is a name from a fixed list, REDUCE knows the two constructors on it, and everything
//! else is refused by name. Values live in arenas and are plain copies, so that neither cycles through the memo nor
//! deep nesting cost anything, and each opcode takes constant time and memory (or as much as it pops).

use super::input::Input;
use super::opcodes;
use std::collections::HashMap;

/// Storage classes that torch uses for weights and counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StorageClass {
    Float,
    BFloat16,
    Half,
    Double,
    Long,
    Int,
}

/// A storage: the entry `data/<key>` of the archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Storage<'a> {
    pub class: StorageClass,
    pub key: &'a str,
    pub numel: usize,
}

/// A tensor within a storage; offset and strides in elements.
#[derive(Debug)]
pub(super) struct TensorRef<'a> {
    pub storage: Storage<'a>,
    pub offset: usize,
    pub shape: Vec<usize>,
    pub stride: Vec<usize>,
}

/// Maximum number of dimensions of a tensor.
const MOST_DIMENSIONS: usize = 8;

#[derive(Debug, Clone, Copy)]
enum Global {
    OrderedDict,
    RebuildTensor,
    Storage(StorageClass),
}

/// A value; anything longer than a word is an index into an arena.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    None,
    Bool,
    Int(i64),
    Str(&'a str),
    Tuple(Span),
    Dict(usize),
    Global(Global),
    Storage(usize),
    Tensor(usize),
}

/// Items `start .. start + len` of the arena of tuples.
#[derive(Debug, Clone, Copy)]
struct Span {
    start: usize,
    len: usize,
}

struct TensorRecord {
    storage: usize,
    offset: i64,
    shape: Span,
    stride: Span,
}

#[derive(Default)]
struct Machine<'a> {
    input: Input<'a>,
    stack: Vec<Value<'a>>,
    marks: Vec<usize>,
    memo: HashMap<u32, Value<'a>>,
    tuples: Vec<Value<'a>>,
    dicts: Vec<Vec<(&'a str, Value<'a>)>>,
    storages: Vec<Storage<'a>>,
    tensors: Vec<TensorRecord>,
}

type Result<T> = std::result::Result<T, String>;

/// Returns the tensors of a pickled `state_dict`, in its order.
pub(super) fn tensors(pickle: &[u8]) -> Result<Vec<(&str, TensorRef<'_>)>> {
    let mut machine = Machine {
        input: Input { bytes: pickle, at: 0 },
        ..Machine::default()
    };
    loop {
        let at = machine.input.at;
        if machine.step().map_err(|e| format!("at byte {at}: {e}"))? {
            return machine.finish();
        }
    }
}

impl<'a> Machine<'a> {
    /// Runs one opcode; true at STOP.
    fn step(&mut self) -> Result<bool> {
        let opcode = self.input.byte()?;
        match opcode {
            0x80 => match self.input.byte()? {
                2 => {}
                other => return Err(format!("expected pickle protocol 2, found protocol {other}")),
            },
            b'.' => return Ok(true),
            b'c' => {
                let global = self.global()?;
                self.stack.push(Value::Global(global));
            }
            b'N' => self.stack.push(Value::None),
            0x88 | 0x89 => self.stack.push(Value::Bool),
            b'K' => {
                let value = self.input.byte()?;
                self.stack.push(Value::Int(value.into()));
            }
            b'M' => {
                let value = u16::from_le_bytes(self.input.take()?);
                self.stack.push(Value::Int(value.into()));
            }
            b'J' => {
                let value = i32::from_le_bytes(self.input.take()?);
                self.stack.push(Value::Int(value.into()));
            }
            0x8a => {
                let value = self.input.long()?;
                self.stack.push(Value::Int(value));
            }
            b'X' => {
                let length = u32::from_le_bytes(self.input.take()?);
                let text = self.input.bytes(usize::try_from(length).unwrap_or(usize::MAX))?;
                let text = std::str::from_utf8(text).map_err(|_| "a string that is not UTF-8")?;
                self.stack.push(Value::Str(text));
            }
            b'(' => self.marks.push(self.stack.len()),
            b')' => self.tuple(self.stack.len()),
            0x85..=0x87 => {
                let len = usize::from(opcode - 0x84);
                let from = self.stack.len().checked_sub(len).filter(|&from| from >= self.floor());
                self.tuple(from.ok_or("TUPLE: too few values on the stack")?);
            }
            b't' => {
                let from = self.marks.pop().ok_or("TUPLE without MARK")?;
                self.tuple(from);
            }
            b'q' => {
                let slot = self.input.byte()?;
                self.put(slot.into())?;
            }
            b'r' => {
                let slot = u32::from_le_bytes(self.input.take()?);
                self.put(slot)?;
            }
            b'h' => {
                let slot = self.input.byte()?;
                self.get(slot.into())?;
            }
            b'j' => {
                let slot = u32::from_le_bytes(self.input.take()?);
                self.get(slot)?;
            }
            b'}' => self.dict(),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(key, value)?;
            }
            b'u' => {
                let from = self.marks.pop().ok_or("SETITEMS without MARK")?;
                let items = self.stack.split_off(from);
                let (pairs, []) = items.as_chunks::<2>() else {
                    return Err("SETITEMS: a key without value".into());
                };
                for &[key, value] in pairs {
                    self.set(key, value)?;
                }
            }
            b'Q' => self.persistent()?,
            b'R' => self.reduce()?,
            b'b' => match (self.pop()?, self.peek()?) {
                // `_metadata` holds versions of modules, which inference does not need.
                (Value::Dict(_), Value::Dict(_)) => {}
                _ => return Err("BUILD: only a dict's attributes are known".into()),
            },
            other => return Err(format!("opcode {} is refused", opcodes::name(other))),
        }
        Ok(false)
    }

    fn global(&mut self) -> Result<Global> {
        let (module, name) = (self.input.line()?, self.input.line()?);
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Global::RebuildTensor,
            ("torch", "FloatStorage") => Global::Storage(StorageClass::Float),
            ("torch", "BFloat16Storage") => Global::Storage(StorageClass::BFloat16),
            ("torch", "HalfStorage") => Global::Storage(StorageClass::Half),
            ("torch", "DoubleStorage") => Global::Storage(StorageClass::Double),
            ("torch", "LongStorage") => Global::Storage(StorageClass::Long),
            ("torch", "IntStorage") => Global::Storage(StorageClass::Int),
            _ => {
                return Err(format!(
                    "GLOBAL {}.{} is refused",
                    module.escape_debug(),
                    name.escape_debug()
                ));
            }
        })
    }

    /// Returns the bottom of what may be popped: values below it belong to an open MARK.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn peek(&self) -> Result<Value<'a>> {
        let above = self.stack.get(self.floor()..).unwrap_or_default();
        above.last().copied().ok_or_else(|| "nothing on the stack".to_owned())
    }

    fn pop(&mut self) -> Result<Value<'a>> {
        let value = self.peek()?;
        self.stack.pop();
        Ok(value)
    }

    fn tuple(&mut self, from: usize) {
        let (start, len) = (self.tuples.len(), self.stack.len() - from);
        self.tuples.extend(self.stack.drain(from..));
        self.stack.push(Value::Tuple(Span { start, len }));
    }

    fn items(&self, span: Span) -> &[Value<'a>] {
        &self.tuples[span.start..span.start + span.len]
    }

    fn dict(&mut self) {
        self.stack.push(Value::Dict(self.dicts.len()));
        self.dicts.push(Vec::new());
    }

    fn put(&mut self, slot: u32) -> Result<()> {
        let value = self.peek()?;
        self.memo.insert(slot, value);
        Ok(())
    }

    fn get(&mut self, slot: u32) -> Result<()> {
        let value = self
            .memo
            .get(&slot)
            .ok_or_else(|| format!("memo {slot} was never set"))?;
        self.stack.push(*value);
        Ok(())
    }

    fn set(&mut self, key: Value<'a>, value: Value<'a>) -> Result<()> {
        match (self.peek()?, key) {
            (Value::Dict(dict), Value::Str(key)) => self.dicts[dict].push((key, value)),
            (Value::Dict(_), _) => return Err("SETITEM: a key that is not a string".into()),
            _ => return Err("SETITEM: not on a dict".into()),
        }
        Ok(())
    }

    /// Reads a BINPERSID: `("storage", class, key, location, numel)`.
    fn persistent(&mut self) -> Result<()> {
        let id = self.pop()?;
        let Value::Tuple(span) = id else {
            return Err("BINPERSID: not a tuple".into());
        };
        let [
            Value::Str("storage"),
            Value::Global(Global::Storage(class)),
            Value::Str(key),
            Value::Str(_),
            Value::Int(numel),
        ] = *self.items(span)
        else {
            return Err("BINPERSID: not (\"storage\", class, key, location, numel)".into());
        };
        let numel = usize::try_from(numel).map_err(|_| format!("a storage of {numel} elements"))?;
        self.stack.push(Value::Storage(self.storages.len()));
        self.storages.push(Storage { class, key, numel });
        Ok(())
    }

    fn reduce(&mut self) -> Result<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let Value::Tuple(span) = arguments else {
            return Err("REDUCE: arguments that are no tuple".into());
        };
        match (callable, self.items(span)) {
            (Value::Global(Global::OrderedDict), []) => self.dict(),
            (
                Value::Global(Global::RebuildTensor),
                &[
                    Value::Storage(storage),
                    Value::Int(offset),
                    Value::Tuple(shape),
                    Value::Tuple(stride),
                    Value::Bool,
                    Value::Dict(_),
                ],
            ) => {
                self.stack.push(Value::Tensor(self.tensors.len()));
                self.tensors.push(TensorRecord {
                    storage,
                    offset,
                    shape,
                    stride,
                });
            }
            (Value::Global(Global::OrderedDict), _) => return Err("REDUCE: OrderedDict with arguments".into()),
            (Value::Global(Global::RebuildTensor), _) => {
                return Err(
                    "REDUCE: _rebuild_tensor_v2 needs (storage, offset, size, stride, requires_grad, hooks)".into(),
                );
            }
            _ => return Err("REDUCE: not on a known function".into()),
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<(&'a str, TensorRef<'a>)>> {
        let root = self.pop()?;
        let Value::Dict(root) = root else {
            return Err("the pickle does not hold a state_dict".into());
        };
        let tensors = self.dicts[root].iter().map(|&(name, value)| {
            let Value::Tensor(index) = value else {
                return Err(format!(
                    "entry `{}` is not a tensor: expected a plain state_dict",
                    name.escape_debug()
                ));
            };
            let record = &self.tensors[index];
            let tensor = || {
                let (shape, stride) = (self.sizes(record.shape)?, self.sizes(record.stride)?);
                (shape.len() == stride.len()).then_some(())?;
                let offset = usize::try_from(record.offset).ok()?;
                Some(TensorRef {
                    storage: self.storages[record.storage],
                    offset,
                    shape,
                    stride,
                })
            };
            let tensor = tensor().ok_or_else(|| {
                format!(
                    "tensor `{}`: its size, stride or offset is not valid",
                    name.escape_debug()
                )
            })?;
            Ok((name, tensor))
        });
        tensors.collect()
    }

    fn sizes(&self, span: Span) -> Option<Vec<usize>> {
        let size = |value: &Value<'_>| match value {
            Value::Int(size) => usize::try_from(*size).ok(),
            _ => None,
        };
        (span.len <= MOST_DIMENSIONS).then(|| self.items(span).iter().map(size).collect())?
    }
}
