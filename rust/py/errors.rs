//! Exceptions on their way between Rust and Python.

use pyo3::prelude::*;

/// The exception object, with its traceback in place for handlers to read.
pub(crate) fn exception<'py>(py: Python<'py>, error: &PyErr) -> Bound<'py, PyAny> {
    let value = error.value(py).clone().into_any();
    if let Some(traceback) = error.traceback(py) {
        let name = pyo3::intern!(py, "__traceback__");
        if value.getattr(name).is_ok_and(|known| known.is_none()) {
            // A class that refuses a traceback keeps none; the exception is what matters.
            let _ = value.setattr(name, traceback);
        }
    }
    value
}

/// `later`, raised while `earlier` was being handled.
pub(crate) fn chained(py: Python<'_>, later: PyErr, earlier: PyErr) -> PyErr {
    let value = later.value(py);
    if !value.is(earlier.value(py)) {
        let name = pyo3::intern!(py, "__context__");
        let _ = value.setattr(name, exception(py, &earlier));
    }
    later
}
