//! The chunks of a chat model's stream: each is completed, told, kept for the end of the run, and
//! then handed out as its message.
//!
//! What is kept grows with the text, not with the chunks: of chunks that hold nothing but text
//! only the text is kept. A thousand chunks that live to the end of the run cost the collector
//! more than it takes to make them (bench `stream1000.list_model`).

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::chunks;
use super::record::joined;
use crate::dispatch::{tell, thrown};
use crate::py::calls::{self, Outcall};
use crate::py::cell::Lazy;
use crate::py::lock::Lock;
use crate::py::{blueprint, imports, names, objects};
use crate::runs::RunHandle;

#[derive(Default)]
struct Kept {
    /// The chunks that are kept as they are, those before `texts`.
    whole: Vec<Py<PyAny>>,
    /// The texts of the chunks after them, which hold nothing else.
    texts: Vec<Py<PyAny>>,
    /// The message id of all of those.
    texts_id: Option<Py<PyAny>>,
    /// The last message.
    last: Option<Py<PyAny>>,
}

/// The chunks of one run, in order.
#[pyclass(frozen, subclass, module = "ferrule._core")]
pub(crate) struct TokenLog {
    /// The id of messages that have none of their own.
    message_id: Lazy<Py<PyAny>>,
    kept: Lock<Kept>,
}

impl TokenLog {
    fn id<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let id = self.message_id.get().map(|id| id.bind(py).clone());
        id.unwrap_or_else(|| py.None().into_bound(py))
    }

    /// A new chunk, whose message is completed in place with its id and metadata.
    fn completed<'py>(&self, chunk: &Bound<'py, PyAny>) -> PyResult<Piece<'py>> {
        let py = chunk.py();
        let piece = Piece::read(chunk)?;
        let message = &piece.message;
        let id = names::id(py);
        if let Some((_, state)) = &piece.states {
            if state.get_item(id)?.is_none_or(|id| id.is_none()) {
                state.set_item(id, self.id(py))?;
                blueprint::given_fields(message)?.add(id)?;
            }
        } else if message.getattr(id)?.is_none() {
            message.setattr(id, self.id(py))?;
        }
        let told = piece.part(chunk, pyo3::intern!(py, "generation_info"))?;
        if told.is_truthy()? {
            let name = pyo3::intern!(py, "response_metadata");
            let all = told.cast::<PyDict>()?.copy()?;
            all.update(message.getattr(name)?.cast()?)?;
            message.setattr(name, all)?;
        }
        Ok(piece)
    }

    /// Keeps a chunk that was told.
    fn keep<'py>(&self, chunk: &Bound<'py, PyAny>, piece: &Piece<'py>) -> PyResult<()> {
        let mut only_text = piece.only_text()?;
        let mut kept = self.kept.lock(chunk.py());
        let before = kept.last.replace(piece.message.clone().unbind());
        // Mostly it goes on as it did, with the very id that was filled in.
        let goes_on = kept.texts_id.as_ref();
        if let Some((text, _)) =
            only_text.take_if(|(_, id)| goes_on.is_some_and(|known| known.is(&*id)))
        {
            kept.texts.push(text.unbind());
            drop(kept);
            drop(before);
            return Ok(());
        }
        let known = kept.texts_id.as_ref().map(|id| id.clone_ref(chunk.py()));
        drop(kept);
        drop(before);
        match only_text {
            Some((text, id)) => self.keep_text(text, id, known),
            None => self.keep_whole(chunk),
        }
    }

    /// Keeps the text of a chunk whose message may have another id than those `known` before.
    fn keep_text(
        &self,
        text: Bound<'_, PyAny>,
        id: Bound<'_, PyAny>,
        known: Option<Py<PyAny>>,
    ) -> PyResult<()> {
        let py = text.py();
        if !known.map_or(Ok(false), |known| known.bind(py).eq(&id))? {
            self.gather(py)?;
            self.kept.lock(py).texts_id = Some(id.unbind());
        }
        self.kept.lock(py).texts.push(text.unbind());
        Ok(())
    }

    /// Keeps a chunk whole, and what came before it as a chunk.
    fn keep_whole(&self, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        self.gather(chunk.py())?;
        self.kept
            .lock(chunk.py())
            .whole
            .push(chunk.clone().unbind());
        Ok(())
    }

    /// Makes one chunk of the texts.
    fn gather(&self, py: Python<'_>) -> PyResult<()> {
        let (texts, id) = {
            let mut kept = self.kept.lock(py);
            (std::mem::take(&mut kept.texts), kept.texts_id.take())
        };
        if texts.is_empty() {
            return Ok(());
        }
        let text = joined(&PyList::new(py, texts)?)?;
        let fields = PyDict::new(py);
        fields.set_item(names::content(py), text)?;
        fields.set_item(names::id(py), id)?;
        let trusted = pyo3::intern!(py, "_trusted");
        let message = imports::message_chunk(py)?
            .getattr(trusted)?
            .call_out_with((), Some(&fields))?;
        let fields = PyDict::new(py);
        fields.set_item(names::message(py), message)?;
        let chunk = imports::generation_chunk(py)?
            .getattr(trusted)?
            .call_out_with((), Some(&fields))?;
        self.kept.lock(py).whole.push(chunk.unbind());
        Ok(())
    }
}

