//! The calls into `CPython` that `PyO3` has no safe form for.
//!
//! Each block states the invariant that makes it sound and who upholds it. "Attached" below
//! means that a `Python<'py>` token or a `Bound<'py, _>` proves that this thread may call
//! into the interpreter.

use std::ptr;

use pyo3::exceptions::PySystemError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFunction, PyString, PyTuple, PyType};
use pyo3::{PyTypeInfo, ffi};

// Part of CPython's documented C API (c-api/method.html) that pyo3-ffi does not declare.
#[cfg(not(windows))]
unsafe extern "C" {
    static PyMethod_Type: ffi::PyTypeObject;
    fn PyMethod_Function(method: *mut ffi::PyObject) -> *mut ffi::PyObject;
    /// `PyThreadState_GetUnchecked` by the name it had before it became public in Python 3.13.
    #[cfg(not(Py_3_13))]
    fn _PyThreadState_UncheckedGet() -> *mut ffi::PyThreadState;
    /// `PyObject_GetOptionalAttr` by the name it had before it became public in Python 3.13.
    #[cfg(not(Py_3_13))]
    fn _PyObject_LookupAttr(
        object: *mut ffi::PyObject,
        name: *mut ffi::PyObject,
        result: *mut *mut ffi::PyObject,
    ) -> std::ffi::c_int;
}

/// Guards a call that runs Python code.
///
/// Before Python 3.14, a daemon thread that comes back to the interpreter after its end is unwound
/// by force. The destructors on its stack would then touch objects without the interpreter; this
/// one, the innermost, parks the thread instead, as later versions do themselves.
struct Returning;

impl Drop for Returning {
    #[inline]
    fn drop(&mut self) {
        #[cfg(all(not(windows), not(Py_3_13)))]
        use _PyThreadState_UncheckedGet as current;
        #[cfg(Py_3_13)]
        use ffi::PyThreadState_GetUnchecked as current;

        #[cfg(any(not(windows), Py_3_13))]
        // SAFETY: reads a thread-local pointer of the interpreter; needs no attachment.
        if unsafe { current() }.is_null() {
            loop {
                std::thread::park();
            }
        }
    }
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
    let _returning = Returning;
    // SAFETY: attached. `Bound` has the layout of a pointer to an object, so the slice is an
    // array of such; the last `named` of them belong to the names in `keywords`, a tuple of
    // strings (interned by the event table, or checked when they were added to a note).
    unsafe {
        Bound::from_owned_ptr_or_err(
            name.py(),
            ffi::PyObject_VectorcallMethod(
                name.as_ptr(),
                arguments.as_ptr().cast::<*mut ffi::PyObject>(),
                arguments.len() - named,
                keywords.as_ptr(),
            ),
        )
    }
}

/// Calls `callable` with positional arguments and, named by `keywords`, the last of them.
#[inline]
pub(crate) fn vectorcall<'py>(
    callable: &Bound<'py, PyAny>,
    arguments: &[&Bound<'py, PyAny>],
    keywords: Option<&Bound<'py, PyTuple>>,
) -> PyResult<Bound<'py, PyAny>> {
    const MOST: usize = 6;
    let named = keywords.map_or(0, PyTupleMethods::len);
    if arguments.len() > MOST || named > arguments.len() {
        return Err(PySystemError::new_err("too many arguments for a fast call"));
    }
    let mut raw = [ptr::null_mut(); MOST + 1];
    for (slot, argument) in raw[1..].iter_mut().zip(arguments) {
        *slot = argument.as_ptr();
    }
    let _returning = Returning;
    // SAFETY: attached; the values are borrowed for the call; slot 0 is free for the callee to
    // use, as the offset flag says; `keywords` names the last values.
    unsafe {
        Bound::from_owned_ptr_or_err(
            callable.py(),
            ffi::PyObject_Vectorcall(
                callable.as_ptr(),
                raw.as_mut_ptr().add(1).cast_const(),
                (arguments.len() - named) | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET,
                keywords.map_or(ptr::null_mut(), Bound::as_ptr),
            ),
        )
    }
}

