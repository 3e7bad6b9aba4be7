//! Start, body, end or error: one run on the caller's thread.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::config::Given;
use crate::events::Kind;
use crate::py::calls;
use crate::py::calls::Outcall;
use crate::py::code::Accepts;
use crate::py::names;
use crate::runs::{Local, Opening, Place, Run, Start, configs, current_scope, handle};

/// Opens a run, calls the body in it, closes it.
///
/// Whatever the body raises closes the run and reaches the caller as the same exception.
#[inline]
pub(crate) fn call<'py>(
    py: Python<'py>,
    kind: Kind,
    given: &Given<'py>,
    place: Option<Place<'_, 'py>>,
    start: Start<'_, 'py>,
    body: impl FnOnce(&Run) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let run = prepared(py, kind, given, place, None)?;
    let _entered = run.open(py, given.run_name.as_ref(), start)?;
    run.close(py, body(&run), || None, |_| None)
}

/// The run, of which nobody was told yet.
///
/// It is below the run whose step it is, or else below the current one.
#[inline]
pub(crate) fn prepared<'py>(
    py: Python<'py>,
    kind: Kind,
    given: &Given<'py>,
    place: Option<Place<'_, 'py>>,
    local: Option<&Local<'py>>,
) -> PyResult<Run> {
    let mut opening = Opening::default();
    match place {
        Some(place) => opening.resolve(py, Some(place.scope), Some(place.label), given, local)?,
        None => opening.resolve(py, current_scope(py)?.as_ref(), None, given, local)?,
    }
    Run::new(py, &mut opening, kind)
}

/// A Python callable as a body.
pub(crate) struct Body<'a, 'py> {
    pub(crate) function: &'a Bound<'py, PyAny>,
    pub(crate) accepts: Accepts,
    pub(crate) kwargs: Option<&'a Bound<'py, PyDict>>,
}

impl<'py> Body<'_, 'py> {
    /// Calls the function with the input and with what it asks for of the run.
    #[inline]
    pub(crate) fn call(
        &self,
        run: &Run,
        input: &Bound<'py, PyAny>,
        is_async: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = input.py();
        let plain = !self.accepts.config && !self.accepts.run_manager;
        match self.kwargs.filter(|kwargs| !kwargs.is_empty()) {
            None if plain => calls::vectorcall(self.function, &[input]),
            kwargs => {
                let all = match kwargs {
                    Some(kwargs) => kwargs.copy()?,
                    None => PyDict::new(py),
                };
                self.add(py, &all, run, is_async)?;
                self.function
                    .call_out_with(PyTuple::new(py, [input])?, Some(&all))
            }
        }
    }

    pub(crate) fn add(
        &self,
        py: Python<'py>,
        kwargs: &Bound<'py, PyDict>,
        run: &Run,
        is_async: bool,
    ) -> PyResult<()> {
        if self.accepts.config {
            let config = configs::of_scope(run.scope.bind(py), None, is_async)?;
            kwargs.set_item(names::config(py), config)?;
        }
        if self.accepts.run_manager {
            kwargs.set_item(names::run_manager(py), handle::of_run(py, run, is_async)?)?;
        }
        Ok(())
    }
}
