//! What is known of Python objects beyond what `PyO3` tells, and how bare ones are made.

use std::ptr;

use pyo3::exceptions::PySystemError;
use pyo3::impl_::pymethods::tp_new_impl;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyDict, PyFunction, PyString, PyType};
use pyo3::{PyClass, PyClassInitializer, ffi};

// Part of CPython's documented C API (c-api/method.html) that pyo3-ffi does not declare.
#[cfg(not(windows))]
unsafe extern "C" {
    static PyMethod_Type: ffi::PyTypeObject;
    fn PyMethod_Function(method: *mut ffi::PyObject) -> *mut ffi::PyObject;
    /// `PyObject_GetOptionalAttr` by the name it had before it became public in Python 3.13.
    #[cfg(not(Py_3_13))]
    fn _PyObject_LookupAttr(
        object: *mut ffi::PyObject,
        name: *mut ffi::PyObject,
        result: *mut *mut ffi::PyObject,
    ) -> std::ffi::c_int;
    #[cfg(not(Py_GIL_DISABLED))]
    fn _PyObject_GetDictPtr(object: *mut ffi::PyObject) -> *mut *mut ffi::PyObject;
}

/// The version tag of the object's type, 0 if the type has none at the moment.
///
/// A tag is given to one state of one type only, and taken away when the type changes.
#[inline]
pub(crate) fn type_tag(object: &Bound<'_, PyAny>) -> u32 {
    // SAFETY: attached, and `object` keeps its type alive.
    unsafe { tag_of(object.get_type_ptr()) }
}

/// Whether the object is of a type that is written in C and fixed: a number, a text, a dict.
#[inline]
pub(crate) fn is_of_static_type(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: attached, and `object` keeps its type alive; the flag never changes.
    unsafe { ffi::PyType_HasFeature(object.get_type_ptr(), ffi::Py_TPFLAGS_HEAPTYPE) == 0 }
}

/// Whether objects of the class are initialised by the `__init__` of `base`, a base of it.
#[inline]
pub(crate) fn shares_init(class: &Bound<'_, PyType>, base: &Bound<'_, PyType>) -> bool {
    // SAFETY: attached, and both are types that are alive; the slots are only compared.
    unsafe {
        match (
            (*class.as_type_ptr()).tp_init,
            (*base.as_type_ptr()).tp_init,
        ) {
            (Some(own), Some(inherited)) => ptr::fn_addr_eq(own, inherited),
            _ => false,
        }
    }
}

/// The version tag of a class.
pub(crate) fn class_tag(class: &Bound<'_, PyType>) -> u32 {
    // SAFETY: attached, and `class` is a type that is alive.
    unsafe { tag_of(class.as_type_ptr()) }
}

/// # Safety
/// Attached; `kind` is a type that is alive.
#[inline]
unsafe fn tag_of(kind: *mut ffi::PyTypeObject) -> u32 {
    // SAFETY: as the caller says. The fields are read, never written; on free-threaded builds
    // through an atomic, as CPython itself does.
    unsafe {
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

/// The version tag of a dict, 0 where the interpreter keeps none.
///
/// Each change of any dict takes a number that no dict had before, so a dict of which the same
/// number is read again holds what it held (PEP 509).
#[cfg(not(any(Py_3_14, Py_GIL_DISABLED)))]
#[allow(deprecated, reason = "kept up to Python 3.13, as the condition says")]
#[inline]
pub(crate) fn dict_tag(dict: &Bound<'_, PyDict>) -> u64 {
    // SAFETY: attached with the GIL, under which alone the field is written; `dict` is a dict that
    // is alive.
    unsafe { (*dict.as_ptr().cast::<ffi::PyDictObject>()).ma_version_tag }
}

/// The version tag of a dict, 0 where the interpreter keeps none.
#[cfg(any(Py_3_14, Py_GIL_DISABLED))]
pub(crate) fn dict_tag(_dict: &Bound<'_, PyDict>) -> u64 {
    0
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
#[inline]
pub(crate) fn instance_dict<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    // A quarter of the instructions less, where no other thread can replace it at this moment.
    #[cfg(not(any(windows, Py_GIL_DISABLED)))]
    // SAFETY: attached; the place, if there is one, is in the object and holds a dict or null.
    unsafe {
        let place = _PyObject_GetDictPtr(object.as_ptr());
        if place.is_null() {
            return None;
        }
        if let Some(dict) = Bound::from_borrowed_ptr_or_opt(object.py(), *place) {
            return dict.cast_into().ok();
        }
    }
    made_dict(object)
}

/// The object's `__dict__`, which is made if there was none yet.
#[cfg_attr(not(any(windows, Py_GIL_DISABLED)), cold)]
fn made_dict<'py>(object: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
    // SAFETY: attached; the function returns a new reference or sets an error.
    let found = unsafe {
        Bound::from_owned_ptr_or_err(
            object.py(),
            ffi::PyObject_GenericGetDict(object.as_ptr(), ptr::null_mut()),
        )
    };
    found.ok()?.cast_into().ok()
}

/// The state of an object, if it is of this very class.
#[inline]
pub(crate) fn plain_state<'py>(
    object: &Bound<'py, PyAny>,
    class: &Bound<'py, PyType>,
) -> Option<Bound<'py, PyDict>> {
    if object.get_type_ptr() == class.as_type_ptr() {
        instance_dict(object)
    } else {
        None
    }
}

