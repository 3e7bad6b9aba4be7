//! Start, chunks, end or error: one run whose output is handed out piece by piece.
//!
//! Each piece is made inside of the run's context. A consumer that stops early ends the run with
//! what was produced so far.

use pyo3::exceptions::{PyStopIteration, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::chunks::{self, InputTap};
use super::coroutine::Source;
use super::record::Record;
use super::stream_body::StreamBody;
use super::upstream::Upstream;
use crate::config::Given;
use crate::dispatch::{thrown, wrapped};
use crate::py::calls::Outcall;
use crate::py::cell::Lazy;
use crate::py::entry::attached;
use crate::py::errors::{followed_by, from_destructor};
use crate::py::finalizing::Abandoned;
use crate::py::lock::{Guard, Lock};
use crate::py::slots::Iterates;
use crate::py::{calls, names};
use crate::runs::Run;

/// A stream that is open.
struct Open {
    run: Run,
    iterator: Py<PyAny>,
    tap: Option<Py<InputTap>>,
    /// What was handed out, if an end or error event will tell of it.
    produced: Option<Record>,
}

impl Open {
    /// The next chunk of the run's generator, `None` at its end.
    ///
    /// Made within a slot of the interpreter's: nothing is dropped here.
    #[allow(
        clippy::inline_always,
        reason = "no frame between a generator and what it reads: see `slots`"
    )]
    #[inline(always)]
    fn chunk<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let _entered = self.run.context.enter(py)?;
        let chunk = calls::next(self.iterator.bind(py))?;
        if let (Some(chunk), Some(produced)) = (&chunk, &self.produced) {
            produced.note(chunk)?;
        }
        Ok(chunk)
    }

    /// Raises an exception in the run's generator.
    fn throw<'py>(&mut self, py: Python<'py>, error: PyErr) -> PyResult<Bound<'py, PyAny>> {
        let _entered = self.run.context.enter(py)?;
        let chunk = chunks::throw(self.iterator.bind(py), error)?;
        if let Some(produced) = &self.produced {
            produced.note(&chunk)?;
        }
        Ok(chunk)
    }
}

enum State {
    Fresh,
    Open(Box<Open>),
    Closed,
}

/// The output of a run, piece by piece. Like a generator it starts when it is first read, and
/// `close()` ends it.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct StreamRun {
    source: Source,
    body: StreamBody,
    /// Locked while a chunk is made or the stream is closed. Never waited for: who finds it
    /// locked is a second reader.
    state: Lock<State>,
    /// The sum that the end event told, and of how many chunks it is.
    told: Lazy<(usize, Py<PyAny>)>,
}

