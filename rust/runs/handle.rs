//! The state and the event methods of run managers; `ferrule.callbacks.run_managers` gives them
//! their public names.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use super::members::{Reach, Snapshot};
use super::run::{Run, event_note};
use super::{Members, Parent, Scope, manager, naming};
use crate::config::{self, labels};
use crate::dispatch::{Names, Note, Telling, tell};
use crate::events::{Event, Kind};
use crate::handlers::HandlerSet;
use crate::py::cell::Lazy;
use crate::py::{calls, classes, imports, names};

/// Speaks for one open run.
#[pyclass(frozen, subclass, module = "ferrule._core")]
pub(crate) struct RunHandle {
    run_id: Lazy<Py<PyAny>>,
    /// The run's children take this over; `None` for a handle that was made by hand.
    scope: Lazy<Py<Scope>>,
    members: Members,
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
    let handle = calls::bare_instance::<RunHandle>(class_for(py, run.kind, is_async)?)?;
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
    let handle = calls::bare_instance::<RunHandle>(class_for(py, start.kind, is_async)?)?;
    let own = handle.get();
    let members = manager.members.snapshot(py)?;
    let id = manager::id_for(start.run_id);
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
    if !set.get().hears(py, event)? {
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
    static NAMES: Names = Names::new();
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
        if !set.get().hears(py, event)? {
            return Ok(None);
        }
        let tags = self.tags_for_hooks(py).into_any();
        let note = event_note(event, payload, self.id(py)?, self.parent_id(py)?, tags)?;
        let note = note.extended(extra)?;
        Ok(Some((set, note)))
    }

