//! A chat model's answer to one conversation: one run, opened and closed here, around what the
//! model's class does in Python.
//!
//! What only a handler would read is made only if one listens: the parameters that the start
//! tells, its copy of the conversation, the result that the end tells.

use std::ffi::CStr;

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString};

use super::answer;
use super::call::prepared;
use super::drive::{Drive, bare_drive};
use super::launch::Brought;
use crate::config::labels::{self, Metadata};
use crate::config::{Given, read_metadata};
use crate::events::Kind;
use crate::py::blueprint::Maker;
use crate::py::calls::{self, Outcall};
use crate::py::cell::Lazy;
use crate::py::checked::Checked;
use crate::py::{classes, imports, names, objects};
use crate::runs::{Local, Place, Run, Start, handle};

bare_drive! {
    /// The hot methods of chat models, whose state is a pydantic model's.
    ChatDrive
}

/// How models of a class answer, as far as the class says.
#[pyclass(frozen, module = "ferrule._core")]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct ChatFacts {
    /// Whether texts and prompt values are read as all chat models do.
    reads_plainly: bool,
    /// Whether an answer is streamed only if the call or a handler asks for it.
    streams_on_request: bool,
    /// Whether `_generate` takes the run manager.
    pub(super) takes_run_manager: bool,
    /// Whether the parameters of a call are what identifies the model, its kind, and the call's.
    tells_identity: bool,
    /// Whether the metadata of a call without arguments follows from the class alone.
    metadata_is_fixed: bool,
    /// That metadata, once it was asked for; never changed.
    metadata: Lazy<Metadata>,
    /// Whether the `__dict__` of a model has no method in it.
    without_methods: Checked,
}

#[pymethods]
impl ChatFacts {
    #[new]
    #[pyo3(signature = (
        *, reads_plainly, streams_on_request, takes_run_manager, tells_identity, metadata_is_fixed
    ))]
    #[allow(
        clippy::fn_params_excessive_bools,
        reason = "one keyword for each fact"
    )]
    fn new(
        reads_plainly: bool,
        streams_on_request: bool,
        takes_run_manager: bool,
        tells_identity: bool,
        metadata_is_fixed: bool,
    ) -> Self {
        Self {
            reads_plainly,
            streams_on_request,
            takes_run_manager,
            tells_identity,
            metadata_is_fixed,
            metadata: Lazy::new(),
            without_methods: Checked::default(),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self.metadata.get() {
            Some(metadata) => visit.call(metadata),
            None => Ok(()),
        }
    }
}

impl ChatFacts {
    fn of<'py>(model: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        classes::found(model, imports::facts_of_chat)
    }

    /// Whether the facts hold for a model of the class: none of the methods that they are about was
    /// set on the model itself.
    #[inline]
    pub(super) fn cover(&self, model: &Bound<'_, PyAny>) -> PyResult<bool> {
        match objects::instance_dict(model) {
            Some(own) => self
                .without_methods
                .passes(&own, || Ok(!has_methods(&own)?)),
            None => Ok(true),
        }
    }
}

#[pymethods]
impl ChatDrive {
    /// The conversation that a call is about.
    fn _conversation_of<'py>(
        slf: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        conversation(slf.as_any(), ChatFacts::of(slf)?.get(), input)
    }

    /// What the model answers inside of an open run when it is asked for a whole answer.
    fn _answer_whole<'py>(
        slf: &Bound<'py, Self>,
        messages: &Bound<'py, PyAny>,
        stop: &Bound<'py, PyAny>,
        run_manager: &Bound<'py, PyAny>,
        kwargs: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let facts = ChatFacts::of(slf)?;
        answer::whole(slf, facts.get(), messages, stop, run_manager, kwargs)
    }
}

fn conversation<'py>(
    model: &Bound<'py, PyAny>,
    facts: &ChatFacts,
    input: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    static TEXT: Maker<1> = Maker::new(imports::human_message, ["content"]);
    let py = model.py();
    if facts.reads_plainly && facts.cover(model)? {
        if let Some(state) = objects::plain_state(input, imports::chat_prompt_value(py)?)
            && let Some(Ok(messages)) = state
                .get_item(pyo3::intern!(py, "messages"))?
                .map(Bound::cast_into_exact::<PyList>)
        {
            return Ok(listed(&messages).into_any());
        }
        if input.is_exact_instance_of::<PyString>() {
            let message = TEXT.make(py, [input.clone()])?;
            return Ok(PyList::new(py, [message])?.into_any());
        }
    }
    let prompt = calls::method(model, pyo3::intern!(py, "_convert_input"), &[input])?;
    calls::method(model, pyo3::intern!(py, "_payload"), &[&prompt])
}

