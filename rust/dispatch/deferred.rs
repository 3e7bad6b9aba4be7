//! Telling from async code: sync hooks inline or on a worker thread, coroutine hooks in place.
//!
//! Each coroutine is stepped once. One that finishes at once costs no task; if a single one
//! suspends, the caller's task waits for it directly; only several that suspend become tasks.

use pyo3::exceptions::PyGeneratorExit;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;
use smallvec::SmallVec;

use super::approach::fall_back;
use super::awaiting::{Resume, resume};
use super::hop::Hop;
use super::jobs::{Pending, Started, ThreadJob};
use super::outset::call_inline;
use super::round::{Parts, Round, Start, call_each, nothing, split};
use super::{Failures, HeldNote, Note, Notice, noticed};
use crate::handlers::HandlerSet;
use crate::py::calls::{self, Outcall, Step};
use crate::py::context::RunContext;
use crate::py::imports;

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
        /// The inline handler to go on with; `None`: there are no more.
        next: Option<usize>,
    },
    Done,
}

/// One event on its way to the handlers of an async run.
pub(crate) struct Delivery {
    set: Py<HandlerSet>,
    note: HeldNote,
    stage: Stage,
    /// The places of the handlers that are not inline.
    pub(super) others: Places,
    pub(super) failures: Failures,
    /// The sync hooks, while a worker thread is asked to call them.
    hop: Option<Py<Hop>>,
    /// What a hook has handed out that was begun before anybody could be told to wait for it.
    pub(super) ready: Option<Py<PyAny>>,
}

/// Places of handlers in a set.
pub(super) type Places = SmallVec<[usize; 8]>;

/// What a delivery says when it is resumed.
pub(crate) enum Progress<'py> {
    /// It waits for what was yielded.
    Waiting(Bound<'py, PyAny>),
    /// Everybody was told; this is to be raised, if anything.
    Told(PyResult<()>),
}

impl Delivery {
    pub(crate) fn of((set, note): Notice<'_>) -> Self {
        Self::from(0, set, note)
    }

    /// An event that the inline handlers before `next` have heard.
    pub(super) fn begun(next: usize, set: &Py<HandlerSet>, note: &mut Note<'_>) -> Self {
        let (set, note) = noticed(set, note);
        Self::from(next, set, note)
    }

    fn from(next: usize, set: Py<HandlerSet>, note: Note<'_>) -> Self {
        Self {
            set,
            note: HeldNote::of(note),
            stage: Stage::Inline {
                next,
                waiting: None,
            },
            others: Places::new(),
            failures: Failures::default(),
            hop: None,
            ready: None,
        }
    }

    /// Whether the hooks must finish even if the caller is cancelled meanwhile.
    fn is_shielded(&self) -> bool {
        self.note.event.closes_run()
    }

