//! What streams read: one item, or the chunks of another stream.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::record::Record;
use super::upstream::Upstream;
use crate::dispatch::{Resume, awaitable, resume, stop_iteration};
use crate::py::calls::{self, Outcall, Step};
use crate::py::lock::Lock;
use crate::py::names;
use crate::py::objects;
use crate::py::slots::Iterates;

/// A stream of one item, for sync and async readers: the input of a runnable that streams.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Once {
    item: Py<PyAny>,
    read: std::sync::atomic::AtomicBool,
}

impl Once {
    /// The item, read or not.
    pub(crate) fn item<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.item.bind(py).clone()
    }

    fn next(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        let read = self.read.swap(true, std::sync::atomic::Ordering::AcqRel);
        (!read).then(|| self.item.clone_ref(py))
    }
}

#[pymethods]
impl Once {
    #[new]
    fn new(item: Py<PyAny>) -> Self {
        Self {
            item,
            read: false.into(),
        }
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.next(py)
    }

    fn __aiter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __anext__(&self, py: Python<'_>) -> PyResult<Ready> {
        match self.next(py) {
            Some(item) => Ok(Ready(Lock::new(Some(item)))),
            None => Err(pyo3::exceptions::PyStopAsyncIteration::new_err(())),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.item)
    }
}

/// Something to await that has its value already.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Ready(Lock<Option<Py<PyAny>>>);

#[pymethods]
impl Ready {
    fn __await__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<()> {
        let value = self.0.lock(py).take();
        let value = value.unwrap_or_else(|| py.None());
        Err(stop_iteration(py, value.bind(py)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let value = self.0.visited(&visit);
        let value = value.as_deref().and_then(Option::as_ref);
        value.map_or(Ok(()), |value| visit.call(value))
    }
}

/// The input of a transform, as its function sees it: the first item that was pulled before the
/// run was opened, then the rest; all of it noted for the end event.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct InputTap {
    upstream: Upstream,
    first: Lock<Option<Py<PyAny>>>,
    /// The items so far, if they are to be told.
    seen: Option<Record>,
}

impl InputTap {
    /// `first`: the item that was pulled already. `keep`: whether to note the items.
    pub(crate) fn new(
        py: Python<'_>,
        upstream: Upstream,
        first: Option<Py<PyAny>>,
        keep: bool,
    ) -> PyResult<Bound<'_, Self>> {
        let seen = keep.then(|| Record::new(py));
        if let (Some(seen), Some(first)) = (&seen, &first) {
            seen.note(first.bind(py))?;
        }
        let tap = Self {
            upstream,
            seen,
            first: Lock::new(first),
        };
        Bound::new(py, tap)
    }

    #[inline]
    fn take_first(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.first.lock(py).take()
    }

    #[inline]
    fn saw(&self, item: &Bound<'_, PyAny>) -> PyResult<()> {
        self.seen.as_ref().map_or(Ok(()), |seen| seen.note(item))
    }

    /// The next item.
    #[allow(
        clippy::inline_always,
        reason = "no frame between a generator and what it reads: see `slots`"
    )]
    #[inline(always)]
    fn pull<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let item = self.upstream.next(py)?;
        if let Some(item) = &item {
            self.saw(item)?;
        }
        Ok(item)
    }

    pub(crate) fn upstream(&self) -> &Upstream {
        &self.upstream
    }

    /// The sum of the items so far: that of the stream they came from, if it told of these and
    /// no others.
    pub(crate) fn total<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Some(seen) = &self.seen else {
            return Ok(py.None().into_bound(py));
        };
        let told = match &self.upstream {
            Upstream::Stream(stream) => stream.get().told_sum(seen.len(py)),
            Upstream::Other(_) => None,
        };
        match told {
            Some(sum) => Ok(sum.bind(py).clone()),
            None => seen.sum(py),
        }
    }

    /// Pulls what the function left.
    pub(crate) fn drain(&self, py: Python<'_>) -> PyResult<()> {
        self.take_first(py);
        while self.pull(py)?.is_some() {}
        Ok(())
    }
}

