//! How the interpreter gets into the core where PyO3 has not made the way in.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;

/// Works for the interpreter that calls. A panic becomes an exception, and `failed` what is
/// returned.
///
/// # Safety
/// CPython calls, on this thread.
#[inline]
pub(super) unsafe fn entered<T>(work: impl FnOnce(Python<'_>) -> T, failed: T) -> T {
    // SAFETY: as CPython calls, the thread is attached, also when the interpreter is about to end
    // and finalisers call: PyO3 only has to count that. `Python::attach` would refuse it then.
    let attached = || unsafe { Python::attach_unchecked(work) };
    if let Ok(result) = catch_unwind(AssertUnwindSafe(attached)) {
        return result;
    }
    // SAFETY: as above.
    unsafe { Python::attach_unchecked(report) };
    failed
}

#[cold]
fn report(py: Python<'_>) {
    PySystemError::new_err("the core of ferrule panicked").restore(py);
}
