//! The hot loop: call each handler's hook, one after the other, on the caller's thread.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};

use super::{Failures, Note, TextFallback, is_unsupported};
use crate::events::Event;
use crate::handlers::{Handler, HandlerSet};
use crate::py::calls::Outcall;
use crate::py::{imports, objects};

/// Tells every handler of the set, in order, and waits for hooks that return an awaitable.
///
/// A failing handler stops nobody else; what is to be raised is raised at the end.
#[inline]
pub(crate) fn tell(set: &Py<HandlerSet>, note: &mut Note<'_>) -> PyResult<()> {
    tell_each(note.py(), set.get().iter(), note)
}

/// Tells the handlers at these places of the set.
pub(crate) fn tell_some<'py>(
    py: Python<'py>,
    set: &HandlerSet,
    places: &[usize],
    note: &mut Note<'py>,
) -> PyResult<()> {
    let chosen = set
        .iter()
        .enumerate()
        .filter(|(place, _)| places.contains(place))
        .map(|(_, handler)| handler);
    tell_each(py, chosen, note)
}

#[inline]
fn tell_each<'a, 'py>(
    py: Python<'py>,
    handlers: impl Iterator<Item = &'a Handler>,
    note: &mut Note<'py>,
) -> PyResult<()> {
    let event = note.event;
    let mut fallback = TextFallback::default();
    let mut failures = Failures::default();
    let mut pending = Vec::new();
    for handler in handlers {
        let result = approach(py, handler, note, &mut fallback);
        match result {
            Ok(Some(value)) if !value.is_none() && objects::is_awaitable(&value) => {
                pending.push((handler, value));
            }
            Ok(_) => {}
            Err(error) => failures.note(py, handler, event, error),
        }
    }
    if !pending.is_empty() {
        finish(py, event, pending, note, &mut fallback, &mut failures)?;
    }
    failures.into_result(py)
}

/// Calls the handler's hook, or that of the fallback, if the handler hears the event.
#[inline]
fn approach<'py>(
    py: Python<'py>,
    handler: &Handler,
    note: &mut Note<'py>,
    fallback: &mut TextFallback<'py>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let event = note.event;
    if let Some(hook) = handler.heard_by(event, note.layout())? {
        return match note.call_by(&hook, handler) {
            Err(error) if event.fallback().is_some() && is_unsupported(py, &error) => {
                fall_back(py, handler, note, fallback)
            }
            result => result.map(Some),
        };
    }
    if event.fallback().is_some() && !handler.has_hook(py, event)? && !handler.ignores(py, event)? {
        return fall_back(py, handler, note, fallback);
    }
    Ok(None)
}

/// Tells a handler without the event's hook what the event falls back to.
#[cold]
fn fall_back<'py>(
    py: Python<'py>,
    handler: &Handler,
    note: &Note<'py>,
    fallback: &mut TextFallback<'py>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    match note.event.fallback() {
        Some(other) if handler.hears(py, other)? => fallback.call(note, handler).map(Some),
        _ => Ok(None),
    }
}

/// Runs what hooks returned to completion, in order, and then what those fall back to.
#[cold]
fn finish<'py>(
    py: Python<'py>,
    event: Event,
    pending: Vec<(&Handler, Bound<'py, PyAny>)>,
    note: &Note<'py>,
    fallback: &mut TextFallback<'py>,
    failures: &mut Failures,
) -> PyResult<()> {
    let mut unsupported = Vec::new();
    for ((handler, _), error) in pending.iter().zip(run(py, event, &pending)?) {
        if error.is_none() {
            continue;
        }
        let error = PyErr::from_value(error);
        if event.fallback().is_some() && is_unsupported(py, &error) {
            match fall_back(py, handler, note, fallback) {
                Ok(Some(value)) if objects::is_awaitable(&value) => {
                    unsupported.push((*handler, value));
                }
                Ok(_) => {}
                Err(error) => failures.note(py, handler, event, error),
            }
        } else {
            failures.note(py, handler, event, error);
        }
    }
    if unsupported.is_empty() {
        return Ok(());
    }
    for ((handler, _), error) in unsupported.iter().zip(run(py, event, &unsupported)?) {
        if !error.is_none() {
            failures.note(py, handler, event, PyErr::from_value(error));
        }
    }
    Ok(())
}

/// Awaits each to its end; the exception of each, or `None`.
fn run<'py>(
    py: Python<'py>,
    event: Event,
    pending: &[(&Handler, Bound<'py, PyAny>)],
) -> PyResult<Vec<Bound<'py, PyAny>>> {
    let rows = pending
        .iter()
        .map(|(handler, value)| (handler.bind(py), event.hook(py), value).into_pyobject(py))
        .collect::<PyResult<Vec<Bound<'py, PyTuple>>>>()?;
    imports::run_awaitables(py)?
        .call_out((PyList::new(py, rows)?,))?
        .try_iter()?
        .collect()
}
