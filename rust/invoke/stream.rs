//! Start, chunks, end or error: one run whose output is handed out piece by piece.
//!
//! Each piece is made inside of the run's context. A consumer that stops early ends the run with
//! what was produced so far.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyStopIteration, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::call::Body;
use super::chunks::{self, InputTap};
use super::coroutine::Source;
use crate::dispatch::{thrown, wrapped};
use crate::py::calls::Outcall;
use crate::py::code::{self, Accepts};
use crate::py::errors::{after, from_destructor};
use crate::py::finalizing::Abandoned;
use crate::py::{calls, names, objects};
use crate::runs::{Run, handle};

/// How a stream makes its chunks.
pub(crate) struct StreamBody {
    pub(crate) function: Py<PyAny>,
    pub(crate) accepts: Accepts,
    pub(crate) kwargs: Option<Py<PyDict>>,
    /// What a transform reads; `None` for a function of the run manager.
    pub(crate) inputs: Option<Py<PyAny>>,
    /// Makes the end event's payload of the chunks; their sum without it.
    pub(crate) finish: Option<Py<PyAny>>,
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
            function: body.clone().unbind(),
            accepts: Accepts::default(),
            kwargs: None,
            inputs: None,
            finish: Some(finish.clone().unbind()),
            keeps,
        }
    }

    /// Calls the function, with the input as it is to see it.
    pub(crate) fn begin<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        input: Option<&Bound<'py, PyAny>>,
        is_async: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Some(input) = input else {
            return self
                .function
                .bind(py)
                .call_out((handle::of_run(py, run, is_async)?,));
        };
        let body = Body {
            function: self.function.bind(py),
            accepts: self.accepts,
            kwargs: self.kwargs.as_ref().map(|kwargs| kwargs.bind(py)),
        };
        body.call(run, input, is_async)
    }

    /// What the end event says.
    pub(crate) fn payload<'py>(
        &self,
        py: Python<'py>,
        produced: &[Py<PyAny>],
    ) -> PyResult<Bound<'py, PyAny>> {
        match &self.finish {
            Some(finish) => finish.bind(py).call_out((PyList::new(py, produced)?,)),
            None => chunks::sum(py, produced),
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        for object in [&self.inputs, &self.finish].into_iter().flatten() {
            visit.call(object)?;
        }
        self.kwargs
            .as_ref()
            .map_or(Ok(()), |kwargs| visit.call(kwargs))
    }
}

/// The keywords of a transform, for either colour.
pub(crate) fn transform_body<'py>(
    transformer: &Bound<'py, PyAny>,
    inputs: &Bound<'py, PyAny>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<StreamBody> {
    Ok(StreamBody {
        function: transformer.clone().unbind(),
        accepts: code::accepts(transformer)?,
        kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
        inputs: Some(inputs.clone().unbind()),
        finish: None,
        keeps: true,
    })
}

/// A stream that is open.
struct Open {
    run: Run,
    iterator: Py<PyAny>,
    tap: Option<Py<InputTap>>,
    /// What was handed out, if an end or error event will tell of it.
    produced: Option<Vec<Py<PyAny>>>,
}

enum State {
    Fresh,
    Open(Box<Open>),
    /// A chunk is being made, or the stream is being closed.
    Busy,
    Closed,
}

