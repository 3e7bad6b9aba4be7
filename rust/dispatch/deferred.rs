//! Telling from async code: sync hooks inline or on a worker thread, coroutine hooks in place.
//!
//! Each coroutine is stepped once. One that finishes at once costs no task; if a single one
//! suspends, the caller's task waits for it directly; only several that suspend become tasks.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::sync::{Mutex, PoisonError};

use super::awaiting::{Resume, awaitable, resume};
use super::{Failures, HeldNote, Note, TextFallback, is_unsupported};
use crate::handlers::{Handler, HandlerSet};
use crate::py::calls::{self, Step};
use crate::py::context::RunContext;
use crate::py::imports;

/// A hook's coroutine that is under way.
struct Pending {
    /// The handler's place in the set; `None` for the worker thread's part.
    handler: Option<usize>,
    iterator: Py<PyAny>,
    fell_back: bool,
    /// A copy of the run's context for a hook that is not inline: what it sets stays its own.
    context: Option<RunContext>,
}

enum Stage {
    /// Inline handlers are called one by one; the first that suspends holds the others back.
    Inline {
        next: usize,
        waiting: Option<Pending>,
    },
    /// One coroutine is awaited directly.
    One(Pending),
    /// Several are tasks, awaited together.
    Many {
        pending: Vec<Pending>,
        together: Py<PyAny>,
    },
    Done,
}

/// One event on its way to the handlers of an async run.
pub(crate) struct Delivery {
    set: Py<HandlerSet>,
    note: HeldNote,
    stage: Stage,
    failures: Failures,
    /// Whether the hooks must finish even if the caller is cancelled meanwhile.
    shielded: bool,
}

/// What a delivery says when it is resumed.
pub(crate) enum Progress<'py> {
    /// It waits for what was yielded.
    Waiting(Bound<'py, PyAny>),
    /// Everybody was told; this is to be raised, if anything.
    Told(PyResult<()>),
}

impl Delivery {
    pub(crate) fn new(set: Py<HandlerSet>, note: Note<'_>, shielded: bool) -> Self {
        Self {
            set,
            note: HeldNote::of(note),
            stage: Stage::Inline {
                next: 0,
                waiting: None,
            },
            failures: Failures::default(),
            shielded,
        }
    }

