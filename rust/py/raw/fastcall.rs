//! Methods by the vectorcall protocol.
//!
//! PyO3 gives a method with `**kwargs` a tuple and a dict, whether or not there is any keyword;
//! making and taking apart the tuple is a tenth of an invocation without handlers (bench
//! `invoke.h0`), and a quarter of an event (`on_chain_end.h1`). A method descriptor made here
//! takes its arguments off the stack.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;
use std::ptr;

use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use pyo3::{PyTypeInfo, ffi};

use super::entry::entered;
use crate::py::names;

/// A parameter's name, interned.
pub(crate) type Name = for<'py> fn(Python<'py>) -> &'py Bound<'py, PyString>;

/// The most parameters that a method has.
const MOST: usize = 8;

/// What a method is called with.
pub(crate) struct Passed<'a, 'py> {
    values: [Option<&'a Bound<'py, PyAny>>; MOST],
    /// What was passed by names that are no parameter's.
    pub(crate) kwargs: Option<Bound<'py, PyDict>>,
}

impl<'a, 'py> Passed<'a, 'py> {
    /// The value of the parameter at this place, one of those that are required.
    #[inline]
    pub(crate) fn required(&self, place: usize) -> PyResult<&'a Bound<'py, PyAny>> {
        self.values[place].ok_or_else(|| PySystemError::new_err("a required argument is missing"))
    }

    /// The value of the parameter at this place, if one was passed.
    #[inline]
    pub(crate) fn optional(&self, place: usize) -> Option<&'a Bound<'py, PyAny>> {
        self.values[place]
    }
}

impl Passed<'_, '_> {
    /// For methods without `**kwargs`: names that are no parameter's are an error.
    pub(crate) fn refuse_others<T: Method>(&self) -> PyResult<()> {
        match &self.kwargs {
            None => Ok(()),
            Some(others) => Err(PyTypeError::new_err(format!(
                "{}() takes no argument named {}",
                T::NAME.to_string_lossy(),
                others.keys().get_item(0)?
            ))),
        }
    }
}

/// A method that takes its arguments as they come.
pub(crate) trait RawMethod {
    /// The class that has the method.
    type Class: PyTypeInfo;
    /// What the method is called on: an object of the class, or a class for a class method.
    type Receiver: PyTypeInfo;
    const NAME: &'static CStr;
    /// The signature in CPython's form, and the docstring.
    const DOC: &'static CStr;

    /// The method itself; the last of the values belong to the names in `keywords`.
    fn call<'py>(
        this: &Bound<'py, Self::Receiver>,
        values: &[Bound<'py, PyAny>],
        keywords: Option<&Bound<'py, PyTuple>>,
    ) -> PyResult<Bound<'py, PyAny>>;
}

impl<T: Method> RawMethod for T {
    type Class = <T as Method>::Class;
    type Receiver = <T as Method>::Receiver;
    const NAME: &'static CStr = <T as Method>::NAME;
    const DOC: &'static CStr = <T as Method>::DOC;

    #[inline]
    fn call<'py>(
        this: &Bound<'py, Self::Receiver>,
        values: &[Bound<'py, PyAny>],
        keywords: Option<&Bound<'py, PyTuple>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut passed = Passed {
            values: [None; MOST],
            kwargs: None,
        };
        read::<T>(this.py(), values, keywords, &mut passed)?;
        <T as Method>::call(this, passed)
    }
}

/// A method with named parameters.
pub(crate) trait Method {
    /// The class that has the method.
    type Class: PyTypeInfo;
    /// What the method is called on: an object of the class, or a class for a class method.
    type Receiver: PyTypeInfo;
    const NAME: &'static CStr;
    /// The signature in CPython's form, and the docstring.
    const DOC: &'static CStr;
    /// The parameters, in order.
    const PARAMETERS: &'static [Name];
    /// How many of them must be passed.
    const REQUIRED: usize = 1;
    /// How many of them may be passed by position.
    const BY_POSITION: usize = Self::PARAMETERS.len();

    /// The method itself.
    fn call<'py>(
        this: &Bound<'py, Self::Receiver>,
        passed: Passed<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>>;
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

/// What an invocation is called with.
pub(crate) struct Arguments<'a, 'py> {
    pub(crate) input: &'a Bound<'py, PyAny>,
    pub(crate) config: Option<&'a Bound<'py, PyAny>>,
    pub(crate) kwargs: Option<Bound<'py, PyDict>>,
}

/// The method of what invokes.
pub(crate) struct Invocation<T>(PhantomData<T>);

impl<T: Invokes> Method for Invocation<T> {
    type Class = T::Class;
    type Receiver = T::Class;
    const NAME: &'static CStr = T::NAME;
    const DOC: &'static CStr = T::DOC;
    const PARAMETERS: &'static [Name] = &[names::input, names::config];

    #[inline]
    fn call<'py>(
        this: &Bound<'py, T::Class>,
        passed: Passed<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = Arguments {
            input: passed.required(0)?,
            config: passed.optional(1),
            kwargs: passed.kwargs,
        };
        T::invoke(this, arguments)
    }
}

