//! What a handler's type can do: which hooks it overrides, which of them are coroutine
//! functions, which flags it decides itself.
//!
//! Finding that out walks the type once. The answer is kept under the type's version tag,
//! which CPython takes away when the type or a base of it changes: a hook that is patched in
//! at run time is found at the next event, and asking costs one comparison.

use std::cell::RefCell;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};

use crate::events::{Event, Ignore};
use crate::py::calls::Outcall;
use crate::py::{imports, names, objects};

/// What handlers of one type can do.
///
/// 16 bytes without a gap, which are copied in one move: each handler of a set has them.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Abilities {
    /// The state of the type that this was read from; 0 if the type has no tag.
    pub(super) tag: u32,
    /// Events whose hook the type overrides.
    pub(crate) hooks: u32,
    /// Events whose hook is a coroutine function.
    pub(crate) coroutines: u32,
    /// Flags (`ignore_*`) that the type or the instance decides.
    pub(crate) flags: u16,
    /// What else is so, a bit for each.
    facts: u16,
}

/// Attributes are made up as they are asked for (`__getattr__`).
const DYNAMIC: u16 = 1;
/// There is a `tap_output_iter`.
const TAPS: u16 = 1 << 1;
/// It is LangSmith's class.
const TRACES: u16 = 1 << 2;
/// There are hooks, be they only the vocabulary's empty ones.
const LISTENS: u16 = 1 << 3;

/// Modules whose handler classes are the vocabulary: their own hooks do nothing and their own
/// flags are `False`, so inheriting one is not overriding it. What was patched into them is.
const VOCABULARY: [&str; 3] = [
    "ferrule.callbacks.handlers",
    "ferrule.callbacks.async_handlers",
    "langchain_core.callbacks.base",
];

const CACHE_SLOTS: usize = 128;

thread_local! {
    /// Direct-mapped by tag. Tags are never given out twice, so an entry is right or unused.
    static CACHE: RefCell<[Abilities; CACHE_SLOTS]> = const {
        RefCell::new([Abilities {
            tag: 0, hooks: 0, coroutines: 0, flags: 0, facts: 0,
        }; CACHE_SLOTS])
    };
}

impl Abilities {
    /// The abilities of the handler's type.
    #[inline]
    pub(crate) fn of(handler: &Bound<'_, PyAny>) -> PyResult<Self> {
        let tag = objects::type_tag(handler);
        let slot = tag as usize % CACHE_SLOTS;
        let known = CACHE.with_borrow(|cache| cache[slot]);
        if tag != 0 && known.tag == tag {
            return Ok(known);
        }
        let found = Self::read(handler)?;
        if found.tag != 0 {
            CACHE.with_borrow_mut(|cache| cache[found.tag as usize % CACHE_SLOTS] = found);
        }
        Ok(found)
    }

    /// Whether objects of the type are handlers for sure: the type has hooks.
    #[inline]
    pub(crate) fn is_handler(self) -> bool {
        self.facts & (LISTENS | DYNAMIC) != 0
    }

    /// Whether attributes are made up as they are asked for: every hook must be tried.
    #[inline]
    pub(crate) fn is_dynamic(self) -> bool {
        self.facts & DYNAMIC != 0
    }

    /// Whether it wants to see streamed chunks.
    #[inline]
    pub(crate) fn taps(self) -> bool {
        self.facts & TAPS != 0
    }

    /// Whether it is a tracer of LangSmith's, whose runs are parents to what is traced by other
    /// means.
    #[inline]
    pub(crate) fn traces(self) -> bool {
        self.facts & TRACES != 0
    }

    /// Whether the type, or the instance by way of it, can turn the event down.
    #[inline]
    pub(crate) fn decides(self, event: Event) -> bool {
        let flag = event.row().ignore.map_or(0, Ignore::bit);
        self.flags & flag != 0
    }

