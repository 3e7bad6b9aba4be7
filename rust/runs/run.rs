//! The guard: every run is opened, and closed exactly once, through a `Run`.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use super::{Id, Opening, Parent, Scope, naming};
use crate::config::labels::{self, Metadata, Tags, share};
use crate::dispatch::{Names, Note, tell};
use crate::events::{Event, Kind};
use crate::handlers::HandlerSet;
use crate::py::calls::Outcall;
use crate::py::cell::Lazy;
use crate::py::context::RunContext;
use crate::py::errors::{chained, exception};
use crate::py::{classes, imports, interpreter, lock};

/// The keywords of an event that is no start.
pub(super) static NAMES: Names<3> = Names::new(["run_id", "parent_run_id", "tags"]);

/// What the start event says of a run.
pub(crate) struct Start<'a, 'py> {
    /// The object that runs: its name is the run's, unless the config has another.
    pub(crate) owner: &'a Bound<'py, PyAny>,
    /// The name to use instead of the owner's.
    pub(crate) name: Option<Bound<'py, PyString>>,
    pub(crate) serialized: Option<Bound<'py, PyAny>>,
    pub(crate) payload: &'a Bound<'py, PyAny>,
    pub(crate) run_type: Option<Bound<'py, PyAny>>,
    pub(crate) extra: Option<Bound<'py, PyDict>>,
}

impl<'a, 'py> Start<'a, 'py> {
    /// Of a chain that tells its input and nothing special.
    pub(crate) fn of(owner: &'a Bound<'py, PyAny>, payload: &'a Bound<'py, PyAny>) -> Self {
        Self {
            owner,
            name: None,
            serialized: None,
            payload,
            run_type: None,
            extra: None,
        }
    }
}

/// One run, from its start to its one end.
pub(crate) struct Run {
    pub(crate) kind: Kind,
    /// What its children inherit; has the run's id.
    pub(crate) scope: Py<Scope>,
    /// The context that hooks and body run in.
    pub(crate) context: RunContext,
    told: Option<Py<HandlerSet>>,
    parent: Option<Parent>,
    tags: Tags,
    metadata: Metadata,
    /// The list that hooks get as `tags`, one for all events of the run.
    tag_list: Lazy<Py<PyList>>,
    ended: AtomicBool,
}

