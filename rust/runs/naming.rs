//! What runs are called, and the least that `serialized` says of what runs.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString};

use crate::py::calls::Outcall;
use crate::py::classes::{self, Facts};
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
    let facts = classes::known(object)?;
    let name = given_name(object, &facts)?;
    Ok(name.unwrap_or_else(|| facts.name(object.py()).clone()))
}

fn given_name<'py>(
    object: &Bound<'py, PyAny>,
    facts: &Facts,
) -> PyResult<Option<Bound<'py, PyString>>> {
    let key = names::name(object.py());
    let name = match facts
        .names_in_dict
        .then(|| objects::instance_dict(object))
        .flatten()
    {
        Some(own) => own.get_item(key)?,
        None => None,
    };
    let name = match name {
        None => objects::attribute(object, key)?,
        name => name,
    };
    let name = name.and_then(|name| name.cast_into::<PyString>().ok());
    Ok(name.filter(|name| name.len().is_ok_and(|length| length > 0)))
}

/// What the object calls itself.
#[inline]
pub(crate) fn name<'py>(object: &Bound<'py, PyAny>, facts: &Facts) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    if !GET_NAME.get(py).is_some_and(|own| facts.has_get_name(own)) {
        return object.call_method_out(names::get_name(py), ());
    }
    let name = given_name(object, facts)?;
    Ok(name.unwrap_or_else(|| facts.name(py).clone()).into_any())
}

/// The least that `serialized` says: the name, and where the class is from.
///
/// Runs of the same class and name are told the same dict.
#[inline]
pub(crate) fn described<'py>(
    facts: &Facts,
    name: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyDict>> {
    if let Some(description) = facts.described(name) {
        return Ok(description);
    }
    let py = name.py();
    let dict = PyDict::new(py);
    dict.set_item(names::name(py), name)?;
    dict.set_item(names::id(py), facts.path(py))?;
    facts.keep_description(name, &dict);
    Ok(dict)
}
