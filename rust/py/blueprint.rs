//! Pydantic models built from values that are known to be valid, without looking at them.
//!
//! Validation is most of what a message costs. What is left here is what a model is made of: its
//! `__dict__`, the set of given fields, the extra and the private attributes. Making and freeing
//! those is most of what a streamed token costs then, so that a model which nobody has any more can
//! be filled again.

use pyo3::exceptions::{PyRuntimeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PySet, PyString, PyTuple, PyType};
use smallvec::SmallVec;
use std::ffi::CStr;

use super::calls::{self, Outcall};
use super::fastcall::RawMethod;
use super::objects;
use super::slotted::{SlotTable, Slotted};

/// The value that a field has when it is not given, made anew for each instance.
enum Fresh {
    Dict,
    List,
    Made(Py<PyAny>),
}

impl Fresh {
    fn read(factory: Bound<'_, PyAny>) -> Self {
        let py = factory.py();
        if factory.is(py.get_type::<PyDict>()) {
            Self::Dict
        } else if factory.is(py.get_type::<PyList>()) {
            Self::List
        } else {
            Self::Made(factory.unbind())
        }
    }

    #[inline]
    fn make<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self {
            Self::Dict => Ok(PyDict::new(py).into_any()),
            Self::List => Ok(PyList::empty(py).into_any()),
            Self::Made(factory) => calls::vectorcall(factory.bind(py), &[]),
        }
    }
}

/// The slots that pydantic gives each model: the set of given fields, the extra and the private
/// attributes. They are those of `BaseModel`, which is seen for the first time when the first
/// blueprint is made.
static SLOTS: PyOnceLock<SlotTable<3>> = PyOnceLock::new();
const GIVEN: usize = 0;
const EXTRA: usize = 1;
const PRIVATE: usize = 2;

fn slots(py: Python<'_>) -> PyResult<&SlotTable<3>> {
    SLOTS
        .get(py)
        .ok_or_else(|| PyRuntimeError::new_err("no pydantic class has been seen yet"))
}

/// An instance with this state.
#[inline]
fn filled<'py>(
    class: &Slotted<3>,
    state: &Bound<'py, PyDict>,
    given: &Bound<'py, PySet>,
    extra: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = state.py();
    let private = py.None().into_bound(py);
    let object = class.make(py, [given.as_any(), extra, &private])?;
    objects::set_instance_dict(&object, state)?;
    Ok(object)
}

/// The set of the fields that were given to a model.
pub(crate) fn given_fields<'py>(model: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PySet>> {
    let given = slots(model.py())?.value(model, GIVEN)?;
    let given = given.ok_or_else(|| PyRuntimeError::new_err("a model was not initialised"))?;
    Ok(given.cast_into()?)
}

/// A field of the class.
struct Field {
    name: Py<PyString>,
    /// The default, if instances share it.
    shared: Option<Py<PyAny>>,
}

/// How to build instances of one class.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Blueprint {
    class: Slotted<3>,
    fields: Vec<Field>,
    /// All fields in order, with the defaults that instances can share.
    defaults: Py<PyDict>,
    fresh: Vec<(Py<PyString>, Fresh)>,
    allows_extra: bool,
    /// Fields from which the class derives others, in `_derive`.
    derived_from: Vec<Py<PyString>>,
    /// A text that is derived without `_derive`, where it is one.
    taken_over: Option<TakenOver>,
}

/// A field that has the text which is in a field of another field's object.
struct TakenOver {
    field: Py<PyString>,
    of: Py<PyString>,
    part: Py<PyString>,
}

