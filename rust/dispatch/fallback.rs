//! A handler that knows no chat models is told `on_llm_start`, with the messages as text.

use pyo3::prelude::*;
use pyo3::types::PyList;
use smallvec::SmallVec;

use super::Note;
use crate::py::{calls::MethodCall, imports};

/// The texts of a chat model's messages, rendered when the first handler needs them.
#[derive(Default)]
pub(crate) struct TextFallback<'py> {
    texts: Option<Bound<'py, PyAny>>,
}

impl<'py> TextFallback<'py> {
    /// Calls the fallback hook of `note.event` on `receiver`.
    pub(crate) fn call(
        &mut self,
        note: &Note<'py>,
        receiver: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = receiver.py();
        let Some(event) = note.event.fallback() else {
            return Ok(py.None().into_bound(py));
        };
        let texts = self.texts(note)?.clone();
        let payload = [&note.payload[0], &texts];
        let values: SmallVec<[&Bound<'py, PyAny>; 8]> = note.keywords.values.iter().collect();
        MethodCall::new(event.hook(py), &payload, &note.keywords.names, &values)?.on(receiver)
    }

    fn texts(&mut self, note: &Note<'py>) -> PyResult<&Bound<'py, PyAny>> {
        if self.texts.is_none() {
            let batches = &note.payload[1];
            let py = batches.py();
            let render = imports::buffer_string(py)?;
            let texts = batches
                .try_iter()?
                .map(|messages| render.call1((messages?,)))
                .collect::<PyResult<Vec<_>>>()?;
            self.texts = Some(PyList::new(py, texts)?.into_any());
        }
        self.texts
            .as_ref()
            .ok_or_else(|| pyo3::exceptions::PySystemError::new_err("no fallback text"))
    }
}
