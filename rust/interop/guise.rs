//! `__class__` of objects that langchain-core's `isinstance` is to accept.

use pyo3::prelude::*;

use super::is_loaded;
use crate::py::calls::Outcall;
use crate::py::imports;

/// A descriptor for `__class__`: the object's class; where langchain-core is loaded, a class that
/// derives from its counterpart there as well.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Guise;

#[pymethods]
impl Guise {
    #[new]
    fn new() -> Self {
        Self
    }

    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        instance: &Bound<'py, PyAny>,
        _owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if instance.is_none() {
            return Ok(slf.clone().into_any());
        }
        let class = instance.get_type();
        if is_loaded() {
            return imports::appearance(slf.py())?.call_out((class,));
        }
        Ok(class.into_any())
    }

    #[allow(clippy::unused_self, reason = "the signature of a descriptor")]
    fn __set__(&self, instance: &Bound<'_, PyAny>, class: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = instance.py();
        let attributes = py.get_type::<PyAny>().getattr("__dict__")?;
        let ordinary = attributes.get_item("__class__")?;
        ordinary.call_method_out(pyo3::intern!(py, "__set__"), (instance, class))?;
        Ok(())
    }
}
