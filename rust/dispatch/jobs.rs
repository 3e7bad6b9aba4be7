//! What the event loop does for a delivery: sync hooks on a worker thread, coroutines as tasks.

use pyo3::exceptions::{PyOSError, PyRuntimeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::HeldNote;
use super::deferred::Places;
use super::hop::Hop;
use crate::handlers::HandlerSet;
use crate::py::calls::Outcall;
use crate::py::context::RunContext;
use crate::py::errors::exception;
use crate::py::imports;

/// A hook's coroutine that is under way.
pub(super) struct Pending {
    /// The handler's place in the set; `None` for the worker thread's part.
    pub(super) handler: Option<usize>,
    /// What is awaited: the coroutine, or the task that it goes on in.
    pub(super) iterator: Py<PyAny>,
    pub(super) fell_back: bool,
    /// A copy of the run's context for a hook that is not inline: what it sets stays its own.
    pub(super) context: Option<RunContext>,
}

impl Pending {
    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.iterator)?;
        self.context
            .as_ref()
            .map_or(Ok(()), |context| visit.call(context.object()))
    }
}

/// The sync hooks of one event, called on a worker thread in a copy of the run's context.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct ThreadJob {
    pub(super) set: Py<HandlerSet>,
    pub(super) note: HeldNote,
    /// Their places in the set.
    pub(super) handlers: Places,
    pub(super) context: RunContext,
}

/// What became of the sync hooks of an event.
pub(super) enum Started<'py> {
    /// A worker thread is asked to call them.
    Hop(Bound<'py, Hop>),
    /// They were called in place; this is to be raised.
    Called(Option<Bound<'py, PyAny>>),
}

impl ThreadJob {
    /// Hands the hooks to one worker thread, together. They are called in place if there is none: an
    /// abandoned run may have no loop any more, and the system no further thread.
    pub(super) fn start(self, py: Python<'_>) -> PyResult<Started<'_>> {
        let job = Bound::new(py, self)?;
        match imports::call_in_thread(py)?.call_out((&job,)) {
            Ok(hop) => Ok(Started::Hop(hop.cast_into()?)),
            Err(error)
                if error.is_instance_of::<PyRuntimeError>(py)
                    || error.is_instance_of::<PyOSError>(py) =>
            {
                job.get().__call__(py).map(Started::Called)
            }
            Err(error) => Err(error),
        }
    }
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
