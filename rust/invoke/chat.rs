//! A chat model's answer to one conversation: one run, opened and closed here, around what the
//! model's class does in Python.
//!
//! What only a handler would read is made only if one listens: the parameters that the start
//! tells, its copy of the conversation, the result that the end tells.

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::call::prepared;
use super::drive::{Drive, bare_drive};
use super::launch::Brought;
use crate::config::Given;
use crate::events::Kind;
use crate::py::blueprint;
use crate::py::calls::{self, Outcall};
use crate::py::{imports, names, objects};
use crate::runs::{Local, Run, RunHandle, Start, handle};

bare_drive! {
    /// The hot methods of chat models, whose state is a pydantic model's.
    ChatDrive
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
                if let Some(stop) = &stop {
                    calls::method(model, pyo3::intern!(py, "_check_stop"), &[stop])?;
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
    fn brought(&self, tag: Option<Bound<'py, PyString>>) -> PyResult<Local<'py>> {
        let py = self.model.py();
        let is_plain = self.stop.is_none() && self.kwargs.is_empty();
        let fixed = self.model.getattr(pyo3::intern!(py, "_fixed_metadata"))?;
        let about = if is_plain && !fixed.is_none() {
            fixed
        } else {
            let arguments = [&self.stop, self.kwargs.as_any()];
            let name = pyo3::intern!(py, "_metadata_of_call");
            calls::method(self.model, name, &arguments)?
        };
        let mut brought = Brought::of_fields(self.model)?;
        brought.inherit_metadata = Some(about.unbind());
        brought.local(py, tag)
    }

    /// Answers inside of the open run.
    fn answer(&self, run: &Run) -> PyResult<Bound<'py, PyAny>> {
        let py = self.model.py();
        let manager = handle::of_run(py, run, false)?;
        let arguments = [&self.messages, &self.stop, &manager, self.kwargs.as_any()];
        calls::method(self.model, pyo3::intern!(py, "_answer_in_run"), &arguments)
    }
}

impl Drive for ChatDrive {
    const DOC: &'static CStr =
        c"invoke($self, input, config=None, *, stop=None, **kwargs)\n--\n\nAnswers one conversation on the caller's thread.";

    /// Answers one conversation on the caller's thread.
    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: Given<'py>,
        tagged: Option<Local<'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let model = this.as_any();
        let asked = Asked::read(model, input, kwargs)?;
        let local = asked.brought(tagged.and_then(|tagged| tagged.tag))?;
        let (run, run_name) = prepared(py, Kind::ChatModel, given, Some(local))?;
        let _entered = if run.hears(py, run.kind.start()) {
            // Handlers get a list of their own: what they do to it must not reach the model.
            let conversation = asked.messages.try_iter()?.collect::<PyResult<Vec<_>>>()?;
            let conversations = PyList::new(py, [PyList::new(py, conversation)?])?;
            let start = Start {
                extra: Some(asked.told()?),
                ..Start::of(model, conversations.as_any())
            };
            run.open(py, run_name, start)?
        } else {
            run.open_untold(py)?
        };
        let mut answer = None;
        let outcome = asked.answer(&run).and_then(|made| {
            let told = if run.hears(py, run.kind.end()) {
                calls::vectorcall(imports::as_response(py)?, &[&made])?
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

/// What a model answered, with the ids of its messages filled in, if nothing else is lacking and
/// all is of ferrule's own classes; otherwise `None`.
///
/// Messages that are filled in are copied: a model may answer with one that belongs to its caller,
/// or is answered again.
#[pyfunction]
pub(crate) fn with_message_ids<'py>(
    result: &Bound<'py, PyAny>,
    run_manager: &Bound<'py, RunHandle>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = result.py();
    let generations = pyo3::intern!(py, "generations");
    let Some(state) = objects::plain_state(result, imports::chat_result(py)?) else {
        return Ok(None);
    };
    let Some(Ok(given)) = state
        .get_item(generations)?
        .map(Bound::cast_into_exact::<PyList>)
    else {
        return Ok(None);
    };
    let output = state.get_item(pyo3::intern!(py, "llm_output"))?;
    let tells = given.len() == 1 && output.map_or(Ok(false), |output| output.is_truthy())?;
    if given.is_empty() || tells {
        return Ok(None);
    }
    let settled = PyList::empty(py);
    for (index, generation) in given.iter().enumerate() {
        match with_message_id(&generation, run_manager.get(), index)? {
            Some(generation) => settled.append(generation)?,
            None => return Ok(None),
        }
    }
    copied(result, &state, generations, settled.as_any()).map(Some)
}

fn with_message_id<'py>(
    generation: &Bound<'py, PyAny>,
    run: &RunHandle,
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
    let id = names::id(py);
    if inner.get_item(id)?.is_some_and(|id| !id.is_none()) {
        return Ok(Some(generation.clone()));
    }
    let message = copied(&message, &inner, id, &run.message_id(py, index)?)?;
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
