//! Who hears of a run and what it carries: the scope around the call, the config given with
//! it, and what the object that runs brings along.
//!
//! Handlers are told in this order, each once: inherited, passed at run time, bound, the
//! object's own, ambient. The rules are those of `docs/architecture.md`.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::members::{Carried, Snapshot};
use super::{Id, Parent, Scope, hooks, manager, members_read};
use crate::config::labels::{self, Metadata, Tags, share};
use crate::config::{Callbacks, Given, RECURSION_LIMIT};
use crate::handlers::{Abilities, HandlerSet, checked};
use crate::interop;
use crate::py::calls::Outcall;
use crate::py::imports;

/// What an object brings to its own runs.
#[derive(Default)]
pub(crate) struct Local<'py> {
    /// Constructor callbacks: told of this run, not of its children.
    pub(crate) callbacks: Option<Callbacks<'py>>,
    pub(crate) tags: Option<Bound<'py, PyTuple>>,
    pub(crate) metadata: Option<Bound<'py, PyDict>>,
    /// Metadata that children inherit.
    pub(crate) inherit_metadata: Metadata,
    pub(crate) verbose: bool,
}

/// Where a runnable stands in a composition.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a, 'py> {
    /// The scope of the composing runnable's run.
    pub(crate) scope: &'a Bound<'py, Scope>,
    /// The tag of the step's runs, such as `seq:step:1`, in a tuple of its own.
    pub(crate) label: &'a Bound<'py, PyTuple>,
}

/// Everything that opening a run needs to know.
pub(crate) struct Opening<'py> {
    pub(crate) parent: Option<Parent>,
    /// What the run has: its handlers are told of it.
    pub(crate) own: Carried,
    /// What its children have from it.
    pub(crate) inheritable: Carried,
    pub(crate) config_tags: Tags,
    pub(crate) run_id: Option<Bound<'py, PyAny>>,
    pub(crate) recursion_limit: i64,
    pub(crate) max_concurrency: Option<usize>,
    pub(crate) configurable: Option<Py<PyDict>>,
}

impl Default for Opening<'_> {
    /// Nothing around, nothing given.
    fn default() -> Self {
        Self {
            parent: None,
            own: Carried::default(),
            inheritable: Carried::default(),
            config_tags: None,
            run_id: None,
            recursion_limit: RECURSION_LIMIT,
            max_concurrency: None,
            configurable: None,
        }
    }
}

impl<'py> Opening<'py> {
    /// Works out a run's surroundings, with the handlers that take part unasked.
    ///
    /// What is worked out is written where it stays: to return it would copy it three times, right
    /// after it was written in smaller pieces, which a processor waits for.
    #[inline]
    pub(crate) fn resolve(
        &mut self,
        py: Python<'py>,
        around: Option<&Bound<'py, Scope>>,
        label: Option<&Bound<'py, PyTuple>>,
        given: &Given<'py>,
        local: Option<&Local<'py>>,
    ) -> PyResult<()> {
        self.resolve_given(py, around, label, given, local)?;
        if hooks::any() {
            self.take_ambient(py)?;
        }
        if interop::something_attached(py, around.is_none())? {
            self.take_attached(py)?;
        }
        Ok(())
    }

    /// Works out what the surroundings and the caller give.
    #[inline]
    pub(crate) fn resolve_given(
        &mut self,
        py: Python<'py>,
        around: Option<&Bound<'py, Scope>>,
        label: Option<&Bound<'py, PyTuple>>,
        given: &Given<'py>,
        local: Option<&Local<'py>>,
    ) -> PyResult<()> {
        if let Some(scope) = around {
            let scope = scope.get();
            self.recursion_limit = scope.recursion_limit;
            self.max_concurrency = scope.max_concurrency;
            self.configurable = share(py, &scope.configurable);
        }
        match (&given.callbacks, around) {
            (Some(Callbacks::Manager(manager)), _) => self.take_manager(manager)?,
            (_, Some(scope)) => self.take_scope(scope),
            (_, None) => {}
        }
        if let Some(Callbacks::Handlers(handlers)) = &given.callbacks {
            if handlers.is_empty() {
                // An empty list silences a nested call.
                self.own.handlers = None;
                self.inheritable.handlers = None;
            } else {
                self.inheritable.add_handlers(py, handlers, checked)?;
                self.own.handlers = share(py, &self.inheritable.handlers);
            }
        }
        if let Some(label) = label {
            self.own.tags = self.with_label(py, label)?;
        }
        self.take(py, given)?;
        if let Some(local) = local {
            self.take_local(py, local)?;
        }
        Ok(())
    }

