//! What a chat model answers as a whole: asked for, checked, completed.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use super::chat::ChatFacts;
use crate::py::blueprint::{self, Maker};
use crate::py::calls::{self, Outcall};
use crate::py::code::accepts;
use crate::py::{imports, names, objects};
use crate::runs::RunHandle;

/// What `_generate` of the model answers to a conversation, completed.
pub(super) fn whole<'py>(
    model: &Bound<'py, PyAny>,
    facts: &ChatFacts,
    messages: &Bound<'py, PyAny>,
    stop: &Bound<'py, PyAny>,
    run_manager: &Bound<'py, PyAny>,
    kwargs: &Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyAny>> {
    static NAMES: PyOnceLock<Py<PyTuple>> = PyOnceLock::new();
    let py = model.py();
    let method = pyo3::intern!(py, "_generate");
    let answer = if facts.takes_run_manager && kwargs.is_empty() && facts.cover(model)? {
        let names = NAMES.get_or_try_init(py, || {
            PyTuple::new(py, [names::stop(py), names::run_manager(py)]).map(Bound::unbind)
        })?;
        let arguments = [model, messages, stop, run_manager].map(Clone::clone);
        calls::call_method(method, &arguments, names.bind(py))?
    } else {
        let generate = model.getattr(method)?;
        let given = kwargs.copy()?;
        given.set_item(names::stop(py), stop)?;
        if accepts(&generate)?.run_manager {
            given.set_item(names::run_manager(py), run_manager)?;
        }
        generate.call_out_with((messages,), Some(&given))?
    };
    let kind = imports::chat_result(py)?;
    let answer = if answer.get_type().is(kind) {
        answer
    } else {
        imports::answer_of(py)?.call_out((model, answer, kind, method))?
    };
    match with_message_ids(&answer, run_manager.cast()?)? {
        Some(settled) => Ok(settled),
        None => imports::settle_result(py)?.call_out((answer, run_manager)),
    }
}

/// What the run of one conversation ends with.
#[pyfunction]
pub(crate) fn as_response<'py>(answer: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    static RESPONSE: Maker<2> = Maker::new(imports::llm_result, ["generations", "llm_output"]);
    let py = answer.py();
    let (candidates, output) = (generations(answer)?, llm_output(answer)?);
    let all = PyList::new(py, [candidates])?.into_any();
    RESPONSE.make(py, [all, output])
}

/// The candidates of an answer.
pub(super) fn generations<'py>(answer: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = answer.py();
    let name = pyo3::intern!(py, "generations");
    field(answer, imports::chat_result(py)?, name)
}

fn llm_output<'py>(answer: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = answer.py();
    let name = pyo3::intern!(py, "llm_output");
    field(answer, imports::chat_result(py)?, name)
}

/// The message of a candidate.
pub(super) fn message_of<'py>(generation: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = generation.py();
    field(
        generation,
        imports::chat_generation(py)?,
        names::message(py),
    )
}

/// A field of a model, past pydantic's look-up if the model is of the very class, which is ferrule's.
#[inline]
fn field<'py>(
    model: &Bound<'py, PyAny>,
    class: &Bound<'py, PyType>,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Some(state) = objects::plain_state(model, class)
        && let Some(value) = state.get_item(name)?
    {
        return Ok(value);
    }
    model.getattr(name)
}

/// What a model answered, with the ids of its messages filled in, if nothing else is lacking and
/// all is of ferrule's own classes; otherwise `None`.
///
/// Messages that are filled in are copied: a model may answer with one that belongs to its caller,
/// or is answered again. What nobody but this function holds is not.
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
    // The caller's reference; that of the state, and the one here.
    let is_ours = objects::has_references(result, 1) && objects::has_references(&given, 2);
    let settled = PyList::empty(py);
    let mut is_settled = is_ours;
    for (index, generation) in given.iter().enumerate() {
        let Some(new) = with_message_id(&generation, run_manager.get(), index, is_ours)? else {
            return Ok(None);
        };
        is_settled = is_settled && new.is(&generation);
        settled.append(new)?;
    }
    if is_settled {
        return Ok(Some(result.clone()));
    }
    copied(result, &state, generations, settled.as_any()).map(Some)
}

fn with_message_id<'py>(
    generation: &Bound<'py, PyAny>,
    run: &RunHandle,
    index: usize,
    is_ours: bool,
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
    let made = run.message_id(py, index)?;
    if is_ours && objects::has_references(generation, 2) && objects::has_references(&message, 2) {
        inner.set_item(id, made)?;
        blueprint::given_fields(&message)?.add(id)?;
        return Ok(Some(generation.clone()));
    }
    let message = copied(&message, &inner, id, &made)?;
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
