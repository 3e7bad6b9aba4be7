//! The chunks of a chat model that streams nothing but texts.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyString;
use smallvec::SmallVec;

use super::chunks;
use crate::py::blueprint::{Blueprint, Value};
use crate::py::calls;
use crate::py::lock::{Guard, Lock};
use crate::py::{imports, names};

/// The chunks that texts are streamed as, one for each.
///
/// Making a chunk's objects and freeing them is half of what a token costs (bench
/// `stream1000.list_model`). So the chunk before the last, which the reader of a stream has let go
/// when it asks for the next one, is filled again, as `zip` fills its tuple again.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct TextChunks {
    texts: Py<PyAny>,
    message_id: Option<Py<PyString>>,
    message: Py<Blueprint>,
    generation: Py<Blueprint>,
    /// Locked while a text is read. Never waited for: who finds it locked is a second reader.
    reading: Lock<Reading>,
}

struct Reading {
    /// How many texts are left, where the last one ends the stream.
    left: Option<usize>,
    /// The chunk before the last, and the last.
    made: [Option<Py<PyAny>>; 2],
}

impl TextChunks {
    fn claim(&self, py: Python<'_>) -> PyResult<Guard<'_, Reading>> {
        let reading = self.reading.try_lock(py);
        reading.ok_or_else(|| PyValueError::new_err("the texts are already being read"))
    }

    /// The chunk of a text, made of that before the last if nobody has it.
    fn chunk<'py>(
        &self,
        text: &Bound<'py, PyAny>,
        is_last: bool,
        spare: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = text.py();
        let mut inner: SmallVec<[Value<'_, 'py>; 3]> = SmallVec::new();
        inner.push((names::content(py), text));
        if let Some(id) = &self.message_id {
            inner.push((names::id(py), id.bind(py)));
        }
        if is_last {
            let position = pyo3::intern!(py, "chunk_position");
            inner.push((position, pyo3::intern!(py, "last")));
        }
        let outer = [names::message(py), names::text(py)];
        let spare = spare.and_then(|chunk| {
            let generation = self.generation.get().vacant(&chunk, 1, &outer)?;
            Some((chunk, generation))
        });
        let Some((chunk, generation)) = spare else {
            let message = self.message.get().whole(py, &inner)?;
            let fields = [(outer[0], &message), (outer[1], text)];
            return self.generation.get().whole(py, &fields);
        };
        let message = self.message_of(generation.value(outer[0])?, &inner)?;
        generation.fill(&[(outer[0], &message), (outer[1], text)])?;
        Ok(chunk)
    }

    /// The message of a chunk that is filled again, made of the one that it had if nobody has that.
    fn message_of<'py>(
        &self,
        spare: Option<Bound<'py, PyAny>>,
        inner: &[Value<'_, 'py>],
    ) -> PyResult<Bound<'py, PyAny>> {
        let names: SmallVec<[_; 3]> = inner.iter().map(|(name, _)| *name).collect();
        if let Some(message) = spare
            // One reference is the chunk's, the other one is held here.
            && let Some(vacant) = self.message.get().vacant(&message, 2, &names)
        {
            vacant.fill(inner)?;
            return Ok(message);
        }
        self.message.get().whole(inner[0].0.py(), inner)
    }
}

#[pymethods]
impl TextChunks {
    #[new]
    #[pyo3(signature = (texts, *, message_id=None, has_end=false))]
    fn new(
        texts: &Bound<'_, PyAny>,
        message_id: Option<Py<PyString>>,
        has_end: bool,
    ) -> PyResult<Self> {
        let py = texts.py();
        let reading = Reading {
            left: if has_end {
                Some(texts.len().map_err(|error| no_number(&error, texts))?)
            } else {
                None
            },
            made: [None, None],
        };
        Ok(Self {
            texts: texts.try_iter()?.into_any().unbind(),
            message_id,
            message: Blueprint::of(imports::message_chunk(py)?)?.unbind(),
            generation: Blueprint::of(imports::generation_chunk(py)?)?.unbind(),
            reading: Lock::new(reading),
        })
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let mut reading = self.claim(py)?;
        let Some(text) = calls::next(self.texts.bind(py))? else {
            reading.made = [None, None];
            return Ok(None);
        };
        if !text.is_instance_of::<PyString>() {
            return Err(no_text(&text));
        }
        let is_last = reading.left == Some(1);
        reading.left = reading.left.map(|left| left.saturating_sub(1));
        let spare = reading.made[0].take().map(|made| made.into_bound(py));
        let chunk = self.chunk(&text, is_last, spare)?;
        reading.made.swap(0, 1);
        reading.made[1] = Some(chunk.clone().unbind());
        Ok(Some(chunk))
    }

    /// Closes what the texts come from.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        chunks::close(self.texts.bind(py))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.texts)?;
        let Some(reading) = self.reading.visited(&visit) else {
            return Ok(());
        };
        for chunk in reading.made.iter().flatten() {
            visit.call(chunk)?;
        }
        Ok(())
    }
}

#[cold]
fn no_number(error: &PyErr, texts: &Bound<'_, PyAny>) -> PyErr {
    if !error.is_instance_of::<PyTypeError>(texts.py()) {
        return error.clone_ref(texts.py());
    }
    PyTypeError::new_err(format!(
        "TextChunks cannot tell which of {texts:?} is the last: pass a list, or leave out has_end, \
         and the stream gets a chunk of its own that marks the end."
    ))
}

#[cold]
fn no_text(given: &Bound<'_, PyAny>) -> PyErr {
    let kind = given.get_type();
    PyTypeError::new_err(format!(
        "TextChunks makes chunks of texts, not of {given:?} ({kind:?}): pass an iterable of str."
    ))
}