    /// Goes on until everybody was told or a hook suspends. Runs in the run's context.
    pub(crate) fn resume<'py>(
        &mut self,
        py: Python<'py>,
        input: Resume<'py>,
    ) -> PyResult<Progress<'py>> {
        let mut input = input;
        loop {
            match std::mem::replace(&mut self.stage, Stage::Done) {
                Stage::Inline { next, waiting } => {
                    if let Some(pending) = waiting {
                        match self.step(py, pending, input)? {
                            Some((pending, yielded)) => {
                                self.stage = Stage::Inline {
                                    next,
                                    waiting: Some(pending),
                                };
                                return Ok(Progress::Waiting(yielded));
                            }
                            None => {
                                self.stage = Stage::Inline {
                                    next,
                                    waiting: None,
                                }
                            }
                        }
                    } else {
                        if let Resume::Throw(error) = input {
                            return Ok(Progress::Told(Err(error)));
                        }
                        self.call_inline(py, next)?;
                    }
                    input = nothing(py);
                    if matches!(self.stage, Stage::Done)
                        && let Some(progress) = self.call_others(py)?
                    {
                        return Ok(progress);
                    }
                }
                Stage::One(pending) => match self.step(py, pending, input)? {
                    Some((pending, yielded)) => {
                        self.stage = Stage::One(pending);
                        return Ok(Progress::Waiting(yielded));
                    }
                    None => return Ok(self.told()),
                },
                Stage::Many { pending, together } => match resume(together.bind(py), input) {
                    Ok(Step::Yielded(yielded)) => {
                        self.stage = Stage::Many { pending, together };
                        return Ok(Progress::Waiting(yielded));
                    }
                    Ok(Step::Returned(outcomes)) => {
                        self.settle(py, pending, &outcomes)?;
                        return Ok(self.told());
                    }
                    Err(error) => return Ok(Progress::Told(Err(error))),
                },
                Stage::Done => return Ok(self.told()),
            }
        }
    }

    fn told<'py>(&mut self) -> Progress<'py> {
        Progress::Told(std::mem::take(&mut self.failures).into_result())
    }

    /// Calls inline handlers from `next` on until one suspends.
    fn call_inline(&mut self, py: Python<'_>, next: usize) -> PyResult<()> {
        let set = self.set.clone_ref(py);
        for (index, handler) in set.get().iter().enumerate().skip(next) {
            if !handler.runs_inline(py)? {
                continue;
            }
            if let Some(iterator) = self.call(py, index, handler)? {
                self.stage = Stage::Inline {
                    next: index + 1,
                    waiting: Some(Pending {
                        handler: Some(index),
                        iterator,
                        fell_back: false,
                        context: None,
                    }),
                };
                return Ok(());
            }
        }
        self.stage = Stage::Done;
        Ok(())
    }

    /// Starts all other handlers; returns if there is nothing left to do, or something to
    /// wait for.
    fn call_others<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Progress<'py>>> {
        let set = self.set.clone_ref(py);
        let mut threaded = Vec::new();
        let mut called: Vec<usize> = Vec::new();
        for (index, handler) in set.get().iter().enumerate() {
            if handler.runs_inline(py)? {
                continue;
            }
            let event = self.note.event;
            let asked = if handler.has_hook(py, event)? {
                Some(event)
            } else {
                event.fallback()
            };
            match asked {
                Some(event)
                    if handler.hook_is_coroutine(py, event)? || handler.abilities(py)?.dynamic =>
                {
                    called.push(index);
                }
                Some(_) if self.is_told(py, handler)? => threaded.push(index),
                _ => {}
            }
        }
        let mut suspended: Vec<(Pending, Bound<'py, PyAny>)> = Vec::new();
        let thread = if threaded.is_empty() {
            None
        } else {
            Some(self.start_thread(py, threaded)?)
        };
        for index in called {
            let Some(handler) = set.get().iter().nth(index) else {
                continue;
            };
            let context = RunContext::copy_current(py)?;
            let called = {
                let _entered = context.enter(py)?;
                self.call(py, index, handler)?
            };
            if let Some(iterator) = called {
                let pending = Pending {
                    handler: Some(index),
                    iterator,
                    fell_back: false,
                    context: Some(context),
                };
                suspended.extend(self.step(py, pending, nothing(py))?);
            }
        }
        if suspended.len() == 1
            && thread.is_none()
            && !self.shielded
            && let Some((pending, yielded)) = suspended.pop()
        {
            self.stage = Stage::One(pending);
            return Ok(Some(Progress::Waiting(yielded)));
        }
        if suspended.is_empty() && thread.is_none() {
            return Ok(Some(self.told()));
        }
        let mut pending = Vec::with_capacity(suspended.len() + 1);
        let mut rest = Vec::with_capacity(suspended.len());
        for (one, yielded) in suspended {
            let context = one.context.as_ref().map(|context| context.clone_ref(py));
            rest.push(Py::new(
                py,
                Rest {
                    iterator: one.iterator.clone_ref(py),
                    first: Mutex::new(Some(yielded.unbind())),
                    context,
                },
            )?);
            pending.push(one);
        }
        let rest = PyList::new(py, rest)?;
        if let Some(thread) = &thread {
            pending.push(Pending {
                handler: None,
                iterator: thread.clone().unbind(),
                fell_back: true,
                context: None,
            });
        }
        let together = imports::settle(py)?.call1((rest, thread, self.shielded))?;
        let together = calls::await_iterator(&together)?.unbind();
        self.stage = Stage::Many { pending, together };
        Ok(None)
    }

    /// Whether the handler hears the event, or what it falls back to.
    fn is_told(&self, py: Python<'_>, handler: &Handler) -> PyResult<bool> {
        let event = self.note.event;
        if handler.has_hook(py, event)? {
            return Ok(!handler.ignores(py, event)?);
        }
        match event.fallback() {
            Some(other) => Ok(!handler.ignores(py, event)? && handler.hears(py, other)?),
            None => Ok(false),
        }
    }

    /// Calls a handler's hook; returns the iterator of what it returned to be awaited.
    fn call(
        &mut self,
        py: Python<'_>,
        index: usize,
        handler: &Handler,
    ) -> PyResult<Option<Py<PyAny>>> {
        let mut note = self.note.bind(py);
        if !handler.has_hook(py, note.event)? {
            if note.event.fallback().is_none() || handler.ignores(py, note.event)? {
                return Ok(None);
            }
            return self.fall_back(py, index, handler);
        }
        if handler.ignores(py, note.event)? {
            return Ok(None);
        }
        match note.call(handler.bind(py)) {
            Ok(value) if !value.is_none() && calls::is_awaitable(&value) => {
                Ok(Some(calls::await_iterator(&value)?.unbind()))
            }
            Ok(_) => Ok(None),
            Err(error) if note.event.fallback().is_some() && is_unsupported(py, &error) => {
                self.fall_back(py, index, handler)
            }
            Err(error) => {
                self.failures.note(py, handler, note.event, error)?;
                Ok(None)
            }
        }
    }

    fn fall_back(
        &mut self,
        py: Python<'_>,
        _index: usize,
        handler: &Handler,
    ) -> PyResult<Option<Py<PyAny>>> {
        let note = self.note.bind(py);
        let Some(other) = note.event.fallback() else {
            return Ok(None);
        };
        if !handler.hears(py, other)? {
            return Ok(None);
        }
        match TextFallback::default().call(&note, handler.bind(py)) {
            Ok(value) if !value.is_none() && calls::is_awaitable(&value) => {
                Ok(Some(calls::await_iterator(&value)?.unbind()))
            }
            Ok(_) => Ok(None),
            Err(error) => {
                self.failures.note(py, handler, other, error)?;
                Ok(None)
            }
        }
    }

    /// Steps a hook's coroutine; returns it with what it yielded if it suspended.
    fn step<'py>(
        &mut self,
        py: Python<'py>,
        mut pending: Pending,
        input: Resume<'py>,
    ) -> PyResult<Option<(Pending, Bound<'py, PyAny>)>> {
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
                    if self.failed(py, &mut pending, error)? {
                        input = nothing(py);
                    } else {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Notes a failure; returns whether the fallback's coroutine took the place of the hook's.
    fn failed(&mut self, py: Python<'_>, pending: &mut Pending, error: PyErr) -> PyResult<bool> {
        let Some(index) = pending.handler else {
            // The worker thread's part has dealt with its own failures.
            self.failures.keep(py, error);
            return Ok(false);
        };
        let set = self.set.clone_ref(py);
        let Some(handler) = set.get().iter().nth(index) else {
            return Ok(false);
        };
        let event = self.note.event;
        if !pending.fell_back && event.fallback().is_some() && is_unsupported(py, &error) {
            pending.fell_back = true;
            if let Some(iterator) = self.fall_back(py, index, handler)? {
                pending.iterator = iterator;
                return Ok(true);
            }
            return Ok(false);
        }
        self.failures.note(py, handler, event, error)?;
        Ok(false)
    }

    /// Takes over how the tasks ended.
    fn settle(
        &mut self,
        py: Python<'_>,
        pending: Vec<Pending>,
        outcomes: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        for (mut one, outcome) in pending.into_iter().zip(outcomes.try_iter()?) {
            let outcome = outcome?;
            if !outcome.is_none() {
                // A chat model hook that says so only after it suspended has had its turn.
                one.fell_back = true;
                self.failed(
                    py,
                    &mut one,
                    PyErr::from_value(outcome.unbind().into_bound(py)),
                )?;
            }
        }
        Ok(())
    }

    /// Hands sync hooks to one worker thread, together; the future of their end.
    fn start_thread<'py>(
        &self,
        py: Python<'py>,
        handlers: Vec<usize>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let job = Py::new(
            py,
            ThreadJob {
                set: self.set.clone_ref(py),
                note: self.note.clone_ref(py),
                handlers,
                context: RunContext::copy_current(py)?,
            },
        )?;
        imports::start_thread(py)?.call1((job,))
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.set)?;
        self.note.traverse(visit)?;
        match &self.stage {
            Stage::Inline {
                waiting: Some(pending),
                ..
            }
            | Stage::One(pending) => visit.call(&pending.iterator),
            Stage::Many { together, .. } => visit.call(together),
            _ => Ok(()),
        }
    }
}