/// The output of a run, piece by piece. Like a generator it starts when it is first read, and
/// `close()` ends it.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct StreamRun {
    source: Source,
    body: StreamBody,
    state: Mutex<State>,
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
            state: Mutex::new(State::Fresh),
        };
        Bound::new(py, stream)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the stream over, unless a chunk is being made or it is being closed.
    fn take(&self) -> PyResult<State> {
        let mut state = self.lock();
        match std::mem::replace(&mut *state, State::Busy) {
            State::Busy => Err(PyValueError::new_err("the stream is already being read")),
            State::Closed => {
                *state = State::Closed;
                Ok(State::Closed)
            }
            taken => Ok(taken),
        }
    }

    /// Gives the stream back: closed, unless it was put back open.
    fn give_back(&self) {
        let mut state = self.lock();
        if matches!(*state, State::Busy) {
            *state = State::Closed;
        }
    }

    /// Opens the run. The first input is pulled before, so that what makes it is no child.
    fn open(&self, py: Python<'_>) -> PyResult<Box<Open>> {
        let inputs = self
            .body
            .inputs
            .as_ref()
            .map(|inputs| inputs.bind(py).try_iter())
            .transpose()?;
        let first = match &inputs {
            Some(inputs) => calls::next(inputs.as_any())?,
            None => None,
        };
        let launch = self.source.get();
        let (run, run_name) = launch.prepare(py)?;
        let keep = run.hears(py, run.kind.end()) || run.hears(py, run.kind.error());
        let tap = match inputs {
            Some(inputs) => {
                let upstream = inputs.into_any().unbind();
                Some(InputTap::new(py, upstream, first.map(Bound::unbind), keep)?.unbind())
            }
            None => None,
        };
        let mut open = Box::new(Open {
            run,
            iterator: py.None(),
            tap,
            produced: (keep && self.body.keeps).then(Vec::new),
        });
        let context = open.run.context.clone_ref(py);
        let _entered = context.enter(py)?;
        open.run.make_current(py)?;
        let input = open.tap.as_ref().map(|tap| tap.bind(py).as_any().clone());
        let begun = open
            .run
            .announce(py, run_name, launch.start(py))
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
        match run.told().map(|set| set.taps(py)).transpose()?.flatten() {
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
            open.run.claim_end();
            return Ok(());
        }
        let produced = open.produced.as_deref().unwrap_or_default();
        let payload = match self.body.payload(py, produced) {
            Ok(payload) => payload,
            Err(error) => return Err(self.fail(py, open, error)),
        };
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
            open.run.claim_end();
            return error;
        }
        let extra = if let Ok(Some(extra)) = chunks::inputs_extra(py, open.tap.as_ref()) {
            Some(extra)
        } else {
            let produced = open.produced.as_deref().unwrap_or_default();
            let produced = PyList::new(py, produced).ok().map(Bound::into_any);
            self.source.get().error_extra(py, &error, produced)
        };
        open.run.fail(py, error, extra.as_ref())
    }

    /// The next chunk of an open stream.
    fn advance<'py>(
        &self,
        py: Python<'py>,
        mut open: Box<Open>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let context = open.run.context.clone_ref(py);
        let _entered = context.enter(py)?;
        let ended = match calls::next(open.iterator.bind(py)) {
            Ok(Some(chunk)) => {
                if let Some(produced) = open.produced.as_mut() {
                    produced.push(chunk.clone().unbind());
                }
                *self.lock() = State::Open(open);
                return Ok(Some(chunk));
            }
            Ok(None) => match &open.tap {
                Some(tap) => tap.get().drain(py),
                None => Ok(()),
            },
            Err(error) => Err(error),
        };
        match ended {
            Ok(()) => self.end(py, &open).map(|()| None),
            Err(error) => self.stop(py, &open, Err(error)),
        }
    }

    /// Raises an exception in the generator of an open stream.
    fn throw_into<'py>(
        &self,
        py: Python<'py>,
        mut open: Box<Open>,
        error: PyErr,
    ) -> PyResult<Bound<'py, PyAny>> {
        let context = open.run.context.clone_ref(py);
        let _entered = context.enter(py)?;
        let result = match objects::attribute(open.iterator.bind(py), names::throw(py)) {
            Ok(Some(throw)) => throw.call_out((error.value(py),)),
            Ok(None) => Err(error),
            Err(failure) => Err(failure),
        };
        match result {
            Ok(chunk) => {
                if let Some(produced) = open.produced.as_mut() {
                    produced.push(chunk.clone().unbind());
                }
                *self.lock() = State::Open(open);
                Ok(chunk)
            }
            Err(error) if error.is_instance_of::<PyStopIteration>(py) => {
                self.end(py, &open)?;
                Err(error)
            }
            Err(error) => self.stop(py, &open, Err(error)),
        }
    }

    /// Closes an open stream that nobody reads further.
    fn leave(&self, py: Python<'_>, open: &Open) -> PyResult<()> {
        let _entered = open.run.context.enter(py)?;
        self.stop(py, open, Ok(()))
    }

    /// Stops the stream's generator, what that reads, and then the run, in its context. The run
    /// ends with `outcome` unless stopping fails.
    fn stop<T>(&self, py: Python<'_>, open: &Open, outcome: PyResult<T>) -> PyResult<T> {
        let mut closed = chunks::close(open.iterator.bind(py));
        if let Some(tap) = &open.tap {
            closed = closed.and(chunks::close(tap.get().upstream().bind(py)));
        }
        let outcome = match closed {
            Ok(()) => outcome,
            Err(failure) => Err(after(py, failure, outcome)),
        };
        match outcome {
            Ok(value) => self.end(py, open).map(|()| value),
            Err(error) => Err(self.fail(py, open, error)),
        }
    }

    /// The next chunk, `None` at the end.
    pub(crate) fn next_chunk<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let chunk = match self.take()? {
            State::Fresh => self.open(py).and_then(|open| self.advance(py, open)),
            State::Open(open) => self.advance(py, open),
            State::Busy | State::Closed => Ok(None),
        };
        if !matches!(chunk, Ok(Some(_))) {
            self.give_back();
        }
        // One that a hook or body raised would read as the end of the stream (PEP 479).
        chunk.map_err(|error| {
            if error.is_instance_of::<PyStopIteration>(py) {
                wrapped(py, error, "stream raised StopIteration")
            } else {
                error
            }
        })
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
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let closed = match self.take()? {
            State::Open(open) => self.leave(py, &open),
            State::Fresh | State::Busy | State::Closed => Ok(()),
        };
        self.give_back();
        closed
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
        let thrown = match self.take()? {
            State::Open(open) => self.throw_into(py, open, error),
            State::Fresh | State::Busy | State::Closed => Err(error),
        };
        self.give_back();
        thrown
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.source.traverse(&visit)?;
        self.body.traverse(&visit)?;
        let Ok(state) = self.state.try_lock() else {
            return Ok(());
        };
        if let State::Open(open) = &*state {
            open.run.traverse(&visit)?;
            visit.call(&open.iterator)?;
            if let Some(tap) = &open.tap {
                visit.call(tap)?;
            }
            for chunk in open.produced.iter().flatten() {
                visit.call(chunk)?;
            }
        }
        Ok(())
    }
}

impl Abandoned for StreamRun {
    /// A stream that nobody reads to its end is closed when it is let go, as a generator is.
    fn abandon(&self) {
        let Ok(taken) = self.take() else {
            return;
        };
        self.give_back();
        if let State::Open(open) = taken {
            from_destructor(|py| self.leave(py, &open));
        }
    }
}

impl Drop for StreamRun {
    fn drop(&mut self) {
        self.abandon();
    }
}
