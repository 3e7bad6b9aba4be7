//! `invoke` methods by the vectorcall protocol.
//!
//! PyO3 gives a method with `**kwargs` a tuple and a dict, whether or not there is any keyword;
//! making and taking apart the tuple is a tenth of an invocation without handlers (bench
//! `invoke.h0`). A method descriptor made here takes its arguments off the stack.

use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use pyo3::{PyTypeInfo, ffi};

use crate::py::names;

/// What an invocation is called with.
pub(crate) struct Arguments<'a, 'py> {
    pub(crate) input: &'a Bound<'py, PyAny>,
    pub(crate) config: Option<&'a Bound<'py, PyAny>>,
    pub(crate) kwargs: Option<Bound<'py, PyDict>>,
}

/// A method `name(self, input, config=None, **kwargs)` of the class.
pub(crate) trait Invokes {
    /// The class that has the method.
    type Class: PyTypeInfo;
    const NAME: &'static CStr;
    /// The signature in CPython's form, and the docstring.
    const DOC: &'static CStr;

    /// The method itself.
    fn invoke<'py>(
        this: &Bound<'py, Self::Class>,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>>;
}

/// Puts the method into its class.
pub(crate) fn install<T: Invokes>(py: Python<'_>) -> PyResult<()> {
    let class: Bound<'_, PyType> = T::Class::type_object(py);
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: T::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFastWithKeywords: entry::<T>,
        },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: T::DOC.as_ptr(),
    }));
    // SAFETY: attached; the definition lives as long as the process, as the descriptor needs
    // it to, and its flags name the form of `entry`.
    let method = unsafe {
        Bound::from_owned_ptr_or_err(
            py,
            ffi::PyDescr_NewMethod(class.as_type_ptr(), ptr::from_mut(definition)),
        )?
    };
    class.setattr(PyString::new(py, &T::NAME.to_string_lossy()), method)
}

/// What CPython calls: no panic and no Rust error leaves it.
unsafe extern "C" fn entry<T: Invokes>(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let called = catch_unwind(AssertUnwindSafe(|| {
        Python::attach(|py| {
            // SAFETY: CPython calls a method of this form with `count` positional arguments
            // followed by as many as `keywords` (a tuple or null) has names, all of them alive
            // for the call, and with a `this` that it has checked to be of the descriptor's
            // class. `Bound` has the layout of a pointer to an object.
            let (this, values, keywords) = unsafe {
                let keywords = Bound::from_borrowed_ptr_or_opt(py, keywords)
                    .map(|names| names.cast_into_unchecked::<PyTuple>());
                let named = keywords.as_ref().map_or(0, PyTupleMethods::len);
                let all = usize::try_from(count).unwrap_or_default() + named;
                let values = if all == 0 {
                    &[]
                } else {
                    std::slice::from_raw_parts(arguments.cast::<Bound<'_, PyAny>>(), all)
                };
                let this = Bound::from_borrowed_ptr(py, this).cast_into_unchecked::<T::Class>();
                (this, values, keywords)
            };
            let arguments = read::<T>(py, values, keywords.as_ref());
            match arguments.and_then(|arguments| T::invoke(&this, arguments)) {
                Ok(output) => output.into_ptr(),
                Err(error) => {
                    error.restore(py);
                    ptr::null_mut()
                }
            }
        })
    }));
    called.unwrap_or_else(|_| {
        Python::attach(|py| PySystemError::new_err("the core of ferrule panicked").restore(py));
        ptr::null_mut()
    })
}

/// Sorts the arguments: all but the first two, and all other names, are keywords.
#[inline]
fn read<'a, 'py, T: Invokes>(
    py: Python<'py>,
    values: &'a [Bound<'py, PyAny>],
    keywords: Option<&Bound<'py, PyTuple>>,
) -> PyResult<Arguments<'a, 'py>> {
    let named = keywords.map_or(0, PyTupleMethods::len);
    let (positional, by_name) = values.split_at(values.len() - named);
    if positional.len() > 2 {
        return Err(PyTypeError::new_err(format!(
            "{}() takes an input and a config by position, but {} values were given",
            T::NAME.to_string_lossy(),
            positional.len()
        )));
    }
    let mut input = positional.first();
    let mut config = positional.get(1);
    let mut kwargs = None;
    for (name, value) in keywords.into_iter().flatten().zip(by_name) {
        let is = |known: &Bound<'py, PyString>| name.is(known) || name.eq(known).unwrap_or(false);
        let slot = if is(names::config(py)) {
            &mut config
        } else if is(names::input(py)) {
            &mut input
        } else {
            kwargs
                .get_or_insert_with(|| PyDict::new(py))
                .set_item(name, value)?;
            continue;
        };
        if slot.replace(value).is_some() {
            return Err(PyTypeError::new_err(format!(
                "{}() got several values for the argument {name}",
                T::NAME.to_string_lossy(),
            )));
        }
    }
    match input {
        Some(input) => Ok(Arguments {
            input,
            config,
            kwargs,
        }),
        None => Err(PyTypeError::new_err(format!(
            "{}() needs an input",
            T::NAME.to_string_lossy()
        ))),
    }
}
