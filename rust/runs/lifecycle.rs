//! How a run is opened and closed: told at once on the caller's thread, or as something to await.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::{Run, Start};
use crate::dispatch::{Delivery, Note, Outset};
use crate::py::context::Entered;
use crate::py::errors::exception;

impl Run {
    /// Enters the run's context, makes the run the current one and tells its start.
    #[inline]
    pub(crate) fn open<'a, 'py>(
        &'a self,
        py: Python<'py>,
        run_name: Option<Bound<'py, PyString>>,
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

    /// Makes the run the current one in its context; its start is to be told by the delivery.
    pub(crate) fn opening<'py>(
        &self,
        py: Python<'py>,
        run_name: Option<Bound<'py, PyString>>,
        start: Start<'_, 'py>,
    ) -> PyResult<Option<Delivery>> {
        let _entered = self.context.enter(py)?;
        self.make_current(py)?;
        if self.told().is_none() {
            return Ok(None);
        }
        let note = self.start_note(py, run_name, start)?;
        Ok(self.delivery(py, note, false))
    }

    /// Makes the run the current one and tells its start to those who hear it at once, in the
    /// run's context.
    pub(crate) fn begin_opening<'py>(
        &self,
        py: Python<'py>,
        run_name: Option<Bound<'py, PyString>>,
        start: Start<'_, 'py>,
    ) -> PyResult<Outset> {
        self.make_current(py)?;
        let note = if self.told().is_some() {
            self.start_note(py, run_name, start)?
        } else {
            None
        };
        self.begin(note, false)
    }

    /// Tells the end of a run whose end was claimed to those who hear it at once, in the run's
    /// context.
    pub(crate) fn begin_ending<'py>(
        &self,
        py: Python<'py>,
        output: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Outset> {
        self.begin(self.note(py, self.kind.end(), output, extra)?, true)
    }

    /// The same for its failure.
    pub(crate) fn begin_failing<'py>(
        &self,
        py: Python<'py>,
        error: &PyErr,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Outset> {
        let value = exception(py, error);
        self.begin(self.note(py, self.kind.error(), &value, extra)?, true)
    }

    fn begin(&self, note: Option<Note<'_>>, shielded: bool) -> PyResult<Outset> {
        match self.told_set().zip(note) {
            Some((set, note)) => Delivery::begun(set, note, shielded),
            None => Ok(Outset::Told(Ok(()))),
        }
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

    /// What tells the end of a run whose end was claimed.
    pub(crate) fn ending<'py>(
        &self,
        py: Python<'py>,
        output: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Delivery>> {
        let note = self.note(py, self.kind.end(), output, extra)?;
        Ok(self.delivery(py, note, true))
    }

    /// What tells the failure of a run whose end was claimed.
    pub(crate) fn failing<'py>(
        &self,
        py: Python<'py>,
        error: &PyErr,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Delivery>> {
        let note = self.note(py, self.kind.error(), &exception(py, error), extra)?;
        Ok(self.delivery(py, note, true))
    }

    /// A delivery; one of an end is not interrupted when its task is cancelled.
    fn delivery(&self, py: Python<'_>, note: Option<Note<'_>>, shielded: bool) -> Option<Delivery> {
        let set = self.told_set().zip(note);
        set.map(|(set, note)| Delivery::new(set.clone_ref(py), note, shielded))
    }
}
