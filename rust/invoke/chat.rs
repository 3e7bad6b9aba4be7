//! A chat model's answer to one conversation: one run, opened and closed here, around what the
//! model's class does in Python.
//!
//! What only a handler would read is made only if one listens: the parameters that the start
//! tells, its copy of the conversation, the result that the end tells.

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::base::RunnableBase;
use crate::config::{Callbacks, Given, read_mapping, read_tags};
use crate::events::Kind;
use crate::py::blueprint;
use crate::py::calls::{self, Outcall};
use crate::py::fastcall::{Arguments, Invokes};
use crate::py::{imports, names, objects};
use crate::runs::{Local, Run, RunHandle, Start, current_scope, handle, resolve};

/// The hot methods of chat models, whose state is a pydantic model's.
#[pyclass(frozen, subclass, extends = RunnableBase, module = "ferrule._core")]
pub(crate) struct ChatDrive;

#[pymethods]
impl ChatDrive {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyClassInitializer::from(RunnableBase).add_subclass(Self)
    }
}

/// What a call asks of the model.
struct Asked<'a, 'py> {
    model: &'a Bound<'py, PyAny>,
    messages: Bound<'py, PyAny>,
    stop: Bound<'py, PyAny>,
    /// The keywords for the model.
    kwargs: Bound<'py, PyDict>,
    /// What handlers are told besides the keywords.
    options: Bound<'py, PyDict>,
}

impl<'a, 'py> Asked<'a, 'py> {
    fn read(
        model: &'a Bound<'py, PyAny>,
        input: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let py = model.py();
        let (stop, kwargs, options) = match kwargs.filter(|kwargs| !kwargs.is_empty()) {
            None => (None, PyDict::new(py), PyDict::new(py)),
            Some(given) => {
                let given = given.copy()?;
                let stop = given.get_item(names::stop(py))?;
                if stop.is_some() {
                    given.del_item(names::stop(py))?;
                }
                let name = pyo3::intern!(py, "_arguments_of_call");
                let (kwargs, options) = calls::method(model, name, &[&given])?.extract()?;
                (stop, kwargs, options)
            }
        };
        Ok(Self {
            model,
            messages: calls::method(model, pyo3::intern!(py, "_conversation_of"), &[input])?,
            stop: stop.unwrap_or_else(|| py.None().into_bound(py)),
            kwargs,
            options,
        })
    }

    /// What the start event tells besides the conversation.
    fn told(&self) -> PyResult<Bound<'py, PyDict>> {
        let py = self.model.py();
        let arguments = [&self.stop, self.kwargs.as_any(), self.options.as_any()];
        let told = calls::method(
            self.model,
            pyo3::intern!(py, "_parameters_of_call"),
            &arguments,
        )?;
        Ok(told.cast_into()?)
    }

    /// What the model brings to its runs.
    fn brought(&self) -> PyResult<Local<'py>> {
        let py = self.model.py();
        let own = objects::instance_dict(self.model).unwrap_or_else(|| PyDict::new(py));
        let field = |name: &Bound<'py, PyString>| {
            Ok::<_, PyErr>(own.get_item(name)?.filter(|value| !value.is_none()))
        };
        let callbacks = field(names::callbacks(py))?;
        let tags = field(names::tags(py))?;
        let metadata = field(names::metadata(py))?;
        let verbose = field(pyo3::intern!(py, "verbose"))?;
        let arguments = [&self.stop, self.kwargs.as_any()];
        let about = calls::method(
            self.model,
            pyo3::intern!(py, "_metadata_of_call"),
            &arguments,
        )?;
        Ok(Local {
            tag: None,
            callbacks: callbacks.map(|c| Callbacks::read(&c)).transpose()?,
            tags: tags.map(|t| read_tags("tags", &t)).transpose()?,
            metadata: metadata.map(|m| read_mapping("metadata", &m)).transpose()?,
            inherit_metadata: Some(read_mapping("metadata", &about)?),
            verbose: verbose.is_some_and(|verbose| verbose.is_truthy().unwrap_or(false)),
        })
    }

    /// Answers inside of the open run.
    fn answer(&self, run: &Run) -> PyResult<Bound<'py, PyAny>> {
        let py = self.model.py();
        let manager = handle::of_run(py, run, false)?;
        let arguments = [&self.messages, &self.stop, &manager, self.kwargs.as_any()];
        calls::method(self.model, pyo3::intern!(py, "_answer_in_run"), &arguments)
    }
}

