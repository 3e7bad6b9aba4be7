//! Members as constructors were given them, and as managers of any library show them.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::Parent;
use super::manager::ManagerBase;
use super::members::{Carried, Snapshot};
use crate::config::{Callbacks, labels};
use crate::handlers::{Abilities, HandlerSet};
use crate::py::{names, objects};

/// The members of any manager, of this library or of another.
pub(crate) fn snapshot(manager: &Bound<'_, PyAny>) -> PyResult<Snapshot> {
    let py = manager.py();
    if let Ok(own) = manager.cast::<ManagerBase>() {
        return own.get().members.snapshot(py);
    }
    let list = |name| match objects::attribute(manager, name)? {
        Some(value) if !value.is_none() => value.try_iter()?.collect::<PyResult<Vec<_>>>(),
        _ => Ok(Vec::new()),
    };
    let dict = |name| -> PyResult<labels::Metadata> {
        match objects::attribute(manager, name)? {
            Some(value) if !value.is_none() => {
                let copy = PyDict::new(py);
                copy.update(value.cast()?)?;
                labels::metadata_of(&copy)
            }
            _ => Ok(None),
        }
    };
    let parent = manager
        .getattr_opt(names::parent_run_id(py))?
        .filter(|id| !id.is_none());
    let carried = |handlers, tags, metadata| {
        Ok::<_, PyErr>(Carried {
            handlers: HandlerSet::extended(py, None, list(handlers)?, Abilities::of)?,
            tags: labels::union_tags(py, &None, list(tags)?)?,
            metadata: dict(metadata)?,
        })
    };
    Ok(Snapshot {
        own: carried(names::handlers(py), names::tags(py), names::metadata(py))?,
        inheritable: carried(
            names::inheritable_handlers(py),
            names::inheritable_tags(py),
            names::inheritable_metadata(py),
        )?,
        tag: None,
        parent: parent.map(|id| Parent::Given(id.unbind())),
    })
}

/// The members that a constructor was given.
#[allow(
    clippy::too_many_arguments,
    reason = "the constructors of langchain-core's managers"
)]
pub(crate) fn read_members<'py>(
    py: Python<'py>,
    handlers: Option<&Bound<'py, PyAny>>,
    inheritable_handlers: Option<&Bound<'py, PyAny>>,
    parent_run_id: Option<&Bound<'py, PyAny>>,
    tags: Option<&Bound<'py, PyAny>>,
    inheritable_tags: Option<&Bound<'py, PyAny>>,
    metadata: Option<&Bound<'py, PyAny>>,
    inheritable_metadata: Option<&Bound<'py, PyAny>>,
) -> PyResult<Snapshot> {
    let set = |value: Option<&Bound<'py, PyAny>>| match optional(value) {
        Some(value) => HandlerSet::extended(py, None, checked_handlers(value)?, Abilities::of),
        None => Ok(None),
    };
    let strings = |what: &str, value: Option<&Bound<'py, PyAny>>| match optional(value) {
        Some(value) => labels::distinct(crate::config::read_tags(what, value)?),
        None => Ok(None),
    };
    let facts = |what: &str, value: Option<&Bound<'py, PyAny>>| match optional(value) {
        Some(value) => crate::config::read_metadata(what, value),
        None => Ok(None),
    };
    let parent = match optional(parent_run_id) {
        Some(id) => Some(Parent::Given(crate::config::read_run_id(id)?.unbind())),
        None => None,
    };
    Ok(Snapshot {
        own: Carried {
            handlers: set(handlers)?,
            tags: strings("tags", tags)?,
            metadata: facts("metadata", metadata)?,
        },
        inheritable: Carried {
            handlers: set(inheritable_handlers)?,
            tags: strings("inheritable_tags", inheritable_tags)?,
            metadata: facts("inheritable_metadata", inheritable_metadata)?,
        },
        tag: None,
        parent,
    })
}

/// A list of handlers, each checked; it may be the caller's own.
pub(crate) fn checked_handlers<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let callbacks = Callbacks::read(value)?;
    callbacks.check()?;
    match callbacks {
        Callbacks::Handlers(handlers) => Ok(handlers),
        Callbacks::Manager(_) => Err(PyTypeError::new_err(
            "handlers is a list of callback handlers, got a manager",
        )),
    }
}

pub(crate) fn optional<'a, 'py>(
    value: Option<&'a Bound<'py, PyAny>>,
) -> Option<&'a Bound<'py, PyAny>> {
    value.filter(|value| !value.is_none())
}
