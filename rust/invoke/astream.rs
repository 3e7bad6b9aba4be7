//! The async form of a stream: start, chunks, end or error, driven by whoever awaits a chunk.

use pyo3::exceptions::{PyGeneratorExit, PyRuntimeError, PyStopAsyncIteration};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::chunks::{self, AsyncInputTap, InputTap};
use super::coroutine::{Source, step};
use super::record::Record;
use super::stream_body::StreamBody;
use super::upstream::Upstream;
use crate::config::Given;
use crate::dispatch::{Delivery, Outset, Progress, Resume};
use crate::py::calls::Outcall;
use crate::py::errors::{Kept, after, followed_by, is_cancellation, kept, released};
use crate::py::{calls, calls::Step, imports, names};
use crate::runs::Run;

/// What a stream is doing.
enum Stage {
    Fresh,
    /// Waiting for the first input, before the run is opened.
    First(Py<PyAny>),
    Starting(Box<Delivery>),
    /// Between two chunks.
    Idle,
    /// Waiting for a chunk.
    Pulling(Py<PyAny>),
    /// Waiting for the input that the body left.
    Draining(Py<PyAny>),
    /// Waiting for the body and what it reads to be closed; then the run ends like this.
    Closing(Py<PyAny>, Kept<()>),
    Ending(Box<Delivery>, Kept<()>),
    Closed,
}

/// Why the stream is resumed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Chunk,
    Close,
}

struct State {
    stage: Stage,
    run: Option<Run>,
    iterator: Option<Py<PyAny>>,
    tap: Option<Py<InputTap>>,
    upstream: Option<Py<PyAny>>,
    first: Option<Py<PyAny>>,
    /// The body was asked for a chunk.
    begun: bool,
    produced: Option<Record>,
}

