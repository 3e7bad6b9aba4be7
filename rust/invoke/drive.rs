//! What the runnables that the core runs itself have in common.

use std::ffi::CStr;
use std::marker::PhantomData;

use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::config::Given;
use crate::py::fastcall::{Arguments, Invokes};
use crate::runs::Place;

/// A class whose `invoke` the core calls without going through Python.
pub(crate) trait Drive: PyTypeInfo {
    /// The signature of `invoke` in CPython's form, and its docstring.
    const DOC: &'static CStr;

    /// Invokes on the caller's thread, with a config that was read already.
    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>>;
}

/// Declares a base class without state of its own, for classes that keep theirs elsewhere: a
/// pydantic model's fields, for one. Its constructor leaves all arguments to theirs.
macro_rules! bare_drive {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[pyo3::pyclass(
            frozen,
            subclass,
            extends = $crate::invoke::base::RunnableBase,
            module = "ferrule._core"
        )]
        pub(crate) struct $name;

        #[pyo3::pymethods]
        impl $name {
            #[new]
            #[pyo3(signature = (*_args, **_kwargs))]
            fn new(
                _args: &pyo3::Bound<'_, pyo3::types::PyTuple>,
                _kwargs: Option<&pyo3::Bound<'_, pyo3::types::PyDict>>,
            ) -> pyo3::PyClassInitializer<Self> {
                pyo3::PyClassInitializer::from($crate::invoke::base::RunnableBase)
                    .add_subclass(Self)
            }
        }
    };
}

pub(super) use bare_drive;

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
        let mut given = Given::default();
        given.take(arguments.config)?;
        let kwargs = arguments.kwargs.as_ref();
        D::invoke(this, arguments.input, &given, None, kwargs)
    }
}
