//! Whose turn it is, in the eyes of `asyncio`.

use pyo3::prelude::*;

use super::imports;

/// Makes `task` the current one of a running loop, or nobody if it is `None`; returns which was.
///
/// What `asyncio` itself does around each step of a task.
#[cfg(Py_3_12)]
pub(crate) fn swap_current<'py>(
    event_loop: &Bound<'py, PyAny>,
    task: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    super::calls::vectorcall(
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
