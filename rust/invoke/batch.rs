//! Many inputs, each in a run and a context of its own.

use std::sync::Arc;

use pyo3::exceptions::{PyException, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};

use super::pool;
use super::step::Target;
use crate::config::Given;
use crate::py::context::RunContext;
use crate::py::errors::shown;
use crate::runs::{configs, current_scope};

/// The inputs of a batch as a list; one that is given is not copied.
#[pyfunction]
pub(crate) fn input_list<'py>(inputs: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    if let Ok(list) = inputs.cast::<PyList>() {
        return Ok(list.clone());
    }
    let is_one_input = inputs.is_instance_of::<PyString>()
        || inputs.is_instance_of::<PyBytes>()
        || inputs.is_instance_of::<PyDict>();
    let items = match inputs.try_iter() {
        Ok(items) if !is_one_input => items,
        _ => {
            return Err(PyTypeError::new_err(format!(
                "inputs is a list with one input for each run, got {}; put a single input into a list",
                shown(inputs)
            )));
        }
    };
    let list = PyList::empty(inputs.py());
    for item in items {
        list.append(item?)?;
    }
    Ok(list)
}

/// What the items of a batch share.
struct Shared {
    target: Target,
    inputs: Vec<Py<PyAny>>,
    configs: Vec<Option<Py<PyAny>>>,
    kwargs: Option<Py<PyDict>>,
    /// The caller's context, copied for each item.
    context: RunContext,
}

impl Shared {
    fn item(&self, py: Python<'_>, index: usize) -> PyResult<Py<PyAny>> {
        let context = self.context.copy(py)?;
        let _entered = context.enter(py)?;
        let config = self.configs[index].as_ref().map(|config| config.bind(py));
        let kwargs = self.kwargs.as_ref().map(|kwargs| kwargs.bind(py));
        let input = self.inputs[index].bind(py);
        self.target
            .invoke(py, input, config, kwargs)
            .map(Bound::unbind)
    }
}

/// Invokes the runnable on each input; slot *i* is what became of input *i*.
///
/// Without `return_exceptions` the failure of the first input that failed is raised, when
/// everything that had been started is through; nothing is started after a failure.
pub(crate) fn batch<'py>(
    runnable: &Bound<'py, PyAny>,
    inputs: &Bound<'py, PyList>,
    config: Option<&Bound<'py, PyAny>>,
    return_exceptions: bool,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyList>> {
    let py = runnable.py();
    let count = inputs.len();
    if count == 0 {
        return Ok(PyList::empty(py));
    }
    let configs = configs::checked_list(py, config, count)?;
    let most = concurrency(py, configs[0].as_ref())?;
    let shared = Arc::new(Shared {
        target: Target::new(runnable)?,
        inputs: inputs.iter().map(Bound::unbind).collect(),
        configs: configs
            .into_iter()
            .map(|one| one.map(Bound::unbind))
            .collect(),
        kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
        context: RunContext::copy_current(py)?,
    });
    let results = pool::work_off(
        py,
        count,
        most,
        Arc::new(move |py, index| match shared.item(py, index) {
            Err(error) if return_exceptions && error.is_instance_of::<PyException>(py) => {
                Ok(crate::py::errors::exception(py, &error).unbind())
            }
            result => result,
        }),
    )?;
    let outputs = PyList::empty(py);
    for output in results.into_iter().flatten() {
        outputs.append(output)?;
    }
    Ok(outputs)
}

/// How many runs a call may have under way at once.
pub(crate) fn concurrency(py: Python<'_>, config: Option<&Bound<'_, PyAny>>) -> PyResult<usize> {
    if let Some(most) = Given::read(config)?.max_concurrency {
        return Ok(most);
    }
    let around = current_scope(py)?;
    let inherited = around.and_then(|scope| scope.get().max_concurrency);
    Ok(inherited.unwrap_or_else(pool::default_concurrency))
}
