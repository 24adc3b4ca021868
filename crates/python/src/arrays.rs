//! Arrays of numbers in both directions.

use numpy::ndarray::{ArrayD, IxDyn};
use numpy::{
    Element, PyArray1, PyArrayDescrMethods, PyArrayDyn, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{input, tried};
use crate::given::found;

/// Numbers and their shape, row-major.
pub(crate) struct Numbers<T> {
    pub shape: Vec<usize>,
    pub values: Vec<T>,
}

/// Takes for an array what is one by any protocol: a NumPy array, a tensor of torch or JAX, a buffer, a list.
pub(crate) fn array<'py>(name: &str, given: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyUntypedArray>> {
    if let Ok(array) = given.cast::<PyUntypedArray>() {
        return Ok(array.clone());
    }
    let numpy = given.py().import("numpy")?;
    let has = |protocol: &str| given.hasattr(protocol);
    let by = if !has("__array__")? && !has("__array_interface__")? && has("__dlpack__")? {
        "from_dlpack"
    } else {
        "asarray"
    };
    let array = tried(given.py(), numpy.call_method1(by, (given,)))?.map_err(|error| {
        let found = given.get_type();
        input(
            name,
            format!("expected an array, found {found} that NumPy takes for none: {error}"),
        )
    })?;
    Ok(array.cast_into()?)
}

/// Refuses an array of NumPy's with masked elements: what is under a mask is no number.
fn check_mask(name: &str, array: &Bound<'_, PyUntypedArray>) -> PyResult<()> {
    let masks = array.py().import("numpy.ma")?;
    if !masks.call_method1("is_masked", (array,))?.extract::<bool>()? {
        return Ok(());
    }
    let count: usize = masks.call_method1("count_masked", (array,))?.extract()?;
    Err(input(
        name,
        format!("expected an array without masked elements, found {count} masked"),
    ))
}

/// Reads ids, of any type of integers.
pub(crate) fn ids(name: &str, given: &Bound<'_, PyAny>) -> PyResult<Numbers<u32>> {
    read_ids(name, given, |value| value)
}

fn read_ids(name: &str, given: &Bound<'_, PyAny>, read: fn(i128) -> i128) -> PyResult<Numbers<u32>> {
    let array = array(name, given)?;
    let py = given.py();
    // What only an unsigned number holds would turn negative in a signed one.
    match array.dtype().kind() {
        b'u' => narrowed(
            py,
            name,
            numbers::<u64>(name, array.as_any(), b"u", "uint64", "integers")?,
            read,
        ),
        _ => narrowed(
            py,
            name,
            numbers::<i64>(name, array.as_any(), b"i", "int64", "integers")?,
            read,
        ),
    }
}

fn narrowed<T: Copy + Into<i128> + Send + Sync>(
    py: Python<'_>,
    name: &str,
    Numbers { shape, values }: Numbers<T>,
    read: fn(i128) -> i128,
) -> PyResult<Numbers<u32>> {
    let narrow = |(at, &value): (usize, &T)| {
        let value = value.into();
        u32::try_from(read(value)).map_err(|_| (at, value))
    };
    let narrowed = py.detach(|| values.iter().enumerate().map(narrow).collect::<Result<_, _>>());
    let values = narrowed.map_err(|(at, value)| input(name, format!("expected ids, found {value} in element {at}")))?;
    Ok(Numbers { shape, values })
}

/// Reads labels: ids, and -100, the official mark of what is ignored, as 0.
pub(crate) fn labels(name: &str, given: &Bound<'_, PyAny>) -> PyResult<Numbers<u32>> {
    read_ids(name, given, |value| if value == -100 { 0 } else { value })
}

/// Reads finite numbers of a floating point type.
pub(crate) fn floats(name: &str, given: &Bound<'_, PyAny>) -> PyResult<Numbers<f32>> {
    let array = array(name, &widened(given)?)?;
    let numbers = numbers::<f32>(name, &array, b"f", "float32", "floating point numbers")?;
    if let Some(at) = numbers.values.iter().position(|value| !value.is_finite()) {
        let found = found(&array.call_method1("item", (at,))?);
        let place = place(at, &numbers.shape);
        let reason = format!("expected finite numbers that fit float32, found {found} at {place:?}");
        return Err(input(name, reason));
    }
    Ok(numbers)
}