    /// Whether the handler's type is still as it was when this was read.
    #[inline]
    pub(crate) fn holds_for(self, handler: &Bound<'_, PyAny>) -> bool {
        self.tag != 0 && objects::type_tag(handler) == self.tag
    }

    fn note(&mut self, fact: u16, holds: bool) {
        if holds {
            self.facts |= fact;
        }
    }

    #[cold]
    fn read(handler: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = handler.py();
        let kind = handler.get_type();
        // An attribute look-up makes the interpreter give the type a tag.
        let _ = kind.getattr_opt(Event::ChainStart.hook(py))?;
        let mut found = Self {
            tag: objects::type_tag(handler),
            ..Self::default()
        };
        found.note(DYNAMIC, !objects::has_ordinary_getattr(handler));
        found.note(TAPS, kind.hasattr(names::tap_output_iter(py))?);
        let is_coroutine = imports::is_coroutine_function(py)?;
        let line: Vec<(Bound<'_, PyType>, Bound<'_, PyDict>)> = lineage(&kind)?;
        found.note(TRACES, line.iter().any(|(class, _)| is_tracer(class)));
        for event in Event::ALL {
            found.note(LISTENS, kind.hasattr(event.hook(py))?);
            if let Some(hook) = overridden(&line, event.hook(py).as_any())? {
                found.hooks |= event.bit();
                if is_coroutine.call_out((hook,))?.is_truthy()? {
                    found.coroutines |= event.bit();
                }
            }
        }
        for (flag, _) in Ignore::ALL {
            if overridden(&line, flag.attribute(py).as_any())?.is_some() {
                found.flags |= flag.bit();
            }
        }
        if found.tag != objects::type_tag(handler) {
            // The type changed while it was read: use what was found, but do not keep it.
            found.tag = 0;
        }
        Ok(found)
    }
}

/// Whether the class is the one whose runs LangSmith's context can name as parent.
fn is_tracer(class: &Bound<'_, PyType>) -> bool {
    let is = |name: PyResult<Bound<'_, PyString>>, text: &str| {
        name.is_ok_and(|name| name.to_cow().is_ok_and(|name| name == text))
    };
    is(class.name(), "LangChainTracer") && is(class.module(), "langchain_core.tracers.langchain")
}

/// The classes that a look-up on `kind` goes through, each with its own attributes.
fn lineage<'py>(
    kind: &Bound<'py, PyType>,
) -> PyResult<Vec<(Bound<'py, PyType>, Bound<'py, PyDict>)>> {
    let py = kind.py();
    let mut line = Vec::new();
    for class in kind.mro() {
        let class = class.cast_into::<PyType>()?;
        let own = PyDict::new(py);
        own.update(class.getattr(pyo3::intern!(py, "__dict__"))?.cast()?)?;
        line.push((class, own));
    }
    Ok(line)
}

/// What the first class that defines `name` says it is, unless that is vocabulary.
fn overridden<'py>(
    line: &[(Bound<'py, PyType>, Bound<'py, PyDict>)],
    name: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    for (class, own) in line {
        if let Some(value) = own.get_item(name)? {
            // A flag is a property: its function tells.
            let getter = value.getattr_opt(pyo3::intern!(value.py(), "fget"))?;
            let known = is_vocabulary(class)? && is_vocabulary(getter.as_ref().unwrap_or(&value))?;
            return Ok(if known { None } else { Some(value) });
        }
    }
    Ok(None)
}

/// Whether a class or a function is of one of the modules.
fn is_vocabulary(made: &Bound<'_, PyAny>) -> PyResult<bool> {
    let module = made.getattr_opt(pyo3::intern!(made.py(), "__module__"))?;
    let name = module.and_then(|module| module.cast_into::<PyString>().ok());
    Ok(name.is_some_and(|name| {
        name.to_cow()
            .is_ok_and(|name| VOCABULARY.contains(&name.as_ref()))
    }))
}
