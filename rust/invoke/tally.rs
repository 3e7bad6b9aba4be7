//! Awaitables that tasks run and somebody waits for together, each counted when it ends.

use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::exceptions::{PyException, PyRuntimeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::coroutine::step;
use crate::dispatch::{Resume, awaitable};
use crate::py::calls::{self, Step};
use crate::py::errors::followed_by;
use crate::py::lock::Lock;
use crate::py::{names, tasks};

/// How many awaitables have yet to end, and the future of whoever waits for that.
///
/// `asyncio.gather` has the loop call a function of each task's: a quarter of what a task costs
/// (bench `abatch1000.h1_async`). Who waits is told here by the last that ends, or by the first
/// that fails.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Tally {
    event_loop: Py<PyAny>,
    /// Gets the number of the first that fails, or `None` when all have ended.
    #[pyo3(get)]
    ended: Py<PyAny>,
    left: AtomicUsize,
    /// Whether an `Exception` is an end like any other.
    lenient: bool,
}

#[pymethods]
impl Tally {
    #[new]
    fn new(event_loop: &Bound<'_, PyAny>, count: usize, lenient: bool) -> PyResult<Self> {
        let ended = calls::method(event_loop, names::create_future(event_loop.py()), &[])?;
        Ok(Self {
            event_loop: event_loop.clone().unbind(),
            ended: ended.unbind(),
            left: AtomicUsize::new(count),
            lenient,
        })
    }

    /// Makes what a task runs of an awaitable and its number.
    fn counted<'py>(
        slf: &Bound<'py, Self>,
        number: usize,
        awaitable: &Bound<'py, PyAny>,
    ) -> PyResult<Counted> {
        Ok(Counted {
            tally: slf.clone().unbind(),
            number,
            iterator: Lock::new(Some(calls::await_iterator(awaitable)?.unbind())),
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        visit.call(&self.ended)
    }
}

impl Tally {
    /// Counts an end; `failed` is the number of what failed.
    fn count(&self, py: Python<'_>, failed: Option<usize>) -> PyResult<()> {
        let left = self.left.fetch_sub(1, Ordering::AcqRel) - 1;
        if left > 0 && failed.is_none() {
            return Ok(());
        }
        // It is done already if something failed before, or if who waits was cancelled.
        let ended = self.ended.bind(py);
        if !calls::method(ended, names::done(py), &[])?.is_truthy()? {
            let failed = failed.into_pyobject(py)?;
            calls::method(ended, names::set_result(py), &[&failed])?;
        }
        Ok(())
    }
}

/// An awaitable whose end is counted. It ends as what it awaits does.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Counted {
    tally: Py<Tally>,
    number: usize,
    iterator: Lock<Option<Py<PyAny>>>,
}

impl Counted {
    fn is_waiting(&self, py: Python<'_>) -> bool {
        self.iterator.lock(py).is_some()
    }

    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let taken = self.iterator.lock(py).take();
        let Some(iterator) = taken else {
            return Err(match input {
                Resume::Send(_) => PyRuntimeError::new_err(
                    "this item of a batch has ended, or is being awaited by its task",
                ),
                Resume::Throw(error) => error,
            });
        };
        let outcome = match step(iterator.bind(py), input) {
            Ok(Step::Yielded(yielded)) => {
                *self.iterator.lock(py) = Some(iterator);
                return Ok(Step::Yielded(yielded));
            }
            Ok(Step::Returned(value)) => Ok(value),
            Err(error) => Err(error),
        };
        let tally = self.tally.get();
        let is_failure = match &outcome {
            // A task that was cancelled in its last step ends as cancelled, whatever it returns.
            Ok(_) => tasks::is_to_be_cancelled(tally.event_loop.bind(py))?,
            Err(error) => !(tally.lenient && error.is_instance_of::<PyException>(py)),
        };
        let counted = tally.count(py, is_failure.then_some(self.number));
        followed_by(py, counted, outcome).map(Step::Returned)
    }
}

awaitable!(Counted);

#[pymethods]
impl Counted {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.tally)?;
        let iterator = self.iterator.visited(&visit);
        let iterator = iterator.as_deref().and_then(Option::as_ref);
        iterator.map_or(Ok(()), |one| visit.call(one))
    }
}
