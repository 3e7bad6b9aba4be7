//! One event as hooks are called with it: laid out once, for all handlers.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};
use smallvec::SmallVec;

use crate::events::Event;
use crate::handlers::{Handler, HandlerSet, Hook, Layout};
use crate::py::calls;

/// The names of an event's keywords, made at its first use.
pub(crate) struct Names<const N: usize> {
    texts: [&'static str; N],
    tuple: PyOnceLock<Py<PyTuple>>,
}

impl<const N: usize> Names<N> {
    pub(crate) const fn new(texts: [&'static str; N]) -> Self {
        Self {
            texts,
            tuple: PyOnceLock::new(),
        }
    }

    #[inline]
    pub(crate) fn get<'a, 'py>(&'a self, py: Python<'py>) -> PyResult<&'a Bound<'py, PyTuple>> {
        let make = || {
            let names = self.texts.map(|text| PyString::intern(py, text));
            PyTuple::new(py, names).map(Bound::unbind)
        };
        Ok(self.tuple.get_or_try_init(py, make)?.bind(py))
    }
}

/// One event on its way to the handlers of a run.
///
/// The arguments lie as CPython's vectorcall takes them: the receiver's place, then the payload,
/// which hooks take by position, then the values of the keywords.
pub(crate) struct Note<'py> {
    pub(crate) event: Event,
    names: Bound<'py, PyTuple>,
    arguments: SmallVec<[Bound<'py, PyAny>; 10]>,
}

/// An event, and who is to be told.
pub(crate) type Notice<'py> = (Py<HandlerSet>, Note<'py>);

/// The event, for one who tells it later.
pub(crate) fn noticed<'py>(set: &Py<HandlerSet>, note: &mut Note<'py>) -> Notice<'py> {
    (set.clone_ref(note.py()), note.take())
}

impl<'py> Note<'py> {
    /// An event with these keywords, to be laid out by `fill`.
    #[inline]
    pub(crate) fn new(event: Event, names: &Bound<'py, PyTuple>) -> Self {
        Self {
            event,
            names: names.clone(),
            arguments: SmallVec::new(),
        }
    }

    /// Lays out the event: the payload, then a value for each name.
    ///
    /// Where it lies: to copy what was just written takes longer than to write it.
    #[allow(
        clippy::inline_always,
        reason = "the length, read and written for each value, is a constant then: 4 % of an event"
    )]
    #[inline(always)]
    pub(crate) fn fill<const N: usize>(&mut self, arguments: [Bound<'py, PyAny>; N]) {
        self.arguments.push(self.py().None().into_bound(self.py()));
        // Pushed, not extended by: the optimiser knows that there is room for so few.
        for value in arguments {
            self.arguments.push(value);
        }
    }

    /// The note itself, for one who keeps it; an empty one is left.
    fn take(&mut self) -> Self {
        Self {
            event: self.event,
            names: self.names.clone(),
            arguments: std::mem::take(&mut self.arguments),
        }
    }

    /// Adds what the caller passes on besides; a name that is there already is overwritten.
    pub(crate) fn extend(&mut self, more: Option<&Bound<'py, PyDict>>) -> PyResult<()> {
        let Some(more) = more.filter(|more| !more.is_empty()) else {
            return Ok(());
        };
        let first_value = self.arguments.len() - self.names.len();
        let mut names: SmallVec<[Bound<'py, PyAny>; 16]> = self.names.iter().collect();
        'next: for (name, value) in more {
            let hash = name.hash()?;
            for (index, known) in names.iter().enumerate() {
                if known.is(&name) || (known.hash()? == hash && known.eq(&name)?) {
                    self.arguments[first_value + index] = value;
                    continue 'next;
                }
            }
            name.cast::<PyString>()?;
            names.push(name);
            self.arguments.push(value);
        }
        self.names = PyTuple::new(more.py(), names)?;
        Ok(())
    }

    pub(crate) fn py(&self) -> Python<'py> {
        self.names.py()
    }

    /// How the arguments lie.
    #[inline]
    pub(crate) fn layout(&self) -> Layout<'_, 'py> {
        Layout {
            payload: self.payload().len(),
            names: &self.names,
        }
    }

    /// The arguments that hooks take by position.
    pub(crate) fn payload(&self) -> &[Bound<'py, PyAny>] {
        &self.arguments[1..self.arguments.len() - self.names.len()]
    }

    /// The same keywords for another event with another payload of two.
    pub(crate) fn redirected(&self, event: Event, payload: [Bound<'py, PyAny>; 2]) -> Self {
        let values = self.arguments.len() - self.names.len();
        let mut arguments = SmallVec::new();
        arguments.push(self.arguments[0].clone());
        arguments.extend(payload);
        arguments.extend(self.arguments[values..].iter().cloned());
        Self {
            event,
            names: self.names.clone(),
            arguments,
        }
    }

    /// Calls the event's hook on a handler.
    #[inline]
    pub(crate) fn call(&mut self, handler: &Handler) -> PyResult<Bound<'py, PyAny>> {
        let hook = handler.hook(self.event, self.layout());
        self.call_by(&hook, handler)
    }

    /// The same, where the way to the hook is known.
    #[inline]
    pub(crate) fn call_by(
        &mut self,
        hook: &Hook<'py>,
        handler: &Handler,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py();
        self.arguments[0] = handler.bind(py).clone();
        match &hook.0 {
            #[cfg(Py_3_11)]
            Some(function) => calls::call_function(function, &self.arguments, &self.names),
            _ => calls::call_method(self.event.hook(py), &self.arguments, &self.names),
        }
    }
}

/// A note that outlives the call that made it.
pub(crate) struct HeldNote {
    pub(crate) event: Event,
    names: Py<PyTuple>,
    arguments: Vec<Py<PyAny>>,
}

impl HeldNote {
    pub(crate) fn of(note: Note<'_>) -> Self {
        Self {
            event: note.event,
            names: note.names.unbind(),
            arguments: note.arguments.into_iter().map(Bound::unbind).collect(),
        }
    }

    pub(crate) fn bind<'py>(&self, py: Python<'py>) -> Note<'py> {
        Note {
            event: self.event,
            names: self.names.bind(py).clone(),
            arguments: self
                .arguments
                .iter()
                .map(|value| value.bind(py).clone())
                .collect(),
        }
    }

    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            event: self.event,
            names: self.names.clone_ref(py),
            arguments: self
                .arguments
                .iter()
                .map(|value| value.clone_ref(py))
                .collect(),
        }
    }

    pub(crate) fn traverse(&self, visit: &pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        for value in &self.arguments {
            visit.call(value)?;
        }
        Ok(())
    }
}
