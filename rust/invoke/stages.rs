//! A sequence that streams: its steps' streams, each reading the one before.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::chunks;
use super::step::Step;
use super::upstream::Upstream;
use crate::dispatch::thrown;
use crate::py::entry::attached;
use crate::py::errors::after;
use crate::py::slots::Iterates;
use crate::runs::Run;

/// What the last of several streams hands out. All of them are closed, the last one first, when
/// that has ended or failed, or when this is closed.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Stages(Vec<Upstream>);

impl Stages {
    /// The streams of the steps under `run`; the first one reads `inputs` and gets the keywords.
    pub(crate) fn new<'py>(
        run: &Run,
        steps: &[Step],
        inputs: &Bound<'py, PyAny>,
        mut kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Self>> {
        let py = inputs.py();
        let mut stages = Self(Vec::with_capacity(steps.len()));
        for step in steps {
            let before = stages
                .0
                .last()
                .map_or(inputs, |stage| stage.object().bind(py));
            match step.transform(run, before, kwargs.take()) {
                Ok(stream) => stages.0.push(Upstream::of(stream)),
                Err(error) => return stages.end(py, Err(error)),
            }
        }
        Bound::new(py, stages)
    }

    /// Closes all streams, also if one of them fails.
    fn end<T>(&self, py: Python<'_>, outcome: PyResult<T>) -> PyResult<T> {
        let mut outcome = outcome;
        for stage in self.0.iter().rev() {
            if let Err(failure) = stage.close(py) {
                outcome = Err(after(py, failure, outcome));
            }
        }
        outcome
    }
}

impl Iterates for Stages {
    #[inline]
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(last) = self.0.last() else {
            return Ok(None);
        };
        match last.next(py) {
            Ok(Some(chunk)) => Ok(Some(chunk)),
            outcome => attached(py, || self.end(py, outcome)),
        }
    }
}

#[pymethods]
impl Stages {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.next(py)
    }

    /// Closes the streams.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.end(py, Ok(()))
    }

    /// Raises an exception in the last stream.
    #[pyo3(signature = (kind, value=None, traceback=None))]
    fn throw<'py>(
        &self,
        kind: Bound<'py, PyAny>,
        value: Option<Bound<'py, PyAny>>,
        traceback: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = kind.py();
        let error = thrown(kind, value, traceback)?;
        let outcome = match self.0.last() {
            Some(last) => chunks::throw(last.object().bind(py), error),
            None => Err(error),
        };
        match outcome {
            Ok(chunk) => Ok(chunk),
            failed => self.end(py, failed),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.iter().try_for_each(|stage| stage.traverse(&visit))
    }
}