    fn tell<'py>(
        &self,
        payload: &Bound<'py, PyAny>,
        event: Event,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let py = payload.py();
        match self.note(py, event, payload.clone(), extra)? {
            Some((set, mut note)) => tell(py, set.get(), &mut note),
            None => Ok(()),
        }
    }

    fn defer<'py>(
        &self,
        payload: &Bound<'py, PyAny>,
        event: Event,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = payload.py();
        let note = self.note(py, event, payload.clone(), extra)?;
        Telling::new(py, note).map(Bound::into_any)
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
    #[allow(clippy::too_many_arguments, reason = "the constructor of langchain-core's run managers")]
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
        self.members.replace(manager::read_members(
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

    #[getter]
    fn get_handlers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.members.handler_list(py, Reach::Own)
    }

    #[setter]
    fn set_handlers(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.members
            .set_handler_list(Reach::Own, manager::handler_list(value)?);
        Ok(())
    }

    #[getter]
    fn get_inheritable_handlers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.members.handler_list(py, Reach::Inheritable)
    }

    #[setter]
    fn set_inheritable_handlers(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.members
            .set_handler_list(Reach::Inheritable, manager::handler_list(value)?);
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
        let twin = calls::bare_instance::<Self>(class)?;
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

    #[pyo3(signature = (text, **kwargs))]
    fn on_text(
        &self,
        text: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(text, Event::Text, kwargs)
    }

    #[pyo3(signature = (text, **kwargs))]
    fn aon_text<'py>(
        &self,
        text: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(text, Event::Text, kwargs)
    }

    #[pyo3(signature = (retry_state, **kwargs))]
    fn on_retry(
        &self,
        retry_state: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(retry_state, Event::Retry, kwargs)
    }

    #[pyo3(signature = (retry_state, **kwargs))]
    fn aon_retry<'py>(
        &self,
        retry_state: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(retry_state, Event::Retry, kwargs)
    }

    #[pyo3(signature = (token, *, chunk=None, **kwargs))]
    fn on_llm_new_token(
        &self,
        token: &Bound<'_, PyAny>,
        chunk: Option<&Bound<'_, PyAny>>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        if !self.is_heard(token.py(), Event::LlmNewToken)? {
            return Ok(());
        }
        self.tell(token, Event::LlmNewToken, Some(&with_chunk(token.py(), chunk, kwargs)?))
    }

    #[pyo3(signature = (token, *, chunk=None, **kwargs))]
    fn aon_llm_new_token<'py>(
        &self,
        token: &Bound<'py, PyAny>,
        chunk: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(token, Event::LlmNewToken, Some(&with_chunk(token.py(), chunk, kwargs)?))
    }

    #[pyo3(signature = (response, **kwargs))]
    fn on_llm_end(
        &self,
        response: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(response, Event::LlmEnd, kwargs)
    }

    #[pyo3(signature = (response, **kwargs))]
    fn aon_llm_end<'py>(
        &self,
        response: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(response, Event::LlmEnd, kwargs)
    }

    #[pyo3(signature = (error, **kwargs))]
    fn on_llm_error(
        &self,
        error: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(error, Event::LlmError, kwargs)
    }

    #[pyo3(signature = (error, **kwargs))]
    fn aon_llm_error<'py>(
        &self,
        error: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(error, Event::LlmError, kwargs)
    }

    #[pyo3(signature = (event, **kwargs))]
    fn on_stream_event(
        &self,
        event: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(event, Event::StreamEvent, kwargs)
    }

    #[pyo3(signature = (event, **kwargs))]
    fn aon_stream_event<'py>(
        &self,
        event: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(event, Event::StreamEvent, kwargs)
    }

    #[pyo3(signature = (outputs, **kwargs))]
    fn on_chain_end(
        &self,
        outputs: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(outputs, Event::ChainEnd, kwargs)
    }

    #[pyo3(signature = (outputs, **kwargs))]
    fn aon_chain_end<'py>(
        &self,
        outputs: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(outputs, Event::ChainEnd, kwargs)
    }

    #[pyo3(signature = (error, **kwargs))]
    fn on_chain_error(
        &self,
        error: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(error, Event::ChainError, kwargs)
    }

    #[pyo3(signature = (error, **kwargs))]
    fn aon_chain_error<'py>(
        &self,
        error: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(error, Event::ChainError, kwargs)
    }

    #[pyo3(signature = (action, **kwargs))]
    fn on_agent_action(
        &self,
        action: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(action, Event::AgentAction, kwargs)
    }

    #[pyo3(signature = (action, **kwargs))]
    fn aon_agent_action<'py>(
        &self,
        action: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(action, Event::AgentAction, kwargs)
    }

    #[pyo3(signature = (finish, **kwargs))]
    fn on_agent_finish(
        &self,
        finish: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(finish, Event::AgentFinish, kwargs)
    }

    #[pyo3(signature = (finish, **kwargs))]
    fn aon_agent_finish<'py>(
        &self,
        finish: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(finish, Event::AgentFinish, kwargs)
    }

    #[pyo3(signature = (output, **kwargs))]
    fn on_tool_end(
        &self,
        output: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(output, Event::ToolEnd, kwargs)
    }

    #[pyo3(signature = (output, **kwargs))]
    fn aon_tool_end<'py>(
        &self,
        output: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(output, Event::ToolEnd, kwargs)
    }

    #[pyo3(signature = (error, **kwargs))]
    fn on_tool_error(
        &self,
        error: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(error, Event::ToolError, kwargs)
    }

    #[pyo3(signature = (error, **kwargs))]
    fn aon_tool_error<'py>(
        &self,
        error: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(error, Event::ToolError, kwargs)
    }

    #[pyo3(signature = (documents, **kwargs))]
    fn on_retriever_end(
        &self,
        documents: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(documents, Event::RetrieverEnd, kwargs)
    }

    #[pyo3(signature = (documents, **kwargs))]
    fn aon_retriever_end<'py>(
        &self,
        documents: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(documents, Event::RetrieverEnd, kwargs)
    }

    #[pyo3(signature = (error, **kwargs))]
    fn on_retriever_error(
        &self,
        error: &Bound<'_, PyAny>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        self.tell(error, Event::RetrieverError, kwargs)
    }

    #[pyo3(signature = (error, **kwargs))]
    fn aon_retriever_error<'py>(
        &self,
        error: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.defer(error, Event::RetrieverError, kwargs)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.members.traverse(&visit)
    }

    fn __clear__(&self) {
        self.members.clear();
    }
}

/// The keywords of a token event.
fn with_chunk<'py>(
    py: Python<'py>,
    chunk: Option<&Bound<'py, PyAny>>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyDict>> {
    let all = match kwargs {
        Some(kwargs) => kwargs.copy()?,
        None => PyDict::new(py),
    };
    all.set_item(pyo3::intern!(py, "chunk"), chunk)?;
    Ok(all)
}

impl RunHandle {
    fn is_heard(&self, py: Python<'_>, event: Event) -> PyResult<bool> {
        match self.members.handler_set(py, Reach::Own)? {
            Some(set) => set.get().hears(py, event),
            None => Ok(false),
        }
    }

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
