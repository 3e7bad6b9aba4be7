//! The interpreter's slot for reading an iterator.
//!
//! PyO3's entry to `__next__` counts the thread as attached and looks for objects that were
//! dropped elsewhere. Ten generators in a row are ten such entries a chunk, and a sixth of what a
//! chunk costs (bench `transform10.h0`). The slot made here only turns a panic into an exception.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use pyo3::prelude::*;
use pyo3::{PyClass, ffi};

use super::entry::{attached, report_panic};

/// A class whose objects are iterators.
pub(crate) trait Iterates:
    PyClass<Frozen = pyo3::pyclass::boolean_struct::True> + Sync
{
    /// The next item, `None` at the end.
    ///
    /// PyO3 does not know here that the thread is attached, and puts off what a `Py` that is
    /// dropped would do: to be done by `attached`.
    fn next<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>>;
}

/// Lets the interpreter read objects of the class without PyO3 in between; to be called before
/// there are any.
pub(crate) fn install_next<T: Iterates>(py: Python<'_>) {
    let class = T::type_object(py);
    // SAFETY: attached, and the module that has the class is still being initialised: no other
    // thread knows the type. It has `__next__`, so that there is a slot to be taken over.
    unsafe { (*class.as_type_ptr()).tp_iternext = Some(next::<T>) };
}

/// What CPython calls: no panic and no Rust error leaves it.
unsafe extern "C" fn next<T: Iterates>(this: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: CPython calls slots with the thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the slot is that of the class, so CPython calls it with an object of it, which is
    // alive for the call.
    let this = unsafe { Borrowed::from_ptr(py, this).cast_unchecked::<T>() };
    match catch_unwind(AssertUnwindSafe(|| this.get().next(py))) {
        Ok(Ok(Some(item))) => return item.into_ptr(),
        Ok(Ok(None)) => {}
        Ok(Err(error)) => attached(py, || error.restore(py)),
        Err(_) => attached(py, || report_panic(py)),
    }
    ptr::null_mut()
}
