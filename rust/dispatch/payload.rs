//! What an event passes to hooks: positional payload, and keywords laid out once for all.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple};
use smallvec::SmallVec;

use crate::events::Event;

/// The keyword arguments of one event.
pub(crate) struct Keywords<'py> {
    pub(crate) names: Bound<'py, PyTuple>,
    pub(crate) values: SmallVec<[Bound<'py, PyAny>; 8]>,
}

impl<'py> Keywords<'py> {
    /// Pairs a fixed list of names with its values.
    pub(crate) fn fixed<const N: usize>(
        py: Python<'py>,
        cell: &'static PyOnceLock<Py<PyTuple>>,
        names: [&str; N],
        values: [Bound<'py, PyAny>; N],
    ) -> PyResult<Self> {
        let names = cell.get_or_try_init(py, || {
            PyTuple::new(py, names.map(|name| PyString::intern(py, name))).map(Bound::unbind)
        })?;
        Ok(Self {
            names: names.bind(py).clone(),
            values: values.into_iter().collect(),
        })
    }

    /// Adds what the caller passes on besides; a name that is there already is overwritten.
    pub(crate) fn extended(mut self, more: Option<&Bound<'py, PyDict>>) -> PyResult<Self> {
        let Some(more) = more.filter(|more| !more.is_empty()) else {
            return Ok(self);
        };
        let mut names: SmallVec<[Bound<'py, PyAny>; 16]> = self.names.iter().collect();
        'next: for (name, value) in more {
            for (index, known) in names.iter().enumerate() {
                if known.is(&name) || known.eq(&name)? {
                    self.values[index] = value;
                    continue 'next;
                }
            }
            name.cast::<PyString>()?;
            names.push(name);
            self.values.push(value);
        }
        self.names = PyTuple::new(more.py(), names)?;
        Ok(self)
    }
}

/// One event on its way to the handlers of a run.
pub(crate) struct Note<'py> {
    pub(crate) event: Event,
    /// The arguments that hooks take by position.
    pub(crate) payload: SmallVec<[Bound<'py, PyAny>; 2]>,
    pub(crate) keywords: Keywords<'py>,
}
