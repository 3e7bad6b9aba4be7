//! The bodies that async runs have: a function's awaitable, or steps one after the other.

use pyo3::exceptions::{PyBaseException, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::base::is_runnable;
use super::call::Body;
use super::coroutine::step;
use super::lambda;
use super::launch::Launch;
use super::sequence::SequenceDrive;
use crate::dispatch::{Resume, wrapped};
use crate::py::calls::{self, Outcall, Step};
use crate::py::code::Accepts;
use crate::py::context::RunContext;
use crate::py::errors::shown;
use crate::py::{imports, names, objects};
use crate::runs::{Run, handle};

/// A function to call with the run's payload when the run is open.
pub(crate) struct Callee {
    pub(crate) function: Py<PyAny>,
    pub(crate) accepts: Accepts,
    pub(crate) kwargs: Option<Py<PyDict>>,
    /// How the function's result becomes something to await.
    pub(crate) manner: Manner,
    /// Whether the run's owner runs what the function returns, if that is a runnable.
    pub(crate) follows: bool,
}

/// What calling a function gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Something to await.
    Awaitable,
    /// An async generator, whose items are summed up.
    AsyncGenerator,
    /// A value, made on a worker thread.
    Thread,
    /// The items of a generator, summed up on a worker thread.
    ThreadGenerator,
    /// Something to await, from a function that takes the run manager only.
    OfManager,
}

enum Phase {
    Unbegun,
    /// Calling the function failed at once.
    Failed(Py<PyBaseException>),
    Awaiting(Py<PyAny>),
    /// Awaiting the runnable that the function returned.
    Following(Py<PyAny>),
}

/// What an async run does between its start and its end.
pub(crate) enum AsyncBody {
    Call {
        callee: Callee,
        phase: PhaseCell,
    },
    Sequence {
        drive: Py<SequenceDrive>,
        next: usize,
        value: Py<PyAny>,
        kwargs: Option<Py<PyDict>>,
        waiting: Option<Py<PyAny>>,
    },
}

/// Where a call stands.
pub(crate) struct PhaseCell(Phase);

impl AsyncBody {
    pub(crate) fn call(callee: Callee) -> Self {
        Self::Call {
            callee,
            phase: PhaseCell(Phase::Unbegun),
        }
    }

    pub(crate) fn sequence(
        drive: Py<SequenceDrive>,
        input: Py<PyAny>,
        kwargs: Option<Py<PyDict>>,
    ) -> Self {
        Self::Sequence {
            drive,
            next: 0,
            value: input,
            kwargs,
            waiting: None,
        }
    }

    /// Calls the function; what that raises is kept for the first resumption.
    pub(crate) fn begin(&mut self, py: Python<'_>, launch: &Launch, run: &Run) {
        if let Self::Call { callee, phase } = self {
            phase.0 = match callee.begin(py, launch, run) {
                Ok(iterator) => Phase::Awaiting(iterator),
                Err(error) => Phase::Failed(error.into_value(py)),
            };
        }
    }

    /// Takes the body one step further, in the run's context.
    pub(crate) fn resume<'py>(
        &mut self,
        py: Python<'py>,
        launch: &Launch,
        run: &Run,
        input: Resume<'py>,
    ) -> PyResult<Step<'py>> {
        match self {
            Self::Call { callee, phase } => callee.resume(py, launch, run, &mut phase.0, input),
            Self::Sequence {
                drive,
                next,
                value,
                kwargs,
                waiting,
            } => {
                let mut input = input;
                loop {
                    if let Some(iterator) = waiting.take() {
                        match step(iterator.bind(py), input)? {
                            Step::Yielded(yielded) => {
                                *waiting = Some(iterator);
                                return Ok(Step::Yielded(yielded));
                            }
                            Step::Returned(output) => *value = output.unbind(),
                        }
                    } else if let Resume::Throw(error) = input {
                        return Err(error);
                    }
                    input = Resume::Send(py.None().into_bound(py));
                    let Some(following) = drive.get().steps()?.get(*next) else {
                        return Ok(Step::Returned(value.bind(py).clone()));
                    };
                    *next += 1;
                    let kwargs = kwargs.take();
                    let kwargs = kwargs.as_ref().map(|kwargs| kwargs.bind(py));
                    *waiting = Some(following.ainvoke(py, run, value.bind(py), kwargs)?.unbind());
                }
            }
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Call { callee, phase } => {
                visit.call(&callee.function)?;
                if let Some(kwargs) = &callee.kwargs {
                    visit.call(kwargs)?;
                }
                match &phase.0 {
                    Phase::Unbegun => Ok(()),
                    Phase::Failed(error) => visit.call(error),
                    Phase::Awaiting(iterator) | Phase::Following(iterator) => visit.call(iterator),
                }
            }
            Self::Sequence {
                drive,
                value,
                waiting,
                kwargs,
                next: _,
            } => {
                visit.call(drive)?;
                visit.call(value)?;
                if let Some(kwargs) = kwargs {
                    visit.call(kwargs)?;
                }
                waiting
                    .as_ref()
                    .map_or(Ok(()), |iterator| visit.call(iterator))
            }
        }
    }
}