    /// Goes on until everybody was told or a hook suspends. Runs in the run's context.
    pub(crate) fn resume<'py>(
        &mut self,
        py: Python<'py>,
        input: Resume<'py>,
    ) -> PyResult<Progress<'py>> {
        if let Some(ready) = self.ready.take()
            && matches!(input, Resume::Send(_))
        {
            return Ok(Progress::Waiting(ready.into_bound(py)));
        }
        let mut input = input;
        loop {
            match std::mem::replace(&mut self.stage, Stage::Done) {
                Stage::Inline { next, waiting } => {
                    if let Some(pending) = waiting {
                        match self.round(py, |mut round| round.step(pending, input))? {
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
                Stage::One(pending) => {
                    match self.round(py, |mut round| round.step(pending, input))? {
                        Some((pending, yielded)) => {
                            self.stage = Stage::One(pending);
                            return Ok(Progress::Waiting(yielded));
                        }
                        None => return Ok(self.told(py)),
                    }
                }
                Stage::Many {
                    pending,
                    together,
                    next,
                } => {
                    let begun = match resume(together.bind(py), input) {
                        Ok(Step::Yielded(yielded)) => {
                            self.stage = Stage::Many {
                                pending,
                                together,
                                next,
                            };
                            return Ok(Progress::Waiting(yielded));
                        }
                        Ok(Step::Returned(outcomes)) => {
                            self.hop = None;
                            self.settle(py, pending, outcomes)?
                        }
                        Err(error) if error.is_instance_of::<PyGeneratorExit>(py) => {
                            return Ok(self.abandoned(py, error));
                        }
                        // The caller was cancelled. Whoever was not told yet still is.
                        Err(error) => {
                            self.hop = None;
                            self.failures.keep(py, error);
                            Vec::new()
                        }
                    };
                    input = nothing(py);
                    if let Some(progress) = self.go_on(py, begun, next)? {
                        return Ok(progress);
                    }
                }
                Stage::Done => return Ok(self.told(py)),
            }
        }
    }

    /// What follows when tasks are through: what their hooks fall back to, then other handlers.
    fn go_on<'py>(
        &mut self,
        py: Python<'py>,
        begun: Vec<Pending>,
        next: Option<usize>,
    ) -> PyResult<Option<Progress<'py>>> {
        match next {
            None => self.wait_for(py, begun),
            Some(at) => {
                let suspended = self.round(py, |mut round| round.begin(begun))?;
                if suspended.is_empty() {
                    self.stage = Stage::Inline {
                        next: at,
                        waiting: None,
                    };
                } else {
                    self.wait_for_tasks(py, suspended, next)?;
                }
                Ok(None)
            }
        }
    }

    /// Nobody waits any more. Hooks that no thread has begun to call are called in place, so that
    /// none hears of the end first.
    fn abandoned<'py>(&mut self, py: Python<'py>, exit: PyErr) -> Progress<'py> {
        if let Some(hop) = self.hop.take() {
            hop.get().run(py);
        }
        Progress::Told(Err(exit))
    }

    fn told<'py>(&mut self, py: Python<'py>) -> Progress<'py> {
        Progress::Told(std::mem::take(&mut self.failures).into_result(py))
    }

    /// Calls inline handlers from `next` on until one suspends.
    fn call_inline(&mut self, py: Python<'_>, next: usize) -> PyResult<()> {
        let set = self.set.clone_ref(py);
        let mut next = next;
        let mut note = self.note.bind(py);
        while let Some((index, iterator)) = call_inline(
            set.get(),
            next,
            &mut note,
            &mut self.others,
            &mut self.failures,
        ) {
            next = index + 1;
            if self.suspended(py, index, iterator)? {
                return Ok(());
            }
        }
        self.stage = Stage::Done;
        Ok(())
    }

    /// Takes on an inline handler's hook that returned something to await; returns whether the
    /// handlers after it have to wait.
    pub(super) fn suspended(
        &mut self,
        py: Python<'_>,
        index: usize,
        iterator: Py<PyAny>,
    ) -> PyResult<bool> {
        let pending = Pending {
            handler: Some(index),
            iterator,
            fell_back: false,
            context: None,
        };
        if !self.is_shielded() {
            self.stage = Stage::Inline {
                next: index + 1,
                waiting: Some(pending),
            };
            return Ok(true);
        }
        let suspended = self.round(py, |mut round| round.begin(vec![pending]))?;
        if suspended.is_empty() {
            return Ok(false);
        }
        self.wait_for_tasks(py, suspended, Some(index + 1))?;
        Ok(true)
    }

    /// Starts all other handlers; returns if there is nothing left to do, or something to
    /// wait for.
    fn call_others<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Progress<'py>>> {
        let (set, others) = (self.set.get(), std::mem::take(&mut self.others));
        let (event, mut parts) = (self.note.event, Parts::default());
        split(py, set, event, &others, &mut parts, &mut self.failures);
        self.tell_others(py, parts)
    }

    /// Tells those that are not inline, sync hooks on a worker thread.
    pub(super) fn tell_others<'py>(
        &mut self,
        py: Python<'py>,
        parts: Parts,
    ) -> PyResult<Option<Progress<'py>>> {
        if !parts.threaded.is_empty() {
            self.start_thread(py, parts.threaded)?;
        }
        let pending = call_each(
            self.set.get(),
            &parts.called,
            &mut self.note.bind(py),
            &mut self.failures,
        )?;
        self.wait_for(py, pending)
    }

    /// Begins what hooks returned, and arranges to wait for it.
    fn wait_for<'py>(
        &mut self,
        py: Python<'py>,
        pending: Vec<Pending>,
    ) -> PyResult<Option<Progress<'py>>> {
        let alone = self.hop.is_none();
        let start = self.round(py, |mut round| round.start(pending, alone))?;
        self.started(py, start)
    }

    /// Arranges to wait for hooks that were begun.
    pub(super) fn started<'py>(
        &mut self,
        py: Python<'py>,
        start: Start<'py>,
    ) -> PyResult<Option<Progress<'py>>> {
        let tasks = match start {
            Start::One(pending, yielded) => {
                self.stage = Stage::One(pending);
                return Ok(Some(Progress::Waiting(yielded)));
            }
            Start::Told if self.hop.is_none() => return Ok(Some(self.told(py))),
            Start::Told => Vec::new(),
            Start::Tasks(tasks) => tasks,
        };
        self.wait_for_tasks(py, tasks, None)?;
        Ok(None)
    }

    /// Goes on with hooks that are under way.
    fn round<'py, R>(&mut self, py: Python<'py>, work: impl FnOnce(Round<'_, 'py>) -> R) -> R {
        let note = &self.note;
        let round = Round {
            py,
            set: self.set.get(),
            event: note.event,
            failures: &mut self.failures,
            fall_back: &|handler| fall_back(&note.bind(py), handler),
        };
        work(round)
    }

    /// Waits for tasks of hooks; `next`: the inline handler to go on with afterwards.
    fn wait_for_tasks(
        &mut self,
        py: Python<'_>,
        mut pending: Vec<Pending>,
        next: Option<usize>,
    ) -> PyResult<()> {
        let hop = self.hop.as_ref().map(|hop| hop.bind(py).as_any());
        let together = match hop {
            Some(alone) if pending.is_empty() => alone.clone(),
            _ => {
                let tasks = PyList::new(py, pending.iter().map(|one| one.iterator.bind(py)))?;
                imports::settle(py)?.call_out((tasks, hop, self.is_shielded()))?
            }
        };
        if let Some(hop) = hop {
            pending.push(Pending {
                handler: None,
                iterator: hop.clone().unbind(),
                fell_back: true,
                context: None,
            });
        }
        self.stage = Stage::Many {
            pending,
            together: calls::await_iterator(&together)?.unbind(),
            next,
        };
        Ok(())
    }

    /// Takes over how the tasks ended; returns what hooks fall back to, begun.
    fn settle(
        &mut self,
        py: Python<'_>,
        pending: Vec<Pending>,
        outcomes: Bound<'_, PyAny>,
    ) -> PyResult<Vec<Pending>> {
        let outcomes = match pending.as_slice() {
            // The worker thread's alone, as it is.
            [Pending { handler: None, .. }] => vec![outcomes],
            _ => outcomes.try_iter()?.collect::<PyResult<_>>()?,
        };
        let mut begun = Vec::new();
        self.round(py, |mut round| {
            for (mut one, outcome) in pending.into_iter().zip(outcomes) {
                if !outcome.is_none() && round.failed(&mut one, PyErr::from_value(outcome)) {
                    begun.push(one);
                }
            }
            Ok(begun)
        })
    }

    /// Hands sync hooks to one worker thread, together.
    fn start_thread(&mut self, py: Python<'_>, handlers: Places) -> PyResult<()> {
        let job = ThreadJob {
            set: self.set.clone_ref(py),
            note: self.note.clone_ref(py),
            handlers,
            context: RunContext::copy_current(py)?,
        };
        match job.start(py)? {
            Started::Hop(hop) => self.hop = Some(hop.unbind()),
            Started::Called(Some(raised)) => self.failures.keep(py, PyErr::from_value(raised)),
            Started::Called(None) => {}
        }
        Ok(())
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.set)?;
        self.note.traverse(visit)?;
        self.failures.traverse(visit)?;
        if let Some(hop) = &self.hop {
            visit.call(hop)?;
        }
        if let Some(ready) = &self.ready {
            visit.call(ready)?;
        }
        match &self.stage {
            Stage::Inline { waiting, .. } => waiting.iter().try_for_each(|one| one.traverse(visit)),
            Stage::One(pending) => pending.traverse(visit),
            Stage::Many {
                pending, together, ..
            } => {
                visit.call(together)?;
                pending.iter().try_for_each(|one| one.traverse(visit))
            }
            Stage::Done => Ok(()),
        }
    }
}
