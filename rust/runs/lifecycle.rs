//! How a run is opened and closed: told at once on the caller's thread, or as something to await.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::{Run, Start};
use crate::dispatch::Note;
use crate::handlers::HandlerSet;
use crate::py::context::Entered;
use crate::py::errors::exception;

impl Run {
    /// Enters the run's context, makes the run the current one and tells its start.
    #[inline]
    pub(crate) fn open<'a, 'py>(
        &'a self,
        py: Python<'py>,
        run_name: Option<&Bound<'py, PyString>>,
        start: Start<'_, 'py>,
    ) -> PyResult<Entered<'a, 'py>> {
        let entered = self.context.enter(py)?;
        self.make_current(py)?;
        self.announce(py, run_name, start)?;
        Ok(entered)
    }

    /// The same for a run whose start nobody hears.
    #[inline]
    pub(crate) fn open_untold<'a, 'py>(&'a self, py: Python<'py>) -> PyResult<Entered<'a, 'py>> {
        let entered = self.context.enter(py)?;
        self.make_current(py)?;
        Ok(entered)
    }

    /// Makes the run the current one, in its context; what `then` makes of its start.
    pub(crate) fn opening<'py, R>(
        &self,
        py: Python<'py>,
        run_name: Option<&Bound<'py, PyString>>,
        start: Start<'_, 'py>,
        then: impl FnOnce(&Py<HandlerSet>, &mut Note<'py>) -> R,
    ) -> PyResult<Option<R>> {
        self.make_current(py)?;
        self.start_note(py, run_name, start, then)
    }

    /// Closes the run with what its body made of it, in its context; returns what the caller
    /// gets.
    #[inline]
    pub(crate) fn close<'py>(
        &self,
        py: Python<'py>,
        outcome: PyResult<Bound<'py, PyAny>>,
        end_extra: impl FnOnce() -> Option<Bound<'py, PyDict>>,
        error_extra: impl FnOnce(&PyErr) -> Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match outcome {
            Ok(output) => {
                self.end(py, &output, end_extra().as_ref())?;
                Ok(output)
            }
            Err(error) => {
                let extra = error_extra(&error);
                Err(self.fail(py, error, extra.as_ref()))
            }
        }
    }

    /// What `then` makes of the end of a run whose end was claimed.
    pub(crate) fn ending<'py, R>(
        &self,
        py: Python<'py>,
        output: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
        then: impl FnOnce(&Py<HandlerSet>, &mut Note<'py>) -> R,
    ) -> PyResult<Option<R>> {
        self.note(py, self.kind.end(), output, extra, then)
    }

    /// What `then` makes of the failure of a run whose end was claimed.
    pub(crate) fn failing<'py, R>(
        &self,
        py: Python<'py>,
        error: &PyErr,
        extra: Option<&Bound<'py, PyDict>>,
        then: impl FnOnce(&Py<HandlerSet>, &mut Note<'py>) -> R,
    ) -> PyResult<Option<R>> {
        let error = exception(py, error);
        self.note(py, self.kind.error(), &error, extra, then)
    }
}
