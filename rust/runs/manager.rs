//! The state and the start methods of callback managers; `ferrule.callbacks.managers` gives them
//! their public names.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

use super::handle::HandStart;
use super::members::{Reach, Snapshot};
use super::{Id, Local, Members, Opening, Parent, Scope, resolve};
use crate::config::{Callbacks, Given, labels};
use crate::dispatch::{Names, Note, Telling, tell};
use crate::events::Event;
use crate::handlers::HandlerSet;
use crate::py::{calls, imports, names};

/// Who listens, and under which parent: opens runs for a set of handlers.
#[pyclass(frozen, subclass, module = "ferrule._core")]
pub(crate) struct ManagerBase {
    pub(crate) members: Members,
}

/// The members of any manager, of this library or of another.
pub(crate) fn snapshot(manager: &Bound<'_, PyAny>) -> PyResult<Snapshot> {
    let py = manager.py();
    if let Ok(own) = manager.cast::<ManagerBase>() {
        return own.get().members.snapshot(py);
    }
    let list = |name| {
        match calls::attribute(manager, name)? {
            Some(value) if !value.is_none() => value.try_iter()?.collect::<PyResult<Vec<_>>>(),
            _ => Ok(Vec::new()),
        }
    };
    let dict = |name| -> PyResult<labels::Metadata> {
        match calls::attribute(manager, name)? {
            Some(value) if !value.is_none() => {
                let copy = PyDict::new(py);
                copy.update(value.cast()?)?;
                labels::metadata_of(&copy)
            }
            _ => Ok(None),
        }
    };
    let parent = manager
        .getattr_opt(names::parent_run_id(py))?
        .filter(|id| !id.is_none());
    Ok(Snapshot {
        handlers: HandlerSet::extended(py, None, &list(names::handlers(py))?)?,
        inheritable_handlers: HandlerSet::extended(
            py,
            None,
            &list(names::inheritable_handlers(py))?,
        )?,
        parent: parent.map(|id| Parent::Given(id.unbind())),
        tags: labels::union_tags(py, &None, list(names::tags(py))?)?,
        inheritable_tags: labels::union_tags(py, &None, list(names::inheritable_tags(py))?)?,
        metadata: dict(names::metadata(py))?,
        inheritable_metadata: dict(names::inheritable_metadata(py))?,
    })
}

/// A manager of the given class with the given members.
pub(crate) fn make<'py>(
    class: &Bound<'py, PyType>,
    members: Snapshot,
) -> PyResult<Bound<'py, PyAny>> {
    let manager = calls::bare_instance::<ManagerBase>(class)?;
    manager.get().members.replace(members);
    Ok(manager.into_any())
}

/// The manager for runs below a scope.
pub(crate) fn of_scope<'py>(
    scope: &Bound<'py, Scope>,
    tag: Option<&Bound<'py, PyAny>>,
    is_async: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let py = scope.py();
    let class = if is_async {
        imports::async_callback_manager(py)?
    } else {
        imports::callback_manager(py)?
    };
    make(class, below(scope, tag)?)
}

/// What runs below a scope start with.
pub(crate) fn below<'py>(
    scope: &Bound<'py, Scope>,
    tag: Option<&Bound<'py, PyAny>>,
) -> PyResult<Snapshot> {
    let py = scope.py();
    let around = scope.get();
    let local = around.local_tag.as_ref().map(|tag| tag.bind(py).clone());
    let mut tags = labels::share(py, &around.tags);
    for tag in local.iter().chain(tag) {
        tags = labels::inserted_before(py, &tags, &around.config_tags, tag)?;
    }
    Ok(Snapshot {
        handlers: labels::share(py, &around.handlers),
        inheritable_handlers: labels::share(py, &around.handlers),
        parent: around.id.is_some().then(|| Parent::Run(scope.clone().unbind())),
        tags,
        inheritable_tags: labels::share(py, &around.tags),
        metadata: labels::share(py, &around.metadata),
        inheritable_metadata: labels::share(py, &around.metadata),
    })
}

/// The members that an opening has worked out.
fn of_opening(opening: Opening<'_>) -> Snapshot {
    Snapshot {
        handlers: opening.told,
        inheritable_handlers: opening.inherited,
        parent: opening.parent,
        tags: opening.own_tags,
        inheritable_tags: opening.tags,
        metadata: opening.own_metadata,
        inheritable_metadata: opening.metadata,
    }
}

