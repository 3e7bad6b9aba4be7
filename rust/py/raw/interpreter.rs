//! The interpreter's own state: whether it runs, its contexts and context variables.

use std::ffi::{c_int, c_void};
use std::ptr;

use pyo3::ffi;
use pyo3::prelude::*;

/// Whether the interpreter has been started and does not end yet.
pub(crate) fn interpreter_runs() -> bool {
    // SAFETY: reads a flag of the runtime; needs no attachment. Finalisation clears it before it
    // clears modules and collects what is left.
    unsafe { ffi::Py_IsInitialized() != 0 }
}

/// The number of the calling thread, as `threading.get_ident` tells it.
#[cfg(not(Py_3_12))]
pub(crate) fn thread_ident(_: Python<'_>) -> u64 {
    // SAFETY: attached, so that the interpreter has set up its threads; the function only reads.
    let ident = unsafe { ffi::PyThread_get_thread_ident() };
    #[allow(
        clippy::useless_conversion,
        reason = "the C type has 32 bits on Windows"
    )]
    ident.into()
}

/// Type, value and traceback of an exception that is being handled.
type Handled<'py> = [Option<Bound<'py, PyAny>>; 3];

/// Makes an exception the one that is being handled (`sys.exc_info`) until this is dropped.
pub(crate) struct Handling<'py> {
    py: Python<'py>,
    before: Handled<'py>,
}

impl<'py> Handling<'py> {
    pub(crate) fn of(error: &Bound<'py, PyAny>) -> Self {
        let py = error.py();
        let seen = handled(py);
        // A generator or coroutine has a place of its own for what it handles, and sees what its
        // callers handle where that is empty. Theirs must not be put into its place afterwards.
        handle(py, [const { None }; 3]);
        let [_, around, _] = handled(py);
        let is_callers = match (&seen[1], &around) {
            (Some(seen), Some(around)) => seen.is(around),
            _ => false,
        };
        let traceback = error.getattr(pyo3::intern!(py, "__traceback__")).ok();
        let kind = error.get_type().into_any();
        handle(py, [Some(kind), Some(error.clone()), traceback]);
        Self {
            py,
            before: if is_callers {
                [const { None }; 3]
            } else {
                seen
            },
        }
    }
}

impl Drop for Handling<'_> {
    fn drop(&mut self) {
        handle(self.py, std::mem::take(&mut self.before));
    }
}

/// What is being handled, by the caller or around it.
fn handled(py: Python<'_>) -> Handled<'_> {
    let mut seen = [ptr::null_mut(); 3];
    let [kind, value, traceback] = &mut seen;
    // SAFETY: attached; the call hands over references, or null.
    unsafe {
        ffi::PyErr_GetExcInfo(kind, value, traceback);
        seen.map(|object| Bound::from_owned_ptr_or_opt(py, object))
    }
}

/// Sets what the caller itself handles.
fn handle<'py>(_py: Python<'py>, exception: Handled<'py>) {
    let [kind, value, traceback] =
        exception.map(|object| object.map_or(ptr::null_mut(), Bound::into_ptr));
    // SAFETY: attached; the call takes over the references, which may be null.
    unsafe { ffi::PyErr_SetExcInfo(kind, value, traceback) }
}

/// A copy of the current context.
#[inline]
pub(crate) fn context_copy_current(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: attached; returns a new reference or sets an error.
    unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyContext_CopyCurrent()) }
}

/// A copy of a context.
#[inline]
pub(crate) fn context_copy<'py>(context: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: attached; CPython checks that it is a context; returns a new reference or sets
    // an error.
    unsafe { Bound::from_owned_ptr_or_err(context.py(), ffi::PyContext_Copy(context.as_ptr())) }
}

/// Makes `context` the current one.
#[inline]
pub(crate) fn context_enter(context: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: attached; `context` comes from `context_copy_current` (upheld by `RunContext`);
    // CPython refuses a context that is entered already.
    if unsafe { ffi::PyContext_Enter(context.as_ptr()) } < 0 {
        return Err(PyErr::fetch(context.py()));
    }
    Ok(())
}

/// Makes the context current again that was so before `context_enter`.
#[inline]
pub(crate) fn context_exit(context: &Bound<'_, PyAny>) -> PyResult<()> {
    // SAFETY: attached; called by the guard that entered, on the same thread, innermost first.
    if unsafe { ffi::PyContext_Exit(context.as_ptr()) } < 0 {
        return Err(PyErr::fetch(context.py()));
    }
    Ok(())
}

/// What the current context maps its variables to: an object that never changes, so that all
/// variables hold what they held as long as it is the same one. `None` if that cannot be told.
///
/// It is what a copy of the context refers to, as it tells the garbage collector.
pub(crate) fn context_values(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    /// What was visited, and how many were.
    struct Visited(*mut ffi::PyObject, usize);

    unsafe extern "C" fn visit(object: *mut ffi::PyObject, visited: *mut c_void) -> c_int {
        // SAFETY: `tp_traverse` hands on the pointer that it was called with, below.
        let visited = unsafe { &mut *visited.cast::<Visited>() };
        *visited = Visited(object, visited.1 + 1);
        0
    }

    let context = context_copy_current(py)?;
    let mut visited = Visited(ptr::null_mut(), 0);
    // SAFETY: attached; the slot is that of the object's type, and `visit` has its form. What is
    // visited is alive as long as the context is, and becomes a reference of its own before.
    unsafe {
        if let Some(traverse) = (*context.get_type_ptr()).tp_traverse {
            traverse(context.as_ptr(), visit, (&raw mut visited).cast());
        }
        let Visited(values, 1) = visited else {
            return Ok(None);
        };
        Ok(Bound::from_borrowed_ptr_or_opt(py, values))
    }
}

/// The value of a context variable in the current context.
#[inline]
pub(crate) fn variable_get<'py>(
    variable: &Bound<'py, PyAny>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let mut value = ptr::null_mut();
    // SAFETY: attached; CPython checks that it is a context variable; `value` becomes a new
    // reference or stays null.
    unsafe {
        if ffi::PyContextVar_Get(variable.as_ptr(), ptr::null_mut(), &raw mut value) < 0 {
            return Err(PyErr::fetch(variable.py()));
        }
        Ok(Bound::from_owned_ptr_or_opt(variable.py(), value))
    }
}

/// Sets a context variable in the current context.
#[inline]
pub(crate) fn variable_set<'py>(
    variable: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> PyResult<()> {
    // SAFETY: attached; returns a token (a new reference, dropped here) or sets an error.
    unsafe {
        Bound::from_owned_ptr_or_err(
            variable.py(),
            ffi::PyContextVar_Set(variable.as_ptr(), value.as_ptr()),
        )
    }
    .map(drop)
}
