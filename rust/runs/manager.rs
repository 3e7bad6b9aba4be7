//! The state and the start methods of callback managers; `ferrule.callbacks.managers` gives them
//! their public names.

use std::ffi::CStr;

use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

use super::member_properties::member_properties;
use super::members::{Carried, Reach, Snapshot};
use super::{Local, Members, Opening, Parent, Scope, members_read};
use crate::config::{Callbacks, Given, labels};
use crate::handlers::HandlerSet;
use crate::py::calls::Outcall;
use crate::py::fastcall::{Method, Name, Passed, install_on_class, signature};
use crate::py::{imports, names, objects};

/// Who listens, and under which parent: opens runs for a set of handlers.
#[pyclass(frozen, subclass, module = "ferrule._core")]
pub(crate) struct ManagerBase {
    pub(crate) members: Members,
}

/// A manager of the given class with the given members.
///
/// A class that has its own `__init__` is called, as langchain-core calls it; one whose `__init__`
/// takes other arguments is not.
pub(crate) fn make<'py>(
    class: &Bound<'py, PyType>,
    members: Snapshot,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    if !objects::shares_init(class, &py.get_type::<ManagerBase>()) {
        match construct(class, &members) {
            // It takes other arguments: raised by the call itself, before any code of the class.
            Err(error)
                if error.is_instance_of::<PyTypeError>(py) && error.traceback(py).is_none() => {}
            made => return made,
        }
    }
    let members = Members::new(members);
    objects::instance(class, ManagerBase { members }).map(Bound::into_any)
}

#[cold]
fn construct<'py>(class: &Bound<'py, PyType>, members: &Snapshot) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let handlers = |carried: &Carried| match &carried.handlers {
        Some(set) => set.get().to_list(py),
        None => Ok(PyList::empty(py)),
    };
    let parent = match &members.parent {
        Some(parent) => parent.object(py)?,
        None => None,
    };
    let (own, inheritable) = (&members.own, &members.inheritable);
    let given = PyDict::new(py);
    given.set_item("handlers", handlers(own)?)?;
    given.set_item("inheritable_handlers", handlers(inheritable)?)?;
    given.set_item("parent_run_id", parent)?;
    given.set_item("tags", labels::tag_list(py, &own.tags)?)?;
    given.set_item("inheritable_tags", labels::tag_list(py, &inheritable.tags)?)?;
    given.set_item("metadata", labels::metadata_dict(py, &own.metadata)?)?;
    given.set_item(
        "inheritable_metadata",
        labels::metadata_dict(py, &inheritable.metadata)?,
    )?;
    class.as_any().call_out_with((), Some(&given))
}

/// The manager for runs below a scope.
pub(crate) fn of_scope<'py>(
    scope: &Bound<'py, Scope>,
    label: Option<&Bound<'py, PyTuple>>,
    is_async: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = scope.py();
    let class = if is_async {
        imports::async_callback_manager(py)?
    } else {
        imports::callback_manager(py)?
    };
    make(class, below(scope, label)?)
}

/// What runs below a scope start with.
pub(crate) fn below<'py>(
    scope: &Bound<'py, Scope>,
    label: Option<&Bound<'py, PyTuple>>,
) -> PyResult<Snapshot> {
    let py = scope.py();
    let around = scope.get();
    let inherited = around.label.as_ref().map(|label| label.bind(py));
    let mut tags = labels::share(py, &around.tags);
    for label in inherited.into_iter().chain(label) {
        tags = labels::inserted_before(py, &tags, &around.config_tags, label)?;
    }
    let inheritable = Carried {
        handlers: labels::share(py, &around.handlers),
        tags: labels::share(py, &around.tags),
        metadata: labels::share(py, &around.metadata),
    };
    Ok(Snapshot {
        own: Carried {
            tags,
            ..inheritable.clone_ref(py)
        },
        inheritable,
        parent: around
            .id
            .is_some()
            .then(|| Parent::Run(scope.clone().unbind())),
        tag: None,
    })
}

