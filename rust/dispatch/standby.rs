//! Hooks as tasks that are only made when they are needed.
//!
//! A coroutine stays in the task that it was begun in: timeouts and cancel scopes hold on to it.
//! A task for each hook would cost ten times what most hooks do, and few of them suspend. So an
//! event loop has a task on standby: hooks are begun in its name, one after the other, and the
//! first that suspends takes it over. Then the next hook gets another.

use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use super::awaiting::{Resume, awaitable, resume};
use crate::py::calls::{self, Outcall, Step};
use crate::py::context::RunContext;
use crate::py::lock::Lock;
use crate::py::{imports, names, objects, tasks};

/// A hook's coroutine, with the context that belongs to it.
struct Hook {
    iterator: Py<PyAny>,
    context: Option<RunContext>,
}

impl Hook {
    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let context = self.context.as_ref();
        let _entered = context.map(|context| context.enter(py)).transpose()?;
        resume(self.iterator.bind(py), input)
    }
}

/// A task that no hook has taken over.
#[derive(Default)]
struct Idle {
    /// The task, once it was made. A hook that takes it over takes it out: the task refers to what
    /// it runs, and the two would keep each other, and what the hook returned.
    task: Option<Py<PyAny>>,
    /// What the task waits for, once the loop has begun it.
    bell: Option<Py<PyAny>>,
    /// Whether a hook is being begun in its name.
    lent: bool,
}

enum State {
    Idle(Idle),
    /// A hook was begun in the task's name and handed this out, which the loop has yet to see.
    TakenOver(Hook, Py<PyAny>),
    Going(Hook),
    Done,
}

/// What a task on standby runs: nothing, until a hook takes it over.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Standby {
    event_loop: Py<PyAny>,
    state: Lock<State>,
}

/// What became of a hook's first step.
pub(super) enum Begun {
    /// It finished, without a task.
    Finished,
    /// It suspended, and goes on in this task.
    Task(Py<PyAny>),
}

/// Begins hooks in tasks, which stay unused by those that finish at once.
///
/// Without a running event loop hooks are begun as they are, and must finish.
pub(super) struct Beginning<'py> {
    event_loop: Bound<'py, PyAny>,
    lent: Option<Lent<'py>>,
}

/// A task on standby that is the loop's current one until this is dropped.
struct Lent<'py> {
    event_loop: Bound<'py, PyAny>,
    standby: Bound<'py, Standby>,
    /// Whose turn it really is.
    before: Bound<'py, PyAny>,
}

impl<'py> Beginning<'py> {
    pub(super) fn new(py: Python<'py>) -> PyResult<Self> {
        Ok(Self {
            event_loop: tasks::running_loop(py)?,
            lent: None,
        })
    }

    /// Takes a hook's first step, in the context that belongs to it.
    pub(super) fn begin(
        &mut self,
        iterator: &Py<PyAny>,
        context: Option<&RunContext>,
    ) -> PyResult<Begun> {
        let py = self.event_loop.py();
        let hook = Hook {
            iterator: iterator.clone_ref(py),
            context: context.map(|context| context.clone_ref(py)),
        };
        let nothing = Resume::Send(py.None().into_bound(py));
        if self.event_loop.is_none() {
            return match hook.resume(py, nothing)? {
                Step::Returned(_) => Ok(Begun::Finished),
                Step::Yielded(_) => Err(PyRuntimeError::new_err(
                    "a hook waits for something although no event loop is running",
                )),
            };
        }
        let lent = match self.lent.take() {
            Some(lent) => lent,
            None => Lent::new(&self.event_loop)?,
        };
        match hook.resume(py, nothing) {
            Ok(Step::Yielded(yielded)) => lent.take_over(hook, yielded).map(Begun::Task),
            step => {
                self.lent = Some(lent);
                step.map(|_| Begun::Finished)
            }
        }
    }
}

impl<'py> Lent<'py> {
    fn new(event_loop: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = event_loop.py();
        let standby = Standby::ready(event_loop)?;
        let before = tasks::swap_current(event_loop, &standby.get().task(py)?)?;
        standby.get().lend(py, true);
        Ok(Self {
            event_loop: event_loop.clone(),
            standby,
            before,
        })
    }

    /// Leaves the task to a hook that was begun in its name and has handed something out.
    fn take_over(self, hook: Hook, yielded: Bound<'py, PyAny>) -> PyResult<Py<PyAny>> {
        self.standby.get().take_over(hook, yielded)
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let py = self.before.py();
        self.standby.get().lend(py, false);
        if let Err(error) = tasks::swap_current(&self.event_loop, &self.before) {
            error.write_unraisable(py, Some(&self.event_loop));
        }
    }
}

