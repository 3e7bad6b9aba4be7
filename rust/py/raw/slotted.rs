//! Objects whose attributes are in `__slots__`: made and read without their descriptors.

use std::ptr;

use pyo3::exceptions::PySystemError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyType;

/// Slots that a class has by `__slots__`, reached past their descriptors, which look at the class of
/// the object at every slot, and past a `__setattr__` that forbids it.
pub(crate) struct SlotTable<const N: usize> {
    /// The class that has the slots; keeps its layout alive.
    class: Py<PyType>,
    /// Where each slot is in an object of the class.
    offsets: [isize; N],
}

impl<const N: usize> SlotTable<N> {
    /// The slots of these descriptors, all of one class.
    pub(crate) fn of(descriptors: [&Bound<'_, PyAny>; N]) -> PyResult<Self> {
        let mut class: *mut ffi::PyTypeObject = ptr::null_mut();
        let mut offsets = [0; N];
        for (offset, descriptor) in offsets.iter_mut().zip(descriptors) {
            // SAFETY: attached; the type is compared before the object is read as one of it; a
            // member's definition lives as long as its class, which the descriptor keeps alive.
            let (owner, kind, place) = unsafe {
                if !ptr::eq(
                    descriptor.get_type_ptr(),
                    &raw const ffi::PyMemberDescr_Type,
                ) {
                    return Err(no_slot(descriptor));
                }
                let found = descriptor.as_ptr().cast::<ffi::PyMemberDescrObject>();
                let member = (*found).d_member.cast::<ffi::PyMemberDef>();
                (
                    (*found).d_common.d_type,
                    (*member).type_code,
                    (*member).offset,
                )
            };
            if kind != ffi::Py_T_OBJECT_EX || !(class.is_null() || ptr::eq(class, owner)) {
                return Err(no_slot(descriptor));
            }
            (class, *offset) = (owner, place);
        }
        let Some(first) = descriptors.first().filter(|_| !class.is_null()) else {
            return Err(PySystemError::new_err("no slots"));
        };
        // SAFETY: attached; a descriptor's class is a type that is alive.
        let class = unsafe { Bound::from_borrowed_ptr(first.py(), class.cast()) };
        Ok(Self {
            class: class.cast_into::<PyType>()?.unbind(),
            offsets,
        })
    }

    /// The same slots in objects of a class, which must derive from that which has them.
    pub(crate) fn in_class(&self, class: &Bound<'_, PyType>) -> PyResult<Slotted<N>> {
        let base = self.class.bind(class.py()).as_type_ptr();
        // SAFETY: attached; both are types that are alive.
        if unsafe { ffi::PyType_IsSubtype(class.as_type_ptr(), base) } == 0 {
            return Err(none_of_them(class));
        }
        Ok(Slotted {
            class: class.clone().unbind(),
            offsets: self.offsets,
        })
    }

    /// What is in the slot with this number, if anything is.
    #[inline]
    pub(crate) fn value<'py>(
        &self,
        object: &Bound<'py, PyAny>,
        number: usize,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.check(object)?;
        // SAFETY: the object is of the class, so that there is a slot at the offset.
        Ok(unsafe { slot_value(object, self.offsets[number]) })
    }

    /// Refuses an object that has no such slots.
    #[inline]
    fn check(&self, object: &Bound<'_, PyAny>) -> PyResult<()> {
        let class = self.class.bind(object.py()).as_type_ptr();
        // SAFETY: attached; both are types that are alive.
        if unsafe { ffi::PyType_IsSubtype(object.get_type_ptr(), class) } == 0 {
            return Err(none_of_them(&object.get_type()));
        }
        Ok(())
    }
}

/// A class that Python defines, without a `__new__` of its own, whose objects have these slots.
pub(crate) struct Slotted<const N: usize> {
    class: Py<PyType>,
    offsets: [isize; N],
}

impl<const N: usize> Slotted<N> {
    /// An object of the class with these values in the slots and nothing else in it:
    /// `object.__new__` without the argument checks.
    #[inline]
    pub(crate) fn make<'py>(
        &self,
        py: Python<'py>,
        values: [&Bound<'py, PyAny>; N],
    ) -> PyResult<Bound<'py, PyAny>> {
        // SAFETY: attached; a heap type that Python code defined allocates through tp_alloc, which
        // returns a zeroed object of the right size, or sets an error. The class has the slots, as
        // was checked when they were looked up in it: each is null, and gets a reference.
        unsafe {
            let class = self.class.bind(py).as_type_ptr();
            let object = Bound::from_owned_ptr_or_err(py, ffi::PyType_GenericAlloc(class, 0))?;
            for (offset, value) in self.offsets.iter().zip(values) {
                let slot = object.as_ptr().byte_offset(*offset);
                slot.cast::<*mut ffi::PyObject>()
                    .write(value.clone().into_ptr());
            }
            Ok(object)
        }
    }

    /// What is in the slots of an object, if it is of this very class.
    #[inline]
    pub(crate) fn values<'py>(
        &self,
        object: &Bound<'py, PyAny>,
    ) -> Option<[Option<Bound<'py, PyAny>>; N]> {
        let py = object.py();
        if object.get_type_ptr() != self.class.bind(py).as_type_ptr() {
            return None;
        }
        // SAFETY: the object is of the class, so that there is a slot at each offset.
        Some(unsafe { self.offsets.map(|offset| slot_value(object, offset)) })
    }

    /// The class.
    pub(crate) fn class(&self) -> &Py<PyType> {
        &self.class
    }
}

/// What is in a slot of an object, if anything is.
///
/// # Safety
/// The object has a slot at the offset: null, or a reference that it owns. Nothing empties the slot
/// while it is read: who asks has the interpreter's lock, or, without one, an object whose slots are
/// not set again.
#[inline]
unsafe fn slot_value<'py>(object: &Bound<'py, PyAny>, offset: isize) -> Option<Bound<'py, PyAny>> {
    // SAFETY: as the caller says.
    unsafe {
        let slot = object.as_ptr().byte_offset(offset);
        let value = slot.cast::<*mut ffi::PyObject>().read();
        Bound::from_borrowed_ptr_or_opt(object.py(), value)
    }
}

#[cold]
fn none_of_them(class: &Bound<'_, PyType>) -> PyErr {
    PySystemError::new_err(format!("{class:?} has none of the slots"))
}

#[cold]
fn no_slot(descriptor: &Bound<'_, PyAny>) -> PyErr {
    PySystemError::new_err(format!("{descriptor:?} is no slot of the class"))
}