#[pymethods]
impl TokenLog {
    #[new]
    fn new() -> Self {
        Self {
            message_id: Lazy::new(),
            kept: Lock::new(Kept::default()),
        }
    }

    /// Sets the id of messages that have none of their own.
    fn open(&self, message_id: Py<PyAny>) {
        self.message_id.offer(message_id);
    }

    /// Completes the message of a new chunk, in place, with its id and metadata; returns it.
    fn shape<'py>(&self, chunk: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.completed(chunk)?.message)
    }

    /// Keeps a chunk that was told.
    fn add(&self, chunk: &Bound<'_, PyAny>) -> PyResult<()> {
        self.keep(chunk, &Piece::read(chunk)?)
    }

    /// The chunks so far, those with nothing but text added up.
    #[getter]
    fn chunks<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.gather(py)?;
        let whole: Vec<_> = {
            let kept = self.kept.lock(py);
            kept.whole.iter().map(|chunk| chunk.clone_ref(py)).collect()
        };
        PyList::new(py, whole)
    }

    /// The last message, or `None`.
    #[getter]
    fn last<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        self.kept
            .lock(py)
            .last
            .as_ref()
            .map(|last| last.bind(py).clone())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Some(kept) = self.kept.visited(&visit) else {
            return Ok(());
        };
        for object in kept.whole.iter().chain(&kept.last) {
            visit.call(object)?;
        }
        Ok(())
    }
}

/// A chunk's message and, of ferrule's own classes, the state of the chunk and of the message:
/// reading it costs a third of what reading an attribute of a pydantic model does.
struct Piece<'py> {
    message: Bound<'py, PyAny>,
    states: Option<(Bound<'py, PyDict>, Bound<'py, PyDict>)>,
}

impl<'py> Piece<'py> {
    fn read(chunk: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = chunk.py();
        let outer = objects::plain_state(chunk, imports::generation_chunk(py)?);
        let message = match &outer {
            Some(state) => state.get_item(names::message(py))?,
            None => None,
        };
        let message = match message {
            Some(message) => message,
            None => chunk.getattr(names::message(py))?,
        };
        let states = outer.zip(objects::plain_state(&message, imports::message_chunk(py)?));
        Ok(Self { message, states })
    }

    /// An attribute of the chunk itself.
    fn part(
        &self,
        chunk: &Bound<'py, PyAny>,
        name: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Some((state, _)) = &self.states
            && let Some(value) = state.get_item(name)?
        {
            return Ok(value);
        }
        chunk.getattr(name)
    }