    fn take_manager(&mut self, manager: &Bound<'py, PyAny>) -> PyResult<()> {
        let state = members_read::snapshot(manager)?;
        self.parent = state.parent;
        (self.own, self.inheritable) = (state.own, state.inheritable);
        Ok(())
    }

    #[inline]
    fn take_scope(&mut self, scope: &Bound<'py, Scope>) {
        let py = scope.py();
        let around = scope.get();
        if around.id.is_some() {
            self.parent = Some(Parent::Run(scope.clone().unbind()));
        }
        self.own.handlers = share(py, &around.handlers);
        self.inheritable.handlers = share(py, &around.handlers);
        self.own.tags = share(py, &around.tags);
        self.inheritable.tags = share(py, &around.tags);
        self.config_tags = share(py, &around.config_tags);
        self.own.metadata = share(py, &around.metadata);
        self.inheritable.metadata = share(py, &around.metadata);
        if let Some(label) = &around.label {
            // Only strings are put there, and comparing strings does not fail.
            if let Ok(tags) = self.with_label(py, label.bind(py)) {
                self.own.tags = tags;
            }
        }
    }

    /// The run's own tags with that of its place in a composition: before those of the config.
    fn with_label(&self, py: Python<'py>, label: &Bound<'py, PyTuple>) -> PyResult<Tags> {
        labels::inserted_before(py, &self.own.tags, &self.config_tags, label)
    }

    #[inline]
    fn take(&mut self, py: Python<'py>, given: &Given<'py>) -> PyResult<()> {
        if let Some(tags) = &given.tags {
            let tags = labels::distinct(tags.clone())?;
            self.own.tags = labels::moved_to_end(py, &self.own.tags, &tags)?;
            self.inheritable.tags = labels::moved_to_end(py, &self.inheritable.tags, &tags)?;
            self.config_tags = tags;
        }
        if let Some(metadata) = &given.metadata {
            self.add_metadata(py, metadata)?;
        }
        self.run_id.clone_from(&given.run_id);
        if let Some(limit) = given.recursion_limit {
            self.recursion_limit = limit;
        }
        if given.max_concurrency.is_some() {
            self.max_concurrency = given.max_concurrency;
        }
        if let Some(configurable) = &given.configurable {
            self.configurable = Some(configurable.clone().unbind());
        }
        Ok(())
    }

    /// Adds metadata of the run and of its children: one dict, as long as they have the same.
    fn add_metadata(&mut self, py: Python<'py>, more: &Bound<'py, PyDict>) -> PyResult<()> {
        let are_same = match (&self.own.metadata, &self.inheritable.metadata) {
            (None, None) => true,
            (Some(own), Some(inherited)) => own.is(inherited),
            _ => false,
        };
        self.inheritable.metadata =
            labels::merged_metadata(py, &self.inheritable.metadata, Some(more))?;
        self.own.metadata = if are_same {
            share(py, &self.inheritable.metadata)
        } else {
            labels::merged_metadata(py, &self.own.metadata, Some(more))?
        };
        Ok(())
    }

