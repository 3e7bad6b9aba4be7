//! The protocol of awaited objects, for those that the core hands out and those that it drives.

use pyo3::exceptions::{PyGeneratorExit, PyRuntimeError, PyStopIteration};
use pyo3::prelude::*;

use crate::py::calls::{self, Outcall, Step};
use crate::py::errors::generator_exit;
use crate::py::names;
use crate::py::objects;

/// How a resumption goes in: a value sent, or an exception thrown.
pub(crate) enum Resume<'py> {
    Send(Bound<'py, PyAny>),
    Throw(PyErr),
}

/// Resumes the iterator of something that is awaited.
#[allow(
    clippy::inline_always,
    reason = "a frame less for each run that awaits another: see `slots`"
)]
#[inline(always)]
pub(crate) fn resume<'py>(iterator: &Bound<'py, PyAny>, input: Resume<'py>) -> PyResult<Step<'py>> {
    match input {
        Resume::Send(value) => calls::send(iterator, &value),
        Resume::Throw(error) => throw(iterator, error),
    }
}

/// Raises an exception in it.
#[cold]
fn throw<'py>(iterator: &Bound<'py, PyAny>, error: PyErr) -> PyResult<Step<'py>> {
    let py = iterator.py();
    // As `await` does it: what is closed already, as the collector may have done, is not resumed.
    if error.is_instance_of::<PyGeneratorExit>(py) {
        if let Some(close) = objects::attribute(iterator, names::close(py))? {
            close.call_out(())?;
        }
        return Err(error);
    }
    let Some(throw) = objects::attribute(iterator, names::throw(py))? else {
        return Err(error);
    };
    match throw.call_out((error.value(py),)) {
        Ok(yielded) => Ok(Step::Yielded(yielded)),
        Err(raised) if raised.is_instance_of::<PyStopIteration>(py) => {
            let value = raised.value(py).getattr(pyo3::intern!(py, "value"))?;
            Ok(Step::Returned(value))
        }
        Err(raised) => Err(raised),
    }
}

/// The exception by which an awaited object returns a value.
pub(crate) fn stop_iteration(_py: Python<'_>, value: &Bound<'_, PyAny>) -> PyErr {
    PyStopIteration::new_err((value.clone().unbind(),))
}

/// The exception that `throw` was called with, in either of its forms.
pub(crate) fn thrown<'py>(
    kind: Bound<'py, PyAny>,
    value: Option<Bound<'py, PyAny>>,
    traceback: Option<Bound<'py, PyAny>>,
) -> PyResult<PyErr> {
    let py = kind.py();
    let exception = if kind.is_instance_of::<pyo3::types::PyType>() {
        match value.filter(|value| !value.is_none()) {
            Some(value) if value.is_instance(&kind)? => value,
            Some(value) => kind.call_out((value,))?,
            None => kind.call_out(())?,
        }
    } else {
        kind
    };
    if let Some(traceback) = traceback.filter(|traceback| !traceback.is_none()) {
        exception.setattr(pyo3::intern!(py, "__traceback__"), traceback)?;
    }
    Ok(PyErr::from_value(exception))
}

