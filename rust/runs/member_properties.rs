//! `handlers`, `tags` and `metadata` of managers and run managers, as Python properties.

/// Gives a class with `members` the properties that show them.
macro_rules! member_properties {
    ($class:ident) => {
        #[pyo3::pymethods]
        impl $class {
            #[getter]
            fn get_handlers<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyList>> {
                self.members.handler_list(py, $crate::runs::Reach::Own)
            }

            #[setter]
            fn set_handlers(&self, value: &pyo3::Bound<'_, pyo3::PyAny>) -> pyo3::PyResult<()> {
                self.members.set_handler_list(
                    $crate::runs::Reach::Own,
                    $crate::runs::members_read::checked_handlers(value)?,
                );
                Ok(())
            }

            #[getter]
            fn get_inheritable_handlers<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyList>> {
                self.members
                    .handler_list(py, $crate::runs::Reach::Inheritable)
            }

            #[setter]
            fn set_inheritable_handlers(
                &self,
                value: &pyo3::Bound<'_, pyo3::PyAny>,
            ) -> pyo3::PyResult<()> {
                self.members.set_handler_list(
                    $crate::runs::Reach::Inheritable,
                    $crate::runs::members_read::checked_handlers(value)?,
                );
                Ok(())
            }

            #[getter]
            fn get_tags<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyList>> {
                self.members.tag_list(py, $crate::runs::Reach::Own)
            }

            #[setter]
            fn set_tags(&self, value: pyo3::Bound<'_, pyo3::types::PyList>) {
                self.members.set_tag_list($crate::runs::Reach::Own, value);
            }

            #[getter]
            fn get_inheritable_tags<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyList>> {
                self.members.tag_list(py, $crate::runs::Reach::Inheritable)
            }

            #[setter]
            fn set_inheritable_tags(&self, value: pyo3::Bound<'_, pyo3::types::PyList>) {
                self.members
                    .set_tag_list($crate::runs::Reach::Inheritable, value);
            }

            #[getter]
            fn get_metadata<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyDict>> {
                self.members.fact_dict(py, $crate::runs::Reach::Own)
            }

            #[setter]
            fn set_metadata(&self, value: pyo3::Bound<'_, pyo3::types::PyDict>) {
                self.members.set_fact_dict($crate::runs::Reach::Own, value);
            }

            #[getter]
            fn get_inheritable_metadata<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyDict>> {
                self.members.fact_dict(py, $crate::runs::Reach::Inheritable)
            }

            #[setter]
            fn set_inheritable_metadata(&self, value: pyo3::Bound<'_, pyo3::types::PyDict>) {
                self.members
                    .set_fact_dict($crate::runs::Reach::Inheritable, value);
            }
        }
    };
}

pub(crate) use member_properties;