/// Puts the method into its class.
pub(crate) fn install<T: RawMethod<Receiver = <T as RawMethod>::Class>>(
    py: Python<'_>,
) -> PyResult<()> {
    put::<T>(py, 0, ffi::PyDescr_NewMethod)
}

/// Puts a class method into its class.
pub(crate) fn install_on_class<T: RawMethod<Receiver = PyType>>(py: Python<'_>) -> PyResult<()> {
    put::<T>(py, ffi::METH_CLASS, ffi::PyDescr_NewClassMethod)
}

fn put<T: RawMethod>(
    py: Python<'_>,
    flag: c_int,
    descriptor: unsafe extern "C" fn(
        *mut ffi::PyTypeObject,
        *mut ffi::PyMethodDef,
    ) -> *mut ffi::PyObject,
) -> PyResult<()> {
    let class: Bound<'_, PyType> = T::Class::type_object(py);
    let definition = Box::leak(Box::new(ffi::PyMethodDef {
        ml_name: T::NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer {
            PyCFunctionFastWithKeywords: entry::<T>,
        },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS | flag,
        ml_doc: T::DOC.as_ptr(),
    }));
    // SAFETY: attached; the definition lives as long as the process, as the descriptor needs
    // it to, and its flags name the form of `entry` and the kind of descriptor.
    let method = unsafe {
        let made = descriptor(class.as_type_ptr(), ptr::from_mut(definition));
        Bound::from_owned_ptr_or_err(py, made)?
    };
    class.setattr(PyString::new(py, &T::NAME.to_string_lossy()), method)
}

/// What CPython calls: no panic and no Rust error leaves it.
unsafe extern "C" fn entry<T: RawMethod>(
    this: *mut ffi::PyObject,
    arguments: *const *mut ffi::PyObject,
    count: ffi::Py_ssize_t,
    keywords: *mut ffi::PyObject,
) -> *mut ffi::PyObject {
    let work = |py: Python<'_>| {
        // SAFETY: CPython calls a method of this form with `count` positional arguments
        // followed by as many as `keywords` (a tuple or null) has names, all of them alive
        // for the call, and with a `this` that it has checked to be of the descriptor's
        // class, or for a class method the class or a subclass of it: the receiver. `Bound` has
        // the layout of a pointer to an object.
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
            let this = Bound::from_borrowed_ptr(py, this).cast_into_unchecked::<T::Receiver>();
            (this, values, keywords)
        };
        match T::call(&this, values, keywords.as_ref()) {
            Ok(output) => output.into_ptr(),
            Err(error) => {
                error.restore(py);
                ptr::null_mut()
            }
        }
    };
    // SAFETY: CPython calls.
    unsafe { entered(work, ptr::null_mut()) }
}

/// Sorts the arguments: names that are no parameter's are keywords.
#[inline]
fn read<'a, 'py, T: Method>(
    py: Python<'py>,
    values: &'a [Bound<'py, PyAny>],
    keywords: Option<&Bound<'py, PyTuple>>,
    passed: &mut Passed<'a, 'py>,
) -> PyResult<()> {
    const { assert!(T::PARAMETERS.len() <= MOST && T::REQUIRED <= T::PARAMETERS.len()) };
    let named = keywords.map_or(0, PyTupleMethods::len);
    let (positional, by_name) = values.split_at(values.len() - named);
    if positional.len() > T::BY_POSITION {
        return Err(PyTypeError::new_err(format!(
            "{}() takes at most {} values by position, but {} were given",
            T::NAME.to_string_lossy(),
            T::BY_POSITION,
            positional.len()
        )));
    }
    for (slot, value) in passed.values.iter_mut().zip(positional) {
        *slot = Some(value);
    }
    for (name, value) in keywords.into_iter().flatten().zip(by_name) {
        let is = |known: &Name| {
            let known = known(py);
            name.is(known) || name.eq(known).unwrap_or(false)
        };
        let Some(place) = T::PARAMETERS.iter().position(is) else {
            passed
                .kwargs
                .get_or_insert_with(|| PyDict::new(py))
                .set_item(name, value)?;
            continue;
        };
        if passed.values[place].replace(value).is_some() {
            return Err(PyTypeError::new_err(format!(
                "{}() got several values for the argument {name}",
                T::NAME.to_string_lossy(),
            )));
        }
    }
    for (place, parameter) in T::PARAMETERS.iter().enumerate().take(T::REQUIRED) {
        if passed.values[place].is_none() {
            return Err(PyTypeError::new_err(format!(
                "{}() needs a value for the argument {}",
                T::NAME.to_string_lossy(),
                parameter(py)
            )));
        }
    }
    Ok(())
}

/// A string literal, or several joined by `concat!`, as CPython takes names and docstrings.
macro_rules! signature {
    ($($text:tt)*) => {{
        const TEXT: &str = concat!($($text)*, "\0");
        match std::ffi::CStr::from_bytes_with_nul(TEXT.as_bytes()) {
            Ok(text) => text,
            Err(_) => panic!("the text has a zero in it"),
        }
    }};
}

pub(crate) use signature;
