//! Start, body, end or error around something that is awaited: a run as an awaitable object.
//!
//! It is driven inside of the task that awaits it. Each resumption enters the run's context,
//! takes the hooks or the body one step further, and leaves the context again; so no task and no
//! frame belongs to the run.

use std::ffi::CString;
use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::exceptions::{PyGeneratorExit, PyRuntimeError, PyRuntimeWarning};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::body::AsyncBody;
use super::launch::Launch;
use super::plan::RunPlan;
use crate::dispatch::{Delivery, Outset, Progress, Resume, awaitable, awaited_elsewhere, resume};
use crate::py::calls::{self, Step};
use crate::py::context::RunContext;
use crate::py::errors::{Kept, followed_by, from_destructor, generator_exit, kept, released};
use crate::py::finalizing::Abandoned;
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
    Starting(Delivery),
    Body,
    Ending(Delivery, Kept<Py<PyAny>>),
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
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct RunCoroutine(Mutex<Option<Box<State>>>);

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
        Bound::new(py, Self(Mutex::new(Some(Box::new(state)))))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<State>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_waiting(&self) -> bool {
        self.lock().is_some()
    }

    fn is_suspended(&self) -> bool {
        let state = self.lock();
        state
            .as_ref()
            .is_some_and(|state| !matches!(state.stage, Stage::Fresh))
    }

    /// Takes the run one step further for a task or coroutine; refuses one that is not the one who
    /// waits, as two tasks may have been made of the run.
    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        if matches!(input, Resume::Send(_)) && self.is_early(py)? {
            return Err(awaited_elsewhere());
        }
        let step = self.go_on(py, input)?;
        if let Step::Yielded(yielded) = &step
            && !yielded.is_none()
        {
            self.wait_for(Some(yielded.clone().unbind()));
        }
        Ok(step)
    }

    /// Whether the future that the run waits for is not done, so that it is not its turn.
    fn is_early(&self, py: Python<'_>) -> PyResult<bool> {
        let Some(awaited) = self.wait_for(None) else {
            return Ok(false);
        };
        let is_done = match objects::attribute(awaited.bind(py), names::done(py))? {
            Some(done) => calls::vectorcall(&done, &[])?.is_truthy()?,
            None => true,
        };
        if !is_done {
            self.wait_for(Some(awaited));
        }
        Ok(!is_done)
    }

    /// Sets what the run waits for; returns what it waited for before.
    fn wait_for(&self, awaited: Option<Py<PyAny>>) -> Option<Py<PyAny>> {
        let mut state = self.lock();
        let waits_for = &mut state.as_mut()?.waits_for;
        std::mem::replace(waits_for, awaited)
    }

    /// Takes the run one step further.
    fn go_on<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let taken = self.lock().take();
        let Some(mut state) = taken else {
            return Err(match input {
                Resume::Send(_) => PyRuntimeError::new_err(
                    "this run was awaited already, or is being awaited elsewhere; invoke again for another run",
                ),
                Resume::Throw(error) => error,
            });
        };
        match state.advance(py, input)? {
            Turn::Waiting(yielded) => {
                *self.lock() = Some(state);
                Ok(Step::Yielded(yielded))
            }
            Turn::Finished(result) => result.map(Step::Returned),
            Turn::Next => Err(PyRuntimeError::new_err("a run stopped between two stages")),
        }
    }
}

impl State {
    fn advance<'py>(&mut self, py: Python<'py>, input: Resume<'py>) -> PyResult<Turn<'py>> {
        if let Stage::Fresh = self.stage {
            if let Resume::Throw(error) = input {
                return Ok(Turn::Finished(Err(error)));
            }
            let launch = self.source.get();
            let (run, run_name) = launch.prepare(py)?;
            let context = run.context.clone_ref(py);
            let _entered = context.enter(py)?;
            let starting = Outset::of(run.opening(py, run_name.as_ref(), launch.start(py))?)?;
            self.run = Some(run);
            match starting {
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
            Stage::Body => match self.body.resume(py, run, input) {
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
            self.body.begin(py, run);
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
            Ok(output) => run.ending(py, output, launch.end_extra(py).as_ref())?,
            Err(error) => {
                let extra = launch.error_extra(py, error, None);
                run.failing(py, error, extra.as_ref())?
            }
        };
        match Outset::of(ending)? {
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
    fn abandon(&self) {
        let Some(mut state) = self.lock().take() else {
            return;
        };
        from_destructor(|py| {
            if matches!(state.stage, Stage::Fresh) {
                never_awaited(py, state.source.get())
            } else {
                state
                    .advance(py, Resume::Throw(generator_exit(py)))
                    .and_then(|turn| match turn {
                        Turn::Finished(Err(error))
                            if !error.is_instance_of::<PyGeneratorExit>(py) =>
                        {
                            Err(error)
                        }
                        _ => Ok(()),
                    })
            }
        });
    }
}

impl Drop for RunCoroutine {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// Warns of a run that was made and not awaited, in the words of the interpreter.
fn never_awaited(py: Python<'_>, launch: &Launch) -> PyResult<()> {
    let owner = launch.owner.bind(py).get_type().qualname()?;
    let text = format!("coroutine '{owner}.ainvoke' was never awaited");
    let text = CString::new(text).unwrap_or_default();
    let category = py.get_type::<PyRuntimeWarning>();
    PyErr::warn(py, category.as_any(), &text, 1)
}

/// Resumes an awaited object; one of the core's own without a detour through the interpreter.
#[inline]
pub(crate) fn step<'py>(iterator: &Bound<'py, PyAny>, input: Resume<'py>) -> PyResult<Step<'py>> {
    match iterator.cast_exact::<RunCoroutine>() {
        Ok(own) => own.get().go_on(iterator.py(), input),
        Err(_) => resume(iterator, input),
    }
}

awaitable!(RunCoroutine, alone);

#[pymethods]
impl RunCoroutine {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(guard) = self.0.try_lock() else {
            return Ok(());
        };
        let Some(state) = guard.as_ref() else {
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
