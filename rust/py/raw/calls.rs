//! Calls out of the core that run Python code.
//!
//! Before Python 3.14, a daemon thread that comes back to the interpreter after its end is unwound
//! by force (`pthread_exit`). That must not get through Rust: destructors would touch objects
//! without the interpreter, and whoever catches unwinding would abort the process. So these
//! functions are declared as able to unwind, and a guard parks such a thread for good, as later
//! versions of Python do themselves.

use std::hint::black_box;
use std::ptr;

#[cfg(Py_3_12)]
use pyo3::exceptions::PyRecursionError;
use pyo3::exceptions::{PyStopIteration, PySystemError, PyTypeError};
use pyo3::marker::Ungil;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};
use pyo3::{BoundObject, ffi};

/// Declares functions of the C API that run Python code, each with its guard.
///
/// pyo3-ffi declares them as unable to unwind, so that no guard would ever run; and as there is
/// one declaration to a symbol, its word counts here as well. So the optimiser must not know
/// (`black_box`) what is called.
macro_rules! running_python {
    ($($(#[$only:meta])? fn $name:ident($($value:ident: $type:ty),*) -> $result:ty;)*) => {
        mod c_api {
            use pyo3::ffi;

            unsafe extern "C-unwind" {
                $($(#[$only])? pub(super) fn $name($($value: $type),*) -> $result;)*
            }
        }

        $(
            $(#[$only])?
            #[allow(non_snake_case, reason = "the C API's name")]
            #[inline(always)]
            unsafe fn $name($($value: $type),*) -> $result {
                let function: unsafe extern "C-unwind" fn($($type),*) -> $result =
                    black_box(c_api::$name);
                // SAFETY: upheld by the caller; the function is the C API's.
                guarded(|| unsafe { function($($value),*) })
            }
        )*
    };
}

running_python! {
    fn PyObject_VectorcallDict(
        callable: *mut ffi::PyObject,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        keywords: *mut ffi::PyObject
    ) -> *mut ffi::PyObject;
    #[cfg(Py_3_11)]
    fn PyObject_Vectorcall(
        callable: *mut ffi::PyObject,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        keywords: *mut ffi::PyObject
    ) -> *mut ffi::PyObject;
    fn PyObject_VectorcallMethod(
        name: *mut ffi::PyObject,
        arguments: *const *mut ffi::PyObject,
        count: usize,
        keywords: *mut ffi::PyObject
    ) -> *mut ffi::PyObject;
    fn PyObject_Call(
        callable: *mut ffi::PyObject,
        arguments: *mut ffi::PyObject,
        keywords: *mut ffi::PyObject
    ) -> *mut ffi::PyObject;
    fn PyIter_Send(
        iterator: *mut ffi::PyObject,
        value: *mut ffi::PyObject,
        result: *mut *mut ffi::PyObject
    ) -> ffi::PySendResult;
    fn PyImport_Import(name: *mut ffi::PyObject) -> *mut ffi::PyObject;
}

/// The most values that a fast call takes.
const MOST: usize = 6;

/// Works, and lets no forced unwinding through.
#[inline(always)]
fn guarded<T>(call: impl FnOnce() -> T) -> T {
    struct Parking;

    impl Drop for Parking {
        #[cold]
        fn drop(&mut self) {
            while !std::thread::panicking() {
                std::thread::park();
            }
        }
    }

    let parking = Parking;
    let result = call();
    std::mem::forget(parking);
    result
}

/// Works without the interpreter, so that other threads can have it.
#[allow(clippy::disallowed_methods, reason = "guarded here")]
pub(crate) fn detached<T: Ungil>(py: Python<'_>, work: impl FnOnce() -> T + Ungil) -> T {
    guarded(|| py.detach(work))
}

/// One level of calls within calls that no frame of the interpreter stands for; counted against
/// its recursion limit.
///
/// From Python 3.12 on the interpreter counts such levels apart, up to ten thousand, which is more
/// than a thread's stack has room for: so they are counted here as well.
pub(crate) struct Level<'py>(Python<'py>);

#[cfg(Py_3_12)]
thread_local! {
    static DEPTH: std::cell::Cell<std::ffi::c_int> = const { std::cell::Cell::new(0) };
}

impl<'py> Level<'py> {
    /// Enters the level, or raises `RecursionError`.
    #[inline]
    pub(crate) fn enter(py: Python<'py>) -> PyResult<Self> {
        // SAFETY: attached; the text is static.
        if unsafe { ffi::Py_EnterRecursiveCall(c" in a runnable".as_ptr()) } != 0 {
            return Err(PyErr::fetch(py));
        }
        let level = Self(py);
        #[cfg(Py_3_12)]
        {
            DEPTH.set(DEPTH.get() + 1);
            // SAFETY: attached.
            if DEPTH.get() > unsafe { ffi::Py_GetRecursionLimit() } {
                return Err(PyRecursionError::new_err(
                    "maximum recursion depth exceeded in a runnable",
                ));
            }
        }
        Ok(level)
    }
}

impl Drop for Level<'_> {
    #[inline]
    fn drop(&mut self) {
        #[cfg(Py_3_12)]
        DEPTH.set(DEPTH.get() - 1);
        // SAFETY: attached, as the token says; `enter` counted the level.
        unsafe { ffi::Py_LeaveRecursiveCall() }
    }
}

/// Imports a module.
pub(crate) fn import<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    let name = PyString::new(py, name);
    // SAFETY: attached; the name is borrowed for the call.
    unsafe { Bound::from_owned_ptr_or_err(py, PyImport_Import(name.as_ptr())) }
}

/// Calls the method `name` of the first argument, without a bound method, tuple or dict in
/// between. `keywords` names the last arguments.
#[inline]
pub(crate) fn call_method<'py>(
    name: &Bound<'py, PyString>,
    arguments: &[Bound<'py, PyAny>],
    keywords: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let named = keywords.len();
    if arguments.len() <= named {
        return Err(PySystemError::new_err("a method call has no receiver"));
    }
    // SAFETY: attached. `Bound` has the layout of a pointer to an object, so the slice is an
    // array of such; the last `named` of them belong to the names in `keywords`, a tuple of
    // strings (interned by the event table, or checked when they were added to a note).
    unsafe {
        let result = PyObject_VectorcallMethod(
            name.as_ptr(),
            arguments.as_ptr().cast::<*mut ffi::PyObject>(),
            arguments.len() - named,
            keywords.as_ptr(),
        );
        Bound::from_owned_ptr_or_err(name.py(), result)
    }
}

/// Calls a function; `keywords` names the last arguments.
///
/// Python 3.10 has the C API's function in a header only.
#[cfg(Py_3_11)]
#[inline]
pub(crate) fn call_function<'py>(
    function: &Bound<'py, PyAny>,
    arguments: &[Bound<'py, PyAny>],
    keywords: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let named = keywords.len();
    if arguments.len() < named {
        return Err(PySystemError::new_err("a call has more names than values"));
    }
    // SAFETY: as in `call_method`.
    unsafe {
        let result = PyObject_Vectorcall(
            function.as_ptr(),
            arguments.as_ptr().cast::<*mut ffi::PyObject>(),
            arguments.len() - named,
            keywords.as_ptr(),
        );
        Bound::from_owned_ptr_or_err(function.py(), result)
    }
}

/// Calls the method `name` of `object` with positional arguments.
#[inline]
pub(crate) fn method<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    arguments: &[&Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    let mut raw = slots(arguments)?;
    raw[0] = object.as_ptr();
    // SAFETY: attached; the values are borrowed for the call; the first is the receiver.
    unsafe {
        let result = PyObject_VectorcallMethod(
            name.as_ptr(),
            raw.as_ptr(),
            arguments.len() + 1,
            ptr::null_mut(),
        );
        Bound::from_owned_ptr_or_err(name.py(), result)
    }
}

/// Calls `callable` with positional arguments.
#[inline]
pub(crate) fn vectorcall<'py>(
    callable: &Bound<'py, PyAny>,
    arguments: &[&Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    let mut raw = slots(arguments)?;
    // SAFETY: attached; the values are borrowed for the call; slot 0 is free for the callee to
    // use, as the offset flag says.
    unsafe {
        let result = PyObject_VectorcallDict(
            callable.as_ptr(),
            raw.as_mut_ptr().add(1).cast_const(),
            arguments.len() | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
            ptr::null_mut(),
        );
        Bound::from_owned_ptr_or_err(callable.py(), result)
    }
}

/// The values behind an empty slot, as fast calls want them.
#[inline]
fn slots(arguments: &[&Bound<'_, PyAny>]) -> PyResult<[*mut ffi::PyObject; MOST + 1]> {
    if arguments.len() > MOST {
        return Err(PySystemError::new_err("too many arguments for a fast call"));
    }
    let mut raw = [ptr::null_mut(); MOST + 1];
    for (slot, argument) in raw[1..].iter_mut().zip(arguments) {
        *slot = argument.as_ptr();
    }
    Ok(raw)
}

/// Calls with any arguments; in the core instead of `PyO3`'s `call1` and the like.
pub(crate) trait Outcall<'py> {
    /// Calls the object.
    fn call_out<A: Values<'py>>(&self, arguments: A) -> PyResult<Bound<'py, PyAny>>;

    /// Calls the object, with keywords as well.
    fn call_out_with<A: Values<'py>>(
        &self,
        arguments: A,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>>;

    /// Calls a method of the object.
    fn call_method_out<A: Values<'py>>(
        &self,
        name: &Bound<'py, PyString>,
        arguments: A,
    ) -> PyResult<Bound<'py, PyAny>>;
}

/// What becomes the tuple of positional arguments.
pub(crate) trait Values<'py>: IntoPyObject<'py, Target = PyTuple> {}

impl<'py, A: IntoPyObject<'py, Target = PyTuple>> Values<'py> for A {}

impl<'py> Outcall<'py> for Bound<'py, PyAny> {
    fn call_out<A: Values<'py>>(&self, arguments: A) -> PyResult<Bound<'py, PyAny>> {
        self.call_out_with(arguments, None)
    }

    fn call_out_with<A: Values<'py>>(
        &self,
        arguments: A,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = arguments.into_pyobject(self.py()).map_err(Into::into)?;
        let arguments = arguments.as_borrowed();
        let kwargs = kwargs.map_or(ptr::null_mut(), Bound::as_ptr);
        // SAFETY: attached; a tuple, and a dict or null, borrowed for the call.
        unsafe {
            let result = PyObject_Call(self.as_ptr(), arguments.as_ptr(), kwargs);
            Bound::from_owned_ptr_or_err(self.py(), result)
        }
    }

    fn call_method_out<A: Values<'py>>(
        &self,
        name: &Bound<'py, PyString>,
        arguments: A,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.getattr(name)?.call_out(arguments)
    }
}

