//! A closed pickle machine for protocols 0 to 5 (docs/specification.md, section 2.2).
//!
//! It executes nothing and looks nothing up. A global is a name; REDUCE and its kin know the few constructors of tables and
//! tensors, and the call of anything else becomes an inert value that carries the name. Values live in arenas and are
//! plain copies, so that neither cycles through the memo nor deep nesting cost anything, and each opcode takes constant
//! time and memory (or as much as it pops).

use super::input::Input;
use super::literals::digits;
use super::values::{Global, Heap, Name, Span, Storage, TensorRecord, Value};
use std::collections::HashMap;

/// Maximum number of opcodes: a trainer's state of a hundred thousand tensors has half as many.
const MOST_OPCODES: usize = 4 << 20;

#[derive(Default)]
pub(super) struct Machine<'a> {
    pub(super) input: Input<'a>,
    heap: Heap<'a>,
    stack: Vec<Value<'a>>,
    marks: Vec<usize>,
    memo: HashMap<usize, Value<'a>>,
    /// Opcodes run and values copied by them.
    work: usize,
}

type Result<T> = std::result::Result<T, String>;

/// The value that a pickle describes.
pub(super) struct Pickle<'a> {
    pub heap: Heap<'a>,
    pub root: Value<'a>,
    /// Bytes that it takes.
    pub length: usize,
}

/// Reads the pickle at the beginning of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Result<Pickle<'_>> {
    let mut machine = Machine {
        input: Input { bytes, at: 0 },
        ..Machine::default()
    };
    loop {
        let at = machine.input.at;
        if machine.step().map_err(|e| format!("at byte {at}: {e}"))? {
            return Ok(Pickle {
                root: machine.pop()?,
                heap: machine.heap,
                length: machine.input.at,
            });
        }
    }
}

