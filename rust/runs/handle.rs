//! The state and the event methods of run managers; `ferrule.callbacks.run_managers` gives them
//! their public names.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use super::members::{Reach, Snapshot, member_properties};
use super::run::{Run, event_note};
use super::{Members, Parent, Scope, manager, manager_runs, members_read, naming};
use crate::config::{self, labels};
use crate::dispatch::{Names, Note, tell};
use crate::events::{Event, Kind};
use crate::handlers::HandlerSet;
use crate::py::cell::Lazy;
use crate::py::errors::{chained, exception};
use crate::py::{classes, imports, names, objects};

/// Speaks for one open run.
#[pyclass(frozen, subclass, module = "ferrule._core")]
pub(crate) struct RunHandle {
    run_id: Lazy<Py<PyAny>>,
    /// The run's children take this over; `None` for a handle that was made by hand.
    scope: Lazy<Py<Scope>>,
    pub(super) members: Members,
}

/// The public class of run managers of a kind.
fn class_for(py: Python<'_>, kind: Kind, is_async: bool) -> PyResult<&Bound<'_, PyType>> {
    match (kind, is_async) {
        (Kind::Chain, false) => imports::chain_run(py),
        (Kind::Chain, true) => imports::async_chain_run(py),
        (Kind::Llm | Kind::ChatModel, false) => imports::llm_run(py),
        (Kind::Llm | Kind::ChatModel, true) => imports::async_llm_run(py),
        (Kind::Tool, false) => imports::tool_run(py),
        (Kind::Tool, true) => imports::async_tool_run(py),
        (Kind::Retriever, false) => imports::retriever_run(py),
        (Kind::Retriever, true) => imports::async_retriever_run(py),
    }
}

/// The run manager that a run's body gets.
pub(crate) fn of_run<'py>(
    py: Python<'py>,
    run: &Run,
    is_async: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let handle = objects::bare_instance::<RunHandle>(class_for(py, run.kind, is_async)?)?;
    let (told, parent) = run.shared_parts(py);
    let own = handle.get();
    own.scope.offer(run.scope.clone_ref(py));
    let scope = run.scope.get();
    own.members.replace(Snapshot {
        handlers: told,
        inheritable_handlers: labels::share(py, &scope.handlers),
        parent,
        tags: labels::share(py, run.tags()),
        inheritable_tags: labels::share(py, &scope.tags),
        metadata: labels::share(py, run.metadata()),
        inheritable_metadata: labels::share(py, &scope.metadata),
    });
    Ok(handle.into_any())
}

/// A run manager for a run that is opened by hand, and the note of its start.
pub(crate) fn started<'py>(
    py: Python<'py>,
    manager: &manager::ManagerBase,
    start: HandStart<'py>,
    is_async: bool,
) -> PyResult<(Bound<'py, PyAny>, Option<Note<'py>>)> {
    static NAMES: Names = Names::new();
    let handle = objects::bare_instance::<RunHandle>(class_for(py, start.kind, is_async)?)?;
    let own = handle.get();
    let members = manager.members.snapshot(py)?;
    let id = manager_runs::id_for(start.run_id);
    let scope = Scope {
        id: Some(id),
        handlers: labels::share(py, &members.inheritable_handlers),
        tags: labels::share(py, &members.inheritable_tags),
        config_tags: None,
        metadata: labels::share(py, &members.inheritable_metadata),
        local_tag: None,
        configurable: None,
        recursion_limit: config::RECURSION_LIMIT,
        max_concurrency: None,
    };
    own.scope.offer(Py::new(py, scope)?);
    own.members.replace(members);
    let event = start.kind.start();
    let Some(set) = own.members.handler_set(py, Reach::Own)? else {
        return Ok((handle.into_any(), None));
    };
    if !set.get().hears(py, event) {
        return Ok((handle.into_any(), None));
    }
    let serialized = match start.serialized {
        Some(given) if !given.is_none() => given,
        _ => {
            let name = match &start.extra {
                Some(extra) => extra.get_item(names::name(py))?,
                None => None,
            };
            let name = name.unwrap_or_else(|| PyString::new(py, "run").into_any());
            naming::described(&handle, &classes::known(&handle)?, &name)?.into_any()
        }
    };
    let note = Note::new(
        event,
        [serialized, start.payload],
        &NAMES,
        ["run_id", "parent_run_id", "tags", "metadata"],
        [
            own.id(py)?,
            own.parent_id(py)?,
            own.tags_for_hooks(py).into_any(),
            own.members.fact_dict(py, Reach::Own)?.into_any(),
        ],
    )?
    .extended(start.extra.as_ref())?;
    Ok((handle.into_any(), Some(note)))
}

/// Closes a run that a handler refused, for everyone who was told of its start; returns what is to
/// be raised.
pub(crate) fn refused(handle: &Bound<'_, PyAny>, kind: Kind, refusal: PyErr) -> PyErr {
    let py = handle.py();
    let value = exception(py, &refusal);
    let told = handle
        .cast::<RunHandle>()
        .map_err(PyErr::from)
        .and_then(|handle| handle.get().note(py, kind.error(), value, None))
        .and_then(|note| match note {
            Some((set, mut note)) => tell(py, set.get(), &mut note),
            None => Ok(()),
        });
    match told {
        Ok(()) => refusal,
        Err(failure) => chained(py, failure, refusal),
    }
}

