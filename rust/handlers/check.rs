//! What can be a handler: anything with a hook, whatever its base class.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyType;

use super::Abilities;
use crate::events::Event;
use crate::py::errors::shown;

/// What the handler can do; refuses what cannot be one: classes, strings, numbers, containers,
/// functions.
pub(crate) fn checked(handler: &Bound<'_, PyAny>) -> PyResult<Abilities> {
    if handler.is_instance_of::<PyType>() {
        return Err(refused_class(handler));
    }
    let abilities = Abilities::of(handler)?;
    if abilities.is_handler() || has_hook(handler)? {
        return Ok(abilities);
    }
    Err(PyTypeError::new_err(format!(
        "callbacks holds {}, which is no callback handler: a handler has hooks such as on_chain_start",
        shown(handler)
    )))
}

/// Whether the object has any hook.
pub(crate) fn is_handler(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    Ok(Abilities::of(object)?.is_handler() || has_hook(object)?)
}

/// Whether a hook is found on the object, if not on its type.
fn has_hook(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    for event in Event::ALL {
        if object.hasattr(event.hook(object.py()))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The error for a class in the place of a handler.
pub(crate) fn refused_class(class: &Bound<'_, PyAny>) -> PyErr {
    let name = class
        .cast::<PyType>()
        .map(PyTypeMethods::qualname)
        .map_or_else(
            |_| String::from("the class"),
            |name| name.map_or_else(|_| String::from("the class"), |name| name.to_string()),
        );
    PyTypeError::new_err(format!(
        "callbacks holds the class {name}; pass an instance of it: {name}()"
    ))
}
