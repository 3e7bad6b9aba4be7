//! The hooks of one event that are called on the loop's thread, and what they return: begun, gone on
//! with, and replaced by what the event falls back on. Who waits for them: `deferred`.

use pyo3::prelude::*;

use super::approach::{Place, place};
use super::awaiting::{Resume, resume};
use super::deferred::Places;
use super::jobs::Pending;
use super::outset::call;
use super::standby::{Beginning, Begun};
use super::{Failures, Note, is_unsupported};
use crate::events::Event;
use crate::handlers::{Handler, HandlerSet};
use crate::py::calls::Step;
use crate::py::context::RunContext;

/// Where handlers that are not inline are told.
#[derive(Default)]
pub(super) struct Parts {
    /// The places of those that are called on the loop's thread.
    pub(super) called: Places,
    /// The places of those that a worker thread calls.
    pub(super) threaded: Places,
}

/// Adds each of the handlers at these places to its part.
pub(super) fn split(
    py: Python<'_>,
    set: &HandlerSet,
    event: Event,
    others: &[usize],
    parts: &mut Parts,
    failures: &mut Failures,
) {
    for &index in others {
        let handler = set.at(index);
        match place(py, event, handler) {
            Ok(Place::Loop) => parts.called.push(index),
            Ok(Place::Thread) => parts.threaded.push(index),
            Ok(Place::Nowhere) => {}
            Err(error) => failures.note(py, handler, event, error),
        }
    }
}

/// Calls hooks, each in a copy of the run's context; returns those that are to be awaited.
pub(super) fn call_each(
    set: &HandlerSet,
    places: &[usize],
    note: &mut Note<'_>,
    failures: &mut Failures,
) -> PyResult<Vec<Pending>> {
    let py = note.py();
    let mut pending = Vec::with_capacity(places.len());
    for &index in places {
        let context = RunContext::copy_current(py)?;
        let called = {
            let _entered = context.enter(py)?;
            call(set.at(index), note, failures)
        };
        if let Some(iterator) = called {
            pending.push(Pending {
                handler: Some(index),
                iterator,
                fell_back: false,
                context: Some(context),
            });
        }
    }
    Ok(pending)
}

/// What hooks wait for that were begun.
pub(super) enum Start<'py> {
    /// For nothing: all are through.
    Told,
    /// The only one, begun in the caller's task, has handed this out.
    One(Pending, Bound<'py, PyAny>),
    /// Each of these has a task.
    Tasks(Vec<Pending>),
}

/// Hooks of one event that are under way.
pub(super) struct Round<'a, 'py> {
    pub(super) py: Python<'py>,
    pub(super) set: &'a HandlerSet,
    pub(super) event: Event,
    pub(super) failures: &'a mut Failures,
    /// Calls the hook that the event falls back on; returns what is to be awaited.
    pub(super) fall_back: &'a dyn Fn(&Handler) -> PyResult<Option<Py<PyAny>>>,
}

impl<'py> Round<'_, 'py> {
    /// Begins hooks.
    ///
    /// One coroutine `alone` is begun in the caller's task and stays there; several, and those that
    /// a cancellation of the caller must not reach, are begun in tasks of their own.
    pub(super) fn start(&mut self, mut pending: Vec<Pending>, alone: bool) -> PyResult<Start<'py>> {
        if pending.len() == 1
            && alone
            && !self.event.closes_run()
            && let Some(only) = pending.pop()
        {
            let nothing = nothing(self.py);
            return Ok(match self.step(only, nothing)? {
                Some((pending, yielded)) => Start::One(pending, yielded),
                None => Start::Told,
            });
        }
        let suspended = self.begin(pending)?;
        Ok(if suspended.is_empty() {
            Start::Told
        } else {
            Start::Tasks(suspended)
        })
    }

    /// Begins hooks in tasks of their own; returns those that suspended, each with its task.
    pub(super) fn begin(&mut self, pending: Vec<Pending>) -> PyResult<Vec<Pending>> {
        let mut suspended = Vec::new();
        if pending.is_empty() {
            return Ok(suspended);
        }
        let mut beginning = Beginning::new(self.py)?;
        for mut one in pending {
            loop {
                match beginning.begin(&one.iterator, one.context.as_ref()) {
                    Ok(Begun::Finished) => break,
                    Ok(Begun::Task(task)) => {
                        one.iterator = task;
                        suspended.push(one);
                        break;
                    }
                    Err(error) => {
                        if !self.failed(&mut one, error) {
                            break;
                        }
                    }
                }
            }
        }
        Ok(suspended)
    }

    /// Steps a hook's coroutine; returns it with what it yielded if it suspended.
    pub(super) fn step(
        &mut self,
        mut pending: Pending,
        input: Resume<'py>,
    ) -> PyResult<Option<(Pending, Bound<'py, PyAny>)>> {
        let py = self.py;
        let mut input = input;
        loop {
            let resumed = {
                let context = pending.context.as_ref();
                let _entered = context.map(|context| context.enter(py)).transpose()?;
                resume(pending.iterator.bind(py), input)
            };
            match resumed {
                Ok(Step::Yielded(yielded)) => return Ok(Some((pending, yielded))),
                Ok(Step::Returned(_)) => return Ok(None),
                Err(error) => {
                    if self.failed(&mut pending, error) {
                        input = nothing(py);
                    } else {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Notes a failure; returns whether the fallback's coroutine took the place of the hook's.
    pub(super) fn failed(&mut self, pending: &mut Pending, error: PyErr) -> bool {
        let Some(index) = pending.handler else {
            // The worker thread's part has dealt with its own failures.
            self.failures.keep(self.py, error);
            return false;
        };
        let handler = self.set.at(index);
        if !pending.fell_back && self.event.fallback().is_some() && is_unsupported(self.py, &error)
        {
            pending.fell_back = true;
            match (self.fall_back)(handler) {
                Ok(Some(iterator)) => {
                    pending.iterator = iterator;
                    return true;
                }
                Ok(None) => {}
                Err(error) => self.failures.note(self.py, handler, self.event, error),
            }
            return false;
        }
        self.failures.note(self.py, handler, self.event, error);
        false
    }
}

pub(super) fn nothing(py: Python<'_>) -> Resume<'_> {
    Resume::Send(py.None().into_bound(py))
}
