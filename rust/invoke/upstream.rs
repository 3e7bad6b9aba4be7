//! What a stream reads.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::chunks;
use super::stream::StreamRun;
use crate::py::calls;

/// An iterator that a stream reads.
pub(crate) enum Upstream {
    /// A stream of the core, which is read without going through the interpreter.
    Stream(Py<StreamRun>),
    Other(Py<PyAny>),
}

impl Upstream {
    pub(crate) fn of(iterator: Bound<'_, PyAny>) -> Self {
        match iterator.cast_into_exact::<StreamRun>() {
            Ok(stream) => Self::Stream(stream.unbind()),
            Err(other) => Self::Other(other.into_inner().unbind()),
        }
    }

    /// What iterates over an object.
    pub(crate) fn over(iterable: &Bound<'_, PyAny>) -> PyResult<Self> {
        match iterable.cast_exact::<StreamRun>() {
            Ok(stream) => Ok(Self::Stream(stream.clone().unbind())),
            Err(_) => Ok(Self::of(iterable.try_iter()?.into_any())),
        }
    }

    /// The next item, `None` at the end.
    #[allow(
        clippy::inline_always,
        reason = "no frame between a generator and what it reads: see `slots`"
    )]
    #[inline(always)]
    pub(crate) fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self {
            Self::Stream(stream) => stream.get().next_chunk(py),
            Self::Other(iterator) => calls::next(iterator.bind(py)),
        }
    }

    /// Closes the iterator, if it can be closed.
    pub(crate) fn close(&self, py: Python<'_>) -> PyResult<()> {
        match self {
            Self::Stream(stream) => stream.get().close(py),
            Self::Other(iterator) => chunks::close(iterator.bind(py)),
        }
    }

    pub(crate) fn object(&self) -> &Py<PyAny> {
        match self {
            Self::Stream(stream) => stream.as_any(),
            Self::Other(iterator) => iterator,
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(self.object())
    }
}
