//! The state and the event methods of run managers; `ferrule.callbacks.run_managers` gives them
//! their public names.

use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::member_properties::member_properties;
use super::members::{Carried, Reach, Snapshot};
use super::run::{self, Run};
use super::{Id, Members, Parent, Scope, manager, manager_runs, members_read, naming};
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
    identity: Lazy<Identity>,
    pub(super) members: Members,
}

/// Where a run's id is.
enum Identity {
    /// In what the run's children take over.
    Scope(Py<Scope>),
    /// Here: the run is opened and closed by hand.
    Own(Id),
}

impl Identity {
    fn id<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self {
            Self::Scope(scope) => scope.get().run_id(py),
            Self::Own(id) => id.object(py).map(Some),
        }
    }

    fn known(&self) -> Option<&Id> {
        match self {
            Self::Scope(scope) => scope.get().id.as_ref(),
            Self::Own(id) => Some(id),
        }
    }
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
    let (told, parent) = run.shared_parts(py);
    let scope = run.scope.get();
    let members = Snapshot {
        own: Carried {
            handlers: told,
            tags: labels::share(py, run.tags()),
            metadata: labels::share(py, run.metadata()),
        },
        inheritable: Carried {
            handlers: labels::share(py, &scope.handlers),
            tags: labels::share(py, &scope.tags),
            metadata: labels::share(py, &scope.metadata),
        },
        tag: None,
        parent,
    };
    let identity = Identity::Scope(run.scope.clone_ref(py));
    make(class_for(py, run.kind, is_async)?, members, identity).map(Bound::into_any)
}

/// A run manager of the given class.
fn make<'py>(
    class: &Bound<'py, PyType>,
    members: Snapshot,
    identity: Identity,
) -> PyResult<Bound<'py, RunHandle>> {
    let handle = RunHandle {
        identity: Lazy::filled(identity),
        members: Members::new(members),
    };
    objects::instance(class, handle)
}

/// A run manager for a run that is opened by hand, and what `then` makes of its start, if anybody
/// hears it.
#[inline]
pub(crate) fn started<'py, R>(
    py: Python<'py>,
    manager: &manager::ManagerBase,
    start: HandStart<'py>,
    is_async: bool,
    then: impl FnOnce(&Py<HandlerSet>, &mut Note<'py>) -> R,
) -> PyResult<(Bound<'py, PyAny>, Option<R>)> {
    static NAMES: Names<4> = Names::new(["run_id", "parent_run_id", "tags", "metadata"]);
    let class = class_for(py, start.kind, is_async)?;
    let identity = Identity::Own(manager_runs::id_for(start.run_id));
    let handle = make(class, manager.members.snapshot(py)?, identity)?;
    let own = handle.get();
    let event = start.kind.start();
    let Some(set) = own.listeners(py, event)? else {
        return Ok((handle.into_any(), None));
    };
    let serialized = match start.serialized {
        Some(given) if !given.is_none() => given,
        _ => {
            let name = match &start.extra {
                Some(extra) => extra.get_item(names::name(py))?,
                None => None,
            };
            let name = name.unwrap_or_else(|| PyString::new(py, "run").into_any());
            naming::described(&*classes::known(&handle)?, &name)?.into_any()
        }
    };
    let mut note = Note::new(event, NAMES.get(py)?);
    note.fill([
        serialized,
        start.payload,
        own.id(py)?,
        own.members.parent_id(py)?,
        own.members.tag_list(py, Reach::Own)?.into_any(),
        own.members.fact_dict(py, Reach::Own)?.into_any(),
    ]);
    note.extend(start.extra.as_ref())?;
    let made = then(&set, &mut note);
    Ok((handle.into_any(), Some(made)))
}

