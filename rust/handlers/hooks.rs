//! The functions behind hooks, for handlers whose type alone decides: an event calls them without
//! looking for an attribute first, which takes 230 instructions.

use std::cell::{Cell, RefCell};

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
    function: Option<Function>,
}

struct Function {
    object: Py<PyFunction>,
    twin: TwinState,
}

enum TwinState {
    /// Not made, as the function was called so often only.
    Unborn(Cell<u8>),
    Made(Twin),
    /// It would save nothing.
    Useless,
}

/// How often a function is called before it gets a twin: making one takes what it saves in some 150
/// calls, and programs define handlers that hear one run.
const CALLS_BEFORE_TWIN: u8 = 64;

impl Function {
    /// The function to call; `None`: a twin is to be made.
    #[inline]
    fn to_call<'py>(&self, layout: Layout<'_, 'py>) -> Option<Bound<'py, PyAny>> {
        let own = self.object.bind(layout.names.py());
        let twin = match &self.twin {
            TwinState::Made(twin) => twin.instead_of(own, layout),
            TwinState::Unborn(calls) if calls.get() == CALLS_BEFORE_TWIN => return None,
            TwinState::Unborn(calls) => {
                calls.set(calls.get() + 1);
                None
            }
            TwinState::Useless => None,
        };
        Some(twin.unwrap_or_else(|| own.clone().into_any()))
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
    enum Found<'py> {
        Known(Option<Bound<'py, PyAny>>),
        Unknown,
        WithoutTwin,
    }
    let found = CACHE.with_borrow(|cache| match &cache[slot(tag, event)] {
        Some(hook) if hook.tag == tag && hook.event == event => match &hook.function {
            Some(function) => match function.to_call(layout) {
                Some(to_call) => Found::Known(Some(to_call)),
                None => Found::WithoutTwin,
            },
            None => Found::Known(None),
        },
        _ => Found::Unknown,
    });
    match found {
        Found::Known(to_call) => to_call,
        Found::Unknown => read(handler, tag, event, None),
        Found::WithoutTwin => read(handler, tag, event, Some(layout)),
    }
}

/// Looks for the hook; with a layout, gives it a twin for calls of that.
#[cold]
fn read<'py>(
    handler: &Bound<'py, PyAny>,
    tag: u32,
    event: Event,
    layout: Option<Layout<'_, 'py>>,
) -> Option<Bound<'py, PyAny>> {
    let found = defined(&handler.get_type(), event).ok()?;
    let function = found.and_then(|found| found.cast_into_exact::<PyFunction>().ok());
    if tag == objects::type_tag(handler) {
        let hook = Hook {
            tag,
            event,
            function: function.as_ref().map(|function| Function {
                object: function.clone().unbind(),
                twin: twin(function, layout),
            }),
        };
        let old = CACHE.with_borrow_mut(|cache| cache[slot(tag, event)].replace(hook));
        // Dropped outside of the borrow: freeing objects can run any code.
        drop(old);
    }
    function.map(Bound::into_any)
}

fn twin(function: &Bound<'_, PyFunction>, layout: Option<Layout<'_, '_>>) -> TwinState {
    match layout.map(|layout| Twin::of(function, layout)) {
        None => TwinState::Unborn(Cell::new(0)),
        Some(Ok(Some(twin))) => TwinState::Made(twin),
        Some(Ok(None) | Err(_)) => TwinState::Useless,
    }
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
