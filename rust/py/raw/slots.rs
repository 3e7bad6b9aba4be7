//! The interpreter's slot for reading an iterator.
//!
//! PyO3's entry to `__next__` counts the thread as attached and looks for objects that were
//! dropped elsewhere. Ten generators in a row are ten such entries a chunk, and a sixth of what a
//! chunk costs (bench `transform10.h0`). The slot made here only turns a panic into an exception.
//!
//! What a slot does is one function, for the sake of its return. A processor predicts where the last
//! 16 or 32 calls return to; ten generators that read each other are a hundred calls deep, and where
//! it knows no more it waits 20 cycles for each return. Three frames less for each generator: 770 to
//! 450 ns a chunk.

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
    let work = || match this.get().next(py) {
        Ok(item) => item.map_or(ptr::null_mut(), Bound::into_ptr),
        Err(error) => {
            attached(py, || error.restore(py));
            ptr::null_mut()
        }
    };
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        attached(py, || report_panic(py));
        ptr::null_mut()
    })
}