fn nothing(py: Python<'_>) -> Resume<'_> {
    Resume::Send(py.None().into_bound(py))
}

/// The sync hooks of one event, called on a worker thread in a copy of the run's context.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct ThreadJob {
    set: Py<HandlerSet>,
    note: HeldNote,
    handlers: Vec<usize>,
    context: RunContext,
}

#[pymethods]
impl ThreadJob {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let _entered = self.context.enter(py)?;
        let mut note = self.note.bind(py);
        super::inline::tell_some(py, self.set.get(), &self.handlers, &mut note)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.set)?;
        self.note.traverse(&visit)?;
        visit.call(self.context.object())
    }
}

/// The rest of a coroutine that has suspended once, for a task to drive.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Rest {
    iterator: Py<PyAny>,
    /// What it yielded when it was stepped; the task has to wait for that first.
    first: Mutex<Option<Py<PyAny>>>,
    context: Option<RunContext>,
}

impl Rest {
    fn resume<'py>(&self, py: Python<'py>, input: Resume<'py>) -> PyResult<Step<'py>> {
        let first = {
            let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
            first.take()
        };
        if let (Some(yielded), Resume::Send(_)) = (first, &input) {
            return Ok(Step::Yielded(yielded.into_bound(py)));
        }
        let _entered = self
            .context
            .as_ref()
            .map(|context| context.enter(py))
            .transpose()?;
        resume(self.iterator.bind(py), input)
    }

    #[allow(clippy::unused_self, reason = "part of what `awaitable` asks for")]
    fn is_waiting(&self) -> bool {
        true
    }
}

awaitable!(Rest);

#[pymethods]
impl Rest {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.iterator)
    }
}