/// Answers one conversation on the caller's thread.
pub(crate) fn invoke<'py>(
    this: &Bound<'py, ChatDrive>,
    input: &Bound<'py, PyAny>,
    given: Given<'py>,
    tagged: Option<Local<'py>>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = this.py();
    let model = this.as_any();
    let asked = Asked::read(model, input, kwargs)?;
    let mut local = asked.brought()?;
    local.tag = tagged.and_then(|tagged| tagged.tag);
    let around = current_scope(py)?;
    let mut opening = resolve(py, around.as_ref(), given, Some(local))?;
    let run_name = opening.run_name.take();
    let run = Run::new(py, &mut opening, Kind::ChatModel)?;
    let _entered = if run.hears(py, run.kind.start()) {
        // Handlers get a list of their own: what they do to it must not reach the model.
        let conversation = asked.messages.try_iter()?.collect::<PyResult<Vec<_>>>()?;
        let conversations = PyList::new(py, [PyList::new(py, conversation)?])?;
        let start = Start {
            owner: model,
            name: None,
            serialized: None,
            payload: conversations.as_any(),
            run_type: None,
            extra: Some(asked.told()?),
        };
        run.open(py, run_name, start)?
    } else {
        run.open_untold(py)?
    };
    let mut answer = None;
    let outcome = asked.answer(&run).and_then(|made| {
        let told = if run.hears(py, run.kind.end()) {
            imports::as_response(py)?.call_out((&made,))?
        } else {
            made.clone()
        };
        answer = Some(made);
        Ok(told)
    });
    let told = run.close(
        py,
        outcome,
        || None,
        |error| failed_response(py, &run, error),
    )?;
    let first = answer
        .unwrap_or(told)
        .getattr(pyo3::intern!(py, "generations"))?
        .get_item(0)?;
    first.getattr(names::message(py))
}

/// What the error event tells besides the error, if anybody hears it.
#[cold]
fn failed_response<'py>(py: Python<'py>, run: &Run, error: &PyErr) -> Option<Bound<'py, PyDict>> {
    if !run.hears(py, run.kind.error()) {
        return None;
    }
    let made = imports::failed_response(py)
        .and_then(|made| made.call_out((error.value(py),)))
        .and_then(|made| Ok(made.cast_into::<PyDict>()?));
    // What cannot be made must not hide the error.
    made.map_err(|failure| failure.write_unraisable(py, None))
        .ok()
}

/// The generation with the id of its message filled in, if it is of ferrule's own classes and
/// lacks nothing else; otherwise `None`.
///
/// Both are copied: a model may answer with a message that belongs to its caller, or is answered
/// again.
#[pyfunction]
pub(crate) fn with_message_id<'py>(
    generation: &Bound<'py, PyAny>,
    run_manager: &Bound<'py, RunHandle>,
    index: usize,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = generation.py();
    let Some(outer) = objects::plain_state(generation, imports::chat_generation(py)?) else {
        return Ok(None);
    };
    let told = outer.get_item(pyo3::intern!(py, "generation_info"))?;
    let message = outer.get_item(names::message(py))?;
    let Some(message) = message.filter(|_| told.is_none_or(|told| told.is_none())) else {
        return Ok(None);
    };
    let Some(inner) = objects::plain_state(&message, imports::ai_message(py)?) else {
        return Ok(None);
    };
    if inner
        .get_item(names::id(py))?
        .is_some_and(|id| !id.is_none())
    {
        return Ok(Some(generation.clone()));
    }
    let id = run_manager.get().message_id(py, index)?;
    let message = copied(&message, &inner, names::id(py), &id)?;
    copied(generation, &outer, names::message(py), &message).map(Some)
}

/// A shallow copy of a model of ferrule's with another value in one field.
fn copied<'py>(
    model: &Bound<'py, PyAny>,
    state: &Bound<'py, PyDict>,
    field: &Bound<'py, PyString>,
    value: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let state = state.copy()?;
    state.set_item(field, value)?;
    blueprint::copied(model, &state, field)
}

/// `invoke` of the class.
pub(crate) struct InvokeChat;

impl Invokes for InvokeChat {
    type Class = ChatDrive;
    const NAME: &'static CStr = c"invoke";
    const DOC: &'static CStr =
        c"invoke($self, input, config=None, *, stop=None, **kwargs)\n--\n\nAnswers one conversation on the caller's thread.";

    fn invoke<'py>(
        this: &Bound<'py, ChatDrive>,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let given = Given::read(arguments.config)?;
        invoke(
            this,
            arguments.input,
            given,
            None,
            arguments.kwargs.as_ref(),
        )
    }
}
