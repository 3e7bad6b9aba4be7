//! What the event loop does for a delivery: sync hooks on a worker thread, and the rest of
//! coroutines as tasks.

use std::sync::{Mutex, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::HeldNote;
use super::awaiting::{Resume, awaitable, resume};
use super::deferred::Pending;
use crate::handlers::HandlerSet;
use crate::py::calls::Step;
use crate::py::context::RunContext;
use crate::py::errors::exception;

/// The sync hooks of one event, called on a worker thread in a copy of the run's context.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct ThreadJob {
    pub(super) set: Py<HandlerSet>,
    pub(super) note: HeldNote,
    /// Their places in the set.
    pub(super) handlers: Vec<usize>,
    pub(super) context: RunContext,
}

#[pymethods]
impl ThreadJob {
    /// Returns what is to be raised: a future could not hold every exception.
    fn __call__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let _entered = self.context.enter(py)?;
        let mut note = self.note.bind(py);
        let told = super::inline::tell_some(py, self.set.get(), &self.handlers, &mut note);
        Ok(told.err().map(|error| exception(py, &error)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.set)?;
        self.note.traverse(&visit)?;
        visit.call(self.context.object())
    }
}

/// The rest of a coroutine that has suspended once, for a task to drive.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Rest {
    iterator: Py<PyAny>,
    /// What it yielded when it was stepped; the task has to wait for that first.
    first: Mutex<Option<Py<PyAny>>>,
    context: Option<RunContext>,
}

impl Rest {
    pub(super) fn new(
        py: Python<'_>,
        pending: &Pending,
        yielded: Bound<'_, PyAny>,
    ) -> PyResult<Py<Self>> {
        let rest = Self {
            iterator: pending.iterator.clone_ref(py),
            first: Mutex::new(Some(yielded.unbind())),
            context: pending
                .context
                .as_ref()
                .map(|context| context.clone_ref(py)),
        };
        Py::new(py, rest)
    }

    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let first = {
            let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
            first.take()
        };
        if let (Some(yielded), Resume::Send(_)) = (first, &input) {
            return Ok(Step::Yielded(yielded.into_bound(py)));
        }
        let _entered = self
            .context
            .as_ref()
            .map(|context| context.enter(py))
            .transpose()?;
        resume(self.iterator.bind(py), input)
    }

    #[allow(clippy::unused_self, reason = "part of what `awaitable` asks for")]
    fn is_waiting(&self) -> bool {
        true
    }
}

awaitable!(Rest);

#[pymethods]
impl Rest {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.iterator)
    }
}