/// Gives a class the methods of a coroutine: it can be awaited, and be made a task of.
///
/// The class has `resume(&self, py, Resume) -> PyResult<Step>` and `is_waiting(&self, py) -> bool`,
/// which says whether closing it has anything to interrupt.
///
/// `alone`: a second one who awaits it is refused while `is_suspended(&self, py) -> bool`. Not for what
/// `__anext__` returns: the builtin `anext` asks for the iterator again at each step.
macro_rules! awaitable {
    ($class:ident) => {
        #[pyo3::pymethods]
        impl $class {
            fn __await__(slf: pyo3::Bound<'_, Self>) -> pyo3::Bound<'_, Self> {
                slf
            }
        }

        $crate::dispatch::awaitable!(@driven $class);
    };
    ($class:ident, alone) => {
        #[pyo3::pymethods]
        impl $class {
            fn __await__(slf: pyo3::Bound<'_, Self>) -> pyo3::PyResult<pyo3::Bound<'_, Self>> {
                if slf.get().is_suspended(slf.py()) {
                    return Err($crate::dispatch::awaited_elsewhere());
                }
                Ok(slf)
            }
        }

        $crate::dispatch::awaitable!(@driven $class);
    };
    (@driven $class:ident) => {
        impl $crate::py::sending::Awaited for $class {
            fn sent<'py>(
                this: &pyo3::Bound<'py, Self>,
                value: pyo3::Bound<'py, pyo3::PyAny>,
            ) -> pyo3::PyResult<$crate::py::calls::Step<'py>> {
                let py = this.py();
                let step = this.get().resume(py, $crate::dispatch::Resume::Send(value));
                $crate::dispatch::without_stop_iteration(py, step)
            }
        }

        #[pyo3::pymethods]
        impl $class {
            fn __iter__(slf: pyo3::Bound<'_, Self>) -> pyo3::Bound<'_, Self> {
                slf
            }

            fn __next__<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                self.send(py.None().into_bound(py))
            }

            /// Resumes what is awaited.
            fn send<'py>(
                &self,
                value: pyo3::Bound<'py, pyo3::PyAny>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                let py = value.py();
                let step = self.resume(py, $crate::dispatch::Resume::Send(value));
                $crate::dispatch::handed_out(py, step)
            }

            /// Raises an exception where it waits.
            #[pyo3(signature = (kind, value=None, traceback=None))]
            fn throw<'py>(
                &self,
                kind: pyo3::Bound<'py, pyo3::PyAny>,
                value: Option<pyo3::Bound<'py, pyo3::PyAny>>,
                traceback: Option<pyo3::Bound<'py, pyo3::PyAny>>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::PyAny>> {
                let py = kind.py();
                let error = $crate::dispatch::thrown(kind, value, traceback)?;
                let step = self.resume(py, $crate::dispatch::Resume::Throw(error));
                $crate::dispatch::handed_out(py, step)
            }

            /// Abandons it: what it waits for is told `GeneratorExit`.
            fn close(&self, py: pyo3::Python<'_>) -> pyo3::PyResult<()> {
                if !self.is_waiting(py) {
                    return Ok(());
                }
                $crate::dispatch::closed(py, |error| {
                    self.resume(py, $crate::dispatch::Resume::Throw(error))
                })
            }
        }
    };
}

pub(crate) use awaitable;

/// What a second one who awaits the same object is told; it would take the first one's turns.
pub(crate) fn awaited_elsewhere() -> PyErr {
    PyRuntimeError::new_err(
        "this is being awaited elsewhere already; call again for another one to await",
    )
}

/// What `send` and `throw` say of a step: what was yielded, or the value as `StopIteration`.
pub(crate) fn handed_out<'py>(
    py: Python<'py>,
    step: PyResult<Step<'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    match without_stop_iteration(py, step)? {
        Step::Yielded(yielded) => Ok(yielded),
        Step::Returned(value) => Err(stop_iteration(py, &value)),
    }
}

/// A `StopIteration` that a hook or body raised would read as a value, so it is wrapped as the
/// interpreter does for coroutines (PEP 479).
#[inline]
pub(crate) fn without_stop_iteration<'py>(
    py: Python<'py>,
    step: PyResult<Step<'py>>,
) -> PyResult<Step<'py>> {
    step.map_err(|error| {
        if error.is_instance_of::<PyStopIteration>(py) {
            wrapped(py, error, "coroutine raised StopIteration")
        } else {
            error
        }
    })
}

/// An exception that must not leave, as the cause of one that may.
pub(crate) fn wrapped(py: Python<'_>, error: PyErr, text: &'static str) -> PyErr {
    let wrapper = PyRuntimeError::new_err(text);
    wrapper.set_cause(py, Some(error));
    wrapper
}

/// Throws `GeneratorExit` and says how that was taken.
pub(crate) fn closed<'py>(
    py: Python<'py>,
    throw: impl FnOnce(PyErr) -> PyResult<Step<'py>>,
) -> PyResult<()> {
    use pyo3::exceptions::{PyGeneratorExit, PyStopAsyncIteration};
    match throw(generator_exit(py)) {
        Ok(Step::Returned(_)) => Ok(()),
        Ok(Step::Yielded(_)) => Err(PyRuntimeError::new_err(
            "what is awaited goes on waiting although it was closed",
        )),
        Err(error)
            if error.is_instance_of::<PyGeneratorExit>(py)
                || error.is_instance_of::<PyStopAsyncIteration>(py) =>
        {
            Ok(())
        }
        Err(error) => Err(error),
    }
}