#[pymethods]
impl ManagerBase {
    #[new]
    #[pyo3(
        signature = (*_args, **_kwargs),
        text_signature = "(handlers, inheritable_handlers=None, parent_run_id=None, *, tags=None, \
                          inheritable_tags=None, metadata=None, inheritable_metadata=None)"
    )]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            members: Members::none(),
        }
    }

    #[pyo3(signature = (
        handlers, inheritable_handlers=None, parent_run_id=None, *, tags=None,
        inheritable_tags=None, metadata=None, inheritable_metadata=None
    ))]
    #[allow(
        clippy::too_many_arguments,
        reason = "the constructor of langchain-core's managers"
    )]
    fn __init__<'py>(
        &self,
        py: Python<'py>,
        handlers: &Bound<'py, PyAny>,
        inheritable_handlers: Option<&Bound<'py, PyAny>>,
        parent_run_id: Option<&Bound<'py, PyAny>>,
        tags: Option<&Bound<'py, PyAny>>,
        inheritable_tags: Option<&Bound<'py, PyAny>>,
        metadata: Option<&Bound<'py, PyAny>>,
        inheritable_metadata: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let given = members_read::read_members(
            py,
            Some(handlers),
            inheritable_handlers,
            parent_run_id,
            tags,
            inheritable_tags,
            metadata,
            inheritable_metadata,
        )?;
        self.members.initialise(py, given)
    }

    #[getter]
    fn get_parent_run_id<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self.members.parent(py) {
            Some(parent) => parent.object(py),
            None => Ok(None),
        }
    }

    #[setter]
    fn set_parent_run_id(&self, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let parent = match value {
            Some(id) => Some(Parent::Given(crate::config::read_run_id(id)?.unbind())),
            None => None,
        };
        self.members.set_parent(parent);
        Ok(())
    }

    /// Adds a handler, once.
    #[pyo3(signature = (handler, inherit=true))]
    fn add_handler(&self, handler: &Bound<'_, PyAny>, inherit: bool) -> PyResult<()> {
        crate::handlers::checked(handler)?;
        let py = handler.py();
        for reach in reaches(inherit) {
            let list = self.members.handler_list(py, *reach)?;
            if !list.iter().any(|known| known.is(handler)) {
                list.append(handler)?;
            }
        }
        Ok(())
    }

    /// Takes a handler away, for children too.
    fn remove_handler(&self, handler: &Bound<'_, PyAny>) -> PyResult<()> {
        for reach in reaches(true) {
            let list = self.members.handler_list(handler.py(), *reach)?;
            if let Some(index) = list.iter().position(|known| known.is(handler)) {
                list.del_item(index)?;
            }
        }
        Ok(())
    }

    /// Makes these the handlers.
    #[pyo3(name = "set_handlers", signature = (handlers, inherit=true))]
    fn replace_handlers(&self, handlers: &Bound<'_, PyAny>, inherit: bool) -> PyResult<()> {
        let list = members_read::checked_handlers(handlers)?;
        let py = handlers.py();
        self.members.set_handler_list(Reach::Own, PyList::empty(py));
        self.members
            .set_handler_list(Reach::Inheritable, PyList::empty(py));
        for handler in list {
            self.add_handler(&handler, inherit)?;
        }
        Ok(())
    }

    /// Makes this the only handler.
    #[pyo3(signature = (handler, inherit=true))]
    fn set_handler(&self, handler: &Bound<'_, PyAny>, inherit: bool) -> PyResult<()> {
        let one = PyList::new(handler.py(), [handler])?;
        self.replace_handlers(one.as_any(), inherit)
    }

    /// Adds tags; one that is there already moves to the end.
    #[pyo3(signature = (tags, inherit=true))]
    fn add_tags(&self, tags: &Bound<'_, PyAny>, inherit: bool) -> PyResult<()> {
        let py = tags.py();
        let more = crate::config::read_tags("tags", tags)?;
        for reach in reaches(inherit) {
            let list = self.members.tag_list(py, *reach)?;
            for tag in &more {
                remove_from(&list, &tag)?;
            }
            for tag in &more {
                list.append(tag)?;
            }
        }
        Ok(())
    }

    /// Takes tags away, for children too; tags that are not there are passed over.
    fn remove_tags(&self, tags: &Bound<'_, PyAny>) -> PyResult<()> {
        for reach in reaches(true) {
            let list = self.members.tag_list(tags.py(), *reach)?;
            for tag in crate::config::read_tags("tags", tags)? {
                remove_from(&list, &tag)?;
            }
        }
        Ok(())
    }

    /// Adds metadata; the later value of a key wins.
    #[pyo3(signature = (metadata, inherit=true))]
    fn add_metadata(&self, metadata: &Bound<'_, PyAny>, inherit: bool) -> PyResult<()> {
        let more = crate::config::read_mapping("metadata", metadata)?;
        for reach in reaches(inherit) {
            self.members
                .fact_dict(metadata.py(), *reach)?
                .update(more.as_mapping())?;
        }
        Ok(())
    }

    /// Takes keys out of the metadata, for children too.
    fn remove_metadata(&self, keys: &Bound<'_, PyAny>) -> PyResult<()> {
        for reach in reaches(true) {
            let dict = self.members.fact_dict(keys.py(), *reach)?;
            for key in crate::config::read_tags("keys", keys)? {
                if dict.contains(&key)? {
                    dict.del_item(&key)?;
                }
            }
        }
        Ok(())
    }

    /// A manager of the same class with the same members.
    fn copy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        make(&slf.get_type(), slf.get().members.snapshot(slf.py())?)
    }

    /// A manager of the same class with the members of both, in order, each once.
    ///
    /// The parent is this manager's, or else the other's; of metadata the other's value wins.
    fn merge<'py>(
        slf: &Bound<'py, Self>,
        other: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let first = slf.get().members.snapshot(py)?;
        let second = members_read::snapshot(other)?;
        let tags = |a: &labels::Tags, b: &labels::Tags| {
            let more = b.as_ref().map(|b| b.bind(py).iter().collect::<Vec<_>>());
            labels::union_tags(py, a, more.unwrap_or_default())
        };
        let facts = |a: &labels::Metadata, b: &labels::Metadata| {
            labels::merged_metadata(py, a, b.as_ref().map(|b| b.bind(py)))
        };
        let union = |a: &Option<Py<HandlerSet>>, b: &Option<Py<HandlerSet>>| {
            HandlerSet::union(py, a.as_ref(), b.as_ref())
        };
        let both = |a: &Carried, b: &Carried| {
            Ok::<_, PyErr>(Carried {
                handlers: union(&a.handlers, &b.handlers)?,
                tags: tags(&a.tags, &b.tags)?,
                metadata: facts(&a.metadata, &b.metadata)?,
            })
        };
        let own = both(&first.own, &second.own)?;
        let inheritable = both(&first.inheritable, &second.inheritable)?;
        make(
            &slf.get_type(),
            Snapshot {
                own,
                inheritable,
                tag: None,
                parent: first.parent.or(second.parent),
            },
        )
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let py = slf.py();
        let members = &slf.get().members;
        Ok(format!(
            "{}(handlers={}, inheritable_handlers={}, tags={}, metadata={})",
            slf.get_type().name()?,
            members.handler_list(py, Reach::Own)?.repr()?,
            members.handler_list(py, Reach::Inheritable)?.repr()?,
            members.tag_list(py, Reach::Own)?.repr()?,
            members.fact_dict(py, Reach::Own)?.repr()?,
        ))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.members.traverse(&visit)
    }
}

