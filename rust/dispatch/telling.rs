//! An event, or anything else of a run, as an object to be awaited in the run's context.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::awaiting::{Resume, awaitable, resume};
use super::{Delivery, Notice, Progress};
use crate::py::calls::{self, Step};
use crate::py::context::RunContext;
use crate::py::lock::Lock;

/// Something to await for an event to be told; what the run managers of async code return.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Telling {
    work: Lock<Option<Work>>,
    /// The run's context, entered around each step.
    context: Option<RunContext>,
    suspended: AtomicBool,
}

/// What is awaited.
#[allow(
    clippy::large_enum_variant,
    reason = "a box would be one more allocation for each event"
)]
enum Work {
    Delivery(Delivery),
    /// Any awaitable's iterator, driven in the run's context.
    Other(Py<PyAny>),
}

impl Telling {
    /// Tells the note when it is awaited; nothing at all if nobody hears it.
    pub(crate) fn new<'py>(
        py: Python<'py>,
        note: Option<Notice<'py>>,
    ) -> PyResult<Bound<'py, Self>> {
        Self::of(py, note, None)
    }

    /// The same in a run's context.
    pub(crate) fn of<'py>(
        py: Python<'py>,
        note: Option<Notice<'py>>,
        context: Option<RunContext>,
    ) -> PyResult<Bound<'py, Self>> {
        let delivery = note.map(Delivery::of).map(Work::Delivery);
        Self::on(py, delivery, context)
    }

    /// Drives an awaitable in the run's context.
    pub(crate) fn within<'py>(
        py: Python<'py>,
        awaitable: &Bound<'py, PyAny>,
        context: RunContext,
    ) -> PyResult<Bound<'py, Self>> {
        let iterator = calls::await_iterator(awaitable)?.unbind();
        Self::on(py, Some(Work::Other(iterator)), Some(context))
    }

    fn on(
        py: Python<'_>,
        work: Option<Work>,
        context: Option<RunContext>,
    ) -> PyResult<Bound<'_, Self>> {
        let telling = Self {
            work: Lock::new(work),
            context,
            suspended: AtomicBool::new(false),
        };
        Bound::new(py, telling)
    }

    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let nothing = || Step::Returned(py.None().into_bound(py));
        let taken = self.work.lock(py).take();
        let Some(mut work) = taken else {
            return match input {
                Resume::Send(_) => Ok(nothing()),
                Resume::Throw(error) => Err(error),
            };
        };
        let _entered = self
            .context
            .as_ref()
            .map(|context| context.enter(py))
            .transpose()?;
        let step = match &mut work {
            Work::Delivery(delivery) => match delivery.resume(py, input)? {
                Progress::Waiting(yielded) => Step::Yielded(yielded),
                Progress::Told(result) => result.map(|()| nothing())?,
            },
            Work::Other(iterator) => resume(iterator.bind(py), input)?,
        };
        if matches!(step, Step::Yielded(_)) {
            *self.work.lock(py) = Some(work);
            self.suspended.store(true, Ordering::Release);
        }
        Ok(step)
    }

    fn is_suspended(&self, py: Python<'_>) -> bool {
        self.suspended.load(Ordering::Acquire) && self.is_waiting(py)
    }

    fn is_waiting(&self, py: Python<'_>) -> bool {
        self.work.lock(py).is_some()
    }
}

awaitable!(Telling, alone);

#[pymethods]
impl Telling {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(context) = &self.context {
            visit.call(context.object())?;
        }
        let work = self.work.visited(&visit);
        match work.as_deref().and_then(Option::as_ref) {
            Some(Work::Delivery(delivery)) => delivery.traverse(&visit),
            Some(Work::Other(iterator)) => visit.call(iterator),
            None => Ok(()),
        }
    }
}
