//! Async work that goes on side by side: tasks are made of what suspends only.

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::dispatch::{Beginning, Begun};
use crate::py::calls::{self, Outcall};
use crate::py::context::RunContext;
use crate::py::errors::exception;
use crate::py::imports;

/// What work came to, the tasks of what has yet to come to something, by place, and the first
/// failure.
type Outcome<'py> = (
    Bound<'py, PyList>,
    Bound<'py, PyDict>,
    Option<Bound<'py, PyAny>>,
);

/// Begins jobs one after the other, each in a context of its own. A task costs twice what a small
/// job does, and a turn of the loop (bench `abatch1000.h1_async`).
///
/// As with tasks, the failure of one does not keep others from being begun; an interrupt does.
#[pyfunction]
pub(crate) fn begin_side_by_side<'py>(jobs: &Bound<'py, PyList>) -> PyResult<Outcome<'py>> {
    let py = jobs.py();
    let (outputs, tasks) = (PyList::empty(py), PyDict::new(py));
    let mut failure: Option<PyErr> = None;
    let mut beginning = Beginning::new(py)?;
    for (place, job) in jobs.iter().enumerate() {
        match begun(&mut beginning, &job) {
            Ok(Begun::Finished(output)) => outputs.append(output)?,
            Ok(Begun::Task(task)) => {
                tasks.set_item(place, task)?;
                outputs.append(py.None())?;
            }
            Err(error) => {
                outputs.append(py.None())?;
                let is_interrupt = !error.is_instance_of::<PyException>(py)
                    && !error.matches(py, imports::cancelled_error(py)?)?;
                failure.get_or_insert(error);
                if is_interrupt {
                    break;
                }
            }
        }
    }
    let failure = failure.map(|error| exception(py, &error));
    Ok((outputs, tasks, failure))
}

fn begun(beginning: &mut Beginning<'_>, job: &Bound<'_, PyAny>) -> PyResult<Begun> {
    let py = job.py();
    let work = calls::await_iterator(&calls::vectorcall(job, &[])?)?.unbind();
    let begun = beginning.begin(&work, Some(&RunContext::copy_current(py)?));
    if matches!(begun, Ok(Begun::Task(_))) || !beginning.was_cancelled()? {
        return begun;
    }
    // So ends a task that was cancelled, whatever it returns.
    begun.and_then(|_| {
        let cancelled = imports::cancelled_error(py)?.as_any().call_out(())?;
        Err(PyErr::from_value(cancelled))
    })
}
