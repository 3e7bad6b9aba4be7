//! The context that a run owns, and the context variable that carries the current scope.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use super::calls::Outcall;
use super::{imports, interpreter};

/// A run's own `contextvars.Context`.
pub(crate) struct RunContext(Py<PyAny>);

impl RunContext {
    /// Copies the current context; costs the same however many variables it holds.
    pub(crate) fn copy_current(py: Python<'_>) -> PyResult<Self> {
        interpreter::context_copy_current(py).map(|context| Self(context.unbind()))
    }

    /// A copy of this context, whichever is the current one.
    pub(crate) fn copy(&self, py: Python<'_>) -> PyResult<Self> {
        interpreter::context_copy(self.0.bind(py)).map(|context| Self(context.unbind()))
    }

    /// Enters the context until the returned guard is dropped.
    ///
    /// Fails when the context is entered already, as a generator that resumes itself would.
    pub(crate) fn enter<'a, 'py>(&'a self, py: Python<'py>) -> PyResult<Entered<'a, 'py>> {
        interpreter::context_enter(self.0.bind(py))?;
        Ok(Entered { context: self, py })
    }

    pub(crate) fn object(&self) -> &Py<PyAny> {
        &self.0
    }

    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self(self.0.clone_ref(py))
    }
}

/// Leaves the context when dropped.
pub(crate) struct Entered<'a, 'py> {
    context: &'a RunContext,
    py: Python<'py>,
}

impl Drop for Entered<'_, '_> {
    fn drop(&mut self) {
        if let Err(error) = interpreter::context_exit(self.context.0.bind(self.py)) {
            error.write_unraisable(self.py, Some(self.context.0.bind(self.py)));
        }
    }
}

/// The context variable whose value is the current scope.
pub(crate) fn scope_variable(py: Python<'_>) -> PyResult<&Py<PyAny>> {
    static VARIABLE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    VARIABLE.get_or_try_init(py, || {
        let variable = imports::context_var(py)?.call_out((pyo3::intern!(py, "ferrule_scope"),))?;
        Ok(variable.unbind())
    })
}
