//! What of telling in async code is done at once: calling hooks, and beginning what they return.

use pyo3::prelude::*;

use super::approach::{approach, fall_back};
use super::deferred::{Delivery, Places, Progress};
use super::round::{Parts, Round, Start, call_each, split};
use super::{Failures, Note};
use crate::handlers::{Handler, HandlerSet};
use crate::py::interpreter::Handling;

/// How far an event got at once.
pub(crate) enum Outset {
    /// Everybody was told; this is to be raised, if anything.
    Told(PyResult<()>),
    /// Somebody is still to be told, or has suspended.
    Left(Box<Delivery>),
}

impl Outset {
    /// Calls hooks at once, in the run's context; inline ones, of a failure, while that is being
    /// handled. Nothing is kept of an event that no thread has to tell and no hook suspends at.
    #[inline]
    pub(crate) fn of(set: &Py<HandlerSet>, note: &mut Note<'_>) -> PyResult<Self> {
        let py = note.py();
        let (mut others, mut failures) = (Places::new(), Failures::default());
        let suspended = {
            let failure = note.payload().first().filter(|_| note.event.is_failure());
            let _handled = failure.map(Handling::of);
            call_inline(set.get(), 0, note, &mut others, &mut failures)
        };
        if let Some((index, iterator)) = suspended {
            let mut delivery = Box::new(Delivery::begun(index + 1, set, note));
            (delivery.others, delivery.failures) = (others, failures);
            delivery.suspended(py, index, iterator)?;
            return Ok(Self::Left(delivery));
        }
        if others.is_empty() {
            return Ok(Self::Told(failures.into_result(py)));
        }
        Self::of_others(set, note, &others, failures)
    }

    /// The same of an event that may be heard by nobody.
    #[inline]
    pub(crate) fn heard(begun: Option<PyResult<Self>>) -> PyResult<Self> {
        begun.unwrap_or(Ok(Self::Told(Ok(()))))
    }

    /// Tells those that are not inline.
    fn of_others(
        set: &Py<HandlerSet>,
        note: &mut Note<'_>,
        others: &[usize],
        mut failures: Failures,
    ) -> PyResult<Self> {
        let py = note.py();
        let mut parts = Parts::default();
        split(py, set.get(), note.event, others, &mut parts, &mut failures);
        let start = if parts.threaded.is_empty() {
            let pending = call_each(set.get(), &parts.called, note, &mut failures)?;
            let mut round = Round {
                py,
                set: set.get(),
                event: note.event,
                failures: &mut failures,
                fall_back: &|handler| fall_back(note, handler),
            };
            match round.start(pending, true)? {
                Start::Told => return Ok(Self::Told(failures.into_result(py))),
                start => Some(start),
            }
        } else {
            None
        };
        let mut delivery = Box::new(Delivery::begun(set.get().iter().len(), set, note));
        delivery.failures = failures;
        let progress = match start {
            Some(start) => delivery.started(py, start)?,
            None => delivery.tell_others(py, parts)?,
        };
        match progress {
            Some(Progress::Told(told)) => return Ok(Self::Told(told)),
            Some(Progress::Waiting(yielded)) => delivery.ready = Some(yielded.unbind()),
            None => {}
        }
        Ok(Self::Left(delivery))
    }
}

/// Calls inline handlers from `next` on; returns the first that suspends, with what it returned to
/// be awaited. The places of those that are not inline are added to `others`.
pub(super) fn call_inline(
    set: &HandlerSet,
    next: usize,
    note: &mut Note<'_>,
    others: &mut Places,
    failures: &mut Failures,
) -> Option<(usize, Py<PyAny>)> {
    for (index, handler) in set.iter().enumerate().skip(next) {
        if !handler.runs_inline(note.py()) {
            others.push(index);
        } else if let Some(iterator) = call(handler, note, failures) {
            return Some((index, iterator));
        }
    }
    None
}

/// Calls a handler's hook; returns the iterator of what it returned to be awaited.
pub(super) fn call(
    handler: &Handler,
    note: &mut Note<'_>,
    failures: &mut Failures,
) -> Option<Py<PyAny>> {
    approach(handler, note).unwrap_or_else(|error| {
        failures.note(note.py(), handler, note.event, error);
        None
    })
}