/// Returns what is of type bfloat16, which NumPy does not know, as float32: a tensor of torch, or an array of `ml_dtypes`'
/// type, as JAX has it. Anything else is returned as it is.
fn widened<'py>(given: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let dtype = given.getattr("dtype").and_then(|dtype| dtype.str());
    let Ok(dtype) = tried(given.py(), dtype)? else {
        return Ok(given.clone());
    };
    let wider = match &*dtype.to_string_lossy() {
        "torch.bfloat16" => given.call_method0("float"),
        "bfloat16" => given.call_method1("astype", ("float32",)),
        _ => return Ok(given.clone()),
    };
    // What only says that it is one is refused as the array that it is.
    Ok(tried(given.py(), wider)?.unwrap_or_else(|_| given.clone()))
}

/// Returns the indices of an element, row-major.
fn place(mut at: usize, shape: &[usize]) -> Vec<usize> {
    let mut place: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&len| {
            let index = at % len.max(1);
            at /= len.max(1);
            index
        })
        .collect();
    place.reverse();
    place
}

fn numbers<T: Element + Copy>(
    name: &str,
    given: &Bound<'_, PyAny>,
    kinds: &[u8],
    dtype: &str,
    what: &str,
) -> PyResult<Numbers<T>> {
    let array = array(name, given)?;
    check_mask(name, &array)?;
    if !kinds.contains(&array.dtype().kind()) {
        let found = array.dtype();
        return Err(input(name, format!("expected an array of {what}, found {found}")));
    }
    let plain = PyDict::new(given.py());
    plain.set_item("copy", false)?;
    plain.set_item("order", "C")?;
    // What does not fit is infinite, of which NumPy would warn, and `floats` says where it is.
    let quiet = PyDict::new(given.py());
    quiet.set_item("over", "ignore")?;
    quiet.set_item("invalid", "ignore")?;
    let quiet = given.py().import("numpy")?.call_method("errstate", (), Some(&quiet))?;
    quiet.call_method0("__enter__")?;
    let array = array.call_method("astype", (dtype,), Some(&plain));
    quiet.call_method1("__exit__", (None::<u8>, None::<u8>, None::<u8>))?;
    let array = tried(given.py(), array)?;
    let array =
        array.map_err(|error| input(name, format!("expected {what} that fit {dtype}, found others: {error}")))?;
    let array = array.cast_into::<PyArrayDyn<T>>()?;
    Ok(Numbers {
        shape: array.shape().to_vec(),
        values: array.try_readonly()?.as_slice().map(<[T]>::to_vec)?,
    })
}

/// Hands values over to an array of a shape that holds them.
pub(crate) fn handed<'py, T: Element>(
    py: Python<'py>,
    shape: &[usize],
    values: Vec<T>,
) -> PyResult<Bound<'py, PyArrayDyn<T>>> {
    let array = ArrayD::from_shape_vec(IxDyn(shape), values).map_err(|error| input("array", error.to_string()))?;
    Ok(PyArrayDyn::from_owned_array(py, array))
}

/// An array that owns the memory in which the device's outputs were gathered, if they were asked for.
pub(crate) type Tensor = Option<Py<PyArrayDyn<f32>>>;

/// Hands a tensor over, if there is one.
pub(crate) fn tensor(py: Python<'_>, values: Option<Vec<f32>>, shape: &[usize]) -> PyResult<Tensor> {
    let array = values.map(|values| handed(py, shape, values)).transpose()?;
    Ok(array.map(Bound::unbind))
}

/// Returns ids as the official code has them, in a type that torch compares with any other.
pub(crate) fn signed(ids: Vec<u32>) -> Vec<i32> {
    ids.into_iter().map(|id| id as i32).collect()
}

/// Hands values over to an array of one axis.
pub(crate) fn list<T: Element>(py: Python<'_>, values: Vec<T>) -> Bound<'_, PyArray1<T>> {
    PyArray1::from_vec(py, values)
}
