//! What the runnables that the core runs itself have in common.

use std::ffi::CStr;
use std::marker::PhantomData;

use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::config::Given;
use crate::py::fastcall::{Arguments, Invokes};
use crate::runs::Local;

/// A class whose `invoke` the core calls without going through Python.
pub(crate) trait Drive: PyTypeInfo {
    /// The signature of `invoke` in CPython's form, and its docstring.
    const DOC: &'static CStr;

    /// Invokes on the caller's thread, with a config that was read already.
    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: Given<'py>,
        local: Option<Local<'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>>;
}

/// `invoke` of the class.
pub(crate) struct Invoke<D>(PhantomData<D>);

impl<D: Drive> Invokes for Invoke<D> {
    type Class = D;
    const NAME: &'static CStr = c"invoke";
    const DOC: &'static CStr = D::DOC;

    #[inline]
    fn invoke<'py>(
        this: &Bound<'py, D>,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let given = Given::read(arguments.config)?;
        let kwargs = arguments.kwargs.as_ref();
        D::invoke(this, arguments.input, given, None, kwargs)
    }
}
