//! An async stream as objects: the iterator, and one chunk of it, or its closing, to be awaited.

use pyo3::exceptions::{PyGeneratorExit, PyRuntimeError, PyStopAsyncIteration};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::astream::{Shared, Turn, Want};
use super::coroutine::Source;
use super::stream_body::StreamBody;
use crate::dispatch::{Resume, awaitable, wrapped};
use crate::py::calls::{Outcall, Step};
use crate::py::errors::{from_destructor, generator_exit};
use crate::py::finalizing::Abandoned;
use crate::py::imports;
use crate::py::lock::Lock;
use crate::runs::current_scope;

/// The output of a run in async code, piece by piece. Like an async generator it starts when it
/// is first read, and `aclose()` ends it.
#[pyclass(frozen, weakref, module = "ferrule._core")]
pub(crate) struct AsyncStreamRun {
    shared: Lock<Option<Box<Shared>>>,
}

impl AsyncStreamRun {
    pub(crate) fn new(
        py: Python<'_>,
        source: Source,
        body: StreamBody,
    ) -> PyResult<Bound<'_, Self>> {
        let shared = Some(Box::new(Shared::new(source, body)));
        Bound::new(
            py,
            Self {
                shared: Lock::new(shared),
            },
        )
    }
}

#[pymethods]
impl AsyncStreamRun {
    fn __aiter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    /// The next chunk, to be awaited.
    fn __anext__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, StreamStep>> {
        let fresh = slf
            .get()
            .shared
            .lock(slf.py())
            .as_ref()
            .is_some_and(|shared| shared.is_fresh());
        if fresh {
            // As for an async generator: its event loop closes it if nobody else does.
            // What is read within a run is closed by that run's body, before the run ends.
            let outermost = current_scope(slf.py())?.is_none_or(|scope| scope.get().id.is_none());
            let finalizer = imports::adopt_stream(slf.py())?.call_out((slf, outermost))?;
            if let Some(shared) = slf.get().shared.lock(slf.py()).as_mut() {
                shared.finalizer = (!finalizer.is_none()).then(|| finalizer.unbind());
            }
        }
        StreamStep::new(slf, Want::Chunk)
    }

    /// Stops the stream, to be awaited: the run ends with what was produced so far, after the
    /// runs below it.
    fn aclose<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, StreamStep>> {
        StreamStep::new(slf, Want::Close)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let shared = self.shared.visited(&visit);
        let shared = shared.as_deref().and_then(Option::as_ref);
        shared.map_or(Ok(()), |shared| shared.traverse(&visit))
    }
}

impl Abandoned for AsyncStreamRun {
    /// A stream that nobody reads to its end is closed by the loop that read it, as an async
    /// generator is. One that is let go again was not: its run ends here, for sync handlers.
    fn abandon(&self, py: Python<'_>) {
        // One that waits for something is closed by the step that waits.
        let idle = self.shared.lock(py).take_if(|shared| shared.is_idle());
        let_go(idle);
    }
}

impl Drop for AsyncStreamRun {
    fn drop(&mut self) {
        let_go(self.shared.get_mut().take_if(|shared| shared.is_idle()));
    }
}

/// Has a stream closed that nobody reads any more.
fn let_go(idle: Option<Box<Shared>>) {
    let Some(mut shared) = idle else {
        return;
    };
    from_destructor(|py| {
        if shared.abandoned {
            return shared.end_here(py, generator_exit(py));
        }
        shared.abandoned = true;
        let finalizer = shared.finalizer.as_ref().map(|f| f.clone_ref(py));
        let shared = Lock::new(Some(shared));
        let successor = Bound::new(py, AsyncStreamRun { shared })?;
        let close = imports::close_abandoned(py)?;
        close.call_out((successor, finalizer)).map(drop)
    });
}

/// One chunk, or the closing, of an async stream; to be awaited.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct StreamStep {
    stream: Py<AsyncStreamRun>,
    want: Want,
    progress: Lock<Progress>,
}

/// How far the awaiting of a step is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Fresh,
    /// The stream waits for something on behalf of this step.
    Waiting,
    Done,
}

impl StreamStep {
    pub(super) fn new<'py>(
        stream: &Bound<'py, AsyncStreamRun>,
        want: Want,
    ) -> PyResult<Bound<'py, Self>> {
        let step = Self {
            stream: stream.clone().unbind(),
            want,
            progress: Lock::new(Progress::Fresh),
        };
        Bound::new(stream.py(), step)
    }

    /// Takes the stream's state, if it is this step's turn: while the stream waits on behalf of
    /// one step, no other goes on with that wait.
    fn take(&self, py: Python<'_>, progress: Progress) -> PyResult<Box<Shared>> {
        if progress == Progress::Done {
            return Err(PyRuntimeError::new_err(
                "this was awaited already; ask the stream for the next chunk",
            ));
        }
        let mut state = self.stream.get().shared.lock(py);
        let is_own =
            |shared: &mut Box<Shared>| progress == Progress::Waiting || !shared.is_waiting();
        state.take_if(is_own).ok_or_else(|| {
            PyRuntimeError::new_err(
                "the stream is being read or closed elsewhere; await that first",
            )
        })
    }

    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let progress = std::mem::replace(&mut *self.progress.lock(py), Progress::Done);
        let input = match input {
            // Nothing was begun that could be interrupted.
            Resume::Throw(error) if progress != Progress::Waiting => return Err(error),
            input => input,
        };
        let exit = match &input {
            Resume::Throw(error) if error.is_instance_of::<PyGeneratorExit>(py) => {
                Some(error.clone_ref(py))
            }
            _ => None,
        };
        let mut shared = self.take(py, progress)?;
        let mut turn = shared.advance(py, self.want, input);
        if let (Some(exit), Ok(Turn::Waiting(_))) = (exit, &turn) {
            // The handlers are being told; nobody is left to wait for that.
            shared.give_up();
            turn = Ok(Turn::Over(Err(exit)));
        }
        *self.stream.get().shared.lock(py) = Some(shared);
        match turn? {
            Turn::Waiting(yielded) => {
                *self.progress.lock(py) = Progress::Waiting;
                Ok(Step::Yielded(yielded))
            }
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

    fn is_waiting(&self, py: Python<'_>) -> bool {
        *self.progress.lock(py) == Progress::Waiting
    }
}

impl Abandoned for StreamStep {
    /// What nobody awaits to its end is interrupted when it is let go, as a coroutine is.
    fn abandon(&self, py: Python<'_>) {
        if self.is_waiting(py) {
            from_destructor(|py| self.close(py));
        }
    }
}

impl Drop for StreamStep {
    fn drop(&mut self) {
        if *self.progress.get_mut() == Progress::Waiting {
            from_destructor(|py| self.close(py));
        }
    }
}

awaitable!(StreamStep);

#[pymethods]
impl StreamStep {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.stream)
    }
}
