//! Chat prompts filled with values: what `ferrule.prompts` leaves to the core.

use pyo3::exceptions::PyKeyError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::py::blueprint::Blueprint;
use crate::py::calls::{self, Outcall};
use crate::py::{classes, imports, names, objects};

/// What becomes of objects of a class in a chat prompt, as far as the class says.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct PartFacts {
    /// Whether they are messages, which stand for themselves.
    is_message: bool,
    /// Whether they are templates that take their values as one mapping, by `_messages`.
    has_twin: bool,
    /// What builds the message of a template for one message, if it is filled as ferrule's are.
    builds: Option<Py<Blueprint>>,
    /// Whether they are templates of a text that are filled as ferrule's are.
    is_text: bool,
}

#[pymethods]
impl PartFacts {
    #[new]
    #[pyo3(signature = (*, is_message, has_twin, builds, is_text))]
    fn new(is_message: bool, has_twin: bool, builds: Option<Py<Blueprint>>, is_text: bool) -> Self {
        Self {
            is_message,
            has_twin,
            builds,
            is_text,
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        match &self.builds {
            Some(builds) => visit.call(builds),
            None => Ok(()),
        }
    }
}

impl PartFacts {
    fn of<'py>(part: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        classes::found(part, imports::facts_of_part)
    }
}

/// The messages of a chat prompt: each part filled, in order.
#[pyfunction]
pub(crate) fn filled_messages<'py>(
    parts: &Bound<'py, PyAny>,
    values: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyList>> {
    let py = parts.py();
    let filled = PyList::empty(py);
    for part in parts.try_iter()? {
        let part = part?;
        let facts = PartFacts::of(&part)?;
        let facts = facts.get();
        if facts.is_message {
            filled.append(part)?;
        } else if let Some(message) = one_message(&part, facts, values)? {
            filled.append(message)?;
        } else {
            let messages = if facts.has_twin {
                calls::method(&part, pyo3::intern!(py, "_messages"), &[values])?
            } else {
                // A template of langchain-core's has the public method only.
                let given = PyDict::new(py);
                given.update(values.cast()?)?;
                part.getattr(pyo3::intern!(py, "format_messages"))?
                    .call_out_with((), Some(&given))?
            };
            calls::method(&filled, pyo3::intern!(py, "extend"), &[&messages])?;
        }
    }
    Ok(filled)
}

/// The message of a template for one message whose content is one text, and nothing else.
fn one_message<'py>(
    part: &Bound<'py, PyAny>,
    facts: &PartFacts,
    values: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    static NAMES: PyOnceLock<Py<PyTuple>> = PyOnceLock::new();
    let py = part.py();
    let (Some(builds), Some(fields)) = (&facts.builds, objects::instance_dict(part)) else {
        return Ok(None);
    };
    let further = fields.get_item(pyo3::intern!(py, "additional_kwargs"))?;
    let Some(prompt) = fields.get_item(pyo3::intern!(py, "prompt"))? else {
        return Ok(None);
    };
    if further.map_or(Ok(true), |further| further.is_truthy())?
        || !PartFacts::of(&prompt)?.get().is_text
    {
        return Ok(None);
    }
    let Some(text) = text_of(&prompt, values)? else {
        return Ok(None);
    };
    let names = NAMES.get_or_try_init(py, || {
        PyTuple::new(py, [names::content(py)]).map(Bound::unbind)
    })?;
    let names = names.bind(py).as_slice();
    builds.get().build(py, names, &[text]).map(Some)
}

/// The text of a template to which nothing was given beforehand.
fn text_of<'py>(
    prompt: &Bound<'py, PyAny>,
    values: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = prompt.py();
    let Some(fields) = objects::instance_dict(prompt) else {
        return Ok(None);
    };
    let partials = fields.get_item(pyo3::intern!(py, "partial_variables"))?;
    let template = fields.get_item(pyo3::intern!(py, "template"))?;
    let format = fields.get_item(pyo3::intern!(py, "template_format"))?;
    match (partials, template, format) {
        (Some(partials), Some(template), Some(format)) if !partials.is_truthy()? => {
            filled_text(prompt, &template, &format, values).map(Some)
        }
        _ => Ok(None),
    }
}

/// A template's text with the values in their places.
#[pyfunction]
pub(crate) fn filled_text<'py>(
    prompt: &Bound<'py, PyAny>,
    template: &Bound<'py, PyAny>,
    template_format: &Bound<'py, PyAny>,
    values: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = prompt.py();
    let compile = imports::compile_template(py)?;
    let compiled = calls::vectorcall(compile, &[template, template_format])?;
    let compiled = compiled.cast::<PyTuple>()?;
    calls::vectorcall(&compiled.get_item(1)?, &[values]).or_else(|error| {
        if error.is_instance_of::<PyKeyError>(py) {
            missing(prompt, &compiled.get_item(0)?, values)?;
        }
        Err(error)
    })
}

/// Raises a `KeyError` that names what is missing, unless nothing is: then a value's own formatting
/// raised one.
#[cold]
fn missing<'py>(
    prompt: &Bound<'py, PyAny>,
    variables: &Bound<'py, PyAny>,
    values: &Bound<'py, PyAny>,
) -> PyResult<()> {
    let py = prompt.py();
    for name in variables.try_iter()? {
        if !values.contains(name?)? {
            let method = pyo3::intern!(py, "_missing_message");
            let message = calls::method(prompt, method, &[variables, values])?;
            return Err(PyKeyError::new_err(message.unbind()));
        }
    }
    Ok(())
}