impl Iterates for InputTap {
    #[allow(
        clippy::inline_always,
        reason = "no frame between a generator and what it reads: see `slots`"
    )]
    #[inline(always)]
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if let Some(first) = self.take_first(py) {
            return Ok(Some(first.into_bound(py)));
        }
        self.pull(py)
    }
}

#[pymethods]
impl InputTap {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.next(py)
    }

    /// Closes what the input comes from.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        self.take_first(py);
        self.upstream.close(py)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.upstream.traverse(&visit)?;
        if let Some(Some(first)) = self.first.visited(&visit).as_deref() {
            visit.call(first)?;
        }
        if let Some(seen) = &self.seen {
            seen.traverse(&visit)?;
        }
        Ok(())
    }
}

/// The keywords that end and error events of a transform have besides: its input.
pub(crate) fn inputs_extra<'py>(
    py: Python<'py>,
    tap: Option<&Py<InputTap>>,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(tap) = tap else {
        return Ok(None);
    };
    let extra = PyDict::new(py);
    extra.set_item(names::inputs(py), tap.get().total(py)?)?;
    Ok(Some(extra))
}

/// Closes an iterator that can be closed.
pub(crate) fn close(iterator: &Bound<'_, PyAny>) -> PyResult<()> {
    match objects::attribute(iterator, names::close(iterator.py()))? {
        Some(close) => close.call_out(()).map(drop),
        None => Ok(()),
    }
}

/// Raises an exception in an iterator; from here, if that takes none.
pub(crate) fn throw<'py>(
    iterator: &Bound<'py, PyAny>,
    error: PyErr,
) -> PyResult<Bound<'py, PyAny>> {
    let py = iterator.py();
    match objects::attribute(iterator, names::throw(py))? {
        Some(throw) => throw.call_out((error.value(py),)),
        None => Err(error),
    }
}

/// The same for the input of an async transform.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct AsyncInputTap {
    pub(crate) tap: Py<InputTap>,
}

#[pymethods]
impl AsyncInputTap {
    fn __aiter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, NextInput>> {
        let tap = self.tap.get();
        let source = if let Some(first) = tap.take_first(py) {
            Pull::Known(first)
        } else {
            let next = tap
                .upstream
                .object()
                .bind(py)
                .call_method_out(pyo3::intern!(py, "__anext__"), ())?;
            Pull::Awaited(calls::await_iterator(&next)?.unbind())
        };
        let next = NextInput {
            tap: self.tap.clone_ref(py),
            source: Lock::new(Some(source)),
        };
        Bound::new(py, next)
    }

    /// Closes what the input comes from.
    fn aclose<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.tap.get().take_first(py);
        crate::py::imports::aclose(py)?.call_out((self.tap.get().upstream.object(),))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.tap)
    }
}

enum Pull {
    Known(Py<PyAny>),
    Awaited(Py<PyAny>),
}

/// One item of an async input, to be awaited.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct NextInput {
    tap: Py<InputTap>,
    source: Lock<Option<Pull>>,
}

impl NextInput {
    fn is_waiting(&self, py: Python<'_>) -> bool {
        self.source.lock(py).is_some()
    }

    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let source = self.source.lock(py).take();
        match (source, input) {
            (Some(Pull::Known(first)), Resume::Send(_)) => Ok(Step::Returned(first.into_bound(py))),
            (Some(Pull::Awaited(iterator)), input) => {
                let step = resume(iterator.bind(py), input)?;
                match &step {
                    Step::Yielded(_) => {
                        *self.source.lock(py) = Some(Pull::Awaited(iterator));
                    }
                    Step::Returned(item) => self.tap.get().saw(item)?,
                }
                Ok(step)
            }
            (_, Resume::Throw(error)) => Err(error),
            (None, Resume::Send(_)) => Err(pyo3::exceptions::PyRuntimeError::new_err(
                "this item was awaited already",
            )),
        }
    }
}

awaitable!(NextInput);

#[pymethods]
impl NextInput {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.tap)?;
        match self.source.visited(&visit).as_deref() {
            Some(Some(Pull::Known(object) | Pull::Awaited(object))) => visit.call(object),
            _ => Ok(()),
        }
    }
}