/// Whether a method that the facts are about is in the `__dict__` of a model.
fn has_methods(own: &Bound<'_, PyDict>) -> PyResult<bool> {
    let py = own.py();
    let methods = [
        pyo3::intern!(py, "_convert_input"),
        pyo3::intern!(py, "_payload"),
        pyo3::intern!(py, "_should_stream"),
        pyo3::intern!(py, "_generate"),
        pyo3::intern!(py, "_parameters_of_call"),
        pyo3::intern!(py, "_get_invocation_params"),
        pyo3::intern!(py, "asdict"),
        pyo3::intern!(py, "_metadata_of_call"),
        pyo3::intern!(py, "_get_ls_params"),
        pyo3::intern!(py, "_get_ls_params_with_defaults"),
        pyo3::intern!(py, "_provider"),
    ];
    for method in methods {
        if own.contains(method)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A list of the same.
fn listed<'py>(list: &Bound<'py, PyList>) -> Bound<'py, PyList> {
    list.get_slice(0, list.len())
}

/// What a call asks of the model.
struct Asked<'a, 'py> {
    model: &'a Bound<'py, PyAny>,
    facts: Bound<'py, ChatFacts>,
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
                if let Some(stop) = &stop {
                    calls::method(model, pyo3::intern!(py, "_check_stop"), &[stop])?;
                    given.del_item(names::stop(py))?;
                }
                let name = pyo3::intern!(py, "_arguments_of_call");
                let (kwargs, options) = calls::method(model, name, &[&given])?.extract()?;
                (stop, kwargs, options)
            }
        };
        let facts = ChatFacts::of(model)?;
        Ok(Self {
            model,
            messages: conversation(model, facts.get(), input)?,
            facts,
            stop: stop.unwrap_or_else(|| py.None().into_bound(py)),
            kwargs,
            options,
        })
    }

    /// What the start event tells besides the conversation.
    fn told(&self) -> PyResult<Bound<'py, PyDict>> {
        let py = self.model.py();
        let facts = self.facts.get();
        if facts.tells_identity && facts.cover(self.model)? {
            return parameters_of_call(&self.identity()?, &self.stop, &self.options, 1);
        }
        let arguments = [&self.stop, self.kwargs.as_any(), self.options.as_any()];
        let name = pyo3::intern!(py, "_parameters_of_call");
        let told = calls::method(self.model, name, &arguments)?;
        Ok(told.cast_into()?)
    }

    /// What `_get_invocation_params` comes to where neither it nor `asdict` is overridden.
    fn identity(&self) -> PyResult<Bound<'py, PyAny>> {
        let py = self.model.py();
        let params = PyDict::new(py);
        let own = self
            .model
            .getattr(pyo3::intern!(py, "_identifying_params"))?;
        calls::method(&params, pyo3::intern!(py, "update"), &[&own])?;
        let kind = self.model.getattr(pyo3::intern!(py, "_llm_type"))?;
        params.set_item(pyo3::intern!(py, "_type"), kind)?;
        params.set_item(names::stop(py), &self.stop)?;
        params.update(self.kwargs.as_mapping())?;
        Ok(params.into_any())
    }

    /// What the model brings to its runs.
    fn brought(&self) -> PyResult<Local<'py>> {
        let py = self.model.py();
        Ok(Local {
            inherit_metadata: self.metadata()?,
            ..Brought::of_fields(self.model)?.local(py)?
        })
    }

    /// What the run and those below it have as metadata.
    fn metadata(&self) -> PyResult<Metadata> {
        let py = self.model.py();
        let name = pyo3::intern!(py, "_metadata_of_call");
        let make = || {
            let made = calls::method(self.model, name, &[&self.stop, self.kwargs.as_any()])?;
            read_metadata("metadata", &made)
        };
        let facts = self.facts.get();
        let is_plain = self.stop.is_none() && self.kwargs.is_empty();
        if !(facts.metadata_is_fixed && is_plain && facts.cover(self.model)?) {
            return make();
        }
        Ok(labels::share(py, facts.metadata.get_or_make(make)?))
    }

    /// Answers inside of the open run.
    fn answer(&self, run: &Run) -> PyResult<Bound<'py, PyAny>> {
        let py = self.model.py();
        let manager = handle::of_run(py, run, false)?;
        if self.is_asked_whole(run)? {
            let facts = self.facts.get();
            let (messages, stop) = (&self.messages, &self.stop);
            return answer::whole(self.model, facts, messages, stop, &manager, &self.kwargs);
        }
        let arguments = [&self.messages, &self.stop, &manager, self.kwargs.as_any()];
        calls::method(self.model, pyo3::intern!(py, "_answer_in_run"), &arguments)
    }

    /// Whether there is nothing to look up, to stream or to wait for: `_answer_in_run` would ask for
    /// a whole answer at once.
    fn is_asked_whole(&self, run: &Run) -> PyResult<bool> {
        let py = self.model.py();
        let Some(state) = objects::instance_dict(self.model) else {
            return Ok(false);
        };
        let is_unset = |name| {
            let value = state.get_item(name)?;
            Ok::<_, PyErr>(value.is_some_and(|value| value.is_none()))
        };
        Ok(self.facts.get().streams_on_request
            && self.kwargs.is_empty()
            && is_unset(pyo3::intern!(py, "cache"))?
            && is_unset(pyo3::intern!(py, "rate_limiter"))?
            && self.facts.get().cover(self.model)?
            && run.told().map_or(Ok(None), |set| set.taps(py))?.is_none()
            && calls::vectorcall(imports::llm_cache(py)?, &[])?.is_none())
    }
}

