//! How the interpreter gets into the core where PyO3 has not made the way in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;

/// Does what may drop objects or make exceptions, on a thread of which PyO3 does not know that it
/// is attached.
#[inline]
pub(crate) fn attached<T>(_py: Python<'_>, work: impl FnOnce() -> T) -> T {
    // SAFETY: attached, also when the interpreter is about to end and finalisers call: PyO3 only
    // has to count that. `Python::attach` would refuse it then.
    unsafe { Python::attach_unchecked(|_| work()) }
}

/// Works for the interpreter that calls. A panic becomes an exception, and `failed` what is
/// returned.
///
/// # Safety
/// CPython calls, on this thread.
#[inline]
pub(super) unsafe fn entered<T>(work: impl FnOnce(Python<'_>) -> T, failed: T) -> T {
    // SAFETY: as CPython calls, the thread is attached.
    let py = unsafe { Python::assume_attached() };
    let call = AssertUnwindSafe(|| attached(py, || work(py)));
    catch_unwind(call).unwrap_or_else(|_| {
        attached(py, || report_panic(py));
        failed
    })
}

/// Raises what a panic becomes.
#[cold]
pub(super) fn report_panic(py: Python<'_>) {
    PySystemError::new_err("the core of ferrule panicked").restore(py);
}
