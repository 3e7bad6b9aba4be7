//! A hook failed: log it, and raise it once everybody was told if the handler asks for that.

use pyo3::exceptions::{PyBaseException, PyException, PyNotImplementedError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::events::Event;
use crate::handlers::Handler;
use crate::py::calls::Outcall;
use crate::py::errors::{exception, released};
use crate::py::imports;

/// The failures of one event.
#[derive(Default)]
pub(crate) struct Failures {
    raised: Option<Py<PyBaseException>>,
}

impl Failures {
    /// Notes that `handler` failed at `event`.
    ///
    /// The failure is logged; it is kept to be raised if the handler says `raise_error`, or if
    /// it is no `Exception` (an interrupt, an exit, a cancellation). The first one kept wins,
    /// but an interrupt outranks an ordinary exception.
    #[cold]
    pub(crate) fn note(&mut self, py: Python<'_>, handler: &Handler, event: Event, error: PyErr) {
        if !error.is_instance_of::<PyException>(py) {
            self.keep(py, error);
            return;
        }
        let reported = imports::report_failure(py).and_then(|report| {
            report.call_out((handler.bind(py), event.hook(py), exception(py, &error)))
        });
        if let Err(failure) = reported {
            failure.write_unraisable(py, Some(handler.bind(py)));
        }
        if self.raised.is_none() && handler.raises(py) {
            self.raised = Some(error.into_value(py));
        }
    }

    /// Keeps a failure that was dealt with already, to be raised.
    pub(crate) fn keep(&mut self, py: Python<'_>, error: PyErr) {
        let outranks = |kept: &Py<PyBaseException>| {
            kept.bind(py).is_instance_of::<PyException>()
                && !error.is_instance_of::<PyException>(py)
        };
        if self.raised.as_ref().is_none_or(outranks) {
            self.raised = Some(error.into_value(py));
        }
    }

    /// The failure to raise, if any.
    pub(crate) fn into_result(self, py: Python<'_>) -> PyResult<()> {
        released(py, self.raised.map_or(Ok(()), Err))
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.raised
            .as_ref()
            .map_or(Ok(()), |error| visit.call(error))
    }
}

/// Whether a hook says that it does not handle the event.
pub(crate) fn is_unsupported(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyNotImplementedError>(py)
}