impl Callee {
    fn begin(&self, py: Python<'_>, launch: &Launch, run: &Run) -> PyResult<Py<PyAny>> {
        run.lead(py)?;
        let input = launch.payload.bind(py);
        let body = Body {
            function: self.function.bind(py),
            accepts: self.accepts,
            kwargs: self.kwargs.as_ref().map(|kwargs| kwargs.bind(py)),
        };
        let awaitable = match self.manner {
            Manner::Awaitable => body.call(run, input, true)?,
            Manner::OfManager => body.function.call_out((handle::of_run(py, run, true)?,))?,
            Manner::AsyncGenerator => {
                imports::async_sum(py)?.call_out((body.call(run, input, true)?,))?
            }
            Manner::Thread | Manner::ThreadGenerator => {
                let arguments = PyDict::new(py);
                if let Some(kwargs) = body.kwargs {
                    arguments.update(kwargs.as_mapping())?;
                }
                body.add(py, &arguments, run, false)?;
                let job = ThreadCall {
                    function: self.function.clone_ref(py),
                    input: launch.payload.clone_ref(py),
                    kwargs: arguments.unbind(),
                    generates: self.manner == Manner::ThreadGenerator,
                    context: RunContext::copy_current(py)?,
                };
                imports::call_in_thread(py)?.call_out((Py::new(py, job)?,))?
            }
        };
        if !objects::is_awaitable(&awaitable) {
            return Err(PyTypeError::new_err(format!(
                "{} is to return an awaitable, but returned {}; make it an async function",
                body.function.repr()?,
                shown(&awaitable)
            )));
        }
        calls::await_iterator(&awaitable).map(Bound::unbind)
    }

    fn resume<'py>(
        &self,
        py: Python<'py>,
        launch: &Launch,
        run: &Run,
        phase: &mut Phase,
        input: Resume<'py>,
    ) -> PyResult<Step<'py>> {
        let mut input = input;
        loop {
            match std::mem::replace(phase, Phase::Unbegun) {
                Phase::Unbegun => {
                    *phase = Phase::Awaiting(self.begin(py, launch, run)?);
                }
                Phase::Failed(error) => {
                    return Err(PyErr::from_value(error.into_bound(py).into_any()));
                }
                Phase::Awaiting(iterator) => match step(iterator.bind(py), input)? {
                    Step::Yielded(yielded) => {
                        *phase = Phase::Awaiting(iterator);
                        return Ok(Step::Yielded(yielded));
                    }
                    Step::Returned(output) => {
                        if !(self.follows && is_runnable(&output)?) {
                            return Ok(Step::Returned(output));
                        }
                        let own = launch.payload.bind(py);
                        let config = lambda::deeper(launch.owner.bind(py), run, own, true)?;
                        let next = calls::method(&output, names::ainvoke(py), &[own, &config])?;
                        *phase = Phase::Following(calls::await_iterator(&next)?.unbind());
                        input = Resume::Send(py.None().into_bound(py));
                    }
                },
                Phase::Following(iterator) => {
                    let taken = step(iterator.bind(py), input)?;
                    if let Step::Yielded(_) = taken {
                        *phase = Phase::Following(iterator);
                    }
                    return Ok(taken);
                }
            }
        }
    }
}

/// A sync function on its way to a worker thread, in a copy of the run's context.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct ThreadCall {
    function: Py<PyAny>,
    input: Py<PyAny>,
    kwargs: Py<PyDict>,
    generates: bool,
    context: RunContext,
}

#[pymethods]
impl ThreadCall {
    fn __call__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let _entered = self.context.enter(py)?;
        let input = self.input.bind(py);
        let kwargs = self.kwargs.bind(py);
        let output = self.function.bind(py).call_out_with((input,), Some(kwargs));
        let output = output.and_then(|output| {
            if self.generates {
                lambda::sum(&output)
            } else {
                Ok(output)
            }
        });
        // A future cannot carry StopIteration: it would end whoever awaits it.
        output.map_err(|error| {
            if error.is_instance_of::<pyo3::exceptions::PyStopIteration>(py) {
                wrapped(py, error, "the function raised StopIteration")
            } else {
                error
            }
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.function)?;
        visit.call(&self.input)?;
        visit.call(&self.kwargs)?;
        visit.call(self.context.object())
    }
}