impl TakenOver {
    /// Takes the text over into `state`; returns whether there is one.
    fn take<'py>(&self, state: &Bound<'py, PyDict>, given: &Bound<'py, PySet>) -> PyResult<bool> {
        let py = state.py();
        let Some(owner) = state.get_item(&self.of)? else {
            return Ok(false);
        };
        let Some(owner) = objects::instance_dict(&owner) else {
            return Ok(false);
        };
        match owner.get_item(&self.part)? {
            Some(text) if text.is_exact_instance_of::<PyString>() => {
                state.set_item(&self.field, text)?;
                given.add(self.field.bind(py))?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

#[pymethods]
impl Blueprint {
    #[new]
    #[pyo3(signature = (cls_, slots, defaults, fresh, *, allows_extra, derived_from, taken_over))]
    fn new(
        cls_: Bound<'_, PyType>,
        slots: (Bound<'_, PyAny>, Bound<'_, PyAny>, Bound<'_, PyAny>),
        defaults: Bound<'_, PyDict>,
        fresh: Vec<(Bound<'_, PyString>, Bound<'_, PyAny>)>,
        allows_extra: bool,
        derived_from: Vec<Py<PyString>>,
        taken_over: Option<(Py<PyString>, Py<PyString>, Py<PyString>)>,
    ) -> PyResult<Self> {
        // CPython refuses this for classes that need more than zeroed memory to begin with.
        let object = cls_.py().get_type::<PyAny>();
        object.getattr("__new__")?.call_out((&cls_,))?;
        let (given, extra, private) = &slots;
        let slots = SLOTS.get_or_try_init(cls_.py(), || SlotTable::of([given, extra, private]))?;
        let fields = defaults.iter().map(|(name, default)| {
            let is_shared = !fresh.iter().any(|(fresh, _)| fresh.is(&name));
            Ok(Field {
                name: name.cast_into()?.unbind(),
                shared: is_shared.then(|| default.unbind()),
            })
        });
        Ok(Self {
            fields: fields.collect::<PyResult<_>>()?,
            defaults: defaults.copy()?.unbind(),
            fresh: fresh
                .into_iter()
                .map(|(name, factory)| (name.unbind(), Fresh::read(factory)))
                .collect(),
            class: slots.in_class(&cls_)?,
            allows_extra,
            derived_from,
            taken_over: taken_over.map(|(field, of, part)| TakenOver { field, of, part }),
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(self.class.class())?;
        visit.call(&self.defaults)?;
        for (_, fresh) in &self.fresh {
            if let Fresh::Made(factory) = fresh {
                visit.call(factory)?;
            }
        }
        Ok(())
    }
}

impl Blueprint {
    /// The blueprint of one of ferrule's classes.
    pub(crate) fn of<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, Self>> {
        let py = class.py();
        let build = class.getattr(pyo3::intern!(py, "_trusted"))?;
        let blueprint = build.getattr(pyo3::intern!(py, "__self__"))?;
        Ok(blueprint.cast_into()?)
    }

    /// An instance with these values, and what the class derives from them.
    #[inline]
    pub(crate) fn build<'py>(
        &self,
        py: Python<'py>,
        names: &[Bound<'py, PyAny>],
        values: &[Bound<'py, PyAny>],
    ) -> PyResult<Bound<'py, PyAny>> {
        let (state, given) = self.state(py, names.iter().zip(values))?;
        let derives = self.derived_from.iter().any(|field| is_among(field, names))
            && !match &self.taken_over {
                Some(text) => text.take(&state, &given)?,
                None => false,
            };
        let object = self.object(&state, &given)?;
        if derives {
            calls::method(&object, pyo3::intern!(py, "_derive"), &[])?;
        }
        Ok(object)
    }

    /// An instance with these values, from which nothing more follows.
    pub(crate) fn whole<'py>(
        &self,
        py: Python<'py>,
        values: &[Value<'_, 'py>],
    ) -> PyResult<Bound<'py, PyAny>> {
        let (state, given) = self.state(
            py,
            values.iter().map(|(name, value)| (name.as_any(), *value)),
        )?;
        self.object(&state, &given)
    }

    /// The fields of an instance, and the set of those that are given.
    #[inline]
    fn state<'a, 'py: 'a>(
        &self,
        py: Python<'py>,
        values: impl Iterator<Item = (&'a Bound<'py, PyAny>, &'a Bound<'py, PyAny>)> + Clone,
    ) -> PyResult<(Bound<'py, PyDict>, Bound<'py, PySet>)> {
        let state = self.defaults.bind(py).copy()?;
        for (field, fresh) in &self.fresh {
            if !values.clone().any(|(name, _)| name.is(field)) {
                state.set_item(field, fresh.make(py)?)?;
            }
        }
        let given = PySet::empty(py)?;
        for (name, value) in values {
            state.set_item(name, value)?;
            given.add(name)?;
        }
        Ok((state, given))
    }

    #[inline]
    fn object<'py>(
        &self,
        state: &Bound<'py, PyDict>,
        given: &Bound<'py, PySet>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = state.py();
        let extra = if self.allows_extra {
            PyDict::new(py).into_any()
        } else {
            py.None().into_bound(py)
        };
        filled(&self.class, state, given, &extra)
    }

    /// An instance as one to be filled again, if nobody can tell: it has so many references, all of
    /// them the caller's, nobody has a part of it, and it holds nothing but texts, flags and the
    /// like beside the fields that are `given` next.
    pub(crate) fn vacant<'py>(
        &self,
        object: &Bound<'py, PyAny>,
        references: isize,
        given: &[&Bound<'py, PyString>],
    ) -> Option<Vacant<'_, 'py>> {
        let is_ours =
            objects::has_references(object, references) && objects::goes_unnoticed(object);
        let slots = self.class.values(object).filter(|_| is_ours)?;
        let [Some(names), Some(extra), Some(private)] = slots else {
            return None;
        };
        let state = objects::instance_dict(object)?;
        // Of each part one reference is the object's, and the other one is held here.
        let is_unshared = |part: &Bound<'py, PyAny>| objects::has_references(part, 2);
        let has_nothing_more = private.is_none()
            && if self.allows_extra {
                is_unshared(&extra) && is_empty(&extra)
            } else {
                extra.is_none()
            };
        if !(has_nothing_more && is_unshared(&names) && is_unshared(&state)) {
            return None;
        }
        let names = names.cast_into_exact().ok()?;
        let mut fields = self.fields.iter();
        let mut changed = SmallVec::new();
        let is_known = objects::all_entries(&state, |name, value| {
            let Some(field) = fields.next().filter(|field| name.is(&field.name)) else {
                return false;
            };
            match &field.shared {
                Some(default) if value.is(default) => true,
                _ if given.iter().any(|given| given.is(name)) => true,
                Some(default) => {
                    changed.push((&field.name, default));
                    true
                }
                None => objects::has_references(&value, 1) && is_empty(&value),
            }
        });
        (is_known && fields.next().is_none()).then_some(Vacant {
            state,
            names,
            changed,
        })
    }
}

/// A field's name and its value.
pub(crate) type Value<'a, 'py> = (&'a Bound<'py, PyString>, &'a Bound<'py, PyAny>);

/// An instance that nobody has any more.
pub(crate) struct Vacant<'a, 'py> {
    state: Bound<'py, PyDict>,
    /// The set of given fields.
    names: Bound<'py, PySet>,
    /// The fields that do not have the default that they get again.
    changed: SmallVec<[(&'a Py<PyString>, &'a Py<PyAny>); 4]>,
}

impl<'py> Vacant<'_, 'py> {
    /// The value of a field.
    pub(crate) fn value(&self, name: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.state.get_item(name)
    }

    /// Makes of it what `Blueprint::whole` makes of these values.
    pub(crate) fn fill(self, values: &[Value<'_, 'py>]) -> PyResult<()> {
        for (name, default) in self.changed {
            self.state.set_item(name, default)?;
            self.names.discard(name)?;
        }
        for (name, value) in values {
            self.state.set_item(name, value)?;
            self.names.add(name)?;
        }
        if self.names.len() > values.len() {
            // A field was given the default that it has.
            self.names.clear();
            for (name, _) in values {
                self.names.add(name)?;
            }
        }
        Ok(())
    }
}

fn is_among(field: &Py<PyString>, names: &[Bound<'_, PyAny>]) -> bool {
    names.iter().any(|name| name.is(field))
}

/// Whether a value is a container with nothing in it.
pub(crate) fn is_empty(value: &Bound<'_, PyAny>) -> bool {
    if let Ok(list) = value.cast_exact::<PyList>() {
        return list.is_empty();
    }
    value
        .cast_exact::<PyDict>()
        .is_ok_and(PyDictMethods::is_empty)
}

/// Makes instances of one of ferrule's classes, with these fields given.
pub(crate) struct Maker<const N: usize> {
    class: for<'py> fn(Python<'py>) -> PyResult<&'py Bound<'py, PyType>>,
    fields: [&'static str; N],
    parts: PyOnceLock<(Py<Blueprint>, Py<PyTuple>)>,
}

impl<const N: usize> Maker<N> {
    pub(crate) const fn new(
        class: for<'py> fn(Python<'py>) -> PyResult<&'py Bound<'py, PyType>>,
        fields: [&'static str; N],
    ) -> Self {
        Self {
            class,
            fields,
            parts: PyOnceLock::new(),
        }
    }

    #[inline]
    pub(crate) fn make<'py>(
        &self,
        py: Python<'py>,
        values: [Bound<'py, PyAny>; N],
    ) -> PyResult<Bound<'py, PyAny>> {
        let (blueprint, names) = self.parts.get_or_try_init(py, || {
            let blueprint = Blueprint::of((self.class)(py)?)?;
            let names = self.fields.map(|field| PyString::intern(py, field));
            let names = PyTuple::new(py, names)?.unbind();
            Ok::<_, PyErr>((blueprint.unbind(), names))
        })?;
        blueprint
            .get()
            .build(py, names.bind(py).as_slice(), &values)
    }
}

/// The private attributes of a pydantic model: a dict, or `None`.
pub(crate) fn private_attributes<'py>(model: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = model.py();
    // Past the look-up of pydantic's models, which asks for attributes that are not there.
    let known = match SLOTS.get(py) {
        Some(slots) => slots.value(model, PRIVATE)?,
        None => None,
    };
    match known {
        Some(known) => Ok(known),
        None => model.getattr(pyo3::intern!(py, "__pydantic_private__")),
    }
}

