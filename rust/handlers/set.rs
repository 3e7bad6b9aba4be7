//! Ordered sets of handlers, compared by identity, shared between the runs that inherit them.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use smallvec::SmallVec;

use super::Abilities;
#[cfg(Py_3_11)]
use super::hooks;
use crate::events::Event;
use crate::py::{names, objects};

/// How an event's arguments lie: so many by position, the others under these names.
#[derive(Clone, Copy)]
pub(crate) struct Layout<'a, 'py> {
    #[cfg_attr(
        not(Py_3_11),
        allow(dead_code, reason = "for twins, from Python 3.11 on")
    )]
    pub(crate) payload: usize,
    pub(crate) names: &'a Bound<'py, PyTuple>,
}

/// The way to a handler's hook: its function, where the handler's type alone decides, or by name.
pub(crate) struct Hook<'py>(pub(crate) Option<Bound<'py, PyAny>>);

/// One handler, with what was known of it when it joined the set.
pub(crate) struct Handler {
    object: Py<PyAny>,
    abilities: Abilities,
    /// The instance's own attributes: a hook may be among them, now or later.
    attributes: Option<Py<PyDict>>,
}

impl Handler {
    #[inline]
    fn new(object: &Bound<'_, PyAny>, abilities: Abilities) -> Self {
        Self {
            object: object.clone().unbind(),
            abilities,
            attributes: objects::instance_dict(object).map(Bound::unbind),
        }
    }

    fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            object: self.object.clone_ref(py),
            abilities: self.abilities,
            attributes: self.attributes.as_ref().map(|own| own.clone_ref(py)),
        }
    }

    /// The user's object.
    #[inline]
    pub(crate) fn bind<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyAny> {
        self.object.bind(py)
    }

    /// What the handler's type can do now.
    #[inline]
    pub(crate) fn abilities(&self, py: Python<'_>) -> PyResult<Abilities> {
        if self.abilities.holds_for(self.bind(py)) {
            Ok(self.abilities)
        } else {
            Abilities::of(self.bind(py))
        }
    }

    /// The abilities, if its type is as it was and nothing but the type decides.
    #[inline]
    fn settled(&self, py: Python<'_>) -> Option<&Abilities> {
        let known = &self.abilities;
        let alone = self
            .attributes
            .as_ref()
            .is_none_or(|own| own.bind(py).is_empty());
        (alone && !known.dynamic && known.holds_for(self.bind(py))).then_some(known)
    }

    /// The way to the hook for an event that the handler is known to hear.
    #[inline]
    pub(crate) fn hook<'py>(&self, event: Event, layout: Layout<'_, 'py>) -> Hook<'py> {
        match self.settled(layout.names.py()) {
            Some(known) => self.hook_of(known.tag, event, layout),
            None => Hook(None),
        }
    }

    #[cfg(Py_3_11)]
    #[inline]
    fn hook_of<'py>(&self, tag: u32, event: Event, layout: Layout<'_, 'py>) -> Hook<'py> {
        let handler = self.bind(layout.names.py());
        Hook(hooks::function(handler, tag, event, layout))
    }

    #[cfg(not(Py_3_11))]
    fn hook_of<'py>(&self, _tag: u32, _event: Event, _layout: Layout<'_, 'py>) -> Hook<'py> {
        Hook(None)
    }

    /// The way to the hook for the event, if the handler has one and has not turned it down.
    #[inline]
    pub(crate) fn heard_by<'py>(
        &self,
        event: Event,
        layout: Layout<'_, 'py>,
    ) -> PyResult<Option<Hook<'py>>> {
        let py = layout.names.py();
        match self.settled(py) {
            Some(known) if known.hooks & event.bit() == 0 => Ok(None),
            Some(known) if !known.decides(event) => {
                Ok(Some(self.hook_of(known.tag, event, layout)))
            }
            _ => Ok(self.hears(py, event)?.then(|| self.hook(event, layout))),
        }
    }

    /// Whether the handler has a hook for the event and has not turned it down.
    #[inline]
    pub(crate) fn hears(&self, py: Python<'_>, event: Event) -> PyResult<bool> {
        match self.settled(py) {
            Some(known) if known.hooks & event.bit() == 0 => Ok(false),
            Some(known) if !known.decides(event) => Ok(true),
            _ => Ok(self.has_hook(py, event)? && !self.ignores(py, event)?),
        }
    }

    /// Whether the handler's type or the handler itself overrides the event's hook.
    #[inline]
    pub(crate) fn has_hook(&self, py: Python<'_>, event: Event) -> PyResult<bool> {
        match self.settled(py) {
            Some(known) => Ok(known.hooks & event.bit() != 0),
            None => self.finds_hook(py, event),
        }
    }

    fn finds_hook(&self, py: Python<'_>, event: Event) -> PyResult<bool> {
        let abilities = self.abilities(py)?;
        if abilities.hooks & event.bit() != 0 {
            return Ok(true);
        }
        if self.owns(py, event.hook(py))? {
            return Ok(true);
        }
        Ok(abilities.dynamic && self.bind(py).hasattr(event.hook(py))?)
    }

    /// Whether the instance itself has an attribute of that name.
    #[inline]
    fn owns(&self, py: Python<'_>, name: &Bound<'_, PyString>) -> PyResult<bool> {
        match self.attributes.as_ref().map(|own| own.bind(py)) {
            Some(own) if !own.is_empty() => own.contains(name),
            _ => Ok(false),
        }
    }

    /// Whether the handler turns the event's group down at this moment.
    #[inline]
    pub(crate) fn ignores(&self, py: Python<'_>, event: Event) -> PyResult<bool> {
        let Some(flag) = event.row().ignore else {
            return Ok(false);
        };
        let abilities = self.abilities(py)?;
        let name = flag.attribute(py);
        let decides =
            abilities.flags & flag.bit() != 0 || abilities.dynamic || self.owns(py, name)?;
        if !decides {
            return Ok(false);
        }
        match objects::attribute(self.bind(py), name)? {
            Some(value) => value.is_truthy(),
            None => Ok(false),
        }
    }

    /// Whether the hook for the event is known to be a coroutine function.
    #[inline]
    pub(crate) fn hook_is_coroutine(&self, py: Python<'_>, event: Event) -> PyResult<bool> {
        Ok(self.abilities(py)?.coroutines & event.bit() != 0)
    }

    /// Whether a failure of the handler is to fail the run.
    pub(crate) fn raises(&self, py: Python<'_>) -> bool {
        self.flag(names::raise_error(py))
    }

    /// Whether the handler wants to be called on the event loop's own thread, before others.
    pub(crate) fn runs_inline(&self, py: Python<'_>) -> bool {
        self.flag(names::run_inline(py))
    }

    /// A flag of the handler; one that cannot be read is off.
    fn flag(&self, name: &Bound<'_, PyString>) -> bool {
        let handler = self.bind(name.py());
        let read = objects::attribute(handler, name)
            .and_then(|value| value.map_or(Ok(false), |value| value.is_truthy()));
        read.unwrap_or_else(|error| {
            error.write_unraisable(name.py(), Some(handler));
            false
        })
    }
}

