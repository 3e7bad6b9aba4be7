//! The context variable of the current scope: the core's own, or langchain-core's.
//!
//! With a variable for each library it could not be told which of two values is the newer one. So
//! there is one at a time: from its arrival on, langchain-core's holds the scopes too.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::py::{context, interpreter};

static ADOPTED: PyOnceLock<Py<PyAny>> = PyOnceLock::new();

/// The variable that holds the current scope.
#[inline]
pub(crate) fn scope_variable(py: Python<'_>) -> PyResult<&Py<PyAny>> {
    match ADOPTED.get(py) {
        Some(variable) => Ok(variable),
        None => context::scope_variable(py),
    }
}

/// The core's own variable if it has been given up: contexts of runs that were open then hold
/// their scope in it.
pub(crate) fn own_variable_after_adoption(py: Python<'_>) -> PyResult<Option<&Py<PyAny>>> {
    match ADOPTED.get(py) {
        Some(_) => context::scope_variable(py).map(Some),
        None => Ok(None),
    }
}

/// Keeps the scope in another library's variable from now on, beginning with the current one.
#[pyfunction]
pub(crate) fn adopt_scope_variable(variable: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = variable.py();
    let current = interpreter::variable_get(context::scope_variable(py)?.bind(py))?;
    if interpreter::variable_get(variable)?.is_none_or(|value| value.is_none())
        && let Some(scope) = current
    {
        interpreter::variable_set(variable, &scope)?;
    }
    let adopted = ADOPTED.get_or_init(py, || variable.clone().unbind());
    if adopted.is(variable) {
        return Ok(());
    }
    Err(PyTypeError::new_err(format!(
        "the scope is kept in {adopted} already and cannot move on to {variable}"
    )))
}