/// The version tag of the object's type, 0 if the type has none at the moment.
///
/// A tag is given to one state of one type only, and taken away when the type changes.
#[inline]
pub(crate) fn type_tag(object: &Bound<'_, PyAny>) -> u32 {
    // SAFETY: attached, and `object` keeps its type alive. The fields are read, never written;
    // on free-threaded builds through an atomic, as CPython itself does.
    unsafe {
        let kind = object.get_type_ptr();
        #[cfg(not(Py_3_11))]
        {
            // Python 3.10 leaves the number in place when it takes the tag away.
            if (*kind).tp_flags & ffi::Py_TPFLAGS_VALID_VERSION_TAG == 0 {
                return 0;
            }
        }
        std::sync::atomic::AtomicU32::from_ptr(ptr::addr_of_mut!((*kind).tp_version_tag))
            .load(std::sync::atomic::Ordering::Relaxed)
    }
}

/// An attribute, if there is one, without making an AttributeError where there is none.
#[cfg(any(not(windows), Py_3_13))]
#[inline]
pub(crate) fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    #[cfg(not(Py_3_13))]
    use _PyObject_LookupAttr as look_up;
    #[cfg(Py_3_13)]
    use ffi::PyObject_GetOptionalAttr as look_up;

    let mut value = ptr::null_mut();
    // SAFETY: attached; `value` becomes a new reference, or null with or without an error, as
    // the result says.
    unsafe {
        if look_up(object.as_ptr(), name.as_ptr(), &raw mut value) < 0 {
            return Err(PyErr::fetch(object.py()));
        }
        Ok(Bound::from_owned_ptr_or_opt(object.py(), value))
    }
}

/// An attribute, if there is one. On Windows the private function is not linked against.
#[cfg(all(windows, not(Py_3_13)))]
pub(crate) fn attribute<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    object.getattr_opt(name)
}

/// Whether attribute look-up on the object is the ordinary one, without `__getattr__`.
pub(crate) fn has_ordinary_getattr(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: attached, and `object` keeps its type alive; the slot is only compared.
    unsafe {
        (*object.get_type_ptr()).tp_getattro.is_some_and(|slot| {
            ptr::fn_addr_eq(slot, ffi::PyObject_GenericGetAttr as ffi::getattrofunc)
        })
    }
}

/// The object's `__dict__`, if it has one.
pub(crate) fn instance_dict<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    // SAFETY: attached; the function returns a new reference or sets an error.
    let found = unsafe {
        Bound::from_owned_ptr_or_err(
            object.py(),
            ffi::PyObject_GenericGetDict(object.as_ptr(), ptr::null_mut()),
        )
    };
    found.ok()?.cast_into().ok()
}

/// Whether the object can be awaited: a coroutine, or of a type with `__await__`.
#[inline]
pub(crate) fn is_awaitable(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: attached, and `object` keeps its type alive; slots are only read.
    unsafe {
        let slots = (*object.get_type_ptr()).tp_as_async;
        !slots.is_null() && (*slots).am_await.is_some()
    }
}

/// The function behind a bound method.
#[cfg(not(windows))]
#[inline]
pub(crate) fn method_function<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    // SAFETY: attached; the check makes sure of the layout; the borrowed reference is
    // turned into an owned one at once.
    unsafe {
        if !ptr::eq(object.get_type_ptr(), &raw const PyMethod_Type) {
            return None;
        }
        Bound::from_borrowed_ptr_or_opt(object.py(), PyMethod_Function(object.as_ptr()))
    }
}

/// The function behind a bound method. On Windows the type is not linked against.
#[cfg(windows)]
pub(crate) fn method_function<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyAny>> {
    let is_method = object.get_type().name().is_ok_and(|name| name == "method");
    let function = pyo3::intern!(object.py(), "__func__");
    object.getattr(function).ok().filter(|_| is_method)
}

