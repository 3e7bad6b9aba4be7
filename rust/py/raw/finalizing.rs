//! Finalizers that run before the collector clears anything.
//!
//! A destructor in Rust is too late for an object in a cycle: the collector may have cleared what
//! it needs by then, and a context or an exception that was cleared must not be used any more.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::pyclass::PyClass;
use pyo3::pyclass::boolean_struct::True;

/// What stands for something open, to be closed when it is let go.
pub(crate) trait Abandoned: PyClass<Frozen = True> + Sync {
    /// Closes it, unless it is closed; reports what that raises.
    fn abandon(&self, py: Python<'_>);
}

/// Has the collector abandon the objects of a class before it clears what they refer to.
pub(crate) fn abandon_in_collections<T: Abandoned>(py: Python<'_>) {
    // SAFETY: attached; the class is alive, for its module has it. The slot is the collector's
    // alone: it calls it once for an object, with the thread attached, before it clears any.
    unsafe {
        (*py.get_type::<T>().as_type_ptr()).tp_finalize = Some(finalize::<T>);
    }
}

unsafe extern "C" fn finalize<T: Abandoned>(object: *mut ffi::PyObject) {
    // SAFETY: the collector calls the slot of `T`, attached, with an object of `T` that it keeps
    // alive. An attachment that PyO3 counts is refused when the interpreter ends.
    let (py, object) = unsafe {
        let py = Python::assume_attached();
        let object = Bound::from_borrowed_ptr(py, object);
        (py, object.cast_into_unchecked::<T>())
    };
    object.get().abandon(py);
}
