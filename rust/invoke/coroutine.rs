//! Start, body, end or error around something that is awaited: a run as an awaitable object.
//!
//! It is driven inside of the task that awaits it. Each resumption enters the run's context,
//! takes the hooks or the body one step further, and leaves the context again; so no task and no
//! frame belongs to the run.

use std::ffi::CString;

use pyo3::exceptions::{PyGeneratorExit, PyRuntimeError, PyRuntimeWarning};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::body::AsyncBody;
use super::launch::Launch;
use super::plan::RunPlan;
use crate::config::Given;
use crate::dispatch::{Delivery, Outset, Progress, Resume, awaitable, awaited_elsewhere, resume};
use crate::py::calls::{self, Step};
use crate::py::context::RunContext;
use crate::py::errors::{Kept, followed_by, from_destructor, generator_exit, kept, released};
use crate::py::finalizing::Abandoned;
use crate::py::lock::Lock;
use crate::py::{names, objects};
use crate::runs::Run;

/// A launch that the run owns, or that a plan holds.
pub(crate) enum Source {
    Own(Launch),
    Plan(Py<RunPlan>),
}

impl Source {
    pub(crate) fn get(&self) -> &Launch {
        match self {
            Self::Own(launch) => launch,
            Self::Plan(plan) => &plan.get().launch,
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Own(launch) => launch.traverse(visit),
            Self::Plan(plan) => visit.call(plan),
        }
    }
}

/// Where a run stands.
enum Stage {
    Fresh,
    Starting(Box<Delivery>),
    Body,
    Ending(Box<Delivery>, Kept<Py<PyAny>>),
}

struct State {
    source: Source,
    body: AsyncBody,
    run: Option<Run>,
    stage: Stage,
    /// What a task or coroutine that awaits the run waits for.
    waits_for: Option<Py<PyAny>>,
}

/// How far a resumption got.
enum Turn<'py> {
    Waiting(Bound<'py, PyAny>),
    Finished(PyResult<Bound<'py, PyAny>>),
    /// The stage has changed; go on with it.
    Next,
}

/// A run in async code. It is a coroutine to `asyncio` and to `await`.
///
/// Its state is gone when it has ended, and taken while somebody resumes it: who finds it so is not
/// the one who awaits it.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct RunCoroutine(Lock<Option<State>>);

impl RunCoroutine {
    pub(crate) fn new(
        py: Python<'_>,
        source: Source,
        body: AsyncBody,
    ) -> PyResult<Bound<'_, Self>> {
        let state = State {
            source,
            body,
            run: None,
            stage: Stage::Fresh,
            waits_for: None,
        };
        Bound::new(py, Self(Lock::new(Some(state))))
    }

    fn is_waiting(&self, py: Python<'_>) -> bool {
        self.0.try_lock(py).is_some_and(|held| held.is_some())
    }

    fn is_suspended(&self, py: Python<'_>) -> bool {
        let held = self.0.try_lock(py);
        let state = held.as_deref().and_then(Option::as_ref);
        state.is_some_and(|state| !matches!(state.stage, Stage::Fresh))
    }

    /// Takes the run one step further for a task or coroutine; refuses one that is not the one who
    /// waits, as two tasks may have been made of the run.
    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        self.go_on(py, input, true)
    }

    /// Takes the run one step further; `is_guarded` for somebody who may not be the one who waits.
    fn go_on<'py>(
        &self,
        py: Python<'py>,
        input: Resume<'py>,
        is_guarded: bool,
    ) -> PyResult<Step<'py>> {
        let mut held = self.0.try_lock(py);
        let Some(state) = held.as_deref_mut().and_then(Option::as_mut) else {
            return Err(match input {
                Resume::Send(_) => PyRuntimeError::new_err(
                    "this run was awaited already, or is being awaited elsewhere; invoke again for another run",
                ),
                Resume::Throw(error) => error,
            });
        };
        if is_guarded && matches!(input, Resume::Send(_)) && state.is_early(py)? {
            return Err(awaited_elsewhere());
        }
        let turn = state.advance(py, input);
        if let Ok(Turn::Waiting(yielded)) = turn {
            if is_guarded && !yielded.is_none() {
                state.waits_for = Some(yielded.clone().unbind());
            }
            return Ok(Step::Yielded(yielded));
        }
        if let Some(held) = held.as_deref_mut() {
            *held = None;
        }
        match turn? {
            Turn::Finished(result) => result.map(Step::Returned),
            Turn::Waiting(_) | Turn::Next => {
                Err(PyRuntimeError::new_err("a run stopped between two stages"))
            }
        }
    }
}