/// A function's code object.
#[inline]
pub(crate) fn function_code<'py>(function: &Bound<'py, PyFunction>) -> Option<Bound<'py, PyAny>> {
    // SAFETY: attached; a `PyFunction` has a code object; the borrowed reference becomes owned.
    unsafe {
        Bound::from_borrowed_ptr_or_opt(function.py(), ffi::PyFunction_GetCode(function.as_ptr()))
    }
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
    let _returning = Returning;
    // SAFETY: attached; `result` becomes a new reference unless an error is set.
    unsafe {
        match ffi::PyIter_Send(iterator.as_ptr(), value.as_ptr(), &raw mut result) {
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
#[inline]
pub(crate) fn next<'py>(iterator: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = iterator.py();
    let _returning = Returning;
    // SAFETY: attached; the slot is called only if it is there, on an object of its type;
    // it returns a new reference, or null with or without an error.
    unsafe {
        let Some(slot) = (*iterator.get_type_ptr()).tp_iternext else {
            return Err(pyo3::exceptions::PyTypeError::new_err(format!(
                "'{}' object is not an iterator",
                iterator.get_type().name()?
            )));
        };
        let item = slot(iterator.as_ptr());
        if !item.is_null() {
            return Ok(Some(Bound::from_owned_ptr(py, item)));
        }
        match PyErr::take(py) {
            None => Ok(None),
            Some(error) if error.is_instance_of::<pyo3::exceptions::PyStopIteration>(py) => {
                Ok(None)
            }
            Some(error) => Err(error),
        }
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
    Err(pyo3::exceptions::PyTypeError::new_err(format!(
        "object {} can't be used in 'await' expression",
        awaitable.get_type().name()?
    )))
}

/// A new instance of `class`, a subclass of the core's class `T`, without its `__init__`.
pub(crate) fn bare_instance<'py, T: PyTypeInfo>(
    class: &Bound<'py, PyType>,
) -> PyResult<Bound<'py, T>> {
    let py = class.py();
    let base = T::type_object(py);
    if !class.is_subclass(&base)? {
        return Err(PySystemError::new_err(format!(
            "{class:?} does not derive from {base:?}"
        )));
    }
    let arguments = PyTuple::empty(py);
    // SAFETY: attached; the constructor of the core's class is called for a subclass of it
    // (just checked), which is what `T.__new__(class)` does.
    let made = unsafe {
        let kind = base.as_type_ptr();
        let Some(constructor) = (*kind).tp_new else {
            return Err(PySystemError::new_err(format!(
                "{base:?} has no constructor"
            )));
        };
        Bound::from_owned_ptr_or_err(
            py,
            constructor(class.as_type_ptr(), arguments.as_ptr(), ptr::null_mut()),
        )?
    };
    Ok(made.cast_into::<T>()?)
}

/// An object of `class` with nothing in its slots: `object.__new__` without the argument checks.
///
/// For classes that Python defines with `__slots__` and no `__new__` of their own (`uuid.UUID`).
pub(crate) fn bare_slotted<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: attached; a heap type that Python code defined allocates through tp_alloc, which
    // returns a zeroed object of the right size, or sets an error.
    unsafe {
        Bound::from_owned_ptr_or_err(class.py(), ffi::PyType_GenericAlloc(class.as_type_ptr(), 0))
    }
}

/// Sets a slot through its descriptor, past a `__setattr__` that forbids it.
#[inline]
pub(crate) fn slot_set<'py>(
    descriptor: &Bound<'py, PyAny>,
    object: &Bound<'py, PyAny>,
    value: &Bound<'py, PyAny>,
) -> PyResult<()> {
    // SAFETY: attached; a member descriptor checks that `object` is of its type.
    unsafe {
        let Some(set) = (*descriptor.get_type_ptr()).tp_descr_set else {
            return Err(PySystemError::new_err("not a slot descriptor"));
        };
        if set(descriptor.as_ptr(), object.as_ptr(), value.as_ptr()) < 0 {
            return Err(PyErr::fetch(descriptor.py()));
        }
    }
    Ok(())
}
