//! The values that the closed pickle machine builds: tables, texts and numbers, tensors, and names of all the rest.

/// Storage classes of torch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StorageClass {
    Float,
    BFloat16,
    Half,
    Double,
    Long,
    Int,
    Short,
    Char,
    Byte,
    Bool,
}

impl StorageClass {
    const ALL: [(&'static str, StorageClass); 10] = [
        ("FloatStorage", StorageClass::Float),
        ("BFloat16Storage", StorageClass::BFloat16),
        ("HalfStorage", StorageClass::Half),
        ("DoubleStorage", StorageClass::Double),
        ("LongStorage", StorageClass::Long),
        ("IntStorage", StorageClass::Int),
        ("ShortStorage", StorageClass::Short),
        ("CharStorage", StorageClass::Char),
        ("ByteStorage", StorageClass::Byte),
        ("BoolStorage", StorageClass::Bool),
    ];
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

/// Most dimensions of a tensor.
const MOST_DIMENSIONS: usize = 8;

/// The full name of a class or function, which is never looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    pub module: &'a str,
    pub name: &'a str,
}

impl std::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.module.escape_debug(), self.name.escape_debug())
    }
}

/// A class or function: one of those whose meaning is known here, or a mere name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Global<'a> {
    Dict,
    DefaultDict,
    /// `_rebuild_tensor` and `_rebuild_tensor_v2`.
    Tensor,
    /// `_rebuild_parameter` and `_rebuild_parameter_with_state`.
    Parameter,
    /// `_rebuild_from_type_v2`: a tensor with attributes of its own.
    FromType,
    Storage(StorageClass),
    /// A container or leaf of OmegaConf, whose state holds a configuration.
    Setting,
    Other(Name<'a>),
}

impl<'a> Global<'a> {
    pub(crate) fn new(module: &'a str, name: &'a str) -> Global<'a> {
        let storage = || StorageClass::ALL.into_iter().find(|(class, _)| *class == name);
        match (module, name) {
            ("collections", "OrderedDict") | ("__builtin__" | "builtins", "dict") => Global::Dict,
            ("collections", "defaultdict") => Global::DefaultDict,
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_tensor") => Global::Tensor,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => Global::Parameter,
            ("torch._tensor", "_rebuild_from_type_v2") => Global::FromType,
            ("omegaconf.dictconfig", "DictConfig")
            | ("omegaconf.listconfig", "ListConfig")
            | ("omegaconf.nodes", _) => Global::Setting,
            ("torch" | "torch.cuda", _) if let Some((_, class)) = storage() => Global::Storage(class),
            _ => Global::Other(Name { module, name }),
        }
    }

    /// Whether this is a class whose tensors hold what a plain tensor holds.
    pub(crate) fn is_plain_tensor(self) -> bool {
        let Global::Other(Name { module, name }) = self else {
            return false;
        };
        matches!(
            (module, name),
            ("torch" | "torch._tensor", "Tensor") | ("torch.nn.parameter", "Parameter" | "Buffer")
        )
    }
}

/// A value: what is longer than a few words is an index into an arena.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(&'a str),
    /// Numbers, bytes and sets that nothing here asks for.
    Inert,
    /// What a class or function would give, which is never called.
    Object(Name<'a>),
    Tuple(Span),
    List(usize),
    Dict(usize),
    /// What a class of OmegaConf gives: its state, a table.
    Setting(usize),
    Global(Global<'a>),
    Storage(usize),
    Tensor(usize),
}

impl Value<'_> {
    /// The value in words.
    pub(crate) fn describe(&self) -> String {
        match self {
            Value::None => "None".to_owned(),
            Value::Bool(_) => "a truth value".to_owned(),
            Value::Int(_) | Value::Float(_) | Value::Inert => "a number or bytes".to_owned(),
            Value::Str(_) => "a text".to_owned(),
            Value::Object(name) => format!("what `{name}` would give, which is never called"),
            Value::Tuple(_) | Value::List(_) => "a list".to_owned(),
            Value::Dict(_) | Value::Setting(_) => "a table".to_owned(),
            Value::Global(Global::Other(name)) => format!("`{name}`, which is never called"),
            Value::Global(_) => "a class".to_owned(),
            Value::Storage(_) => "a storage".to_owned(),
            Value::Tensor(_) => "a tensor".to_owned(),
        }
    }
}

/// Items `start .. start + len` of the arena of tuples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub start: usize,
    pub len: usize,
}

pub(super) struct TensorRecord {
    pub storage: usize,
    pub offset: i64,
    pub shape: Span,
    pub stride: Span,
}

/// The arenas.
#[derive(Default)]
pub(super) struct Heap<'a> {
    pub tuples: Vec<Value<'a>>,
    pub lists: Vec<Vec<Value<'a>>>,
    /// Entries whose keys are texts, in their order.
    pub dicts: Vec<Vec<(&'a str, Value<'a>)>>,
    pub storages: Vec<Storage<'a>>,
    pub tensors: Vec<TensorRecord>,
}

impl<'a> Heap<'a> {
    pub(crate) fn items(&self, span: Span) -> &[Value<'a>] {
        &self.tuples[span.start..span.start + span.len]
    }

    /// The tensor, or `None` where size, stride and offset are none that a tensor can have.
    pub(crate) fn tensor(&self, index: usize) -> Option<TensorRef<'a>> {
        let record = &self.tensors[index];
        let (shape, stride) = (self.sizes(record.shape)?, self.sizes(record.stride)?);
        (shape.len() == stride.len()).then_some(())?;
        let offset = usize::try_from(record.offset).ok()?;
        Some(TensorRef {
            storage: self.storages[record.storage],
            offset,
            shape,
            stride,
        })
    }

    fn sizes(&self, span: Span) -> Option<Vec<usize>> {
        let size = |value: &Value<'_>| match value {
            Value::Int(size) => usize::try_from(*size).ok(),
            _ => None,
        };
        (span.len <= MOST_DIMENSIONS).then(|| self.items(span).iter().map(size).collect())?
    }
}
