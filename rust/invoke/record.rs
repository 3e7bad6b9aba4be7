//! What went through a stream: kept only if somebody will be told of it, and summed up at its end.

use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::py::calls::Outcall;
use crate::py::objects;

/// Chunks, in the order in which they went through.
pub(crate) struct Record(Py<PyList>);

impl Record {
    pub(crate) fn new(py: Python<'_>) -> Self {
        Self(PyList::empty(py).unbind())
    }

    #[inline]
    pub(crate) fn note(&self, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.bind(chunk.py()).append(chunk)
    }

    pub(crate) fn len(&self, py: Python<'_>) -> usize {
        self.0.bind(py).len()
    }

    /// The chunks as a list of the receiver's own.
    pub(crate) fn list<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        copied(self.0.bind(py))
    }

    pub(crate) fn sum<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        sum(self.0.bind(py))
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.0)
    }
}

fn copied<'py>(list: &Bound<'py, PyList>) -> Bound<'py, PyList> {
    list.get_slice(0, list.len())
}

/// The sum of chunks, or the last one where two do not add up; `None` without any.
///
/// Text is joined and lists are concatenated in one go; chunk classes with `merge_chunks` (the
/// messages') sum up in linear time; everything else is added pairwise.
fn sum<'py>(chunks: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyAny>> {
    let py = chunks.py();
    let Ok(first) = chunks.get_item(0) else {
        return Ok(py.None().into_bound(py));
    };
    if chunks.len() == 1 {
        return Ok(first);
    }
    if chunks
        .iter()
        .all(|chunk| chunk.is_exact_instance_of::<PyString>())
    {
        return joined(chunks);
    }
    let class = first.get_type();
    let alike = chunks.iter().all(|chunk| chunk.get_type().is(&class));
    if alike && let Some(merge) = objects::attribute(&class, pyo3::intern!(py, "merge_chunks"))? {
        return merge.call_out((copied(chunks),));
    }
    let mut total = first;
    for chunk in chunks.iter().skip(1) {
        match total.add(chunk) {
            Ok(sum) => total = sum,
            // As in langchain-core: what does not add up is represented by its last chunk.
            Err(error) if error.is_instance_of::<PyTypeError>(py) => {
                return chunks.get_item(chunks.len() - 1);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(total)
}

/// Texts as one text.
pub(crate) fn joined<'py>(texts: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyAny>> {
    let py = texts.py();
    pyo3::intern!(py, "").call_method_out(pyo3::intern!(py, "join"), (texts,))
}