member_properties!(ManagerBase);

/// `configure(inheritable_callbacks=None, …)`: a manager for what is given, with the handlers that
/// the surroundings add.
struct Configure;

impl Method for Configure {
    type Class = ManagerBase;
    type Receiver = PyType;
    const NAME: &'static CStr = c"configure";
    const DOC: &'static CStr = signature!(
        "configure($type, inheritable_callbacks=None, local_callbacks=None, verbose=False, ",
        "inheritable_tags=None, local_tags=None, inheritable_metadata=None, local_metadata=None, ",
        "**ignored)\n--\n\n",
        "A manager for what is given, with the handlers that the surroundings add."
    );
    const PARAMETERS: &'static [Name] = &[
        names::inheritable_callbacks,
        names::local_callbacks,
        names::verbose,
        names::inheritable_tags,
        names::local_tags,
        names::inheritable_metadata,
        names::local_metadata,
    ];
    const REQUIRED: usize = 0;

    fn call<'py>(
        class: &Bound<'py, PyType>,
        passed: Passed<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = class.py();
        refuse_unknown(passed.kwargs.as_ref())?;
        let value = |place| members_read::optional(passed.optional(place));
        let callbacks = |place| value(place).map(Callbacks::read).transpose();
        let tags = |what, place| {
            let read = |value| crate::config::read_tags(what, value);
            value(place).map(read).transpose()
        };
        let facts = |what, place| {
            let read = |value| crate::config::read_mapping(what, value);
            value(place).map(read).transpose()
        };
        let given = Given {
            callbacks: callbacks(0)?,
            tags: tags("inheritable_tags", 3)?,
            metadata: facts("inheritable_metadata", 5)?,
            ..Given::default()
        };
        let local = Local {
            callbacks: callbacks(1)?,
            tags: tags("local_tags", 4)?,
            metadata: facts("local_metadata", 6)?,
            verbose: value(2).map_or(Ok(false), PyAnyMethods::is_truthy)?,
            ..Local::default()
        };
        let mut opening = Opening::default();
        opening.resolve(py, None, None, &given, Some(&local))?;
        make(class, opening.into_members())
    }
}

/// Puts the class methods into the class of managers.
pub(super) fn install(py: Python<'_>) -> PyResult<()> {
    install_on_class::<Configure>(py)
}

/// The lists that a change goes to.
fn reaches(inherit: bool) -> &'static [Reach] {
    if inherit {
        &[Reach::Own, Reach::Inheritable]
    } else {
        &[Reach::Own]
    }
}

fn remove_from(list: &Bound<'_, PyList>, item: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Ok(index) = list.index(item) {
        list.del_item(index)?;
    }
    Ok(())
}

/// Options of langchain-core's own tracing service are accepted and have no effect here.
fn refuse_unknown(further: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    for (key, _) in further.into_iter().flatten() {
        let name = key.to_string();
        if !name.starts_with("langsmith_") {
            return Err(PyTypeError::new_err(format!(
                "configure() takes no argument {name:?}"
            )));
        }
    }
    Ok(())
}