/// Closes a run that a handler refused, for everyone who was told of its start; returns what is to
/// be raised.
pub(crate) fn refused(handle: &Bound<'_, PyAny>, kind: Kind, refusal: PyErr) -> PyErr {
    let py = handle.py();
    let value = exception(py, &refusal);
    let told = handle
        .cast::<RunHandle>()
        .map_err(PyErr::from)
        .and_then(|handle| {
            let handle = handle.get();
            handle.note(py, kind.error(), value.as_any(), None, tell)
        });
    match told.and_then(|told| told.unwrap_or(Ok(()))) {
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
        let id = match self.identity.get() {
            Some(identity) => identity.id(py)?,
            None => None,
        };
        Ok(id.unwrap_or_else(|| py.None().into_bound(py)))
    }

    /// The id of a message that the run makes and that has none of its own.
    pub(crate) fn message_id<'py>(
        &self,
        py: Python<'py>,
        index: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let id = match self.identity.get().and_then(Identity::known) {
            Some(id) => id.text(py)?,
            None => self.id(py)?.str()?.to_string(),
        };
        let text = ["run-", &id, "-", &index.to_string()].concat();
        Ok(PyString::new(py, &text).into_any())
    }

    /// What `then` makes of an event, if anybody hears it.
    #[inline]
    pub(crate) fn note<'py, R>(
        &self,
        py: Python<'py>,
        event: Event,
        payload: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
        then: impl FnOnce(&Py<HandlerSet>, &mut Note<'py>) -> R,
    ) -> PyResult<Option<R>> {
        let Some(set) = self.listeners(py, event)? else {
            return Ok(None);
        };
        let mut note = Note::new(event, run::NAMES.get(py)?);
        let tags = self.members.tag_list(py, Reach::Own)?.into_any();
        let (id, parent) = (self.id(py)?, self.members.parent_id(py)?);
        note.fill([payload.clone(), id, parent, tags]);
        note.extend(extra)?;
        Ok(Some(then(&set, &mut note)))
    }

    /// The same for a token.
    #[inline]
    pub(crate) fn token_note<'py, R>(
        &self,
        token: &Bound<'py, PyAny>,
        chunk: Option<&Bound<'py, PyAny>>,
        extra: Option<&Bound<'py, PyDict>>,
        then: impl FnOnce(&Py<HandlerSet>, &mut Note<'py>) -> R,
    ) -> PyResult<Option<R>> {
        static NAMES: Names<4> = Names::new(["run_id", "parent_run_id", "tags", "chunk"]);
        let py = token.py();
        let event = Event::LlmNewToken;
        let Some(set) = self.listeners(py, event)? else {
            return Ok(None);
        };
        let mut note = Note::new(event, NAMES.get(py)?);
        let chunk = chunk.map_or_else(|| py.None().into_bound(py), Clone::clone);
        let tags = self.members.tag_list(py, Reach::Own)?.into_any();
        let (id, parent) = (self.id(py)?, self.members.parent_id(py)?);
        note.fill([token.clone(), id, parent, tags, chunk]);
        note.extend(extra)?;
        Ok(Some(then(&set, &mut note)))
    }

    /// The handlers of the run, if any of them hears the event.
    #[inline]
    fn listeners(&self, py: Python<'_>, event: Event) -> PyResult<Option<Py<HandlerSet>>> {
        let set = self.members.handler_set(py, Reach::Own)?;
        Ok(set.filter(|set| set.get().hears(py, event)))
    }
}

#[pymethods]
impl RunHandle {
    #[new]
    #[pyo3(
        signature = (*_args, **_kwargs),
        text_signature = "(*, run_id, handlers, inheritable_handlers, parent_run_id=None, \
                          tags=None, inheritable_tags=None, metadata=None, \
                          inheritable_metadata=None)"
    )]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            identity: Lazy::new(),
            members: Members::none(),
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
        let given = members_read::read_members(
            py,
            Some(handlers),
            Some(inheritable_handlers),
            parent_run_id,
            tags,
            inheritable_tags,
            metadata,
            inheritable_metadata,
        )?;
        self.members.initialise(py, given)?;
        // A second `__init__` leaves the id as it is: a run has one.
        self.identity.offer(Identity::Own(Id::given(id.unbind())));
        Ok(())
    }

    #[getter]
    fn get_run_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.id(py)
    }

    #[getter]
    fn get_parent_run_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.members.parent_id(py)
    }

    /// Whether a handler wants to see the chunks of streams.
    #[getter]
    fn is_tapped(&self, py: Python<'_>) -> PyResult<bool> {
        match self.members.handler_set(py, Reach::Own)? {
            Some(set) => Ok(set.get().taps(py)?.is_some()),
            None => Ok(false),
        }
    }

    /// The same run's manager of another class.
    fn to_class<'py>(
        &self,
        py: Python<'py>,
        class: &Bound<'py, PyType>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let identity = match self.identity.get() {
            Some(Identity::Scope(scope)) => Identity::Scope(scope.clone_ref(py)),
            _ => Identity::Own(Id::given(self.id(py)?.unbind())),
        };
        make(class, self.members.snapshot(py)?, identity).map(Bound::into_any)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(Identity::Scope(scope)) = self.identity.get() {
            visit.call(scope)?;
        }
        self.members.traverse(&visit)
    }
}

member_properties!(RunHandle);

impl RunHandle {
    /// A manager for the run's children.
    pub(super) fn child<'py>(
        &self,
        py: Python<'py>,
        tag: Option<&Bound<'py, PyAny>>,
        class: &Bound<'py, PyType>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let tag = members_read::optional(tag);
        if let Some(tag) = tag.filter(|tag| !tag.is_instance_of::<PyString>()) {
            return Err(PyTypeError::new_err(format!(
                "the tag of a child is a string, got {}",
                crate::py::errors::shown(tag)
            )));
        }
        let inheritable = self.members.carried(py, Reach::Inheritable)?;
        let parent = match self.identity.get() {
            Some(Identity::Scope(scope)) => Parent::Run(scope.clone_ref(py)),
            _ => Parent::Given(self.id(py)?.unbind()),
        };
        let members = Snapshot {
            own: inheritable.clone_ref(py),
            inheritable,
            tag: tag.map(|tag| tag.clone().unbind()),
            parent: Some(parent),
        };
        manager::make(class, members)
    }
}