impl Standby {
    /// The loop's task on standby.
    fn ready<'py>(event_loop: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let py = event_loop.py();
        if let Some(known) = objects::attribute(event_loop, names::ferrule_standby(py))?
            && let Ok(standby) = known.cast_into::<Self>()
            && standby.get().is_ready(py)?
        {
            return Ok(standby);
        }
        let standby = Bound::new(
            py,
            Self {
                event_loop: event_loop.clone().unbind(),
                state: Lock::new(State::Idle(Idle::default())),
            },
        )?;
        let task = imports::standby_task(py)?.call_out((event_loop, &standby))?;
        if let State::Idle(idle) = &mut *standby.get().state.lock(py) {
            idle.task = Some(task.unbind());
        }
        // A loop that takes no attributes gets a new task for each hook.
        let _ = event_loop.setattr(names::ferrule_standby(py), &standby);
        Ok(standby)
    }

    fn task<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &*self.state.lock(py) {
            State::Idle(Idle {
                task: Some(task), ..
            }) => Ok(task.bind(py).clone()),
            _ => Err(not_on_standby()),
        }
    }

    /// Whether a hook may be begun in the task's name: it is unused, and nobody cancelled it.
    fn is_ready(&self, py: Python<'_>) -> PyResult<bool> {
        let bell = match &*self.state.lock(py) {
            State::Idle(idle) if !idle.lent => idle.bell.as_ref().map(|bell| bell.bind(py).clone()),
            _ => return Ok(false),
        };
        let spoilt = match bell {
            Some(bell) => calls::method(&bell, names::done(py), &[])?,
            None => self.task(py)?.getattr(names::_must_cancel(py))?,
        };
        Ok(!spoilt.is_truthy()?)
    }

    fn lend(&self, py: Python<'_>, to_a_hook: bool) {
        if let State::Idle(idle) = &mut *self.state.lock(py) {
            idle.lent = to_a_hook;
        }
    }

    /// Makes the task the hook's own, from the hook's second step on.
    fn take_over(&self, hook: Hook, yielded: Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = yielded.py();
        let taken = State::TakenOver(hook, yielded.unbind());
        let State::Idle(Idle {
            task: Some(task),
            bell,
            ..
        }) = std::mem::replace(&mut *self.state.lock(py), taken)
        else {
            return Err(not_on_standby());
        };
        imports::take_over(py)?.call_out((&task,))?;
        // A hook that has cancelled the task has cancelled the bell: the task wakes up by that.
        if let Some(bell) = bell.map(|bell| bell.into_bound(py))
            && !calls::method(&bell, names::done(py), &[])?.is_truthy()?
        {
            let nothing = py.None().into_bound(py);
            calls::method(&bell, names::set_result(py), &[&nothing])?;
        }
        Ok(task)
    }

    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let state = std::mem::replace(&mut *self.state.lock(py), State::Done);
        match (state, input) {
            (State::Idle(idle), Resume::Send(_)) => {
                let create = names::create_future(py);
                let bell = calls::method(self.event_loop.bind(py), create, &[])?;
                // The loop's own protocol: what a task waits for is marked so.
                bell.setattr(pyo3::intern!(py, "_asyncio_future_blocking"), true)?;
                *self.state.lock(py) = State::Idle(Idle {
                    bell: Some(bell.clone().unbind()),
                    ..idle
                });
                Ok(Step::Yielded(bell))
            }
            (State::TakenOver(hook, yielded), Resume::Send(_)) => {
                *self.state.lock(py) = State::Going(hook);
                Ok(Step::Yielded(yielded.into_bound(py)))
            }
            (State::TakenOver(hook, yielded), Resume::Throw(error)) => {
                // Cancelled before the loop saw what the hook waits for: that is cancelled, as
                // the task would have done.
                let yielded = yielded.into_bound(py);
                let cancelled = match objects::attribute(&yielded, names::cancel(py))? {
                    Some(cancel) => calls::vectorcall(&cancel, &[])?.is_truthy()?,
                    None => false,
                };
                if cancelled {
                    *self.state.lock(py) = State::Going(hook);
                    return Ok(Step::Yielded(yielded));
                }
                self.go_on(py, hook, Resume::Throw(error))
            }
            (State::Going(hook), input) => self.go_on(py, hook, input),
            (State::Idle(_) | State::Done, Resume::Throw(error)) => Err(error),
            (State::Done, Resume::Send(_)) => Ok(Step::Returned(py.None().into_bound(py))),
        }
    }

    fn go_on<'py>(&self, py: Python<'py>, hook: Hook, input: Resume<'py>) -> PyResult<Step<'py>> {
        let step = hook.resume(py, input)?;
        if let Step::Yielded(_) = step {
            *self.state.lock(py) = State::Going(hook);
        }
        Ok(step)
    }

    fn is_waiting(&self, py: Python<'_>) -> bool {
        !matches!(*self.state.lock(py), State::Done)
    }
}

awaitable!(Standby);

#[pymethods]
impl Standby {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.event_loop)?;
        let Some(state) = self.state.visited(&visit) else {
            return Ok(());
        };
        let hook = match &*state {
            State::Idle(idle) => {
                for object in idle.task.iter().chain(&idle.bell) {
                    visit.call(object)?;
                }
                return Ok(());
            }
            State::TakenOver(hook, yielded) => {
                visit.call(yielded)?;
                hook
            }
            State::Going(hook) => hook,
            State::Done => return Ok(()),
        };
        visit.call(&hook.iterator)?;
        hook.context
            .as_ref()
            .map_or(Ok(()), |context| visit.call(context.object()))
    }
}

fn not_on_standby() -> PyErr {
    PyRuntimeError::new_err("a task on standby was not made, or was taken over")
}