impl StreamRun {
    pub(crate) fn new(
        py: Python<'_>,
        source: Source,
        body: StreamBody,
    ) -> PyResult<Bound<'_, Self>> {
        let stream = Self {
            source,
            body,
            state: Lock::new(State::Fresh),
            told: Lazy::new(),
        };
        Bound::new(py, stream)
    }

    /// The stream, unless a chunk is being made or it is being closed.
    fn claim(&self, py: Python<'_>) -> PyResult<Guard<'_, State>> {
        let state = self.state.try_lock(py);
        state.ok_or_else(|| PyValueError::new_err("the stream is already being read"))
    }

    /// What the end event told, if that is the sum of this many chunks.
    pub(crate) fn told_sum(&self, chunks: usize) -> Option<&Py<PyAny>> {
        let (told, sum) = self.told.get()?;
        (*told == chunks).then_some(sum)
    }

    /// Opens the run. The first input is pulled before, so that what makes it is no child.
    fn open(&self, py: Python<'_>) -> PyResult<Box<Open>> {
        let inputs = match &self.body.inputs {
            Some(inputs) => Some(Upstream::over(inputs.bind(py))?),
            None => None,
        };
        let first = match &inputs {
            Some(inputs) => inputs.next(py)?,
            None => None,
        };
        let launch = self.source.get();
        let mut given = Given::default();
        let run = launch.prepare(py, &mut given)?;
        let keep = run.hears(py, run.kind.end()) || run.hears(py, run.kind.error());
        let tap = match inputs {
            Some(inputs) => {
                let first = first.map(Bound::unbind);
                Some(InputTap::new(py, inputs, first, keep)?.unbind())
            }
            None => None,
        };
        let mut open = Box::new(Open {
            run,
            iterator: py.None(),
            tap,
            produced: (keep && self.body.keeps).then(|| Record::new(py)),
        });
        let context = open.run.context.clone_ref(py);
        let _entered = context.enter(py)?;
        open.run.make_current(py)?;
        let input = open.tap.as_ref().map(|tap| tap.bind(py).as_any().clone());
        let begun = open
            .run
            .announce(py, given.run_name.as_ref(), launch.start(py))
            .and_then(|()| self.begin(py, &open.run, input.as_ref()));
        match begun {
            Ok(iterator) => open.iterator = iterator.unbind(),
            Err(error) => self.stop(py, &open, Err(error))?,
        }
        Ok(open)
    }

    fn begin<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        input: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let chunks = self.body.begin(py, run, input, false)?;
        let iterator = chunks.try_iter()?.into_any();
        match run.tap(py)? {
            None => Ok(iterator),
            Some(handler) => handler
                .call_method_out(names::tap_output_iter(py), (run.id(py)?, iterator))?
                .try_iter()
                .map(Bound::into_any),
        }
    }

    /// Ends the run with what was produced, in its context.
    fn end(&self, py: Python<'_>, open: &Open) -> PyResult<()> {
        if open.run.told().is_none() || open.run.has_ended() {
            open.run.claim_end(py);
            return Ok(());
        }
        let payload = match self.body.payload(py, open.produced.as_ref()) {
            Ok(payload) => payload,
            Err(error) => return Err(self.fail(py, open, error)),
        };
        if let Some(produced) = open.produced.as_ref().filter(|_| self.body.tells_sum()) {
            let told = (produced.len(py), payload.clone().unbind());
            self.told.offer(told);
        }
        let extra = match chunks::inputs_extra(py, open.tap.as_ref()) {
            Ok(Some(extra)) => Some(extra),
            Ok(None) => self.source.get().end_extra(py),
            Err(error) => return Err(self.fail(py, open, error)),
        };
        open.run.end(py, &payload, extra.as_ref())
    }

    /// Closes the run with an exception, in its context; returns the exception to raise.
    fn fail(&self, py: Python<'_>, open: &Open, error: PyErr) -> PyErr {
        if open.run.told().is_none() || open.run.has_ended() {
            open.run.claim_end(py);
            return error;
        }
        let extra = if let Ok(Some(extra)) = chunks::inputs_extra(py, open.tap.as_ref()) {
            Some(extra)
        } else {
            let produced = open.produced.as_ref();
            let produced = produced.map_or_else(|| PyList::empty(py), |all| all.list(py));
            let produced = Some(produced.into_any());
            self.source.get().error_extra(py, &error, produced)
        };
        open.run.fail(py, error, extra.as_ref())
    }

    /// Ends the run of a stream that has no chunk any more, or whose generator failed.
    fn finish<'py>(
        &self,
        py: Python<'py>,
        open: &Open,
        outcome: PyResult<Option<Bound<'py, PyAny>>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let _entered = open.run.context.enter(py)?;
        let drained = match (&outcome, &open.tap) {
            (Ok(_), Some(tap)) => tap.get().drain(py),
            _ => Ok(()),
        };
        match drained.and(outcome) {
            Ok(_) => self.end(py, open).map(|()| None),
            Err(error) => self.stop(py, open, Err(error)),
        }
    }

    /// Closes the run of a stream whose generator let an exception out that was thrown into it.
    fn finish_thrown<T>(&self, py: Python<'_>, open: &Open, error: PyErr) -> PyResult<T> {
        let _entered = open.run.context.enter(py)?;
        if error.is_instance_of::<PyStopIteration>(py) {
            self.end(py, open)?;
            return Err(error);
        }
        self.stop(py, open, Err(error))
    }

    /// Closes an open stream that nobody reads further.
    fn leave(&self, py: Python<'_>, open: &Open) -> PyResult<()> {
        let _entered = open.run.context.enter(py)?;
        self.stop(py, open, Ok(()))
    }

    /// Closes the stream from a destructor, if it is open.
    fn let_go(&self, state: &State) {
        if let State::Open(open) = state {
            from_destructor(|py| self.leave(py, open));
        }
    }

    /// Stops the stream's generator, what that reads, and then the run, in its context. The run
    /// ends with `outcome` unless stopping fails.
    fn stop<T>(&self, py: Python<'_>, open: &Open, outcome: PyResult<T>) -> PyResult<T> {
        let mut closed = chunks::close(open.iterator.bind(py));
        if let Some(tap) = &open.tap {
            closed = closed.and(tap.get().upstream().close(py));
        }
        match followed_by(py, closed, outcome) {
            Ok(value) => self.end(py, open).map(|()| value),
            Err(error) => Err(self.fail(py, open, error)),
        }
    }

    /// The next chunk, `None` at the end.
    #[allow(
        clippy::inline_always,
        reason = "no frame between a generator and what it reads: see `slots`"
    )]
    #[inline(always)]
    pub(crate) fn next_chunk<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut state = self.claim(py)?;
        let State::Open(open) = &mut *state else {
            return attached(py, || self.first_chunk(py, &mut state));
        };
        match open.chunk(py) {
            Ok(Some(chunk)) => Ok(Some(chunk)),
            outcome => attached(py, || self.last_chunk(py, &mut state, outcome)),
        }
    }

    /// Opens a stream that was not read yet, and makes its first chunk; `None` if it is closed.
    #[cold]
    fn first_chunk<'py>(
        &self,
        py: Python<'py>,
        state: &mut State,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let State::Fresh = std::mem::replace(state, State::Closed) else {
            return Ok(None);
        };
        let _level = calls::Level::enter(py)?;
        let mut open = self.open(py).map_err(|error| no_end(py, error))?;
        let outcome = open.chunk(py);
        *state = State::Open(open);
        match outcome {
            Ok(Some(chunk)) => Ok(Some(chunk)),
            outcome => self.last_chunk(py, state, outcome),
        }
    }

    /// Closes a stream that had no chunk any more, or whose generator failed.
    #[cold]
    fn last_chunk<'py>(
        &self,
        py: Python<'py>,
        state: &mut State,
        outcome: PyResult<Option<Bound<'py, PyAny>>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        match std::mem::replace(state, State::Closed) {
            State::Open(open) => self
                .finish(py, &open, outcome)
                .map_err(|error| no_end(py, error)),
            State::Fresh | State::Closed => outcome,
        }
    }
}