impl ManagerBase {
    fn custom_note<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<(Py<HandlerSet>, Note<'py>)>> {
        let py = name.py();
        let Some(set) = self.members.handler_set(py, Reach::Own)? else {
            return Ok(None);
        };
        if let Some(extra) = kwargs.filter(|extra| !extra.is_empty()) {
            return Err(PyValueError::new_err(format!(
                "a custom event takes a name, data and run_id; put {} into its data",
                extra.keys().repr()?
            )));
        }
        static NAMES: Names = Names::new();
        let note = Note::new(
            Event::CustomEvent,
            [name.clone(), data.clone()],
            &NAMES,
            ["run_id", "tags", "metadata"],
            [
                id_for(chosen_id(run_id)?).object(py)?,
                self.members.tag_list(py, Reach::Own).into_any(),
                self.members.fact_dict(py, Reach::Own)?.into_any(),
            ],
        )?;
        Ok(Some((set, note)))
    }
}

/// What a start method was called with.
fn hand_start<'py>(
    kind: &str,
    serialized: Option<Bound<'py, PyAny>>,
    payload: Bound<'py, PyAny>,
    run_id: Option<&Bound<'py, PyAny>>,
    extra: Option<Bound<'py, PyDict>>,
) -> PyResult<HandStart<'py>> {
    Ok(HandStart {
        kind: crate::config::read_kind(kind)?,
        serialized,
        payload,
        run_id: chosen_id(run_id)?,
        extra,
    })
}

/// The members that a constructor was given.
#[allow(clippy::too_many_arguments, reason = "the constructors of langchain-core's managers")]
pub(crate) fn read_members<'py>(
    py: Python<'py>,
    handlers: Option<&Bound<'py, PyAny>>,
    inheritable_handlers: Option<&Bound<'py, PyAny>>,
    parent_run_id: Option<&Bound<'py, PyAny>>,
    tags: Option<&Bound<'py, PyAny>>,
    inheritable_tags: Option<&Bound<'py, PyAny>>,
    metadata: Option<&Bound<'py, PyAny>>,
    inheritable_metadata: Option<&Bound<'py, PyAny>>,
) -> PyResult<Snapshot> {
    let set = |value: Option<&Bound<'py, PyAny>>| match optional(value) {
        Some(value) => {
            let handlers: Vec<_> = handler_list(value)?.iter().collect();
            HandlerSet::extended(py, None, &handlers)
        }
        None => Ok(None),
    };
    let strings = |what: &str, value: Option<&Bound<'py, PyAny>>| match optional(value) {
        Some(value) => labels::union_tags(py, &None, crate::config::read_tags(what, value)?),
        None => Ok(None),
    };
    let facts = |what: &str, value: Option<&Bound<'py, PyAny>>| match optional(value) {
        Some(value) => labels::metadata_of(&crate::config::read_mapping(what, value)?),
        None => Ok(None),
    };
    let parent = match optional(parent_run_id) {
        Some(id) => Some(Parent::Given(crate::config::read_run_id(id)?.unbind())),
        None => None,
    };
    Ok(Snapshot {
        handlers: set(handlers)?,
        inheritable_handlers: set(inheritable_handlers)?,
        parent,
        tags: strings("tags", tags)?,
        inheritable_tags: strings("inheritable_tags", inheritable_tags)?,
        metadata: facts("metadata", metadata)?,
        inheritable_metadata: facts("inheritable_metadata", inheritable_metadata)?,
    })
}

/// A list of handlers, each checked.
pub(crate) fn handler_list<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    match Callbacks::read(value)? {
        Callbacks::Handlers(handlers) => PyList::new(value.py(), handlers),
        Callbacks::Manager(_) => Err(PyTypeError::new_err(
            "handlers is a list of callback handlers, got a manager",
        )),
    }
}

fn optional<'a, 'py>(value: Option<&'a Bound<'py, PyAny>>) -> Option<&'a Bound<'py, PyAny>> {
    value.filter(|value| !value.is_none())
}

