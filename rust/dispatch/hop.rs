//! A call on a worker thread, which async code awaits. The threads are Python's: see
//! `ferrule.callbacks.workers`.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::exceptions::{PyBaseException, PyRuntimeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::awaiting::{Resume, awaitable};
use crate::py::calls::{self, Outcall, Step};
use crate::py::errors::{Kept, kept, released};
use crate::py::{imports, names};

/// A call on its way to a worker thread and back: a future, to `asyncio`.
///
/// It cannot be cancelled, as a thread cannot be stopped: whoever awaits it and is cancelled is
/// told that when the call is through. The thread itself puts who waits into the loop's queue,
/// which is one turn of the loop less than by a future of the loop's.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Hop {
    event_loop: Py<PyAny>,
    state: Mutex<State>,
    /// The loop's own protocol: whether this was handed out to be waited for.
    blocking: AtomicBool,
}

/// How long a loop's thread waits for a short call, at most. To let it sleep and wake it up again
/// takes 20 to 25 µs on an idle processor; the thread that makes the call needs as long to begin.
const LINGER: Duration = Duration::from_micros(60);

struct State {
    /// What is called; taken out by the thread.
    work: Option<Py<PyAny>>,
    outcome: Option<Kept<Py<PyAny>>>,
    /// Whether the outcome may be seen.
    reported: bool,
    callbacks: Vec<Callback>,
}

/// What is to be called when the outcome is there, with the keywords of that call.
struct Callback {
    function: Py<PyAny>,
    keywords: Option<Py<PyDict>>,
}

impl Hop {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, py: Python<'_>, outcome: PyResult<Bound<'_, PyAny>>) {
        self.lock().outcome = Some(kept(py, outcome.map(Bound::unbind)));
    }

    /// Adds what is to be called when the outcome is there; on the loop's thread. It may be there
    /// already: then the loop is not woken from another thread, which takes it two system calls.
    fn wait(this: &Bound<'_, Self>, callbacks: impl IntoIterator<Item = Callback>) {
        let late = {
            let mut state = this.get().lock();
            state.callbacks.extend(callbacks);
            if !state.reported {
                return;
            }
            std::mem::take(&mut state.callbacks)
        };
        Self::schedule(this, late, pyo3::intern!(this.py(), "call_soon"));
    }

    fn outcome(&self, py: Python<'_>) -> PyResult<Kept<Py<PyAny>>> {
        let state = self.lock();
        match state.outcome.as_ref().filter(|_| state.reported) {
            Some(Ok(value)) => Ok(Ok(value.clone_ref(py))),
            Some(Err(error)) => Ok(Err(error.clone_ref(py))),
            None => Err(PyRuntimeError::new_err("a worker is at this call")),
        }
    }

    /// Has the loop call functions with this, by the method of its for that.
    fn schedule(this: &Bound<'_, Self>, all: Vec<Callback>, method: &Bound<'_, PyString>) {
        for callback in all {
            if let Err(error) = Self::schedule_one(this, callback, method) {
                error.write_unraisable(this.py(), Some(this));
            }
        }
    }

    fn schedule_one(
        this: &Bound<'_, Self>,
        callback: Callback,
        method: &Bound<'_, PyString>,
    ) -> PyResult<()> {
        let py = this.py();
        let event_loop = this.get().event_loop.bind(py);
        let keywords = callback.keywords.as_ref().map(|keywords| keywords.bind(py));
        let scheduled = event_loop
            .getattr(method)?
            .call_out_with((callback.function, this), keywords);
        match scheduled {
            Err(error) => {
                // Nobody waits in a loop that was closed.
                let is_closed = pyo3::intern!(py, "is_closed");
                let is_closed = calls::method(event_loop, is_closed, &[])?.is_truthy()?;
                if is_closed { Ok(()) } else { Err(error) }
            }
            Ok(_) => Ok(()),
        }
    }
}

#[pymethods]
impl Hop {
    #[new]
    fn new(event_loop: Py<PyAny>, work: Py<PyAny>) -> Self {
        Self {
            event_loop,
            state: Mutex::new(State {
                work: Some(work),
                outcome: None,
                reported: false,
                callbacks: Vec::new(),
            }),
            blocking: AtomicBool::new(false),
        }
    }

    /// Waits for a short call, without the interpreter; returns whether it is through.
    fn linger(&self, py: Python<'_>) -> bool {
        calls::detached(py, || {
            let start = Instant::now();
            loop {
                if self.done() {
                    return true;
                }
                if start.elapsed() > LINGER {
                    return false;
                }
                std::thread::yield_now();
            }
        })
    }

    /// Makes the call, on the worker thread, and keeps what comes of it. A call that was begun is
    /// not made again.
    pub(super) fn run(&self, py: Python<'_>) {
        let Some(work) = self.lock().work.take() else {
            return;
        };
        let outcome =
            imports::on_behalf_of(py).and_then(|call| call.call_out((&self.event_loop, work)));
        self.keep(py, outcome);
    }

