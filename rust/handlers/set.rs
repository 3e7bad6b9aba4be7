//! Ordered sets of handlers, compared by identity, shared between the runs that inherit them.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;
use smallvec::SmallVec;

use super::{Abilities, Handler};
use crate::events::Event;

/// One or two lie in the set itself.
type Items = SmallVec<[Handler; 2]>;

/// A bit for each handler of a set, chosen by its address: one whose bit is not there is new.
#[derive(Clone, Copy, Default)]
struct Marks(u64);

impl Marks {
    /// Puts the handler's bit, and says whether it was there.
    #[inline]
    fn put(&mut self, handler: &Bound<'_, PyAny>) -> bool {
        // Fibonacci hashing: the highest bits of the product depend on all of the address.
        let address = handler.as_ptr() as u64;
        let bit = 1 << (address.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 58);
        let known = self.0 & bit != 0;
        self.0 |= bit;
        known
    }
}

/// Handlers in the order in which they are told, each once.
///
/// Never changed once it is made: runs that inherit the same handlers share one set.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct HandlerSet {
    items: Items,
    marks: Marks,
    /// Whether one of them is a tracer of LangSmith's.
    traces: bool,
    /// Whether one of them had a hook of any kind, when the set was made.
    listens: bool,
}

impl HandlerSet {
    /// The handlers of `base`, then those of `more` that are not among them.
    ///
    /// Nothing is copied where the result is `base` itself; an empty set is `None`. `look` finds out
    /// what a handler of another type than the last can do, or refuses it.
    pub(crate) fn extended<'py>(
        py: Python<'py>,
        base: Option<&Py<Self>>,
        more: impl IntoIterator<Item = Bound<'py, PyAny>, IntoIter: ExactSizeIterator>,
        look: impl Fn(&Bound<'py, PyAny>) -> PyResult<Abilities>,
    ) -> PyResult<Option<Py<Self>>> {
        let more = more.into_iter();
        let known: &[Handler] = base.map_or(&[], |base| base.get().items.as_slice());
        let mut marks = base.map_or_else(Marks::default, |base| base.get().marks);
        let mut items = Items::new();
        let mut abilities = Abilities::default();
        let mut traces = base.is_some_and(|base| base.get().traces);
        let most = known.len() + more.len();
        for handler in more {
            if marks.put(&handler) {
                let told = if items.is_empty() { known } else { &items };
                if told.iter().any(|other| other.is(&handler)) {
                    continue;
                }
            }
            if items.is_empty() {
                items = Items::with_capacity(most);
                items.extend(known.iter().map(|h| h.clone_ref(py)));
            }
            // Mostly they are of one type, which is looked up once.
            if !abilities.holds_for(&handler) {
                abilities = look(&handler)?;
                traces |= abilities.traces();
            }
            items.push(Handler::new(handler, abilities));
        }
        if items.is_empty() {
            return Ok(base
                .filter(|_| !known.is_empty())
                .map(|base| base.clone_ref(py)));
        }
        let set = Self {
            traces,
            listens: items.iter().any(|handler| handler.may_hear(py)),
            marks,
            items,
        };
        Py::new(py, set).map(Some)
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
                let more = b.get().iter().map(|handler| handler.bind(py).clone());
                Self::extended(py, first, more, Abilities::of)
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
        let mut handlers = self.items.iter();
        handlers.any(|handler| handler.has_some_hook(py, event))
    }

    /// Whether one of the handlers had a hook of any kind, when the set was made.
    #[inline]
    pub(crate) fn listens(&self) -> bool {
        self.listens
    }

    /// Whether one of the handlers is a tracer of LangSmith's.
    #[inline]
    pub(crate) fn traces(&self) -> bool {
        self.traces
    }

    /// The handlers that want to see streamed chunks.
    pub(crate) fn taps<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        for handler in &self.items {
            if handler.abilities(py)?.taps() {
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
        let items = std::mem::take(&mut self.items).into_vec();
        // Without the interpreter, at its end, they are left to the general rule.
        let _ = Python::try_attach(|py| {
            for handler in items {
                handler.drop_ref(py);
            }
        });
    }
}

#[pymethods]
impl HandlerSet {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.items
            .iter()
            .try_for_each(|handler| handler.traverse(&visit))
    }
}