/// One or two lie in the set itself.
type Items = SmallVec<[Handler; 2]>;

/// Handlers in the order in which they are told, each once.
///
/// Never changed once it is made: runs that inherit the same handlers share one set.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct HandlerSet {
    items: Items,
    traces: bool,
}

impl HandlerSet {
    /// The handlers of `base`, then those of `more` that are not among them.
    ///
    /// Nothing is copied where the result is `base` itself; an empty set is `None`.
    pub(crate) fn extended<'py>(
        py: Python<'py>,
        base: Option<&Py<Self>>,
        more: &[Bound<'py, PyAny>],
    ) -> PyResult<Option<Py<Self>>> {
        let known: &[Handler] = base.map_or(&[], |base| base.get().items.as_slice());
        let mut items = Items::new();
        // Mostly they are of one type, which is looked up once.
        let mut abilities = Abilities::default();
        for handler in more {
            let told = if items.is_empty() { known } else { &items };
            if told.iter().any(|other| other.object.is(handler)) {
                continue;
            }
            if items.is_empty() {
                items.reserve_exact(known.len() + more.len());
                items.extend(known.iter().map(|h| h.clone_ref(py)));
            }
            if !abilities.holds_for(handler) {
                abilities = Abilities::of(handler)?;
            }
            items.push(Handler::new(handler, abilities));
        }
        if items.is_empty() {
            return Ok(base
                .filter(|_| !known.is_empty())
                .map(|base| base.clone_ref(py)));
        }
        let traces = items.iter().any(|handler| handler.abilities.traces);
        Py::new(py, Self { items, traces }).map(Some)
    }

    /// The union of two sets, in order.
    pub(crate) fn union(
        py: Python<'_>,
        first: Option<&Py<Self>>,
        second: Option<&Py<Self>>,
    ) -> PyResult<Option<Py<Self>>> {
        match (first, second) {
            (None, other) | (other, None) => Ok(other.map(|set| set.clone_ref(py))),
            (Some(a), Some(b)) if a.is(b) => Ok(Some(a.clone_ref(py))),
            (Some(_), Some(b)) => {
                let more: Vec<_> = b.get().iter().map(|h| h.bind(py).clone()).collect();
                Self::extended(py, first, &more)
            }
        }
    }

    /// The handlers, in order.
    #[inline]
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Handler> {
        self.items.iter()
    }

    /// The handler at a place that is known to be one of the set's.
    #[inline]
    pub(crate) fn at(&self, place: usize) -> &Handler {
        &self.items[place]
    }

    /// Whether any handler hears the event, or what it falls back to.
    ///
    /// A handler that fails at being asked counts as one that hears, and fails when it is told.
    #[inline]
    pub(crate) fn hears(&self, py: Python<'_>, event: Event) -> bool {
        self.items.iter().any(|handler| {
            handler.has_hook(py, event).unwrap_or(true)
                || event
                    .fallback()
                    .is_some_and(|other| handler.has_hook(py, other).unwrap_or(true))
        })
    }

    /// Whether one of the handlers is a tracer of LangSmith's.
    #[inline]
    pub(crate) fn traces(&self) -> bool {
        self.traces
    }

    /// The handlers that want to see streamed chunks.
    pub(crate) fn taps<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        for handler in &self.items {
            if handler.abilities(py)?.taps {
                return Ok(Some(handler.bind(py).clone()));
            }
        }
        Ok(None)
    }

    /// The handlers as a list of their own.
    pub(crate) fn to_list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.items.iter().map(|handler| handler.bind(py)))
    }
}

impl Drop for HandlerSet {
    /// Lets go of many handlers together: each alone would have to ask whether the thread is
    /// attached.
    fn drop(&mut self) {
        if !self.items.spilled() {
            return;
        }
        let items = std::mem::take(&mut self.items);
        // Without the interpreter, at its end, they are left to the general rule.
        let _ = Python::try_attach(|py| {
            for handler in items {
                handler.object.drop_ref(py);
                if let Some(own) = handler.attributes {
                    own.drop_ref(py);
                }
            }
        });
    }
}

#[pymethods]
impl HandlerSet {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        for handler in &self.items {
            visit.call(&handler.object)?;
            if let Some(own) = &handler.attributes {
                visit.call(own)?;
            }
        }
        Ok(())
    }
}