/// Closes a run from a destructor, if it is still there.
fn let_go(held: &mut Option<State>) {
    if let Some(state) = held {
        from_destructor(|py| state.abandon(py));
        *held = None;
    }
}

impl State {
    /// Whether the future that the run waits for is not done, so that it is not its turn.
    fn is_early(&mut self, py: Python<'_>) -> PyResult<bool> {
        let Some(awaited) = self.waits_for.take() else {
            return Ok(false);
        };
        let is_done = match objects::attribute(awaited.bind(py), names::done(py))? {
            Some(done) => calls::vectorcall(&done, &[])?.is_truthy()?,
            None => true,
        };
        if !is_done {
            self.waits_for = Some(awaited);
        }
        Ok(!is_done)
    }

    /// Closes a run that nobody awaits any more; warns of one that was never begun.
    fn abandon(&mut self, py: Python<'_>) -> PyResult<()> {
        if matches!(self.stage, Stage::Fresh) {
            return never_awaited(py, self.source.get());
        }
        match self.advance(py, Resume::Throw(generator_exit(py)))? {
            Turn::Finished(Err(error)) if !error.is_instance_of::<PyGeneratorExit>(py) => {
                Err(error)
            }
            _ => Ok(()),
        }
    }

    fn advance<'py>(&mut self, py: Python<'py>, input: Resume<'py>) -> PyResult<Turn<'py>> {
        if let Stage::Fresh = self.stage {
            if let Resume::Throw(error) = input {
                return Ok(Turn::Finished(Err(error)));
            }
            let launch = self.source.get();
            let mut given = Given::default();
            let run = self.run.insert(launch.prepare(py, &mut given)?);
            let context = run.context.clone_ref(py);
            let _entered = context.enter(py)?;
            let opening = run.opening(py, given.run_name.as_ref(), launch.start(py), Outset::of)?;
            match Outset::heard(opening)? {
                Outset::Told(Ok(())) => self.begin(py),
                Outset::Told(Err(refusal)) => {
                    let turn = self.close(py, Err(refusal))?;
                    if !matches!(turn, Turn::Next) {
                        return Ok(turn);
                    }
                }
                Outset::Left(delivery) => self.stage = Stage::Starting(delivery),
            }
            return self.turns(py, input);
        }
        let Some(run) = &self.run else {
            return Err(PyRuntimeError::new_err("a run has no state"));
        };
        let context: RunContext = run.context.clone_ref(py);
        let _entered = context.enter(py)?;
        self.turns(py, input)
    }

    fn turns<'py>(&mut self, py: Python<'py>, input: Resume<'py>) -> PyResult<Turn<'py>> {
        let mut input = input;
        loop {
            match self.turn(py, input)? {
                Turn::Next => input = Resume::Send(py.None().into_bound(py)),
                turn => return Ok(turn),
            }
        }
    }

    /// One stage's part of a resumption, in the run's context.
    fn turn<'py>(&mut self, py: Python<'py>, input: Resume<'py>) -> PyResult<Turn<'py>> {
        let Some(run) = &self.run else {
            return Err(PyRuntimeError::new_err("a run has no state"));
        };
        match std::mem::replace(&mut self.stage, Stage::Body) {
            Stage::Fresh => Err(PyRuntimeError::new_err("a run was not opened")),
            Stage::Starting(mut delivery) => match delivery.resume(py, input)? {
                Progress::Waiting(yielded) => {
                    self.stage = Stage::Starting(delivery);
                    Ok(Turn::Waiting(yielded))
                }
                Progress::Told(Ok(())) => {
                    self.begin(py);
                    Ok(Turn::Next)
                }
                Progress::Told(Err(refusal)) => self.close(py, Err(refusal)),
            },
            Stage::Body => match self.body.resume(py, self.source.get(), run, input) {
                Ok(Step::Yielded(yielded)) => Ok(Turn::Waiting(yielded)),
                Ok(Step::Returned(output)) => self.close(py, Ok(output)),
                Err(error) => self.close(py, Err(error)),
            },
            Stage::Ending(mut delivery, outcome) => match delivery.resume(py, input)? {
                Progress::Waiting(yielded) => {
                    self.stage = Stage::Ending(delivery, outcome);
                    Ok(Turn::Waiting(yielded))
                }
                Progress::Told(told) => {
                    let outcome = released(py, outcome).map(|output| output.into_bound(py));
                    Ok(Turn::Finished(followed_by(py, told, outcome)))
                }
            },
        }
    }