impl<'a> Machine<'a> {
    /// Runs one opcode; true at STOP.
    fn step(&mut self) -> Result<bool> {
        self.charge(1)?;
        let opcode = self.input.byte()?;
        match opcode {
            0x80 => match self.input.byte()? {
                0..=5 => {}
                other => return Err(format!("expected a pickle protocol up to 5, found protocol {other}")),
            },
            0x95 => drop(self.input.take::<8>()?),
            b'.' => return Ok(true),
            b'(' => self.marks.push(self.stack.len()),
            b'0' if self.marks.last() == Some(&self.stack.len()) => drop(self.marks.pop()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.above_mark("POP_MARK")?),
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
            b'q' => self.put_sized::<1>()?,
            b'r' => self.put_sized::<4>()?,
            b'h' => self.get_sized::<1>()?,
            b'j' => self.get_sized::<4>()?,
            b'p' | b'g' => {
                let Value::Int(slot) = digits(self.input.line()?) else {
                    return Err("a place in the memo that is no number".into());
                };
                let slot = usize::try_from(slot).map_err(|_| "a place in the memo below 0")?;
                if opcode == b'p' {
                    self.put(slot)?
                } else {
                    self.get(slot)?
                }
            }
            0x94 => self.put(self.memo.len())?,
            b'a' => {
                let value = self.pop()?;
                self.append(vec![value])?;
            }
            b'e' | 0x90 => {
                let items = self.above_mark("APPENDS")?;
                self.append(items)?;
            }
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.set(&[key, value])?;
            }
            b'u' => {
                let items = self.above_mark("SETITEMS")?;
                self.set(&items)?;
            }
            b'd' => {
                let items = self.above_mark("DICT")?;
                self.dict(Vec::new());
                self.set(&items)?;
            }
            b'l' => {
                let items = self.above_mark("LIST")?;
                self.list(items);
            }
            b'Q' => self.persistent()?,
            b'P' => drop(self.input.line().map(|_| self.stack.push(Value::Inert))?),
            b'R' | 0x81 => {
                let (arguments, callable) = (self.pop()?, self.pop()?);
                self.call(callable, arguments)?;
            }
            0x92 => {
                let (_keywords, arguments, callable) = (self.pop()?, self.pop()?, self.pop()?);
                self.call(callable, arguments)?;
            }
            b'i' => {
                let callable = Value::Global(Global::new(self.input.name()?, self.input.name()?));
                self.call_marked(callable, "INST", 0)?;
            }
            b'o' => {
                let class = self.marks.last().and_then(|&from| self.stack.get(from)).copied();
                self.call_marked(class.ok_or("OBJ without a class")?, "OBJ", 1)?;
            }
            b'b' => match (self.pop()?, self.peek()?) {
                (Value::Dict(state), Value::Setting(at)) => {
                    self.charge(self.heap.dicts[state].len())?;
                    self.heap.dicts[at] = self.heap.dicts[state].clone();
                }
                // Attributes: `_metadata` of a state_dict, the state of an object. Nothing that inference needs.
                (_, Value::Dict(_) | Value::List(_) | Value::Object(_) | Value::Inert | Value::Tensor(_)) => {}
                (_, Value::Float(_) | Value::Setting(_)) => {}
                (_, other) => return Err(format!("BUILD on {}", other.describe())),
            },
            _ => {
                let value = self.literal(opcode)?;
                self.stack.push(value);
            }
        }
        Ok(false)
    }

    /// Counts work, which is bounded: a short pickle can ask for much.
    fn charge(&mut self, work: usize) -> Result<()> {
        self.work += work;
        match self.work > MOST_OPCODES {
            true => Err(format!("it asks for more than {MOST_OPCODES} operations")),
            false => Ok(()),
        }
    }

    /// Returns the bottom of what may be popped: values below it belong to an open MARK.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn peek(&self) -> Result<Value<'a>> {
        let above = self.stack.get(self.floor()..).unwrap_or_default();
        above.last().copied().ok_or_else(|| "nothing on the stack".to_owned())
    }

    pub(super) fn pop(&mut self) -> Result<Value<'a>> {
        let value = self.peek()?;
        self.stack.pop();
        Ok(value)
    }

    pub(super) fn above_mark(&mut self, opcode: &str) -> Result<Vec<Value<'a>>> {
        let from = self.marks.pop().ok_or_else(|| format!("{opcode} without MARK"))?;
        Ok(self.stack.split_off(from.min(self.stack.len())))
    }

    fn tuple(&mut self, from: usize) {
        let (start, len) = (self.heap.tuples.len(), self.stack.len() - from);
        self.heap.tuples.extend(self.stack.drain(from..));
        self.stack.push(Value::Tuple(Span { start, len }));
    }

    pub(super) fn list(&mut self, items: Vec<Value<'a>>) {
        self.stack.push(Value::List(self.heap.lists.len()));
        self.heap.lists.push(items);
    }

    pub(super) fn dict(&mut self, entries: Vec<(&'a str, Value<'a>)>) {
        self.stack.push(Value::Dict(self.heap.dicts.len()));
        self.heap.dicts.push(entries);
    }

    fn put_sized<const N: usize>(&mut self) -> Result<()> {
        let slot = self.input.size::<N>()?;
        self.put(slot)
    }

    fn get_sized<const N: usize>(&mut self) -> Result<()> {
        let slot = self.input.size::<N>()?;
        self.get(slot)
    }

    fn put(&mut self, slot: usize) -> Result<()> {
        let value = self.peek()?;
        self.memo.insert(slot, value);
        Ok(())
    }

    fn get(&mut self, slot: usize) -> Result<()> {
        let value = self.memo.get(&slot);
        self.stack
            .push(*value.ok_or_else(|| format!("memo {slot} was never set"))?);
        Ok(())
    }

    fn append(&mut self, items: Vec<Value<'a>>) -> Result<()> {
        match self.peek()? {
            Value::List(list) => self.heap.lists[list].extend(items),
            Value::Object(_) | Value::Inert | Value::Float(_) | Value::Setting(_) => {}
            other => return Err(format!("APPEND on {}", other.describe())),
        }
        Ok(())
    }

    /// Keys and values by turns. A key that is no text, as an optimiser has them, is not looked for by anyone.
    fn set(&mut self, items: &[Value<'a>]) -> Result<()> {
        let (pairs, []) = items.as_chunks::<2>() else {
            return Err("SETITEMS: a key without value".into());
        };
        match self.peek()? {
            Value::Dict(dict) => self.heap.dicts[dict].extend(pairs.iter().filter_map(|pair| match *pair {
                [Value::Str(key), value] => Some((key, value)),
                _ => None,
            })),
            Value::Object(_) | Value::Inert | Value::Float(_) | Value::Setting(_) => {}
            other => return Err(format!("SETITEM on {}", other.describe())),
        }
        Ok(())
    }

    /// BINPERSID: `("storage", class, key, location, numel)`, in the older format with a view, which must be None.
    fn persistent(&mut self) -> Result<()> {
        let Value::Tuple(span) = self.pop()? else {
            return Err("BINPERSID: not a tuple".into());
        };
        let (class, key, numel) = match *self.heap.items(span) {
            [
                Value::Str("storage"),
                Value::Global(Global::Storage(class)),
                Value::Str(key),
                Value::Str(_),
                Value::Int(numel),
                ref view @ ..,
            ] if matches!(view, [] | [Value::None]) => (class, key, numel),
            // Element types that weights do not have.
            [Value::Str("storage"), Value::Global(Global::Other(name)), ..] => {
                self.stack.push(Value::Object(name));
                return Ok(());
            }
            // The source of a module, in the older format.
            [Value::Str("module"), module, ..] => {
                self.stack.push(module);
                return Ok(());
            }
            _ => return Err("BINPERSID: not (\"storage\", class, key, location, numel)".into()),
        };
        let numel = usize::try_from(numel).map_err(|_| format!("a storage of {numel} elements"))?;
        self.stack.push(Value::Storage(self.heap.storages.len()));
        self.heap.storages.push(Storage { class, key, numel });
        Ok(())
    }

    fn call_marked(&mut self, callable: Value<'a>, opcode: &str, skip: usize) -> Result<()> {
        let arguments = self.above_mark(opcode)?;
        let start = self.heap.tuples.len();
        self.heap.tuples.extend(arguments.iter().skip(skip));
        let len = self.heap.tuples.len() - start;
        self.call(callable, Value::Tuple(Span { start, len }))
    }

    fn call(&mut self, callable: Value<'a>, arguments: Value<'a>) -> Result<()> {
        let Value::Tuple(span) = arguments else {
            return Err("REDUCE: arguments that are no tuple".into());
        };
        let value = match (callable, self.heap.items(span)) {
            (Value::Global(Global::Dict), &[Value::Dict(from)]) => {
                self.charge(self.heap.dicts[from].len())?;
                self.dict(self.heap.dicts[from].clone());
                return Ok(());
            }
            (Value::Global(Global::Dict), &[Value::List(pairs)]) => {
                let pairs = self.heap.lists[pairs].iter().map(|pair| match pair {
                    Value::Tuple(pair) => Some(self.heap.items(*pair)),
                    Value::List(pair) => Some(&self.heap.lists[*pair][..]),
                    _ => None,
                });
                let items: Option<Vec<_>> = pairs.map(|pair| pair?.as_array::<2>().copied()).collect();
                let items = items.ok_or("REDUCE: OrderedDict needs pairs")?;
                self.charge(items.len())?;
                self.dict(Vec::new());
                return self.set(items.as_flattened());
            }
            (Value::Global(Global::Dict), []) | (Value::Global(Global::DefaultDict), [] | [_]) => {
                self.dict(Vec::new());
                return Ok(());
            }
            (Value::Global(Global::Setting), _) => {
                self.dict(Vec::new());
                let Value::Dict(state) = self.pop()? else {
                    return Err("a table that is none".into());
                };
                Value::Setting(state)
            }
            (Value::Global(Global::Tensor), &[Value::Object(name), ..]) => Value::Object(name),
            // The seventh argument says what is left to do to the values.
            (Value::Global(Global::Tensor), &[_, _, _, _, _, _, Value::Dict(flags), ..])
                if self.heap.dicts[flags]
                    .iter()
                    .any(|(_, value)| matches!(value, Value::Bool(true))) =>
            {
                Value::Object(Name {
                    module: "torch",
                    name: "Tensor stored as its negative or conjugate",
                })
            }
            (
                Value::Global(Global::Tensor),
                &[
                    Value::Storage(storage),
                    Value::Int(offset),
                    Value::Tuple(shape),
                    Value::Tuple(stride),
                    ..,
                ],
            ) => {
                self.heap.tensors.push(TensorRecord {
                    storage,
                    offset,
                    shape,
                    stride,
                });
                Value::Tensor(self.heap.tensors.len() - 1)
            }
            (Value::Global(Global::Parameter), &[tensor @ (Value::Tensor(_) | Value::Object(_)), ..]) => tensor,
            (
                Value::Global(Global::FromType),
                &[
                    function @ Value::Global(Global::Tensor | Global::Parameter),
                    Value::Global(class),
                    arguments,
                    ..,
                ],
            ) if class.is_plain_tensor() => return self.call(function, arguments),
            (Value::Global(Global::FromType), &[_, Value::Global(Global::Other(name)), ..]) => Value::Object(name),
            (Value::Global(Global::Other(name)) | Value::Object(name), _) => Value::Object(name),
            (Value::Global(known), _) => return Err(format!("REDUCE: {known:?} with other arguments than it needs")),
            (Value::Inert | Value::Float(_) | Value::Setting(_), _) => Value::Inert,
            (other, _) => return Err(format!("REDUCE on {}", other.describe())),
        };
        self.stack.push(value);
        Ok(())
    }
}
