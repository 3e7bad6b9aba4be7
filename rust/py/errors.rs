//! Exceptions on their way between Rust and Python.

use pyo3::exceptions::{PyBaseException, PyGeneratorExit};
use pyo3::prelude::*;

use super::calls::Outcall;
use super::{imports, interpreter};

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

/// `later`, raised while `earlier` was being handled: the innermost context of `later` that has
/// none of its own gets `earlier`.
pub(crate) fn chained(py: Python<'_>, later: PyErr, earlier: PyErr) -> PyErr {
    const MOST_LINKS: usize = 64;
    let name = pyo3::intern!(py, "__context__");
    let earlier = exception(py, &earlier);
    let mut link = later.value(py).clone().into_any();
    for _ in 0..MOST_LINKS {
        if link.is(&earlier) {
            return later;
        }
        match link.getattr(name) {
            Ok(next) if !next.is_none() => link = next,
            _ => break,
        }
    }
    // A class that refuses a context keeps none; the exception is what matters.
    let _ = link.setattr(name, earlier);
    later
}

/// What an abandoned run is closed with.
///
/// The object exists from the beginning: PyO3 attaches anew to make that of a lazy exception,
/// which is refused while the interpreter ends.
pub(crate) fn generator_exit(py: Python<'_>) -> PyErr {
    match py.get_type::<PyGeneratorExit>().call_out(()) {
        Ok(exit) => PyErr::from_value(exit),
        Err(error) => error,
    }
}

/// Whether a task was cancelled.
pub(crate) fn is_cancellation(py: Python<'_>, error: &PyErr) -> bool {
    imports::cancelled_error(py).is_ok_and(|class| error.matches(py, class).unwrap_or(false))
}

/// What is raised of a failure that came after an outcome: the failure, and the outcome's exception
/// as its context.
pub(crate) fn after<T>(py: Python<'_>, failure: PyErr, outcome: PyResult<T>) -> PyErr {
    match outcome {
        Ok(_) => failure,
        Err(error) => chained(py, failure, error),
    }
}

/// The outcome of what others were told of, whose failure, if any, comes after it.
pub(crate) fn followed_by<T>(
    py: Python<'_>,
    told: PyResult<()>,
    outcome: PyResult<T>,
) -> PyResult<T> {
    match told {
        Ok(()) => outcome,
        Err(failure) => Err(after(py, failure, outcome)),
    }
}

/// An outcome that is kept while others are told of it: its exception as an object, so that the
/// collector can see it.
pub(crate) type Kept<T> = Result<T, Py<PyBaseException>>;

/// Keeps an outcome.
pub(crate) fn kept<T>(py: Python<'_>, outcome: PyResult<T>) -> Kept<T> {
    outcome.map_err(|error| error.into_value(py))
}

/// The outcome that was kept.
pub(crate) fn released<T>(py: Python<'_>, kept: Kept<T>) -> PyResult<T> {
    kept.map_err(|error| PyErr::from_value(error.into_bound(py).into_any()))
}

/// Runs Python code from a destructor, which the interpreter may call while an exception is on its
/// way: that goes on untouched, and what the code raises is reported.
///
/// Does nothing once the interpreter ends: modules that handlers need may be gone by then, no
/// thread can be started, and what is destroyed may be held by a thread that is detached for ever.
pub(crate) fn from_destructor(run: impl FnOnce(Python<'_>) -> PyResult<()>) {
    if !interpreter::interpreter_runs() {
        return;
    }
    Python::try_attach(|py| {
        let pending = PyErr::take(py);
        if let Err(error) = run(py) {
            error.write_unraisable(py, None);
        }
        if let Some(pending) = pending {
            pending.restore(py);
        }
    });
}

/// A value for an error message: its repr, cut short, and its type.
pub(crate) fn shown(value: &Bound<'_, PyAny>) -> String {
    const MOST_CHARACTERS: usize = 80;
    let kind = value
        .get_type()
        .name()
        .map_or_else(|_| String::from("object"), |name| name.to_string());
    match value.repr() {
        Ok(text) => {
            let text = text.to_string_lossy().into_owned();
            if text.chars().count() > MOST_CHARACTERS {
                let cut: String = text.chars().take(MOST_CHARACTERS).collect();
                format!("{cut}... ({kind})")
            } else {
                format!("{text} ({kind})")
            }
        }
        Err(_) => format!("an object of type {kind}"),
    }
}