    fn take_local(&mut self, py: Python<'py>, local: &Local<'py>) -> PyResult<()> {
        if let Some(tags) = &local.tags {
            let tags = labels::distinct(tags.clone())?;
            self.own.tags = labels::moved_to_end(py, &self.own.tags, &tags)?;
        }
        match &local.inherit_metadata {
            Some(shared) if self.own.metadata.is_none() && self.inheritable.metadata.is_none() => {
                self.own.metadata = Some(shared.clone_ref(py));
                self.inheritable.metadata = Some(shared.clone_ref(py));
            }
            Some(more) => self.add_metadata(py, more.bind(py))?,
            None => {}
        }
        self.own.metadata =
            labels::merged_metadata(py, &self.own.metadata, local.metadata.as_ref())?;
        match &local.callbacks {
            Some(Callbacks::Handlers(handlers)) => {
                self.own.add_handlers(py, handlers, checked)?;
            }
            Some(Callbacks::Manager(manager)) => {
                let state = members_read::snapshot(manager)?;
                self.own.handlers =
                    HandlerSet::union(py, self.own.handlers.as_ref(), state.own.handlers.as_ref())?;
            }
            None => {}
        }
        if local.verbose
            && let Some(handler) = hooks::verbose(py, self.own.handlers.as_ref())?
        {
            self.own.add_handlers(py, [handler], Abilities::of)?;
        }
        Ok(())
    }

    #[cold]
    fn take_ambient(&mut self, py: Python<'py>) -> PyResult<()> {
        for ambient in hooks::ambient(py, self.own.handlers.as_ref())? {
            if ambient.inheritable {
                let handler = [ambient.handler.clone()];
                self.inheritable.add_handlers(py, handler, Abilities::of)?;
            }
            self.own
                .add_handlers(py, [ambient.handler], Abilities::of)?;
        }
        Ok(())
    }

    /// Lets langchain-core say who takes part, and takes over what it says.
    #[cold]
    fn take_attached(&mut self, py: Python<'py>) -> PyResult<()> {
        let known = manager::make(imports::callback_manager(py)?, self.members(py))?;
        let configurable = self.configurable.as_ref().map(|dict| dict.bind(py));
        let configured = imports::configured(py)?.call_out((known, configurable))?;
        if configured.is_none() {
            return Ok(());
        }
        let state = members_read::snapshot(&configured)?;
        (self.own, self.inheritable) = (state.own, state.inheritable);
        let id = |parent: &Option<Parent>| match parent {
            Some(parent) => parent.object(py),
            None => Ok(None),
        };
        let same = match (id(&self.parent)?, id(&state.parent)?) {
            (Some(before), Some(after)) => before.eq(after)?,
            (before, after) => before.is_none() && after.is_none(),
        };
        if !same {
            self.parent = state.parent;
        }
        Ok(())
    }

    /// What a manager would hold.
    fn members(&self, py: Python<'py>) -> Snapshot {
        Snapshot {
            own: self.own.clone_ref(py),
            inheritable: self.inheritable.clone_ref(py),
            tag: None,
            parent: self.parent.as_ref().map(|parent| parent.clone_ref(py)),
        }
    }

    /// The same for a manager of no run.
    pub(crate) fn into_members(self) -> Snapshot {
        Snapshot {
            own: self.own,
            inheritable: self.inheritable,
            tag: None,
            parent: self.parent,
        }
    }

    /// What children of the run take over.
    pub(crate) fn scope(&self, py: Python<'py>, id: Id) -> Scope {
        Scope {
            id: Some(id),
            handlers: share(py, &self.inheritable.handlers),
            tags: share(py, &self.inheritable.tags),
            config_tags: share(py, &self.config_tags),
            metadata: share(py, &self.inheritable.metadata),
            label: None,
            configurable: share(py, &self.configurable),
            recursion_limit: self.recursion_limit,
            max_concurrency: self.max_concurrency,
        }
    }

    /// The scope of a body that runs under this opening without a run of its own: its children
    /// are the parent's.
    pub(crate) fn into_scope(self, py: Python<'py>) -> PyResult<Scope> {
        let id = match &self.parent {
            Some(parent) => parent.object(py)?.map(|id| Id::given(id.unbind())),
            None => None,
        };
        let label = match labels::first_beyond(py, &self.own.tags, &self.inheritable.tags)? {
            Some(tag) => Some(PyTuple::new(py, [tag])?.unbind()),
            None => None,
        };
        Ok(Scope {
            id,
            handlers: self.inheritable.handlers,
            tags: self.inheritable.tags,
            config_tags: self.config_tags,
            metadata: self.inheritable.metadata,
            label,
            configurable: self.configurable,
            recursion_limit: self.recursion_limit,
            max_concurrency: self.max_concurrency,
        })
    }
}
