//! The functions behind hooks, for handlers whose type alone decides: an event calls them without
//! looking for an attribute first, which takes 230 instructions.

use std::cell::RefCell;

use pyo3::prelude::*;
use pyo3::types::{PyFunction, PyType};

use super::Layout;
use super::twin::Twin;
use crate::events::Event;
use crate::py::calls::Outcall;
use crate::py::objects;

/// What a type has for an event.
struct Hook {
    /// The state of the type.
    tag: u32,
    event: Event,
    /// `None`: something else than a function, to be bound by its own rules.
    function: Option<(Py<PyFunction>, Option<Twin>)>,
}

impl Hook {
    #[inline]
    fn to_call<'py>(&self, layout: Layout<'_, 'py>) -> Option<Bound<'py, PyAny>> {
        let (function, twin) = self.function.as_ref()?;
        let function = function.bind(layout.names.py());
        let twin = twin
            .as_ref()
            .and_then(|twin| twin.instead_of(function, layout));
        Some(twin.unwrap_or_else(|| function.clone().into_any()))
    }
}

const CACHE_SLOTS: usize = 256;

thread_local! {
    /// Direct-mapped by tag and event. Tags are never given out twice, so an entry is right or
    /// unused.
    static CACHE: RefCell<[Option<Hook>; CACHE_SLOTS]> =
        const { RefCell::new([const { None }; CACHE_SLOTS]) };
}

#[inline]
fn slot(tag: u32, event: Event) -> usize {
    (tag as usize)
        .wrapping_mul(Event::ALL.len())
        .wrapping_add(event as usize)
        % CACHE_SLOTS
}

/// The function to call a handler's hook by; `tag` is that of the handler's type.
#[inline]
pub(super) fn function<'py>(
    handler: &Bound<'py, PyAny>,
    tag: u32,
    event: Event,
    layout: Layout<'_, 'py>,
) -> Option<Bound<'py, PyAny>> {
    let known = CACHE.with_borrow(|cache| match &cache[slot(tag, event)] {
        Some(hook) if hook.tag == tag && hook.event == event => Some(hook.to_call(layout)),
        _ => None,
    });
    known.unwrap_or_else(|| read(handler, tag, event, layout))
}

#[cold]
fn read<'py>(
    handler: &Bound<'py, PyAny>,
    tag: u32,
    event: Event,
    layout: Layout<'_, 'py>,
) -> Option<Bound<'py, PyAny>> {
    let found = defined(&handler.get_type(), event).ok()?;
    let function = found.and_then(|found| found.cast_into_exact::<PyFunction>().ok());
    let hook = Hook {
        tag,
        event,
        function: function.map(|function| {
            // A function without a twin is called itself.
            let twin = Twin::of(&function, layout).ok().flatten();
            (function.unbind(), twin)
        }),
    };
    let to_call = hook.to_call(layout);
    if tag == objects::type_tag(handler) {
        let old = CACHE.with_borrow_mut(|cache| cache[slot(tag, event)].replace(hook));
        // Dropped outside of the borrow: freeing objects can run any code.
        drop(old);
    }
    to_call
}

/// What the first class of the lineage that defines the hook has under its name.
fn defined<'py>(kind: &Bound<'py, PyType>, event: Event) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = kind.py();
    for class in kind.mro() {
        let own = class.getattr(pyo3::intern!(py, "__dict__"))?;
        let found = own.call_method_out(pyo3::intern!(py, "get"), (event.hook(py),))?;
        if !found.is_none() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
