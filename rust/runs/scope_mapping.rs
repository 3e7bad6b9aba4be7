//! A scope as langchain-core and what is built on it read it: as the config of the run around.
//!
//! They look at the value of their context variable with `items()`, `get()`, `[]` and
//! `isinstance(value, dict)` (langchain-core 1.7.2, langgraph 1.2.22, openinference 0.1.80). A config
//! is made when it is asked for, so that a run whose scope nobody reads does not pay for one.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyType};

use super::Scope;
use super::configs;

#[pymethods]
#[allow(clippy::unused_self, reason = "the signatures of Python's protocols")]
impl Scope {
    #[getter(__class__)]
    fn seen_class<'py>(&self, py: Python<'py>) -> Bound<'py, PyType> {
        py.get_type::<PyDict>()
    }

    fn __getitem__<'py>(
        slf: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        config(slf)?.as_any().get_item(key)
    }

    fn __contains__(slf: &Bound<'_, Self>, key: &Bound<'_, PyAny>) -> PyResult<bool> {
        config(slf)?.contains(key)
    }

    fn __iter__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyIterator>> {
        config(slf)?.try_iter()
    }

    fn __len__(slf: &Bound<'_, Self>) -> PyResult<usize> {
        Ok(config(slf)?.len())
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn keys<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        config(slf)?.call_method0("keys")
    }

    fn values<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        config(slf)?.call_method0("values")
    }

    fn items<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        config(slf)?.call_method0("items")
    }

    #[pyo3(signature = (key, default=None))]
    fn get<'py>(
        slf: &Bound<'py, Self>,
        key: &Bound<'py, PyAny>,
        default: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(config(slf)?.get_item(key)?.or(default))
    }

    fn copy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        config(slf)
    }
}

fn config<'py>(scope: &Bound<'py, Scope>) -> PyResult<Bound<'py, PyDict>> {
    configs::of_scope(scope, None, false)
}