/// An exception that a hook or body raised, which must not read as the end of the stream (PEP 479).
fn no_end(py: Python<'_>, error: PyErr) -> PyErr {
    if error.is_instance_of::<PyStopIteration>(py) {
        wrapped(py, error, "stream raised StopIteration")
    } else {
        error
    }
}

impl Iterates for StreamRun {
    #[inline]
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.next_chunk(py)
    }
}

#[pymethods]
impl StreamRun {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.next_chunk(py)
    }

    /// Stops the stream: the run ends with what was produced so far, after the runs below it.
    pub(crate) fn close(&self, py: Python<'_>) -> PyResult<()> {
        let mut state = self.claim(py)?;
        match std::mem::replace(&mut *state, State::Closed) {
            State::Open(open) => self.leave(py, &open),
            State::Fresh | State::Closed => Ok(()),
        }
    }

    /// Raises an exception in the stream's generator.
    #[pyo3(signature = (kind, value=None, traceback=None))]
    fn throw<'py>(
        &self,
        kind: Bound<'py, PyAny>,
        value: Option<Bound<'py, PyAny>>,
        traceback: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = kind.py();
        let error = thrown(kind, value, traceback)?;
        let mut state = self.claim(py)?;
        let outcome = match &mut *state {
            State::Open(open) => open.throw(py, error),
            State::Fresh | State::Closed => Err(error),
        };
        let Err(error) = outcome else {
            return outcome;
        };
        match std::mem::replace(&mut *state, State::Closed) {
            State::Open(open) => self.finish_thrown(py, &open, error),
            State::Fresh | State::Closed => Err(error),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.source.traverse(&visit)?;
        self.body.traverse(&visit)?;
        if let Some((_, sum)) = self.told.get() {
            visit.call(sum)?;
        }
        let Some(state) = self.state.visited(&visit) else {
            return Ok(());
        };
        if let State::Open(open) = &*state {
            open.run.traverse(&visit)?;
            visit.call(&open.iterator)?;
            if let Some(tap) = &open.tap {
                visit.call(tap)?;
            }
            if let Some(produced) = &open.produced {
                produced.traverse(&visit)?;
            }
        }
        Ok(())
    }
}

impl Abandoned for StreamRun {
    /// A stream that nobody reads to its end is closed when it is let go, as a generator is.
    fn abandon(&self, py: Python<'_>) {
        let Ok(mut state) = self.claim(py) else {
            return;
        };
        let taken = std::mem::replace(&mut *state, State::Closed);
        drop(state);
        self.let_go(&taken);
    }
}

impl Drop for StreamRun {
    fn drop(&mut self) {
        let state = std::mem::replace(self.state.get_mut(), State::Closed);
        self.let_go(&state);
    }
}