    /// Wakes who waits for the outcome; on any thread.
    fn report(slf: &Bound<'_, Self>) {
        let callbacks = {
            let mut state = slf.get().lock();
            state.reported = true;
            std::mem::take(&mut state.callbacks)
        };
        let method = pyo3::intern!(slf.py(), "call_soon_threadsafe");
        Self::schedule(slf, callbacks, method);
    }

    /// Takes over how the future of an executor ended, which has made the call unless it broke.
    fn follow(slf: &Bound<'_, Self>, future: &Bound<'_, PyAny>) {
        let py = slf.py();
        if let Err(error) = calls::method(future, names::result(py), &[]) {
            slf.get().keep(py, Err(error));
        }
        Self::report(slf);
    }

    fn done(&self) -> bool {
        self.lock().reported
    }

    /// Returns or raises the outcome.
    fn result<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        released(py, self.outcome(py)?).map(|value| value.into_bound(py))
    }

    /// Returns what the call raised, if it did.
    fn exception<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBaseException>>> {
        let raised = self.outcome(py)?.err();
        Ok(raised.map(|error| error.into_bound(py)))
    }

    /// Refuses: the thread goes on.
    #[pyo3(signature = (msg=None))]
    #[allow(unused_variables, clippy::unused_self, reason = "a method of futures")]
    fn cancel(&self, msg: Option<&Bound<'_, PyAny>>) -> bool {
        false
    }

    #[allow(clippy::unused_self, reason = "a method of futures")]
    fn cancelled(&self) -> bool {
        false
    }

    fn get_loop<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.event_loop.bind(py).clone()
    }

    /// Has the loop call a function with this when the outcome is there; on the loop's thread.
    #[pyo3(signature = (function, /, **keywords))]
    fn add_done_callback(
        slf: &Bound<'_, Self>,
        function: Py<PyAny>,
        keywords: Option<Bound<'_, PyDict>>,
    ) {
        let keywords = keywords.map(Bound::unbind);
        Self::wait(slf, [Callback { function, keywords }]);
    }

    /// Forgets a function that was to be called; returns how often it was.
    fn remove_done_callback(slf: &Bound<'_, Self>, function: &Bound<'_, PyAny>) -> PyResult<usize> {
        let py = function.py();
        let callbacks = std::mem::take(&mut slf.get().lock().callbacks);
        let mut kept = Vec::with_capacity(callbacks.len());
        let count = callbacks.len();
        for callback in callbacks {
            if !callback.function.bind(py).eq(function)? {
                kept.push(callback);
            }
        }
        let removed = count - kept.len();
        Self::wait(slf, kept);
        Ok(removed)
    }

    #[getter(_asyncio_future_blocking)]
    fn is_blocking(&self) -> bool {
        self.blocking.load(Ordering::Acquire)
    }

    #[setter(_asyncio_future_blocking)]
    fn set_blocking(&self, blocking: bool) {
        self.blocking.store(blocking, Ordering::Release);
    }

    fn __await__(slf: &Bound<'_, Self>) -> Wait {
        Wait {
            hop: slf.clone().unbind(),
            suspended: AtomicBool::new(false),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        let Ok(state) = self.state.try_lock() else {
            return Ok(());
        };
        if let Some(work) = &state.work {
            visit.call(work)?;
        }
        match &state.outcome {
            Some(Ok(value)) => visit.call(value)?,
            Some(Err(error)) => visit.call(error)?,
            None => {}
        }
        for callback in &state.callbacks {
            visit.call(&callback.function)?;
            if let Some(keywords) = &callback.keywords {
                visit.call(keywords)?;
            }
        }
        Ok(())
    }
}

/// Somebody who waits for a call on a worker thread.
///
/// A call may be through before anybody waits for it. The loop turns all the same: who makes one
/// call after the other would let nobody else on otherwise.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Wait {
    hop: Py<Hop>,
    suspended: AtomicBool,
}

impl Wait {
    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let hop = self.hop.bind(py);
        match input {
            Resume::Throw(error) => Err(error),
            Resume::Send(_) if self.suspended.swap(true, Ordering::AcqRel) && hop.get().done() => {
                hop.get().result(py).map(Step::Returned)
            }
            Resume::Send(_) => {
                hop.get().set_blocking(true);
                Ok(Step::Yielded(hop.clone().into_any()))
            }
        }
    }

    /// There is nothing to interrupt: the thread goes on.
    #[allow(clippy::unused_self, reason = "asked by `awaitable!`")]
    fn is_waiting(&self, _py: Python<'_>) -> bool {
        false
    }
}

awaitable!(Wait);

#[pymethods]
impl Wait {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.hop)
    }
}