/// What `on_*_start` of a manager was called with.
pub(crate) struct HandStart<'py> {
    pub(crate) kind: Kind,
    pub(crate) serialized: Option<Bound<'py, PyAny>>,
    pub(crate) payload: Bound<'py, PyAny>,
    pub(crate) run_id: Option<Bound<'py, PyAny>>,
    pub(crate) extra: Option<Bound<'py, PyDict>>,
}

impl RunHandle {
    fn id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        if let Some(id) = self.run_id.get() {
            return Ok(id.bind(py).clone());
        }
        let id = match self.scope.get() {
            Some(scope) => scope.get().run_id(py)?,
            None => None,
        };
        Ok(id.unwrap_or_else(|| py.None().into_bound(py)))
    }

    fn parent_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let id = match self.members.parent(py) {
            Some(parent) => parent.object(py)?,
            None => None,
        };
        Ok(id.unwrap_or_else(|| py.None().into_bound(py)))
    }

    fn tags_for_hooks<'py>(&self, py: Python<'py>) -> Bound<'py, PyList> {
        self.members.tag_list(py, Reach::Own)
    }

    /// The set that hears of the run, and the note of an event, if anybody hears it.
    pub(crate) fn note<'py>(
        &self,
        py: Python<'py>,
        event: Event,
        payload: Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<(Py<HandlerSet>, Note<'py>)>> {
        let Some(set) = self.members.handler_set(py, Reach::Own)? else {
            return Ok(None);
        };
        if !set.get().hears(py, event) {
            return Ok(None);
        }
        let tags = self.tags_for_hooks(py).into_any();
        let note = event_note(event, payload, self.id(py)?, self.parent_id(py)?, tags)?;
        let note = note.extended(extra)?;
        Ok(Some((set, note)))
    }
}

#[pymethods]
impl RunHandle {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            run_id: Lazy::new(),
            scope: Lazy::new(),
            members: Members::empty(),
        }
    }

    #[pyo3(signature = (
        *, run_id, handlers, inheritable_handlers, parent_run_id=None, tags=None,
        inheritable_tags=None, metadata=None, inheritable_metadata=None
    ))]
    #[allow(
        clippy::too_many_arguments,
        reason = "the constructor of langchain-core's run managers"
    )]
    fn __init__<'py>(
        &self,
        py: Python<'py>,
        run_id: &Bound<'py, PyAny>,
        handlers: &Bound<'py, PyAny>,
        inheritable_handlers: &Bound<'py, PyAny>,
        parent_run_id: Option<&Bound<'py, PyAny>>,
        tags: Option<&Bound<'py, PyAny>>,
        inheritable_tags: Option<&Bound<'py, PyAny>>,
        metadata: Option<&Bound<'py, PyAny>>,
        inheritable_metadata: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let id = config::read_run_id(run_id)?;
        self.members.replace(members_read::read_members(
            py,
            Some(handlers),
            Some(inheritable_handlers),
            parent_run_id,
            tags,
            inheritable_tags,
            metadata,
            inheritable_metadata,
        )?);
        // A second `__init__` leaves the id as it is: a run has one.
        self.run_id.offer(id.unbind());
        Ok(())
    }

    #[getter]
    fn get_run_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.id(py)
    }

    #[getter]
    fn get_parent_run_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.parent_id(py)
    }

    /// A manager for the run's children.
    #[pyo3(signature = (tag=None))]
    fn get_child<'py>(
        &self,
        py: Python<'py>,
        tag: Option<&Bound<'py, PyString>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.child(py, tag, imports::callback_manager(py)?)
    }

    /// The same, for async code.
    #[pyo3(signature = (tag=None))]
    fn aget_child<'py>(
        &self,
        py: Python<'py>,
        tag: Option<&Bound<'py, PyString>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.child(py, tag, imports::async_callback_manager(py)?)
    }

    /// The same run's manager of another class.
    fn to_class<'py>(
        &self,
        py: Python<'py>,
        class: &Bound<'py, PyType>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let twin = objects::bare_instance::<Self>(class)?;
        let other = twin.get();
        other.members.replace(self.members.snapshot(py)?);
        if let Some(id) = self.run_id.get() {
            other.run_id.offer(id.clone_ref(py));
        }
        if let Some(scope) = self.scope.get() {
            other.scope.offer(scope.clone_ref(py));
        }
        Ok(twin.into_any())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(scope) = self.scope.get() {
            visit.call(scope)?;
        }
        self.members.traverse(&visit)
    }

    fn __clear__(&self) {
        self.members.clear();
    }
}

member_properties!(RunHandle);

impl RunHandle {
    fn child<'py>(
        &self,
        py: Python<'py>,
        tag: Option<&Bound<'py, PyString>>,
        class: &Bound<'py, PyType>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let inheritable = self.members.handler_set(py, Reach::Inheritable)?;
        let tags = self.members.tag_tuple(py, Reach::Inheritable);
        let facts = self.members.facts(py, Reach::Inheritable)?;
        let own_tags = match tag {
            Some(tag) => labels::inserted_before(py, &tags, &None, tag.as_any())?,
            None => labels::share(py, &tags),
        };
        let parent = match self.scope.get() {
            Some(scope) => Parent::Run(scope.clone_ref(py)),
            None => Parent::Given(self.id(py)?.unbind()),
        };
        manager::make(
            class,
            Snapshot {
                handlers: labels::share(py, &inheritable),
                inheritable_handlers: inheritable,
                parent: Some(parent),
                tags: own_tags,
                inheritable_tags: tags,
                metadata: labels::share(py, &facts),
                inheritable_metadata: facts,
            },
        )
    }
}