/// One step of something that is awaited.
pub(crate) enum Step<'py> {
    /// It suspended and handed this out.
    Yielded(Bound<'py, PyAny>),
    /// It returned this.
    Returned(Bound<'py, PyAny>),
}

/// Resumes a coroutine or the iterator of an awaitable with `value`.
#[inline]
pub(crate) fn send<'py>(
    iterator: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> PyResult<Step<'py>> {
    let mut result = ptr::null_mut();
    // SAFETY: attached; `result` becomes a new reference unless an error is set.
    unsafe {
        match PyIter_Send(iterator.as_ptr(), value.as_ptr(), &raw mut result) {
            ffi::PySendResult::PYGEN_RETURN => {
                Ok(Step::Returned(Bound::from_owned_ptr(iterator.py(), result)))
            }
            ffi::PySendResult::PYGEN_NEXT => {
                Ok(Step::Yielded(Bound::from_owned_ptr(iterator.py(), result)))
            }
            ffi::PySendResult::PYGEN_ERROR => Err(PyErr::fetch(iterator.py())),
        }
    }
}

/// The next item of an iterator, `None` at its end.
#[allow(
    clippy::inline_always,
    reason = "no frame between a generator and what it reads: see `slots`"
)]
#[inline(always)]
pub(crate) fn next<'py>(iterator: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = iterator.py();
    // SAFETY: attached, and `iterator` keeps its type alive; the slot is only looked for.
    let Some(slot) = (unsafe { (*iterator.get_type_ptr()).tp_iternext }) else {
        return Err(PyTypeError::new_err(format!(
            "'{}' object is not an iterator",
            iterator.get_type().name()?
        )));
    };
    // SAFETY: the same function, declared as able to unwind.
    let slot = unsafe { std::mem::transmute::<ffi::iternextfunc, UnwindingNext>(slot) };
    // SAFETY: attached; called on an object of its type; returns a new reference, or null, with an
    // error unless that was the end.
    let item = unsafe {
        let item = guarded(|| slot(iterator.as_ptr()));
        Bound::from_owned_ptr_or_opt(py, item)
    };
    match item {
        Some(item) => Ok(Some(item)),
        None => last(py),
    }
}