/// Whether there are so many references to the object and no more, so that who has them all may
/// change it unseen. Without the interpreter's lock there is no telling: then never.
#[inline]
pub(crate) fn has_references(object: &Bound<'_, PyAny>, count: isize) -> bool {
    // SAFETY: attached, and `object` is alive; the count is only read.
    !cfg!(Py_GIL_DISABLED) && unsafe { ffi::Py_REFCNT(object.as_ptr()) } == count
}

/// Whether nobody is told when the object goes: there are no weak references to it, and its class
/// has no finaliser.
#[inline]
pub(crate) fn goes_unnoticed(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: attached, and `object` keeps its type alive; slots are only read. Where a type has an
    // offset for weak references, each of its objects has the head of a list of them there.
    unsafe {
        let kind = object.get_type_ptr();
        let offset = (*kind).tp_weaklistoffset;
        let head = || {
            object
                .as_ptr()
                .byte_offset(offset)
                .cast::<*const ffi::PyObject>()
        };
        (*kind).tp_finalize.is_none()
            && (*kind).tp_del.is_none()
            && (offset == 0 || head().read().is_null())
    }
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

/// What a function does, by the addresses of its code and of the defaults of its parameters.
#[cfg(Py_3_11)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct FunctionState([usize; 3]);

/// What a function does now.
#[cfg(Py_3_11)]
#[inline]
pub(crate) fn function_state(function: &Bound<'_, PyFunction>) -> FunctionState {
    let function = function.as_ptr();
    // SAFETY: attached, and a `PyFunction`; the borrowed references are only compared.
    unsafe {
        FunctionState([
            ffi::PyFunction_GetCode(function) as usize,
            ffi::PyFunction_GetDefaults(function) as usize,
            ffi::PyFunction_GetKwDefaults(function) as usize,
        ])
    }
}

/// A function's code object.
#[inline]
pub(crate) fn function_code<'py>(function: &Bound<'py, PyFunction>) -> Option<Bound<'py, PyAny>> {
    // SAFETY: attached; a `PyFunction` has a code object; the borrowed reference becomes owned.
    unsafe {
        Bound::from_borrowed_ptr_or_opt(function.py(), ffi::PyFunction_GetCode(function.as_ptr()))
    }
}

/// A new instance of `class`, a subclass of the core's class `T`, with `value` inside and without
/// its `__init__`.
///
/// What `#[new]` is expanded to, without the call from Python: that is a third of what making a
/// manager costs (bench `get_child`).
pub(crate) fn instance<'py, T>(class: &Bound<'py, PyType>, value: T) -> PyResult<Bound<'py, T>>
where
    T: PyClass + Into<PyClassInitializer<T>>,
{
    let py = class.py();
    let base = T::type_object(py);
    // SAFETY: attached; both are types, which the references keep alive.
    let derives = unsafe { ffi::PyType_IsSubtype(class.as_type_ptr(), base.as_type_ptr()) } != 0;
    if !derives {
        return Err(PySystemError::new_err(format!(
            "{class:?} does not derive from {base:?}"
        )));
    }
    let initializer: PyClassInitializer<T> = value.into();
    // SAFETY: attached; the class derives from that of `T` (just checked), so that what is made is
    // an object of that, and a new reference.
    unsafe {
        let made = tp_new_impl::<_, T>(py, initializer, class.as_type_ptr())?;
        Ok(Bound::from_owned_ptr(py, made).cast_into_unchecked())
    }
}

/// Looks at the entries of a dict until `look` says no; returns whether it never did.
///
/// `look` must not run Python code: it gets references that are not counted.
#[inline]
pub(crate) fn all_entries<'py>(
    dict: &Bound<'py, PyDict>,
    mut look: impl FnMut(Borrowed<'_, 'py, PyAny>, Borrowed<'_, 'py, PyAny>) -> bool,
) -> bool {
    with_critical_section(dict, || {
        let (mut position, mut key, mut value) = (0, ptr::null_mut(), ptr::null_mut());
        // SAFETY: attached; nothing changes the dict meanwhile, since `look` runs no Python code
        // and other threads are kept out; so both pointers are those of living objects.
        unsafe {
            while ffi::PyDict_Next(
                dict.as_ptr(),
                &raw mut position,
                &raw mut key,
                &raw mut value,
            ) != 0
            {
                let key = Borrowed::from_ptr(dict.py(), key);
                let value = Borrowed::from_ptr(dict.py(), value);
                if !look(key, value) {
                    return false;
                }
            }
        }
        true
    })
}

/// Makes `state` the object's `__dict__`.
#[inline]
pub(crate) fn set_instance_dict<'py>(
    object: &Bound<'py, PyAny>,
    state: &Bound<'py, PyDict>,
) -> PyResult<()> {
    // SAFETY: attached; CPython checks that the object has a `__dict__`, and takes a reference.
    unsafe {
        if ffi::PyObject_GenericSetDict(object.as_ptr(), state.as_ptr(), ptr::null_mut()) < 0 {
            return Err(PyErr::fetch(object.py()));
        }
    }
    Ok(())
}
