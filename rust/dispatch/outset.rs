//! What of telling in async code is done at once: calling the handlers that run inline.

use pyo3::prelude::*;

use super::approach::approach;
use super::deferred::{Delivery, Places};
use super::{Failures, Note, Notice};
use crate::handlers::{Handler, HandlerSet};
use crate::py::interpreter::Handling;

/// How far an event got at once.
pub(crate) enum Outset {
    /// Everybody was told; this is to be raised, if anything.
    Told(PyResult<()>),
    /// Somebody is still to be told, or has suspended.
    Left(Delivery),
}

impl Outset {
    /// Calls inline handlers at once, in the run's context, and of a failure while that is being
    /// handled. Nothing is kept of an event that nobody else hears and that none of them suspends
    /// at.
    #[inline]
    pub(crate) fn of(notice: Option<Notice<'_>>) -> PyResult<Self> {
        let Some((set, mut note)) = notice else {
            return Ok(Self::Told(Ok(())));
        };
        let py = note.py();
        let failure = note.payload().first().filter(|_| note.event.is_failure());
        let _handled = failure.map(Handling::of);
        let (mut others, mut failures) = (Places::new(), Failures::default());
        let suspended = call_inline(set.get(), 0, &mut note, &mut others, &mut failures);
        if suspended.is_none() && others.is_empty() {
            return Ok(Self::Told(failures.into_result(py)));
        }
        let next = match &suspended {
            Some((index, _)) => index + 1,
            None => set.get().iter().len(),
        };
        let mut delivery = Delivery::from(next, set, note);
        (delivery.others, delivery.failures) = (others, failures);
        if let Some((index, iterator)) = suspended {
            delivery.suspended(py, index, iterator)?;
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
