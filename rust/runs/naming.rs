//! What runs are called, and the least that `serialized` says of what runs.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

use crate::py::calls::Outcall;
use crate::py::classes::{self, Known};
use crate::py::{names, objects};

/// The core's own `get_name`, which is read off the object without a call.
static GET_NAME: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// Tells which method is the core's own `get_name`.
pub(crate) fn set_own_method(method: &Bound<'_, PyAny>) {
    // A second module instance has the same method.
    let _ = GET_NAME.set(method.py(), method.clone().unbind());
}

/// What an object is called that has no say in it: its `name`, or its class's.
pub(crate) fn own_name<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    match given_name(object)? {
        Some(name) => Ok(name),
        None => Ok(classes::known(object)?.name),
    }
}

fn given_name<'py>(object: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyString>>> {
    let name = objects::attribute(object, names::name(object.py()))?;
    let name = name.and_then(|name| name.cast_into::<PyString>().ok());
    Ok(name.filter(|name| name.len().is_ok_and(|length| length > 0)))
}

/// What the object calls itself.
#[inline]
pub(crate) fn name<'py>(
    object: &Bound<'py, PyAny>,
    known: &Known<'py>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let own = match (GET_NAME.get(py), &known.get_name) {
        (Some(own), Some(method)) => own.is(method),
        _ => false,
    };
    if !own {
        return object.call_method_out(names::get_name(py), ());
    }
    Ok(match given_name(object)? {
        Some(name) => name.into_any(),
        None => known.name.clone().into_any(),
    })
}

/// The least that `serialized` says: the name, and where the class is from.
///
/// Runs of the same class and name are told the same dict.
#[inline]
pub(crate) fn described<'py>(
    owner: &Bound<'py, PyAny>,
    known: &Known<'py>,
    name: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    if let Some(description) = classes::described(owner, name) {
        return Ok(description);
    }
    let py = name.py();
    let dict = PyDict::new(py);
    dict.set_item(names::name(py), name)?;
    dict.set_item(names::id(py), &known.path)?;
    classes::keep_description(owner, name, &dict);
    Ok(dict)
}