    /// The content of the message.
    fn token(&self) -> PyResult<Bound<'py, PyAny>> {
        let name = names::content(self.message.py());
        if let Some((_, state)) = &self.states
            && let Some(value) = state.get_item(name)?
        {
            return Ok(value);
        }
        self.message.getattr(name)
    }

    /// The text and the id, if the chunk holds nothing else.
    fn only_text(&self) -> PyResult<Option<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
        let py = self.message.py();
        let Some((outer, state)) = &self.states else {
            return Ok(None);
        };
        let info = outer.get_item(pyo3::intern!(py, "generation_info"))?;
        if info.is_some_and(|info| !info.is_none()) {
            return Ok(None);
        }
        let (content, own_id) = (names::content(py), names::id(py));
        let kind = pyo3::intern!(py, "type");
        let (mut text, mut id) = (None, None);
        let is_all = objects::all_entries(state, |name, value| {
            if name.is(content) {
                text = value
                    .is_exact_instance_of::<PyString>()
                    .then(|| value.to_owned());
                text.is_some()
            } else if name.is(own_id) {
                id = Some(value.to_owned());
                true
            } else {
                value.is_none() || name.is(kind) || blueprint::is_empty(&value)
            }
        });
        if !is_all {
            return Ok(None);
        }
        Ok(text.zip(id))
    }
}

/// The messages of a model's chunks, each told before it is handed out.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct TokenStream {
    chunks: Py<PyAny>,
    manager: Py<RunHandle>,
    log: Py<TokenLog>,
    /// Returns a chunk of another class than ferrule's, if it is one.
    check: Py<PyAny>,
}

impl TokenStream {
    /// Tells a chunk, keeps it, and hands out its message.
    fn hand_out<'py>(
        &self,
        chunk: &Bound<'py, PyAny>,
        piece: Piece<'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let token = piece.token()?;
        let manager = self.manager.get();
        if let Some(Err(error)) = manager.token_note(&token, Some(chunk), None, tell)? {
            return Err(error);
        }
        self.log.get().keep(chunk, &piece)?;
        Ok(piece.message)
    }
}

#[pymethods]
impl TokenStream {
    #[new]
    fn new(
        chunks: &Bound<'_, PyAny>,
        run_manager: Py<RunHandle>,
        log: Py<TokenLog>,
        check: Py<PyAny>,
    ) -> PyResult<Self> {
        Ok(Self {
            chunks: chunks.try_iter()?.into_any().unbind(),
            manager: run_manager,
            log,
            check,
        })
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        if let Some(given) = calls::next(self.chunks.bind(py))? {
            let chunk = if given.get_type().is(imports::generation_chunk(py)?) {
                given
            } else {
                calls::vectorcall(self.check.bind(py), &[&given])?
            };
            let piece = self.log.get().completed(&chunk)?;
            return self.hand_out(&chunk, piece).map(Some);
        }
        // The chunk that marks the end, made by the log; there is none when it was marked.
        let log = self.log.bind(py).as_any();
        let chunk = calls::method(log, pyo3::intern!(py, "closing_chunk"), &[])?;
        if chunk.is_none() {
            return Ok(None);
        }
        let piece = Piece::read(&chunk)?;
        self.hand_out(&chunk, piece).map(Some)
    }

    /// Closes what the chunks come from.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        chunks::close(self.chunks.bind(py))
    }

    /// Closes what the chunks come from, and raises.
    #[pyo3(signature = (kind, value=None, traceback=None))]
    fn throw<'py>(
        &self,
        kind: Bound<'py, PyAny>,
        value: Option<Bound<'py, PyAny>>,
        traceback: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let error = thrown(kind.clone(), value, traceback)?;
        self.close(kind.py())?;
        Err(error)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.chunks)?;
        visit.call(&self.manager)?;
        visit.call(&self.check)?;
        visit.call(&self.log)
    }
}
