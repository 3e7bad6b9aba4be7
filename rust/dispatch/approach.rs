//! Where a hook of an async run is called, and how.

use pyo3::prelude::*;

use super::{Note, TextFallback, is_unsupported};
use crate::events::Event;
use crate::handlers::Handler;
use crate::py::{calls, objects};

/// Where a hook that is not inline is called.
pub(super) enum Place {
    /// On the event loop's thread: it is a coroutine function, or may be one.
    Loop,
    Thread,
    Nowhere,
}

/// Where the handler's hook, or that of the fallback, is to be called.
pub(super) fn place(py: Python<'_>, event: Event, handler: &Handler) -> PyResult<Place> {
    let has_hook = handler.has_hook(py, event)?;
    let asked = if has_hook {
        Some(event)
    } else {
        event.fallback()
    };
    let Some(asked) = asked else {
        return Ok(Place::Nowhere);
    };
    if handler.hook_is_coroutine(py, asked)? || handler.abilities(py)?.is_dynamic() {
        return Ok(Place::Loop);
    }
    let told = !handler.ignores(py, event)? && (has_hook || handler.hears(py, asked)?);
    Ok(if told { Place::Thread } else { Place::Nowhere })
}

/// Calls a handler's hook, or that of the fallback; returns the iterator of what it returned to be
/// awaited.
pub(super) fn approach(handler: &Handler, note: &mut Note<'_>) -> PyResult<Option<Py<PyAny>>> {
    let py = note.py();
    let event = note.event;
    if !handler.has_hook(py, event)? {
        if event.fallback().is_none() || handler.ignores(py, event)? {
            return Ok(None);
        }
        return fall_back(note, handler);
    }
    if handler.ignores(py, event)? {
        return Ok(None);
    }
    match note.call(handler) {
        Ok(value) => to_await(&value),
        Err(error) if event.fallback().is_some() && is_unsupported(py, &error) => {
            fall_back(note, handler)
        }
        Err(error) => Err(error),
    }
}

/// Calls the hook that an event falls back on, if the handler has that one.
pub(super) fn fall_back(note: &Note<'_>, handler: &Handler) -> PyResult<Option<Py<PyAny>>> {
    let py = note.py();
    match note.event.fallback() {
        Some(other) if handler.hears(py, other)? => {
            to_await(&TextFallback::default().call(note, handler)?)
        }
        _ => Ok(None),
    }
}

/// The iterator of what a hook returned, if that is to be awaited.
fn to_await(value: &Bound<'_, PyAny>) -> PyResult<Option<Py<PyAny>>> {
    if value.is_none() || !objects::is_awaitable(value) {
        return Ok(None);
    }
    calls::await_iterator(value).map(|iterator| Some(iterator.unbind()))
}
