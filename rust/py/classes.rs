//! What the core asks of a class again and again, remembered under the class's version tag.

use std::cell::RefCell;

use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};

use super::{calls, names, objects};

/// Facts about one state of a class.
struct Facts {
    tag: u32,
    name: Py<PyString>,
    path: Py<PyList>,
    /// The method behind `get_name`.
    get_name: Option<Py<PyAny>>,
    /// What `serialized` says of objects of this name, told to all their runs.
    described: Option<(Py<PyAny>, Py<PyDict>)>,
    /// What `found` found out.
    found: Option<Py<PyAny>>,
}

const CACHE_SLOTS: usize = 64;

thread_local! {
    /// By tag, each in one of two places, so that two classes that meet in one do not push each
    /// other out at every run. Tags are never given out twice, so an entry is right or unused.
    static CACHE: RefCell<Cache> =
        const { RefCell::new([const { None }; CACHE_SLOTS]) };
}

type Cache = [Option<Facts>; CACHE_SLOTS];

/// The two places for a tag.
#[inline]
fn places(tag: u32) -> [usize; 2] {
    let first = tag as usize % CACHE_SLOTS;
    [first, (first + 1) % CACHE_SLOTS]
}

/// The place of a class's facts; a class without a tag has none.
#[inline]
fn place(cache: &Cache, tag: u32) -> Option<usize> {
    let is_of = |place: &usize| cache[*place].as_ref().is_some_and(|facts| facts.tag == tag);
    places(tag)
        .into_iter()
        .find(|place| tag != 0 && is_of(place))
}

/// What a class is called, where it is from, and whose `get_name` it has.
pub(crate) struct Known<'py> {
    pub(crate) name: Bound<'py, PyString>,
    /// The parts of its module's name, then its own.
    pub(crate) path: Bound<'py, PyList>,
    pub(crate) get_name: Option<Bound<'py, PyAny>>,
}

/// The facts of an object's class.
#[inline]
pub(crate) fn known<'py>(object: &Bound<'py, PyAny>) -> PyResult<Known<'py>> {
    let py = object.py();
    let tag = objects::type_tag(object);
    let found = CACHE.with_borrow(|cache| {
        let facts = cache[place(cache, tag)?].as_ref()?;
        Some(Known {
            name: facts.name.bind(py).clone(),
            path: facts.path.bind(py).clone(),
            get_name: facts
                .get_name
                .as_ref()
                .map(|method| method.bind(py).clone()),
        })
    });
    match found {
        Some(known) => Ok(known),
        None => read(object),
    }
}

/// The description that was kept for objects of the class with this name.
#[inline]
pub(crate) fn described<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyAny>,
) -> Option<Bound<'py, PyDict>> {
    let tag = objects::type_tag(object);
    CACHE.with_borrow(|cache| {
        let facts = cache[place(cache, tag)?].as_ref()?;
        let (of, description) = facts.described.as_ref()?;
        of.is(name).then(|| description.bind(object.py()).clone())
    })
}

/// Keeps a description for the next run of an object of the class with this name.
pub(crate) fn keep_description(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyAny>,
    description: &Bound<'_, PyDict>,
) {
    let tag = objects::type_tag(object);
    let new = (name.clone().unbind(), description.clone().unbind());
    let old = CACHE.with_borrow_mut(|cache| {
        match place(cache, tag).and_then(|place| cache[place].as_mut()) {
            Some(facts) => facts.described.replace(new),
            None => Some(new),
        }
    });
    // Dropped outside of the borrow: freeing objects can run any code.
    drop(old);
}

/// What a function says of the object's class, asked once for each state of the class.
#[inline]
pub(crate) fn found<'py, T: PyClass>(
    object: &Bound<'py, PyAny>,
    find: Find,
) -> PyResult<Bound<'py, T>> {
    let tag = objects::type_tag(object);
    let found = CACHE.with_borrow(|cache| {
        let facts = cache[place(cache, tag)?].as_ref()?;
        let found = facts.found.as_ref()?.bind(object.py());
        found.cast::<T>().ok().cloned()
    });
    match found {
        Some(found) => Ok(found),
        None => find_out(object, find),
    }
}

/// The function that is asked.
pub(crate) type Find = for<'py> fn(Python<'py>) -> PyResult<&'py Bound<'py, PyAny>>;

#[cold]
fn find_out<'py, T: PyClass>(object: &Bound<'py, PyAny>, find: Find) -> PyResult<Bound<'py, T>> {
    known(object)?;
    let tag = objects::type_tag(object);
    let class = object.get_type().into_any();
    let found = calls::vectorcall(find(object.py())?, &[&class])?.cast_into::<T>()?;
    let new = found.clone().into_any().unbind();
    let old = CACHE.with_borrow_mut(|cache| {
        match place(cache, tag).and_then(|place| cache[place].as_mut()) {
            Some(facts) => facts.found.replace(new),
            None => Some(new),
        }
    });
    // Dropped outside of the borrow: freeing objects can run any code.
    drop(old);
    Ok(found)
}

#[cold]
fn read<'py>(object: &Bound<'py, PyAny>) -> PyResult<Known<'py>> {
    let py = object.py();
    let class = object.get_type();
    let get_name = objects::attribute(class.as_any(), names::get_name(py))?;
    let tag = objects::type_tag(object);
    let name = class_name(&class)?;
    let module = class.module()?;
    let mut parts: Vec<String> = module.to_cow()?.split('.').map(str::to_owned).collect();
    parts.push(class.name()?.to_string());
    let path = PyList::new(py, parts)?;
    if tag != 0 && tag == objects::type_tag(object) {
        let facts = Facts {
            tag,
            name: name.clone().unbind(),
            path: path.clone().unbind(),
            get_name: get_name.clone().map(Bound::unbind),
            described: None,
            found: None,
        };
        let old = CACHE.with_borrow_mut(|cache| {
            let [first, second] = places(tag);
            let moved = cache[first].replace(facts);
            std::mem::replace(&mut cache[second], moved)
        });
        // Dropped outside of the borrow: freeing objects can run any code.
        drop(old);
    }
    Ok(Known {
        name,
        path,
        get_name,
    })
}

/// The class's name; a parametrised generic model is called by its origin: `Parser`, not
/// `Parser[int]`.
fn class_name<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyString>> {
    let py = class.py();
    let key = pyo3::intern!(py, "__pydantic_generic_metadata__");
    if let Some(generic) = objects::attribute(class.as_any(), key)?
        && let Ok(generic) = generic.cast_into::<PyDict>()
        && let Some(origin) = generic.get_item(pyo3::intern!(py, "origin"))?
        && !origin.is_none()
    {
        return Ok(origin.getattr(pyo3::intern!(py, "__name__"))?.cast_into()?);
    }
    class.name()
}
