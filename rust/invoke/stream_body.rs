//! How a stream makes its chunks, for either colour.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::call::Body;
use super::record::Record;
use super::sequence::SequenceDrive;
use super::stages::Stages;
use crate::py::calls::Outcall;
use crate::py::code::{self, Accepts};
use crate::runs::{Run, handle};

/// What makes the chunks.
enum Maker {
    /// A generator function of the input, or of the run manager.
    Function(Py<PyAny>, Accepts),
    /// The steps of a sequence.
    Steps(Py<SequenceDrive>),
}

/// How a stream makes its chunks.
pub(crate) struct StreamBody {
    maker: Maker,
    kwargs: Option<Py<PyDict>>,
    /// What a transform reads; `None` for a function of the run manager.
    pub(crate) inputs: Option<Py<PyAny>>,
    /// Makes the end event's payload of the chunks; their sum without it.
    finish: Option<Py<PyAny>>,
    /// Whether the chunks that were handed out are kept for the end of the run.
    pub(crate) keeps: bool,
}

impl StreamBody {
    /// A generator function that takes the run manager.
    pub(crate) fn of_manager(
        body: &Bound<'_, PyAny>,
        finish: &Bound<'_, PyAny>,
        keeps: bool,
    ) -> Self {
        Self {
            maker: Maker::Function(body.clone().unbind(), Accepts::default()),
            kwargs: None,
            inputs: None,
            finish: Some(finish.clone().unbind()),
            keeps,
        }
    }

    /// A generator function that takes an iterator of the input's chunks.
    pub(crate) fn of_inputs<'py>(
        transformer: &Bound<'py, PyAny>,
        inputs: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let accepts = code::accepts(transformer)?;
        let maker = Maker::Function(transformer.clone().unbind(), accepts);
        Ok(Self::reading(maker, inputs, kwargs))
    }

    /// The steps of a sequence, each of which reads the one before.
    pub(crate) fn of_steps<'py>(
        sequence: &Bound<'py, SequenceDrive>,
        inputs: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> Self {
        Self::reading(Maker::Steps(sequence.clone().unbind()), inputs, kwargs)
    }

    fn reading<'py>(
        maker: Maker,
        inputs: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> Self {
        Self {
            maker,
            kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
            inputs: Some(inputs.clone().unbind()),
            finish: None,
            keeps: true,
        }
    }

    /// Begins to make chunks, with the input as it is to be seen.
    pub(crate) fn begin<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        input: Option<&Bound<'py, PyAny>>,
        is_async: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let kwargs = self.kwargs.as_ref().map(|kwargs| kwargs.bind(py));
        match (&self.maker, input) {
            (Maker::Function(function, accepts), Some(input)) => {
                let body = Body {
                    function: function.bind(py),
                    accepts: *accepts,
                    kwargs,
                };
                body.call(run, input, is_async)
            }
            (Maker::Function(function, _), None) => function
                .bind(py)
                .call_out((handle::of_run(py, run, is_async)?,)),
            (Maker::Steps(sequence), input) => {
                let nothing = py.None().into_bound(py);
                let steps = sequence.get().steps()?;
                Stages::new(run, steps, input.unwrap_or(&nothing), kwargs).map(Bound::into_any)
            }
        }
    }

    /// What the end event says.
    pub(crate) fn payload<'py>(
        &self,
        py: Python<'py>,
        produced: Option<&Record>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let list = || produced.map_or_else(|| PyList::empty(py), |produced| produced.list(py));
        match (&self.finish, produced) {
            (Some(finish), _) => finish.bind(py).call_out((list(),)),
            (None, Some(produced)) => produced.sum(py),
            (None, None) => Ok(py.None().into_bound(py)),
        }
    }

    /// Whether the end event tells the sum of the chunks.
    pub(crate) fn tells_sum(&self) -> bool {
        self.finish.is_none()
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.maker {
            Maker::Function(function, _) => visit.call(function)?,
            Maker::Steps(sequence) => visit.call(sequence)?,
        }
        for object in [&self.inputs, &self.finish].into_iter().flatten() {
            visit.call(object)?;
        }
        self.kwargs
            .as_ref()
            .map_or(Ok(()), |kwargs| visit.call(kwargs))
    }
}
