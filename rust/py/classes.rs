//! What the core asks of a class again and again, remembered under the class's version tag.

use std::cell::RefCell;
use std::rc::Rc;

use pyo3::PyClass;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};

use super::{calls, names, objects};

/// Facts about one state of a class.
pub(crate) struct Facts {
    tag: u32,
    name: Py<PyString>,
    path: Py<PyList>,
    /// The method behind `get_name`.
    get_name: Option<Py<PyAny>>,
    /// An object's `name` is what its `__dict__` has under it, if that has any.
    pub(crate) names_in_dict: bool,
    /// What `serialized` says of objects of this name, told to all their runs.
    described: RefCell<Option<(Py<PyAny>, Py<PyDict>)>>,
    /// What `found` found out.
    found: RefCell<Option<Py<PyAny>>>,
}

const CACHE_SLOTS: usize = 64;

thread_local! {
    /// By tag, each in one of two places, so that two classes that meet in one do not push each
    /// other out at every run. Tags are never given out twice, so an entry is right or unused.
    static CACHE: RefCell<Cache> =
        const { RefCell::new([const { None }; CACHE_SLOTS]) };
}

type Cache = [Option<Rc<Facts>>; CACHE_SLOTS];

/// The two places for a tag.
#[inline]
fn places(tag: u32) -> [usize; 2] {
    let first = tag as usize % CACHE_SLOTS;
    [first, (first + 1) % CACHE_SLOTS]
}

/// The facts of an object's class.
#[inline]
pub(crate) fn known(object: &Bound<'_, PyAny>) -> PyResult<Rc<Facts>> {
    let tag = objects::type_tag(object);
    let found = CACHE.with_borrow(|cache| {
        let mut kept = places(tag).into_iter().filter_map(|at| cache[at].as_ref());
        kept.find(|facts| tag != 0 && facts.tag == tag).cloned()
    });
    match found {
        Some(facts) => Ok(facts),
        None => read(object),
    }
}

impl Facts {
    /// What the class is called.
    pub(crate) fn name<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyString> {
        self.name.bind(py)
    }

    /// The parts of its module's name, then its own.
    pub(crate) fn path<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyList> {
        self.path.bind(py)
    }

    /// Whether the class has this method for `get_name`.
    #[inline]
    pub(crate) fn has_get_name(&self, method: &Py<PyAny>) -> bool {
        self.get_name.as_ref().is_some_and(|own| own.is(method))
    }

    /// What a function says of the class, which is the object's, asked once.
    #[inline]
    pub(crate) fn found<'py, T: PyClass>(
        &self,
        object: &Bound<'py, PyAny>,
        find: Find,
    ) -> PyResult<Bound<'py, T>> {
        let kept = self.found.borrow();
        let found = kept.as_ref().map(|found| found.bind(object.py()));
        if let Some(Ok(found)) = found.map(|found| found.cast::<T>().cloned()) {
            return Ok(found);
        }
        drop(kept);
        find_out(object, self, find)
    }

    /// The description that was kept for objects of the class with this name.
    #[inline]
    pub(crate) fn described<'py>(&self, name: &Bound<'py, PyAny>) -> Option<Bound<'py, PyDict>> {
        let kept = self.described.borrow();
        let (of, description) = kept.as_ref()?;
        of.is(name).then(|| description.bind(name.py()).clone())
    }

    /// Keeps a description for the next run of an object of the class with this name.
    pub(crate) fn keep_description(
        &self,
        name: &Bound<'_, PyAny>,
        description: &Bound<'_, PyDict>,
    ) {
        let new = (name.clone().unbind(), description.clone().unbind());
        let old = self.described.replace(Some(new));
        // Dropped outside of the borrow: freeing objects can run any code.
        drop(old);
    }
}

/// What a function says of the object's class, asked once for each state of the class.
#[inline]
pub(crate) fn found<'py, T: PyClass>(
    object: &Bound<'py, PyAny>,
    find: Find,
) -> PyResult<Bound<'py, T>> {
    known(object)?.found(object, find)
}

/// The function that is asked.
pub(crate) type Find = for<'py> fn(Python<'py>) -> PyResult<&'py Bound<'py, PyAny>>;

#[cold]
fn find_out<'py, T: PyClass>(
    object: &Bound<'py, PyAny>,
    facts: &Facts,
    find: Find,
) -> PyResult<Bound<'py, T>> {
    let class = object.get_type().into_any();
    let found = calls::vectorcall(find(object.py())?, &[&class])?.cast_into::<T>()?;
    if facts.tag == objects::type_tag(object) {
        let old = facts.found.replace(Some(found.clone().into_any().unbind()));
        // Dropped outside of the borrow: freeing objects can run any code.
        drop(old);
    }
    Ok(found)
}

#[cold]
fn read(object: &Bound<'_, PyAny>) -> PyResult<Rc<Facts>> {
    let py = object.py();
    let class = object.get_type();
    let get_name = objects::attribute(class.as_any(), names::get_name(py))?;
    let tag = objects::type_tag(object);
    let name = class_name(&class)?;
    let module = class.module()?;
    let mut parts: Vec<String> = module.to_cow()?.split('.').map(str::to_owned).collect();
    parts.push(class.name()?.to_string());
    let facts = Rc::new(Facts {
        tag,
        name: name.unbind(),
        path: PyList::new(py, parts)?.unbind(),
        get_name: get_name.map(Bound::unbind),
        names_in_dict: names_in_dict(&class)?,
        described: RefCell::default(),
        found: RefCell::default(),
    });
    if tag != 0 && tag == objects::type_tag(object) {
        let kept = facts.clone();
        let old = CACHE.with_borrow_mut(|cache| {
            let [first, second] = places(tag);
            let moved = cache[first].replace(kept);
            std::mem::replace(&mut cache[second], moved)
        });
        // Dropped outside of the borrow: freeing objects can run any code.
        drop(old);
    }
    Ok(facts)
}

/// Whether nothing comes before an object's `__dict__` where its `name` is looked up: no look-up of
/// the class's own, and no property or the like.
fn names_in_dict(class: &Bound<'_, PyType>) -> PyResult<bool> {
    let py = class.py();
    let look_up = pyo3::intern!(py, "__getattribute__");
    let ordinary = py.get_type::<PyAny>().getattr(look_up)?;
    if !class.getattr(look_up)?.is(&ordinary) {
        return Ok(false);
    }
    for base in class.mro() {
        let own = base.getattr(pyo3::intern!(py, "__dict__"))?;
        if own.contains(names::name(py))? {
            let kind = own.get_item(names::name(py))?.get_type();
            return Ok(!kind.hasattr("__set__")? && !kind.hasattr("__delete__")?);
        }
    }
    Ok(true)
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