/// `tp_iternext`.
type UnwindingNext = unsafe extern "C-unwind" fn(*mut ffi::PyObject) -> *mut ffi::PyObject;

/// What an iterator without a next item says: that it has ended, or that it failed.
#[cold]
fn last(py: Python<'_>) -> PyResult<Option<Bound<'_, PyAny>>> {
    match PyErr::take(py) {
        Some(error) if !error.is_instance_of::<PyStopIteration>(py) => Err(error),
        _ => Ok(None),
    }
}

/// The iterator behind an awaitable: itself for a coroutine, else what `__await__` returns.
pub(crate) fn await_iterator<'py>(awaitable: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: attached; the slot is called only if it is there, on an object of its type.
    unsafe {
        if ffi::PyCoro_CheckExact(awaitable.as_ptr()) != 0 {
            return Ok(awaitable.clone());
        }
        let slots = (*awaitable.get_type_ptr()).tp_as_async;
        if let Some(slot) = (!slots.is_null()).then(|| (*slots).am_await).flatten() {
            return Bound::from_owned_ptr_or_err(awaitable.py(), slot(awaitable.as_ptr()));
        }
    }
    Err(PyTypeError::new_err(format!(
        "object {} can't be used in 'await' expression",
        awaitable.get_type().name()?
    )))
}