impl Run {
    /// A run that nobody has been told of yet, with a context of its own.
    ///
    /// The caller enters the context and calls `make_current` in it.
    #[inline]
    pub(crate) fn new<'py>(
        py: Python<'py>,
        opening: &mut Opening<'py>,
        kind: Kind,
    ) -> PyResult<Self> {
        // Drawn in the order in which runs start, parents before children. Of a run without
        // listeners nobody hears, unless as a parent.
        let is_heard = opening
            .own
            .handlers
            .as_ref()
            .is_some_and(|set| set.get().listens());
        if is_heard && let Some(parent) = &opening.parent {
            parent.settle_id(py)?;
        }
        let id = match opening.run_id.take() {
            Some(id) => Id::given(id.unbind()),
            // Models name their answers by it.
            None if is_heard || kind.is_model() => Id::fresh(),
            None => Id::unread(),
        };
        Ok(Self {
            kind,
            scope: Py::new(py, opening.scope(py, id))?,
            context: RunContext::copy_current(py)?,
            told: opening.own.handlers.take(),
            parent: opening.parent.take(),
            tags: opening.own.tags.take(),
            metadata: opening.own.metadata.take(),
            tag_list: Lazy::new(),
            ended: AtomicBool::new(false),
        })
    }

    /// Makes the run's scope the current one; to be called inside of its context.
    #[inline]
    pub(crate) fn make_current(&self, py: Python<'_>) -> PyResult<()> {
        Scope::set_current(self.scope.bind(py))
    }

    /// The handler through which what the run streams passes. Models tell their tokens instead.
    pub(crate) fn tap<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match (self.kind, self.told()) {
            (kind, Some(set)) if !kind.is_model() => set.taps(py),
            _ => Ok(None),
        }
    }

    /// The handlers that are told of the run.
    #[inline]
    pub(crate) fn told(&self) -> Option<&HandlerSet> {
        self.told.as_ref().map(Py::get)
    }

    pub(crate) fn tags(&self) -> &Tags {
        &self.tags
    }

    pub(crate) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Whether the run was closed.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Takes the right to close the run; only the first caller gets it.
    #[inline]
    pub(crate) fn claim_end(&self, py: Python<'_>) -> bool {
        lock::claim(&self.ended, py)
    }

    /// Whether any handler hears the event.
    #[inline]
    pub(crate) fn hears(&self, py: Python<'_>, event: Event) -> bool {
        self.listeners(py, event).is_some()
    }

    /// The handlers that are told of the run, if any of them hears the event.
    #[inline]
    fn listeners(&self, py: Python<'_>, event: Event) -> Option<&Py<HandlerSet>> {
        let told = self.told.as_ref();
        told.filter(|set| set.get().hears(py, event))
    }

    /// What `then` makes of the start event, if anybody hears it.
    #[inline]
    pub(crate) fn start_note<'py, R>(
        &self,
        py: Python<'py>,
        run_name: Option<&Bound<'py, PyString>>,
        start: Start<'_, 'py>,
        then: impl FnOnce(&Py<HandlerSet>, &mut Note<'py>) -> R,
    ) -> PyResult<Option<R>> {
        static OF_CHAINS: Names<6> = Names::new([
            "run_id",
            "parent_run_id",
            "tags",
            "metadata",
            "run_type",
            "name",
        ]);
        static OF_OTHERS: Names<5> =
            Names::new(["run_id", "parent_run_id", "tags", "metadata", "name"]);
        let event = self.kind.start();
        let Some(told) = self.listeners(py, event) else {
            return Ok(None);
        };
        let absent = || py.None().into_bound(py);
        let facts = classes::known(start.owner)?;
        let given = run_name.cloned().or(start.name).map(Bound::into_any);
        let payload = start.payload.clone();
        let id = self.id(py)?;
        let parent = self.parent_id(py)?;
        let tags = self.tag_list(py)?.into_any();
        let metadata = labels::metadata_dict(py, &self.metadata)?.into_any();
        let serialized = |name: Option<&Bound<'py, PyAny>>| match (start.serialized, name) {
            (Some(given), _) => Ok(given),
            (None, Some(name)) => naming::described(&facts, name).map(Bound::into_any),
            (None, None) => {
                let name = naming::name(start.owner, &facts)?;
                naming::described(&facts, &name).map(Bound::into_any)
            }
        };
        // Chains are told by name and type; of other kinds only a chosen name is told, as in
        // langchain-core, and `serialized` says what runs.
        let mut note;
        if self.kind == Kind::Chain {
            let name = match given {
                Some(name) => name,
                None => naming::name(start.owner, &facts)?,
            };
            let run_type = start.run_type.unwrap_or_else(absent);
            let described = serialized(Some(&name))?;
            note = Note::new(event, OF_CHAINS.get(py)?);
            note.fill([
                described, payload, id, parent, tags, metadata, run_type, name,
            ]);
        } else {
            let known_as = given.as_ref().filter(|_| self.kind == Kind::Retriever);
            let described = serialized(known_as)?;
            let name = given.unwrap_or_else(absent);
            note = Note::new(event, OF_OTHERS.get(py)?);
            note.fill([described, payload, id, parent, tags, metadata, name]);
        }
        note.extend(start.extra.as_ref())?;
        Ok(Some(then(told, &mut note)))
    }

    /// What `then` makes of an event of the run after its start, if anybody hears it.
    #[inline]
    pub(crate) fn note<'py, R>(
        &self,
        py: Python<'py>,
        event: Event,
        payload: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
        then: impl FnOnce(&Py<HandlerSet>, &mut Note<'py>) -> R,
    ) -> PyResult<Option<R>> {
        let Some(told) = self.listeners(py, event) else {
            return Ok(None);
        };
        let mut note = Note::new(event, NAMES.get(py)?);
        let tags = self.tag_list(py)?.into_any();
        note.fill([payload.clone(), self.id(py)?, self.parent_id(py)?, tags]);
        note.extend(extra)?;
        Ok(Some(then(told, &mut note)))
    }

    /// Tells the start, in the run's context. A run that a handler refuses is closed with the
    /// handler's error, for everyone who was told of the start.
    #[inline]
    pub(crate) fn announce<'py>(
        &self,
        py: Python<'py>,
        run_name: Option<&Bound<'py, PyString>>,
        start: Start<'_, 'py>,
    ) -> PyResult<()> {
        if self.told.is_none() {
            return Ok(());
        }
        let lead_on = |set: &_, note: &mut _| tell(set, note).and_then(|()| self.lead(py));
        match self.start_note(py, run_name, start, lead_on)? {
            Some(Err(refusal)) => Err(self.fail(py, refusal, None)),
            _ => Ok(()),
        }
    }

    /// Makes the run the parent of what LangSmith traces in its body; to be called in the run's
    /// context, between its start and its body.
    #[inline]
    pub(crate) fn lead(&self, py: Python<'_>) -> PyResult<()> {
        if self.told().is_some_and(HandlerSet::traces) {
            imports::lead_tracing(py)?.call_out((&self.scope,))?;
        }
        Ok(())
    }

    /// Closes the run with what it returned, in its context. Does nothing if it is closed.
    #[inline]
    pub(crate) fn end<'py>(
        &self,
        py: Python<'py>,
        output: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        if !self.claim_end(py) || self.told.is_none() {
            return Ok(());
        }
        match self.note(py, self.kind.end(), output, extra, tell)? {
            Some(Err(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Closes the run with an exception, in its context; returns the exception to raise.
    ///
    /// That is `error` itself, unless a handler that may raise failed at the error event.
    #[cold]
    pub(crate) fn fail<'py>(
        &self,
        py: Python<'py>,
        error: PyErr,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyErr {
        if !self.claim_end(py) || self.told.is_none() {
            return error;
        }
        let value = exception(py, &error);
        let _handled = interpreter::Handling::of(&value);
        let told = self.note(py, self.kind.error(), &value, extra, tell);
        match told.and_then(|told| told.unwrap_or(Ok(()))) {
            Ok(()) => error,
            Err(other) => chained(py, other, error),
        }
    }

    /// The run's id.
    #[inline]
    pub(crate) fn id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.scope.get().run_id(py)? {
            Some(id) => Ok(id),
            None => Ok(py.None().into_bound(py)),
        }
    }

    /// The parent's id, or `None`.
    #[inline]
    pub(crate) fn parent_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let id = match &self.parent {
            Some(parent) => parent.object(py)?,
            None => None,
        };
        Ok(id.unwrap_or_else(|| py.None().into_bound(py)))
    }

    fn tag_list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let make = || labels::tag_list(py, &self.tags).map(Bound::unbind);
        Ok(self.tag_list.get_or_make(make)?.bind(py).clone())
    }

    /// The same run for another holder: who closes it first closes it for both.
    pub(crate) fn shared_parts(&self, py: Python<'_>) -> (Option<Py<HandlerSet>>, Option<Parent>) {
        (
            share(py, &self.told),
            self.parent.as_ref().map(|parent| parent.clone_ref(py)),
        )
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.scope)?;
        visit.call(self.context.object())?;
        if let Some(told) = &self.told {
            visit.call(told)?;
        }
        if let Some(list) = self.tag_list.get() {
            visit.call(list)?;
        }
        if let Some(metadata) = &self.metadata {
            visit.call(metadata)?;
        }
        match &self.parent {
            Some(parent) => parent.traverse(visit),
            None => Ok(()),
        }
    }
}
