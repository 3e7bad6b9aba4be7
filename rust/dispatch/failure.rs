//! A hook failed: log it, and raise it once everybody was told if the handler asks for that.

use pyo3::exceptions::{PyException, PyNotImplementedError};
use pyo3::prelude::*;

use crate::events::Event;
use crate::handlers::Handler;
use crate::py::imports;

/// The failures of one event.
#[derive(Default)]
pub(crate) struct Failures {
    raised: Option<PyErr>,
}

impl Failures {
    /// Notes that `handler` failed at `event`.
    ///
    /// The failure is logged; it is kept to be raised if the handler says `raise_error`, or if
    /// it is no `Exception` (an interrupt, an exit, a cancellation). The first one kept wins,
    /// but an interrupt outranks an ordinary exception.
    #[cold]
    pub(crate) fn note(
        &mut self,
        py: Python<'_>,
        handler: &Handler,
        event: Event,
        error: PyErr,
    ) -> PyResult<()> {
        let ordinary = error.is_instance_of::<PyException>(py);
        if ordinary {
            imports::report_failure(py)?.call1((
                handler.bind(py),
                event.hook(py),
                error.value(py),
            ))?;
        }
        if !ordinary {
            let kept_is_ordinary = self
                .raised
                .as_ref()
                .is_none_or(|kept| kept.is_instance_of::<PyException>(py));
            if kept_is_ordinary {
                self.raised = Some(error);
            }
        } else if self.raised.is_none() && handler.raises(py)? {
            self.raised = Some(error);
        }
        Ok(())
    }

    /// Keeps a failure that was dealt with already, to be raised.
    pub(crate) fn keep(&mut self, py: Python<'_>, error: PyErr) {
        if self.raised.is_none() || !error.is_instance_of::<PyException>(py) {
            self.raised = Some(error);
        }
    }

    /// The failure to raise, if any.
    pub(crate) fn into_result(self) -> PyResult<()> {
        self.raised.map_or(Ok(()), Err)
    }
}

/// Whether a hook says that it does not handle the event.
pub(crate) fn is_unsupported(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyNotImplementedError>(py)
}
