//! Whose turn it is, in the eyes of `asyncio`.

use pyo3::prelude::*;

#[cfg(not(Py_3_12))]
use super::interpreter;
use super::{calls, imports, names, objects};

/// The event loop that runs on the calling thread, or `None`.
pub(crate) fn running_loop(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    #[cfg(not(Py_3_12))]
    if let Some(only) = only_busy_loop(py)? {
        return Ok(only);
    }
    calls::vectorcall(imports::get_running_loop(py)?, &[])
}

/// The one event loop of the process that has a task under way, if that is on this thread.
///
/// Asked for the running loop, these versions ask the system for the number of the process: a
/// tenth of an async run with one async handler (bench `ainvoke.h1_async`).
#[cfg(not(Py_3_12))]
fn only_busy_loop(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    let busy = imports::current_tasks(py)?;
    if busy.len() != 1 {
        return Ok(None);
    }
    let Some((event_loop, _)) = busy.iter().next() else {
        return Ok(None);
    };
    let thread = objects::attribute(&event_loop, pyo3::intern!(py, "_thread_id"))?;
    let is_here = thread
        .and_then(|thread| thread.extract::<u64>().ok())
        .is_some_and(|thread| thread == interpreter::thread_ident(py));
    Ok(is_here.then_some(event_loop))
}

/// Whether the current task of a running loop was cancelled in its present step.
pub(crate) fn is_to_be_cancelled(event_loop: &Bound<'_, PyAny>) -> PyResult<bool> {
    let Some(task) = current(event_loop)? else {
        return Ok(false);
    };
    objects::attribute(&task, names::_must_cancel(event_loop.py()))?
        .map_or(Ok(false), |cancelled| cancelled.is_truthy())
}

/// The current task of a running loop.
#[cfg(Py_3_12)]
fn current<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let task = calls::vectorcall(imports::current_task(event_loop.py())?, &[event_loop])?;
    Ok(Some(task))
}

/// The same for the versions that keep current tasks in a dict.
#[cfg(not(Py_3_12))]
fn current<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    imports::current_tasks(event_loop.py())?.get_item(event_loop)
}

/// Makes `task` the current one of a running loop, or nobody if it is `None`; returns which was.
///
/// What `asyncio` itself does around each step of a task.
#[cfg(Py_3_12)]
pub(crate) fn swap_current<'py>(
    event_loop: &Bound<'py, PyAny>,
    task: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    calls::vectorcall(
        imports::swap_current_task(event_loop.py())?,
        &[event_loop, task],
    )
}

/// The same for the versions that keep current tasks in a dict.
#[cfg(not(Py_3_12))]
pub(crate) fn swap_current<'py>(
    event_loop: &Bound<'py, PyAny>,
    task: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = event_loop.py();
    let current = imports::current_tasks(py)?;
    let before = current.get_item(event_loop)?;
    if task.is_none() {
        if before.is_some() {
            current.del_item(event_loop)?;
        }
    } else {
        current.set_item(event_loop, task)?;
    }
    Ok(before.unwrap_or_else(|| py.None().into_bound(py)))
}
