//! Arguments checked by a pydantic model, as the dict that a function is called with.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::{calls, objects};

/// A model of arguments.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct ArgumentModel {
    model: Py<PyType>,
    fields: Py<PyTuple>,
    /// Whether the model validates as pydantic does, keeps nothing but its fields, and keeps them
    /// in the `__dict__` of an instance.
    is_plain: bool,
}

#[pymethods]
impl ArgumentModel {
    #[new]
    #[pyo3(signature = (model, fields, *, is_plain))]
    fn new(model: Py<PyType>, fields: Py<PyTuple>, is_plain: bool) -> Self {
        Self {
            model,
            fields,
            is_plain,
        }
    }

    /// Converts values by the model; what `*args` and `**kwargs` did not get is left out.
    pub(crate) fn validated<'py>(
        &self,
        py: Python<'py>,
        values: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let model = self.model.bind(py);
        let fields = self.fields.bind(py);
        if !self.is_plain {
            let name = pyo3::intern!(py, "model_validate");
            return read(&calls::method(model, name, &[values])?, fields);
        }
        // What `model_validate` comes to when it is given nothing but the values.
        let validator = model.getattr(pyo3::intern!(py, "__pydantic_validator__"))?;
        let name = pyo3::intern!(py, "validate_python");
        let checked = calls::method(&validator, name, &[values])?;
        let Some(state) = objects::plain_state(&checked, model) else {
            return read(&checked, fields);
        };
        let arguments = PyDict::new(py);
        for name in fields.iter_borrowed() {
            match state.get_item(name)? {
                Some(value) => arguments.set_item(name, value)?,
                None => return read(&checked, fields),
            }
        }
        Ok(arguments)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.model)?;
        visit.call(&self.fields)
    }
}

/// The fields and the extra values of an instance, by their names.
fn read<'py>(
    checked: &Bound<'py, PyAny>,
    fields: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = checked.py();
    let given = checked.getattr(pyo3::intern!(py, "__pydantic_fields_set__"))?;
    let extra = checked.getattr(pyo3::intern!(py, "__pydantic_extra__"))?;
    let mut names: Vec<_> = fields.iter().collect();
    if extra.is_truthy()? {
        names.extend(extra.try_iter()?.collect::<PyResult<Vec<_>>>()?);
    }
    let arguments = PyDict::new(py);
    for name in names {
        let takes_rest = ["args", "kwargs"]
            .iter()
            .any(|rest| name.eq(rest).unwrap_or(false));
        if takes_rest && !given.contains(&name)? {
            continue;
        }
        arguments.set_item(&name, checked.getattr(name.cast::<PyString>()?)?)?;
    }
    Ok(arguments)
}
