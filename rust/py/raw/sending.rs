//! How an awaited object hands out its value: to the interpreter, without an exception.
//!
//! The methods `__next__` and `send` return a value by raising `StopIteration`. Making, fetching
//! and freeing that is a tenth of an async run without handlers (bench `ainvoke.h0`); `await` and
//! `asyncio` look for the slot that is filled here first (PEP 492's `am_send`, c-api/typeobj.html).

use std::ptr;

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::{PyClass, ffi};

use super::calls::Step;
use super::entry::entered;

/// What is awaited and can be resumed with a value.
pub(crate) trait Awaited: PyClass {
    /// Resumes it. `StopIteration` is no error that it raises.
    fn sent<'py>(this: &Bound<'py, Self>, value: Bound<'py, PyAny>) -> PyResult<Step<'py>>;
}

/// Puts the slot into the class, which must not have subclasses yet.
pub(crate) fn install_send<T: Awaited>(py: Python<'_>) -> PyResult<()> {
    let class = py.get_type::<T>();
    // SAFETY: attached, and the class is alive. It is a heap type that PyO3 has made, so that its
    // slots are its own and may be written to; nobody else has seen an object of it yet.
    unsafe {
        let slots = (*class.as_type_ptr()).tp_as_async;
        if slots.is_null() {
            return Err(PySystemError::new_err(format!(
                "{class:?} cannot be awaited"
            )));
        }
        (*slots).am_send = Some(send::<T>);
    }
    Ok(())
}

/// What CPython calls: no panic and no Rust error leaves it.
unsafe extern "C" fn send<T: Awaited>(
    this: *mut ffi::PyObject,
    value: *mut ffi::PyObject,
    result: *mut *mut ffi::PyObject,
) -> ffi::PySendResult {
    let work = |py: Python<'_>| {
        // SAFETY: CPython calls a slot with an object of its type, and with a value that is alive
        // for the call.
        let (this, value) = unsafe {
            let this = Bound::from_borrowed_ptr(py, this).cast_into_unchecked::<T>();
            (this, Bound::from_borrowed_ptr(py, value))
        };
        match T::sent(&this, value) {
            Ok(Step::Yielded(yielded)) => (yielded.into_ptr(), ffi::PySendResult::PYGEN_NEXT),
            Ok(Step::Returned(value)) => (value.into_ptr(), ffi::PySendResult::PYGEN_RETURN),
            Err(error) => {
                error.restore(py);
                (ptr::null_mut(), ffi::PySendResult::PYGEN_ERROR)
            }
        }
    };
    // SAFETY: CPython calls, with a place for the result, which takes over the new reference.
    unsafe {
        let (object, outcome) = entered(work, (ptr::null_mut(), ffi::PySendResult::PYGEN_ERROR));
        *result = object;
        outcome
    }
}