#[pymethods]
impl ManagerBase {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            members: Members::empty(),
        }
    }

    #[pyo3(signature = (
        handlers, inheritable_handlers=None, parent_run_id=None, *, tags=None,
        inheritable_tags=None, metadata=None, inheritable_metadata=None
    ))]
    #[allow(clippy::too_many_arguments, reason = "the constructor of langchain-core's managers")]
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
        self.members.replace(read_members(
            py,
            Some(handlers),
            inheritable_handlers,
            parent_run_id,
            tags,
            inheritable_tags,
            metadata,
            inheritable_metadata,
        )?);
        Ok(())
    }

    #[getter]
    fn get_handlers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.members.handler_list(py, Reach::Own)
    }

    #[setter]
    fn set_handlers(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.members.set_handler_list(Reach::Own, handler_list(value)?);
        Ok(())
    }

    #[getter]
    fn get_inheritable_handlers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.members.handler_list(py, Reach::Inheritable)
    }

    #[setter]
    fn set_inheritable_handlers(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.members
            .set_handler_list(Reach::Inheritable, handler_list(value)?);
        Ok(())
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

    #[getter]
    fn get_tags<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.members.tag_list(py, Reach::Own)
    }

    #[setter]
    fn set_tags(&self, value: Bound<'_, PyList>) {
        self.members.set_tag_list(Reach::Own, value);
    }

    #[getter]
    fn get_inheritable_tags<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.members.tag_list(py, Reach::Inheritable)
    }

    #[setter]
    fn set_inheritable_tags(&self, value: Bound<'_, PyList>) {
        self.members.set_tag_list(Reach::Inheritable, value);
    }

    #[getter]
    fn get_metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.members.fact_dict(py, Reach::Own)
    }

    #[setter]
    fn set_metadata(&self, value: Bound<'_, PyDict>) {
        self.members.set_fact_dict(Reach::Own, value);
    }

    #[getter]
    fn get_inheritable_metadata<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.members.fact_dict(py, Reach::Inheritable)
    }

    #[setter]
    fn set_inheritable_metadata(&self, value: Bound<'_, PyDict>) {
        self.members.set_fact_dict(Reach::Inheritable, value);
    }

    /// Adds a handler, once.
    #[pyo3(signature = (handler, inherit=true))]
    fn add_handler(&self, handler: &Bound<'_, PyAny>, inherit: bool) -> PyResult<()> {
        crate::config::check_handler(handler)?;
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
        let list = handler_list(handlers)?;
        let py = handlers.py();
        self.members.set_handler_list(Reach::Own, PyList::empty(py));
        self.members.set_handler_list(Reach::Inheritable, PyList::empty(py));
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
            let list = self.members.tag_list(py, *reach);
            for tag in &more {
                remove_from(&list, tag)?;
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
            let list = self.members.tag_list(tags.py(), *reach);
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
        let second = snapshot(other)?;
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
        let inheritable =
            union(&first.inheritable_handlers, &second.inheritable_handlers)?;
        let own = union(&union(&first.handlers, &second.handlers)?, &inheritable)?;
        make(
            &slf.get_type(),
            Snapshot {
                handlers: own,
                inheritable_handlers: inheritable,
                tags: tags(&first.tags, &second.tags)?,
                inheritable_tags: tags(&first.inheritable_tags, &second.inheritable_tags)?,
                metadata: facts(&first.metadata, &second.metadata)?,
                inheritable_metadata: facts(
                    &first.inheritable_metadata,
                    &second.inheritable_metadata,
                )?,
                parent: first.parent.or(second.parent),
            },
        )
    }

    /// A manager for what is given, with the handlers that the surroundings add.
    #[classmethod]
    #[pyo3(signature = (
        inheritable_callbacks=None, local_callbacks=None, verbose=false, inheritable_tags=None,
        local_tags=None, inheritable_metadata=None, local_metadata=None, **ignored
    ))]
    #[allow(clippy::too_many_arguments, reason = "the signature of langchain-core's managers")]
    fn configure<'py>(
        class: &Bound<'py, PyType>,
        inheritable_callbacks: Option<&Bound<'py, PyAny>>,
        local_callbacks: Option<&Bound<'py, PyAny>>,
        verbose: bool,
        inheritable_tags: Option<&Bound<'py, PyAny>>,
        local_tags: Option<&Bound<'py, PyAny>>,
        inheritable_metadata: Option<&Bound<'py, PyAny>>,
        local_metadata: Option<&Bound<'py, PyAny>>,
        ignored: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = class.py();
        refuse_unknown(ignored)?;
        let callbacks = |value: Option<&Bound<'py, PyAny>>| {
            optional(value).map(Callbacks::read).transpose()
        };
        let tags = |what: &str, value: Option<&Bound<'py, PyAny>>| {
            optional(value).map(|value| crate::config::read_tags(what, value)).transpose()
        };
        let facts = |what: &str, value: Option<&Bound<'py, PyAny>>| {
            optional(value).map(|value| crate::config::read_mapping(what, value)).transpose()
        };
        let given = Given {
            callbacks: callbacks(inheritable_callbacks)?,
            tags: tags("inheritable_tags", inheritable_tags)?,
            metadata: facts("inheritable_metadata", inheritable_metadata)?,
            ..Given::default()
        };
        let local = Local {
            callbacks: callbacks(local_callbacks)?,
            tags: tags("local_tags", local_tags)?,
            metadata: facts("local_metadata", local_metadata)?,
            verbose,
            ..Local::default()
        };
        let opening = resolve(py, None, given, Some(local))?;
        make(class, of_opening(opening))
    }

    /// Opens a run of the named kind by hand: its run manager.
    ///
    /// Model kinds take a list of prompts or message lists and open a run for each.
    #[pyo3(signature = (kind, serialized, payload, run_id=None, extra=None))]
    fn start_run<'py>(
        &self,
        py: Python<'py>,
        kind: &str,
        serialized: Option<Bound<'py, PyAny>>,
        payload: Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        extra: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let start = hand_start(kind, serialized, payload, run_id, extra)?;
        let (handle, note) = super::handle::started(py, self, start, false)?;
        if let (Some(mut note), Some(set)) = (note, self.members.handler_set(py, Reach::Own)?) {
            tell(py, set.get(), &mut note)?;
        }
        Ok(handle)
    }

    /// The same for async code: the run manager, and what to await for its handlers to know.
    #[pyo3(signature = (kind, serialized, payload, run_id=None, extra=None))]
    fn astart_run<'py>(
        &self,
        py: Python<'py>,
        kind: &str,
        serialized: Option<Bound<'py, PyAny>>,
        payload: Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        extra: Option<Bound<'py, PyDict>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, Telling>)> {
        let start = hand_start(kind, serialized, payload, run_id, extra)?;
        let (handle, note) = super::handle::started(py, self, start, true)?;
        let set = self.members.handler_set(py, Reach::Own)?;
        let telling = Telling::new(py, note.and_then(|note| set.map(|set| (set, note))))?;
        Ok((handle, telling))
    }

    /// Tells a custom event.
    #[pyo3(signature = (name, data, run_id=None, **kwargs))]
    fn on_custom_event<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let py = name.py();
        match self.custom_note(name, data, run_id, kwargs)? {
            Some((set, mut note)) => tell(py, set.get(), &mut note),
            None => Ok(()),
        }
    }

    /// The same for async code.
    #[pyo3(signature = (name, data, run_id=None, **kwargs))]
    fn aon_custom_event<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Telling>> {
        Telling::new(name.py(), self.custom_note(name, data, run_id, kwargs)?)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let py = slf.py();
        let members = &slf.get().members;
        Ok(format!(
            "{}(handlers={}, inheritable_handlers={}, tags={}, metadata={})",
            slf.get_type().name()?,
            members.handler_list(py, Reach::Own)?.repr()?,
            members.handler_list(py, Reach::Inheritable)?.repr()?,
            members.tag_list(py, Reach::Own).repr()?,
            members.fact_dict(py, Reach::Own)?.repr()?,
        ))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.members.traverse(&visit)
    }

    fn __clear__(&self) {
        self.members.clear();
    }
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
fn refuse_unknown(ignored: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
    for (key, _) in ignored.into_iter().flatten() {
        let name = key.to_string();
        if !name.starts_with("langsmith_") {
            return Err(PyTypeError::new_err(format!(
                "configure() takes no argument {name:?}"
            )));
        }
    }
    Ok(())
}

/// The id that a caller chose for a run that is started by hand.
fn chosen_id<'py>(run_id: Option<&Bound<'py, PyAny>>) -> PyResult<Option<Bound<'py, PyAny>>> {
    optional(run_id).map(crate::config::read_run_id).transpose()
}

/// Ids of runs by hand, for `Id`.
pub(crate) fn id_for(run_id: Option<Bound<'_, PyAny>>) -> Id {
    match run_id {
        Some(id) => Id::given(id.unbind()),
        None => Id::fresh(),
    }
}