impl Drive for ChatDrive {
    const DOC: &'static CStr =
        c"invoke($self, input, config=None, *, stop=None, **kwargs)\n--\n\nAnswers one conversation on the caller's thread.";

    /// Answers one conversation on the caller's thread.
    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let model = this.as_any();
        let asked = Asked::read(model, input, kwargs)?;
        let local = asked.brought()?;
        let run = prepared(py, Kind::ChatModel, given, place, Some(&local))?;
        let _entered = if run.hears(py, run.kind.start()) {
            // Handlers get a list of their own: what they do to it must not reach the model.
            let conversation = match asked.messages.cast_exact::<PyList>() {
                Ok(messages) => listed(messages),
                Err(_) => asked
                    .messages
                    .try_iter()?
                    .collect::<PyResult<Vec<_>>>()
                    .and_then(|all| PyList::new(py, all))?,
            };
            let conversations = PyList::new(py, [conversation])?;
            let start = Start {
                extra: Some(asked.told()?),
                ..Start::of(model, conversations.as_any())
            };
            run.open(py, given.run_name.as_ref(), start)?
        } else {
            run.open_untold(py)?
        };
        let mut answer = None;
        let outcome = asked.answer(&run).and_then(|made| {
            let told = if run.hears(py, run.kind.end()) {
                answer::as_response(&made)?
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
        let candidates = answer::generations(&answer.unwrap_or(told))?;
        answer::message_of(&candidates.get_item(0)?)
    }
}

/// What the start of each of `count` runs tells of a model's call besides its prompt.
#[pyfunction]
pub(crate) fn parameters_of_call<'py>(
    params: &Bound<'py, PyAny>,
    stop: &Bound<'py, PyAny>,
    options: &Bound<'py, PyDict>,
    count: usize,
) -> PyResult<Bound<'py, PyDict>> {
    let py = params.py();
    let shown = PyDict::new(py);
    shown.set_item(names::stop(py), stop)?;
    for (name, value) in options {
        // A class that hides a secret of a call in its parameters hides it in the options, too.
        let of_class = params.cast::<PyMapping>()?.contains(&name)?;
        let value = if of_class {
            params.get_item(&name)?
        } else {
            value
        };
        shown.set_item(name, value)?;
    }
    let told = PyDict::new(py);
    told.set_item(pyo3::intern!(py, "invocation_params"), params)?;
    told.set_item(pyo3::intern!(py, "options"), shown)?;
    told.set_item(pyo3::intern!(py, "batch_size"), count)?;
    Ok(told)
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
