//! One chunk of an async stream, or its closing, as an object to be awaited.

use pyo3::exceptions::{PyRuntimeError, PyStopAsyncIteration};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::astream::{AsyncStreamRun, Turn, Want};
use crate::dispatch::{Resume, awaitable, wrapped};
use crate::py::calls::Step;

/// One chunk, or the closing, of an async stream; to be awaited.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct StreamStep {
    stream: Py<AsyncStreamRun>,
    want: Want,
}

impl StreamStep {
    pub(super) fn new<'py>(
        stream: &Bound<'py, AsyncStreamRun>,
        want: Want,
    ) -> PyResult<Bound<'py, Self>> {
        let step = Self {
            stream: stream.clone().unbind(),
            want,
        };
        Bound::new(stream.py(), step)
    }

    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let stream = self.stream.get();
        let taken = stream.lock().take();
        let Some(mut shared) = taken else {
            return Err(match input {
                Resume::Send(_) => {
                    PyRuntimeError::new_err("the stream is being read or closed elsewhere")
                }
                Resume::Throw(error) => error,
            });
        };
        let turn = shared.advance(py, self.want, input);
        *stream.lock() = Some(shared);
        match turn? {
            Turn::Waiting(yielded) => Ok(Step::Yielded(yielded)),
            Turn::Chunk(chunk) => Ok(Step::Returned(chunk)),
            Turn::Over(Err(error)) if error.is_instance_of::<PyStopAsyncIteration>(py) => {
                Err(wrapped(py, error, "async stream raised StopAsyncIteration"))
            }
            Turn::Over(Err(error)) => Err(error),
            Turn::Over(Ok(())) | Turn::Next => match self.want {
                Want::Chunk => Err(PyStopAsyncIteration::new_err(())),
                Want::Close => Ok(Step::Returned(py.None().into_bound(py))),
            },
        }
    }

    fn is_waiting(&self) -> bool {
        let shared = self.stream.get().lock();
        shared.as_ref().is_some_and(|shared| shared.is_waiting())
    }
}

awaitable!(StreamStep);

#[pymethods]
impl StreamStep {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.stream)
    }
}
