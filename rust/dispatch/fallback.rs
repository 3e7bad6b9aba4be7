//! A handler that knows no chat models is told `on_llm_start`, with the messages as text.

use pyo3::prelude::*;
use pyo3::types::PyList;

use super::Note;
use crate::handlers::Handler;
use crate::py::calls::Outcall;
use crate::py::imports;

/// The note for handlers without the event's hook, made when the first one needs it.
#[derive(Default)]
pub(crate) struct TextFallback<'py> {
    note: Option<Note<'py>>,
}

impl<'py> TextFallback<'py> {
    /// Calls the fallback hook of `note.event` on a handler.
    pub(crate) fn call(
        &mut self,
        note: &Note<'py>,
        handler: &Handler,
    ) -> PyResult<Bound<'py, PyAny>> {
        if self.note.is_none() {
            self.note = as_text(note)?;
        }
        let py = note.py();
        match &mut self.note {
            Some(note) => note.call(handler),
            None => Ok(py.None().into_bound(py)),
        }
    }
}

/// The note of what the event falls back to, if it does.
fn as_text<'py>(note: &Note<'py>) -> PyResult<Option<Note<'py>>> {
    let (Some(event), [serialized, batches]) = (note.event.fallback(), note.payload()) else {
        return Ok(None);
    };
    let py = batches.py();
    let render = imports::buffer_string(py)?;
    let texts = batches
        .try_iter()?
        .map(|messages| render.call_out((messages?,)))
        .collect::<PyResult<Vec<_>>>()?;
    let texts = PyList::new(py, texts)?.into_any();
    Ok(Some(note.redirected(event, [serialized.clone(), texts])))
}