    /// The start was told: the body may begin. What it raises at once is raised when resumed.
    fn begin(&mut self, py: Python<'_>) {
        if let Some(run) = &self.run {
            self.body.begin(py, self.source.get(), run);
        }
        self.stage = Stage::Body;
    }

    /// Closes the run with its outcome.
    fn close<'py>(
        &mut self,
        py: Python<'py>,
        outcome: PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<Turn<'py>> {
        let Some(run) = &self.run else {
            return Ok(Turn::Finished(outcome));
        };
        if !run.claim_end(py) || run.told().is_none() {
            return Ok(Turn::Finished(outcome));
        }
        let launch = self.source.get();
        let ending = match &outcome {
            Ok(output) => run.ending(py, output, launch.end_extra(py).as_ref(), Outset::of)?,
            Err(error) => {
                let extra = launch.error_extra(py, error, None);
                run.failing(py, error, extra.as_ref(), Outset::of)?
            }
        };
        match Outset::heard(ending)? {
            Outset::Told(told) => Ok(Turn::Finished(followed_by(py, told, outcome))),
            Outset::Left(delivery) => {
                self.stage = Stage::Ending(delivery, kept(py, outcome.map(Bound::unbind)));
                Ok(Turn::Next)
            }
        }
    }
}

impl Abandoned for RunCoroutine {
    /// A run that nobody awaits to its end is abandoned when it is let go, as a coroutine is; one
    /// that was never begun is warned of.
    fn abandon(&self, py: Python<'_>) {
        if let Some(mut held) = self.0.try_lock(py) {
            let_go(&mut held);
        }
    }
}

impl Drop for RunCoroutine {
    fn drop(&mut self) {
        let_go(self.0.get_mut());
    }
}

/// Warns of a run that was made and not awaited, in the words of the interpreter.
fn never_awaited(py: Python<'_>, launch: &Launch) -> PyResult<()> {
    let text = format!("coroutine '{}' was never awaited", qualname(py, launch)?);
    let text = CString::new(text).unwrap_or_default();
    let category = py.get_type::<PyRuntimeWarning>();
    PyErr::warn(py, category.as_any(), &text, 1)
}

/// The method that is awaited, nearly always.
const METHOD: &str = "ainvoke";

fn qualname(py: Python<'_>, launch: &Launch) -> PyResult<String> {
    let owner = launch.owner.bind(py).get_type().qualname()?;
    Ok(format!("{owner}.{METHOD}"))
}

/// Resumes an awaited object; one of the core's own without a detour through the interpreter.
#[allow(
    clippy::inline_always,
    reason = "a frame less for each run that awaits another: see `slots`"
)]
#[inline(always)]
pub(crate) fn step<'py>(iterator: &Bound<'py, PyAny>, input: Resume<'py>) -> PyResult<Step<'py>> {
    match iterator.cast_exact::<RunCoroutine>() {
        Ok(own) => own.get().go_on(iterator.py(), input, false),
        Err(_) => resume(iterator, input),
    }
}

awaitable!(RunCoroutine, alone);

#[pymethods]
impl RunCoroutine {
    #[getter]
    #[allow(
        clippy::unused_self,
        reason = "each run answers to it, as coroutines do"
    )]
    fn __name__(&self) -> &'static str {
        METHOD
    }

    /// What `asyncio` shows of a task: the method, and whose it is as long as the run waits.
    #[getter]
    fn __qualname__(&self, py: Python<'_>) -> PyResult<String> {
        let held = self.0.try_lock(py);
        match held.as_deref().and_then(Option::as_ref) {
            Some(state) => qualname(py, state.source.get()),
            None => Ok(format!("Runnable.{METHOD}")),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let held = self.0.visited(&visit);
        let Some(state) = held.as_deref().and_then(Option::as_ref) else {
            return Ok(());
        };
        state.source.traverse(&visit)?;
        state.body.traverse(&visit)?;
        if let Some(run) = &state.run {
            run.traverse(&visit)?;
        }
        if let Some(awaited) = &state.waits_for {
            visit.call(awaited)?;
        }
        match &state.stage {
            Stage::Starting(delivery) => delivery.traverse(&visit),
            Stage::Ending(delivery, outcome) => {
                match outcome {
                    Ok(output) => visit.call(output)?,
                    Err(error) => visit.call(error)?,
                }
                delivery.traverse(&visit)
            }
            Stage::Fresh | Stage::Body => Ok(()),
        }
    }
}
