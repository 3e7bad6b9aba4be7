//! One handler: whether it hears an event now, and the way to its hook.
//!
//! Programs set hooks and flags on classes and on objects at any time, so that each event asks; what
//! is remembered only makes asking cheap.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

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
    pub(super) fn new(object: Bound<'_, PyAny>, abilities: Abilities) -> Self {
        Self {
            attributes: objects::instance_dict(&object).map(Bound::unbind),
            object: object.unbind(),
            abilities,
        }
    }

    pub(super) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            object: self.object.clone_ref(py),
            abilities: self.abilities,
            attributes: self.attributes.as_ref().map(|own| own.clone_ref(py)),
        }
    }

    /// Lets go of the handler, on a thread that is attached.
    pub(super) fn drop_ref(self, py: Python<'_>) {
        self.object.drop_ref(py);
        if let Some(own) = self.attributes {
            own.drop_ref(py);
        }
    }

    pub(super) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.object)?;
        self.attributes.iter().try_for_each(|own| visit.call(own))
    }

    /// Whether this is the object.
    #[inline]
    pub(super) fn is(&self, object: &Bound<'_, PyAny>) -> bool {
        self.object.is(object)
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
        self.known(py).filter(|_| self.attributes(py).is_none())
    }

    /// The same for one event, of a handler that may have attributes of its own.
    #[inline]
    fn settled_for(&self, py: Python<'_>, event: Event) -> Option<&Abilities> {
        let known = self.known(py)?;
        match self.attributes(py) {
            Some(own) if !are_silent(own, event) => None,
            _ => Some(known),
        }
    }

    /// The abilities, if its type is as it was and makes up no attributes.
    #[inline]
    fn known(&self, py: Python<'_>) -> Option<&Abilities> {
        let known = &self.abilities;
        (!known.is_dynamic() && known.holds_for(self.bind(py))).then_some(known)
    }

    /// Whether there is any event that the handler may hear.
    #[inline]
    pub(super) fn may_hear(&self, py: Python<'_>) -> bool {
        let known = &self.abilities;
        known.hooks != 0 || known.is_dynamic() || self.attributes(py).is_some()
    }

    /// The instance's own attributes, if there are any.
    #[inline]
    fn attributes<'a, 'py>(&'a self, py: Python<'py>) -> Option<&'a Bound<'py, PyDict>> {
        let own = self.attributes.as_ref()?.bind(py);
        (!own.is_empty()).then_some(own)
    }

    /// The way to the hook for an event that the handler is known to hear.
    #[inline]
    pub(crate) fn hook<'py>(&self, event: Event, layout: Layout<'_, 'py>) -> Hook<'py> {
        match self.settled_for(layout.names.py(), event) {
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
        match self.settled_for(py, event) {
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
        match self.settled_for(py, event) {
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

    /// Whether it has a hook for the event, or for what that falls back to.
    ///
    /// A handler that fails at being asked counts as one that has, and fails when it is told.
    #[inline]
    pub(super) fn has_some_hook(&self, py: Python<'_>, event: Event) -> bool {
        let fallback = event.fallback();
        if let Some(known) = self.settled(py) {
            return known.hooks & (event.bit() | fallback.map_or(0, Event::bit)) != 0;
        }
        let has = |event| self.finds_hook(py, event).unwrap_or(true);
        has(event) || fallback.is_some_and(has)
    }

    fn finds_hook(&self, py: Python<'_>, event: Event) -> PyResult<bool> {
        let abilities = self.abilities(py)?;
        Ok(abilities.hooks & event.bit() != 0
            || self.owns(py, event.hook(py))?
            || abilities.is_dynamic() && self.bind(py).hasattr(event.hook(py))?)
    }

    /// Whether the instance itself has an attribute of that name.
    #[inline]
    fn owns(&self, py: Python<'_>, name: &Bound<'_, PyString>) -> PyResult<bool> {
        match self.attributes(py) {
            Some(own) => own.contains(name),
            None => Ok(false),
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
            abilities.flags & flag.bit() != 0 || abilities.is_dynamic() || self.owns(py, name)?;
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

/// Whether the attributes of an instance hold neither a hook for the event nor a flag that turns it
/// down.
fn are_silent(own: &Bound<'_, PyDict>, event: Event) -> bool {
    let lacks = |name| own.contains(name).is_ok_and(|has| !has);
    let flag = event.row().ignore.map(|flag| flag.attribute(own.py()));
    lacks(event.hook(own.py())) && flag.is_none_or(lacks)
}