/// How far a resumption got.
pub(super) enum Turn<'py> {
    Waiting(Bound<'py, PyAny>),
    Chunk(Bound<'py, PyAny>),
    Over(PyResult<()>),
    Next,
}

/// What a stream is made of; moved out of it while it is being resumed.
pub(super) struct Shared {
    source: Source,
    body: StreamBody,
    state: State,
    /// What the event loop that reads the stream does with one that is let go.
    pub(super) finalizer: Option<Py<PyAny>>,
    /// It was let go once already, and handed to be closed.
    pub(super) abandoned: bool,
}

impl Shared {
    pub(super) fn new(source: Source, body: StreamBody) -> Self {
        Self {
            source,
            body,
            state: State {
                stage: Stage::Fresh,
                run: None,
                iterator: None,
                tap: None,
                upstream: None,
                first: None,
                begun: false,
                produced: None,
            },
            finalizer: None,
            abandoned: false,
        }
    }

    /// Whether nothing was read yet.
    pub(super) fn is_fresh(&self) -> bool {
        matches!(self.state.stage, Stage::Fresh)
    }

    /// Whether it stands between two chunks.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.state.stage, Stage::Idle)
    }

    /// Goes on until there is a chunk, something to wait for, or the end.
    pub(super) fn advance<'py>(
        &mut self,
        py: Python<'py>,
        want: Want,
        input: Resume<'py>,
    ) -> PyResult<Turn<'py>> {
        let mut input = input;
        loop {
            let turn = match self.state.run.as_ref().map(|run| run.context.clone_ref(py)) {
                Some(context) => {
                    let _entered = context.enter(py)?;
                    self.turn(py, want, input)?
                }
                None => self.turn(py, want, input)?,
            };
            match turn {
                Turn::Next => input = Resume::Send(py.None().into_bound(py)),
                turn => return Ok(turn),
            }
        }
    }

    fn turn<'py>(
        &mut self,
        py: Python<'py>,
        want: Want,
        input: Resume<'py>,
    ) -> PyResult<Turn<'py>> {
        match std::mem::replace(&mut self.state.stage, Stage::Closed) {
            Stage::Closed => Ok(Turn::Over(match input {
                Resume::Throw(error) => Err(error),
                Resume::Send(_) => Ok(()),
            })),
            Stage::Fresh if want == Want::Close => Ok(Turn::Over(Ok(()))),
            Stage::Fresh => self.first_input(py),
            Stage::First(awaited) => match step(awaited.bind(py), input) {
                Ok(Step::Yielded(yielded)) => {
                    self.state.stage = Stage::First(awaited);
                    Ok(Turn::Waiting(yielded))
                }
                Ok(Step::Returned(first)) => {
                    self.state.first = Some(first.unbind());
                    self.open(py)
                }
                Err(error) if error.is_instance_of::<PyStopAsyncIteration>(py) => self.open(py),
                Err(error) => Ok(Turn::Over(Err(error))),
            },
            Stage::Starting(mut delivery) => match delivery.resume(py, input)? {
                Progress::Waiting(yielded) => {
                    self.state.stage = Stage::Starting(delivery);
                    Ok(Turn::Waiting(yielded))
                }
                Progress::Told(Ok(())) => self.begin(py),
                Progress::Told(Err(refusal)) => self.fail(py, refusal),
            },
            Stage::Idle => match want {
                Want::Chunk => self.pull(py),
                Want::Close => self.close_body(py, Ok(())),
            },
            Stage::Pulling(awaited) => self.pulled(py, awaited, input),
            Stage::Draining(awaited) => self.drained(py, awaited, input),
            Stage::Closing(awaited, outcome) => match step(awaited.bind(py), input) {
                Ok(Step::Yielded(yielded)) => {
                    self.state.stage = Stage::Closing(awaited, outcome);
                    Ok(Turn::Waiting(yielded))
                }
                Ok(Step::Returned(_)) => self.finish(py, released(py, outcome)),
                Err(failure) => {
                    let outcome = released(py, outcome);
                    if outcome.is_ok() && is_cancellation(py, &failure) {
                        // All was closed nevertheless: the run ends as it would have.
                        return self.finish_and_raise(py, outcome, Some(failure));
                    }
                    self.finish(py, Err(after(py, failure, outcome)))
                }
            },
            Stage::Ending(mut delivery, outcome) => match delivery.resume(py, input)? {
                Progress::Waiting(yielded) => {
                    self.state.stage = Stage::Ending(delivery, outcome);
                    Ok(Turn::Waiting(yielded))
                }
                Progress::Told(told) => {
                    let outcome = released(py, outcome);
                    Ok(Turn::Over(followed_by(py, told, outcome)))
                }
            },
        }
    }

    fn first_input<'py>(&mut self, py: Python<'py>) -> PyResult<Turn<'py>> {
        let Some(inputs) = &self.body.inputs else {
            return self.open(py);
        };
        let upstream = inputs
            .bind(py)
            .call_method_out(pyo3::intern!(py, "__aiter__"), ())?;
        let next = imports::first_of_stream(py)?.call_out((&upstream,))?;
        self.state.upstream = Some(upstream.unbind());
        self.state.stage = Stage::First(calls::await_iterator(&next)?.unbind());
        Ok(Turn::Next)
    }

    /// Opens the run and begins to tell its start.
    fn open<'py>(&mut self, py: Python<'py>) -> PyResult<Turn<'py>> {
        let launch = self.source.get();
        let mut given = Given::default();
        let run = launch.prepare(py, &mut given)?;
        let keep = run.hears(py, run.kind.end()) || run.hears(py, run.kind.error());
        self.state.produced = (keep && self.body.keeps).then(|| Record::new(py));
        if let Some(upstream) = self.state.upstream.take() {
            let tap = InputTap::new(py, Upstream::Other(upstream), self.state.first.take(), keep)?;
            self.state.tap = Some(tap.unbind());
        }
        let context = run.context.clone_ref(py);
        let _entered = context.enter(py)?;
        let starting = run.opening(py, given.run_name.as_ref(), launch.start(py), Outset::of)?;
        self.state.run = Some(run);
        match Outset::heard(starting)? {
            Outset::Told(Ok(())) => self.begin(py),
            Outset::Told(Err(refusal)) => self.fail(py, refusal),
            Outset::Left(delivery) => {
                self.state.stage = Stage::Starting(delivery);
                Ok(Turn::Next)
            }
        }
    }

    /// Calls the body's function, in the run's context.
    fn begin<'py>(&mut self, py: Python<'py>) -> PyResult<Turn<'py>> {
        match self.chunks(py) {
            Ok(iterator) => {
                self.state.iterator = Some(iterator.unbind());
                self.state.stage = Stage::Idle;
                Ok(Turn::Next)
            }
            Err(error) => self.fail(py, error),
        }
    }

    fn chunks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let Some(run) = &self.state.run else {
            return Err(PyRuntimeError::new_err("a stream has no run"));
        };
        let input = match &self.state.tap {
            Some(tap) => {
                let tap = AsyncInputTap {
                    tap: tap.clone_ref(py),
                };
                Some(Bound::new(py, tap)?.into_any())
            }
            None => None,
        };
        run.lead(py)?;
        let made = self.body.begin(py, run, input.as_ref(), true)?;
        let iterator = made.call_method_out(pyo3::intern!(py, "__aiter__"), ())?;
        match run.tap(py)? {
            None => Ok(iterator),
            Some(handler) => handler
                .call_method_out(names::tap_output_aiter(py), (run.id(py)?, iterator))?
                .call_method_out(pyo3::intern!(py, "__aiter__"), ()),
        }
    }

    fn pull<'py>(&mut self, py: Python<'py>) -> PyResult<Turn<'py>> {
        let Some(iterator) = &self.state.iterator else {
            return Ok(Turn::Over(Ok(())));
        };
        let iterator = iterator.bind(py);
        let next = if std::mem::replace(&mut self.state.begun, true) {
            iterator.call_method_out(pyo3::intern!(py, "__anext__"), ())
        } else {
            imports::first_of_stream(py).and_then(|first| first.call_out((iterator,)))
        };
        let next = next.and_then(|next| calls::await_iterator(&next));
        match next {
            Ok(awaited) => {
                self.state.stage = Stage::Pulling(awaited.unbind());
                Ok(Turn::Next)
            }
            Err(error) => self.fail(py, error),
        }
    }

    fn pulled<'py>(
        &mut self,
        py: Python<'py>,
        awaited: Py<PyAny>,
        input: Resume<'py>,
    ) -> PyResult<Turn<'py>> {
        match step(awaited.bind(py), input) {
            Ok(Step::Yielded(yielded)) => {
                self.state.stage = Stage::Pulling(awaited);
                Ok(Turn::Waiting(yielded))
            }
            Ok(Step::Returned(chunk)) => {
                if let Some(produced) = &self.state.produced {
                    produced.note(&chunk)?;
                }
                self.state.stage = Stage::Idle;
                Ok(Turn::Chunk(chunk))
            }
            Err(error) if error.is_instance_of::<PyStopAsyncIteration>(py) => self.drain(py),
            Err(error) => self.fail(py, error),
        }
    }

    /// Pulls what the body left of its input.
    fn drain<'py>(&mut self, py: Python<'py>) -> PyResult<Turn<'py>> {
        let Some(tap) = &self.state.tap else {
            return self.finish(py, Ok(()));
        };
        let tap = Bound::new(
            py,
            AsyncInputTap {
                tap: tap.clone_ref(py),
            },
        )?;
        let drained = imports::drain(py)?
            .call_out((tap,))
            .and_then(|drained| calls::await_iterator(&drained))?;
        self.state.stage = Stage::Draining(drained.unbind());
        Ok(Turn::Next)
    }

    fn drained<'py>(
        &mut self,
        py: Python<'py>,
        awaited: Py<PyAny>,
        input: Resume<'py>,
    ) -> PyResult<Turn<'py>> {
        match step(awaited.bind(py), input) {
            Ok(Step::Yielded(yielded)) => {
                self.state.stage = Stage::Draining(awaited);
                Ok(Turn::Waiting(yielded))
            }
            Ok(Step::Returned(_)) => self.finish(py, Ok(())),
            Err(error) => self.fail(py, error),
        }
    }

    /// Ends the run with an exception, after the runs below it. One whose reader is gone has
    /// nobody to await that for.
    fn fail<'py>(&mut self, py: Python<'py>, error: PyErr) -> PyResult<Turn<'py>> {
        if error.is_instance_of::<PyGeneratorExit>(py) {
            self.finish(py, Err(error))
        } else {
            self.close_body(py, Err(error))
        }
    }

    /// Closes the body and then what it reads, before the run ends with `outcome`.
    fn close_body<'py>(&mut self, py: Python<'py>, outcome: PyResult<()>) -> PyResult<Turn<'py>> {
        let parts = PyList::empty(py);
        if let Some(iterator) = &self.state.iterator {
            parts.append(iterator)?;
        }
        if let Some(tap) = &self.state.tap {
            parts.append(tap.get().upstream().object())?;
        }
        let closing = imports::aclose_all(py)?
            .call_out((parts,))
            .and_then(|closing| calls::await_iterator(&closing))?;
        self.state.stage = Stage::Closing(closing.unbind(), kept(py, outcome));
        Ok(Turn::Next)
    }

    /// Closes the run, in its context.
    fn finish<'py>(&mut self, py: Python<'py>, outcome: PyResult<()>) -> PyResult<Turn<'py>> {
        self.finish_and_raise(py, outcome, None)
    }

    /// The same, to raise something else than the run is told to have ended with.
    fn finish_and_raise<'py>(
        &mut self,
        py: Python<'py>,
        outcome: PyResult<()>,
        raised: Option<PyErr>,
    ) -> PyResult<Turn<'py>> {
        let over = |outcome: PyResult<()>| raised.map_or(outcome, Err);
        let Some(run) = &self.state.run else {
            return Ok(Turn::Over(over(outcome)));
        };
        if !run.claim_end(py) || run.told().is_none() {
            return Ok(Turn::Over(over(outcome)));
        }
        let produced = self.state.produced.as_ref();
        // What cannot be summed up fails the run, but does not hide an error that it has.
        let (inputs, summed) = match chunks::inputs_extra(py, self.state.tap.as_ref()) {
            Ok(inputs) => (inputs, Ok(())),
            Err(error) => (None, Err(error)),
        };
        let outcome = outcome.and(summed);
        let outcome = outcome.and_then(|()| self.body.payload(py, produced));
        let end = match &outcome {
            Ok(payload) => {
                let extra = inputs.or_else(|| self.source.get().end_extra(py));
                run.ending(py, payload, extra.as_ref(), Outset::of)?
            }
            Err(error) => {
                let extra = if let Some(extra) = inputs {
                    Some(extra)
                } else {
                    let chunks = produced
                        .map_or_else(|| PyList::empty(py), |all| all.list(py))
                        .into_any();
                    self.source.get().error_extra(py, error, Some(chunks))
                };
                run.failing(py, error, extra.as_ref(), Outset::of)?
            }
        };
        let outcome = over(outcome.map(drop));
        match Outset::heard(end)? {
            Outset::Told(told) => Ok(Turn::Over(followed_by(py, told, outcome))),
            Outset::Left(delivery) => {
                self.state.stage = Stage::Ending(delivery, kept(py, outcome));
                Ok(Turn::Next)
            }
        }
    }

    /// Ends the run without a loop to close its body in.
    pub(super) fn end_here(&self, py: Python<'_>, exit: PyErr) -> PyResult<()> {
        let Some(run) = &self.state.run else {
            return Ok(());
        };
        let _entered = run.context.enter(py)?;
        let raised = run.fail(py, exit, None);
        if raised.is_instance_of::<PyGeneratorExit>(py) {
            Ok(())
        } else {
            Err(raised)
        }
    }

    /// Leaves what the stream waits for to itself.
    pub(super) fn give_up(&mut self) {
        self.state.stage = Stage::Closed;
    }

    /// Whether the stream waits for something, so that closing it interrupts that.
    pub(super) fn is_waiting(&self) -> bool {
        !matches!(self.state.stage, Stage::Fresh | Stage::Idle | Stage::Closed)
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.source.traverse(visit)?;
        self.body.traverse(visit)?;
        let state = &self.state;
        if let Some(run) = &state.run {
            run.traverse(visit)?;
        }
        for object in [
            &state.iterator,
            &state.upstream,
            &state.first,
            &self.finalizer,
        ]
        .into_iter()
        .flatten()
        {
            visit.call(object)?;
        }
        if let Some(tap) = &state.tap {
            visit.call(tap)?;
        }
        if let Some(produced) = &state.produced {
            produced.traverse(visit)?;
        }
        match &state.stage {
            Stage::First(awaited) | Stage::Pulling(awaited) | Stage::Draining(awaited) => {
                visit.call(awaited)
            }
            Stage::Closing(awaited, outcome) => {
                visit_error(outcome, visit)?;
                visit.call(awaited)
            }
            Stage::Starting(delivery) => delivery.traverse(visit),
            Stage::Ending(delivery, outcome) => {
                visit_error(outcome, visit)?;
                delivery.traverse(visit)
            }
            Stage::Fresh | Stage::Idle | Stage::Closed => Ok(()),
        }
    }
}

fn visit_error(outcome: &Kept<()>, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
    outcome
        .as_ref()
        .err()
        .map_or(Ok(()), |error| visit.call(error))
}