/// A copy of a model that was built here, with this state, in which `field` is given.
pub(crate) fn copied<'py>(
    model: &Bound<'py, PyAny>,
    state: &Bound<'py, PyDict>,
    field: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = model.py();
    let given = PySet::new(py, given_fields(model)?)?;
    given.add(field)?;
    let extra = match slots(py)?.value(model, EXTRA)? {
        Some(extra) => match extra.cast_into::<PyDict>() {
            Ok(extra) => extra.copy()?.into_any(),
            Err(_) => py.None().into_bound(py),
        },
        None => py.None().into_bound(py),
    };
    let class = slots(py)?.in_class(&model.get_type())?;
    filled(&class, state, &given, &extra)
}

/// `Blueprint.build`.
pub(crate) struct Build;

impl RawMethod for Build {
    type Class = Blueprint;
    type Receiver = Blueprint;
    const NAME: &'static CStr = c"build";
    const DOC: &'static CStr =
        c"build($self, /, **values)\n--\n\nBuilds an instance of the class, with these fields given.";

    #[inline]
    fn call<'py>(
        this: &Bound<'py, Blueprint>,
        values: &[Bound<'py, PyAny>],
        keywords: Option<&Bound<'py, PyTuple>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let names = keywords.map_or(&[][..], |names| names.as_slice());
        if values.len() != names.len() {
            return Err(PyTypeError::new_err(
                "build() takes the fields by name, none by position",
            ));
        }
        this.get().build(this.py(), names, values)
    }
}
