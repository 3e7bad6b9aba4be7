//! The public lists of a manager: shared sets until somebody asks for a list, then that list.
//!
//! langchain-core's managers have plain lists that programs append to. Making seven of them
//! for every child would be most of the cost of a run, so a manager keeps what it was given,
//! shared, and makes a list when one is read; from then on the list is the truth.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::Parent;
use crate::config::labels::{self, Metadata, Tags, share};
use crate::handlers::HandlerSet;

/// Handlers, shared or as the list that was asked for.
enum Handlers {
    Shared(Option<Py<HandlerSet>>),
    Listed(Py<PyList>),
}

/// Tags, likewise.
enum Labels {
    Shared(Tags),
    Listed(Py<PyList>),
}

/// Metadata, likewise.
enum Facts {
    Shared(Metadata),
    Owned(Py<PyDict>),
}

struct State {
    handlers: Handlers,
    inheritable_handlers: Handlers,
    parent: Option<Parent>,
    tags: Labels,
    inheritable_tags: Labels,
    metadata: Facts,
    inheritable_metadata: Facts,
}

/// Whether a list is for the run itself or for its children too.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    Own,
    Inheritable,
}

/// Everything that a manager holds, readable and writable from any thread.
///
/// The lock is held for copies of references only, never while Python code can run.
pub(crate) struct Members(Mutex<State>);

/// The members at one moment, in their shared form.
pub(crate) struct Snapshot {
    pub(crate) handlers: Option<Py<HandlerSet>>,
    pub(crate) inheritable_handlers: Option<Py<HandlerSet>>,
    pub(crate) parent: Option<Parent>,
    pub(crate) tags: Tags,
    pub(crate) inheritable_tags: Tags,
    pub(crate) metadata: Metadata,
    pub(crate) inheritable_metadata: Metadata,
}

impl Members {
    /// Members that share what they are given.
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self(Mutex::new(State::of(snapshot)))
    }

    /// Members with nothing in them.
    pub(crate) fn empty() -> Self {
        Self::new(Snapshot {
            handlers: None,
            inheritable_handlers: None,
            parent: None,
            tags: None,
            inheritable_tags: None,
            metadata: None,
            inheritable_metadata: None,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces all members.
    pub(crate) fn replace(&self, snapshot: Snapshot) {
        let old = std::mem::replace(&mut *self.lock(), State::of(snapshot));
        drop(old);
    }

    /// The members in their shared form.
    pub(crate) fn snapshot(&self, py: Python<'_>) -> PyResult<Snapshot> {
        Ok(Snapshot {
            handlers: self.handler_set(py, Reach::Own)?,
            inheritable_handlers: self.handler_set(py, Reach::Inheritable)?,
            parent: self.parent(py),
            tags: self.tag_tuple(py, Reach::Own),
            inheritable_tags: self.tag_tuple(py, Reach::Inheritable),
            metadata: self.facts(py, Reach::Own)?,
            inheritable_metadata: self.facts(py, Reach::Inheritable)?,
        })
    }

    /// The parent's id or scope.
    pub(crate) fn parent(&self, py: Python<'_>) -> Option<Parent> {
        self.lock()
            .parent
            .as_ref()
            .map(|parent| parent.clone_ref(py))
    }

    /// Sets the parent.
    pub(crate) fn set_parent(&self, parent: Option<Parent>) {
        let old = std::mem::replace(&mut self.lock().parent, parent);
        drop(old);
    }

    /// The handlers as a set.
    pub(crate) fn handler_set(
        &self,
        py: Python<'_>,
        reach: Reach,
    ) -> PyResult<Option<Py<HandlerSet>>> {
        let list = {
            let state = self.lock();
            match state.handlers(reach) {
                Handlers::Shared(set) => return Ok(share(py, set)),
                Handlers::Listed(list) => list.clone_ref(py),
            }
        };
        let items: Vec<_> = list.bind(py).iter().collect();
        HandlerSet::extended(py, None, &items)
    }

    /// The handlers as the list that programs may change.
    pub(crate) fn handler_list<'py>(
        &self,
        py: Python<'py>,
        reach: Reach,
    ) -> PyResult<Bound<'py, PyList>> {
        let set = {
            let state = self.lock();
            match state.handlers(reach) {
                Handlers::Listed(list) => return Ok(list.bind(py).clone()),
                Handlers::Shared(set) => share(py, set),
            }
        };
        let list = match &set {
            Some(set) => set.get().to_list(py)?,
            None => PyList::empty(py),
        };
        let mut state = self.lock();
        if let Handlers::Listed(other) = state.handlers(reach) {
            // Another thread asked at the same time; there is one list only.
            return Ok(other.bind(py).clone());
        }
        *state.handlers_mut(reach) = Handlers::Listed(list.clone().unbind());
        Ok(list)
    }

    /// Makes `list` the handlers.
    pub(crate) fn set_handler_list(&self, reach: Reach, list: Bound<'_, PyList>) {
        let old = std::mem::replace(
            self.lock().handlers_mut(reach),
            Handlers::Listed(list.unbind()),
        );
        drop(old);
    }

    /// The tags in their shared form.
    pub(crate) fn tag_tuple(&self, py: Python<'_>, reach: Reach) -> Tags {
        let list = {
            let state = self.lock();
            match state.tags(reach) {
                Labels::Shared(tags) => return share(py, tags),
                Labels::Listed(list) => list.clone_ref(py),
            }
        };
        labels::tags_of(list.bind(py))
    }

    /// The tags as the list that programs may change.
    pub(crate) fn tag_list<'py>(&self, py: Python<'py>, reach: Reach) -> Bound<'py, PyList> {
        let tags = {
            let state = self.lock();
            match state.tags(reach) {
                Labels::Listed(list) => return list.bind(py).clone(),
                Labels::Shared(tags) => share(py, tags),
            }
        };
        let list = labels::tag_list(py, &tags);
        let mut state = self.lock();
        if let Labels::Listed(other) = state.tags(reach) {
            return other.bind(py).clone();
        }
        *state.tags_mut(reach) = Labels::Listed(list.clone().unbind());
        list
    }

    /// Makes `list` the tags.
    pub(crate) fn set_tag_list(&self, reach: Reach, list: Bound<'_, PyList>) {
        let old = std::mem::replace(self.lock().tags_mut(reach), Labels::Listed(list.unbind()));
        drop(old);
    }

    /// The metadata in its shared form.
    pub(crate) fn facts(&self, py: Python<'_>, reach: Reach) -> PyResult<Metadata> {
        let dict = {
            let state = self.lock();
            match state.metadata(reach) {
                Facts::Shared(metadata) => return Ok(share(py, metadata)),
                Facts::Owned(dict) => dict.clone_ref(py),
            }
        };
        labels::metadata_of(dict.bind(py))
    }

    /// The metadata as the dict that programs may change.
    pub(crate) fn fact_dict<'py>(
        &self,
        py: Python<'py>,
        reach: Reach,
    ) -> PyResult<Bound<'py, PyDict>> {
        let metadata = {
            let state = self.lock();
            match state.metadata(reach) {
                Facts::Owned(dict) => return Ok(dict.bind(py).clone()),
                Facts::Shared(metadata) => share(py, metadata),
            }
        };
        let dict = labels::metadata_dict(py, &metadata)?;
        let mut state = self.lock();
        if let Facts::Owned(other) = state.metadata(reach) {
            return Ok(other.bind(py).clone());
        }
        *state.metadata_mut(reach) = Facts::Owned(dict.clone().unbind());
        Ok(dict)
    }

    /// Makes `dict` the metadata.
    pub(crate) fn set_fact_dict(&self, reach: Reach, dict: Bound<'_, PyDict>) {
        let old = std::mem::replace(self.lock().metadata_mut(reach), Facts::Owned(dict.unbind()));
        drop(old);
    }

    /// Visits what the members hold; what is being changed at this moment is left for later.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Ok(state) = self.0.try_lock() else {
            return Ok(());
        };
        for reach in [Reach::Own, Reach::Inheritable] {
            match state.handlers(reach) {
                Handlers::Shared(Some(set)) => visit.call(set)?,
                Handlers::Shared(None) => {}
                Handlers::Listed(list) => visit.call(list)?,
            }
            match state.tags(reach) {
                Labels::Shared(Some(tags)) => visit.call(tags)?,
                Labels::Shared(None) => {}
                Labels::Listed(list) => visit.call(list)?,
            }
            match state.metadata(reach) {
                Facts::Shared(Some(metadata)) | Facts::Owned(metadata) => visit.call(metadata)?,
                Facts::Shared(None) => {}
            }
        }
        match &state.parent {
            Some(parent) => parent.traverse(visit),
            None => Ok(()),
        }
    }

    /// Lets go of everything, to break reference cycles.
    pub(crate) fn clear(&self) {
        if let Ok(mut state) = self.0.try_lock() {
            let old = std::mem::replace(&mut *state, State::empty());
            drop(state);
            drop(old);
        }
    }
}

impl State {
    fn of(snapshot: Snapshot) -> Self {
        Self {
            handlers: Handlers::Shared(snapshot.handlers),
            inheritable_handlers: Handlers::Shared(snapshot.inheritable_handlers),
            parent: snapshot.parent,
            tags: Labels::Shared(snapshot.tags),
            inheritable_tags: Labels::Shared(snapshot.inheritable_tags),
            metadata: Facts::Shared(snapshot.metadata),
            inheritable_metadata: Facts::Shared(snapshot.inheritable_metadata),
        }
    }

    fn empty() -> Self {
        Self {
            handlers: Handlers::Shared(None),
            inheritable_handlers: Handlers::Shared(None),
            parent: None,
            tags: Labels::Shared(None),
            inheritable_tags: Labels::Shared(None),
            metadata: Facts::Shared(None),
            inheritable_metadata: Facts::Shared(None),
        }
    }

    fn handlers(&self, reach: Reach) -> &Handlers {
        match reach {
            Reach::Own => &self.handlers,
            Reach::Inheritable => &self.inheritable_handlers,
        }
    }

    fn handlers_mut(&mut self, reach: Reach) -> &mut Handlers {
        match reach {
            Reach::Own => &mut self.handlers,
            Reach::Inheritable => &mut self.inheritable_handlers,
        }
    }

    fn tags(&self, reach: Reach) -> &Labels {
        match reach {
            Reach::Own => &self.tags,
            Reach::Inheritable => &self.inheritable_tags,
        }
    }

    fn tags_mut(&mut self, reach: Reach) -> &mut Labels {
        match reach {
            Reach::Own => &mut self.tags,
            Reach::Inheritable => &mut self.inheritable_tags,
        }
    }

    fn metadata(&self, reach: Reach) -> &Facts {
        match reach {
            Reach::Own => &self.metadata,
            Reach::Inheritable => &self.inheritable_metadata,
        }
    }

    fn metadata_mut(&mut self, reach: Reach) -> &mut Facts {
        match reach {
            Reach::Own => &mut self.metadata,
            Reach::Inheritable => &mut self.inheritable_metadata,
        }
    }
}

/// Gives a class with `members` the properties that show them.
macro_rules! member_properties {
    ($class:ident) => {
        #[pyo3::pymethods]
        impl $class {
            #[getter]
            fn get_handlers<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyList>> {
                self.members.handler_list(py, $crate::runs::Reach::Own)
            }

            #[setter]
            fn set_handlers(&self, value: &pyo3::Bound<'_, pyo3::PyAny>) -> pyo3::PyResult<()> {
                self.members.set_handler_list(
                    $crate::runs::Reach::Own,
                    $crate::runs::members_read::handler_list(value)?,
                );
                Ok(())
            }

            #[getter]
            fn get_inheritable_handlers<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyList>> {
                self.members
                    .handler_list(py, $crate::runs::Reach::Inheritable)
            }

            #[setter]
            fn set_inheritable_handlers(
                &self,
                value: &pyo3::Bound<'_, pyo3::PyAny>,
            ) -> pyo3::PyResult<()> {
                self.members.set_handler_list(
                    $crate::runs::Reach::Inheritable,
                    $crate::runs::members_read::handler_list(value)?,
                );
                Ok(())
            }

            #[getter]
            fn get_tags<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::Bound<'py, pyo3::types::PyList> {
                self.members.tag_list(py, $crate::runs::Reach::Own)
            }

            #[setter]
            fn set_tags(&self, value: pyo3::Bound<'_, pyo3::types::PyList>) {
                self.members.set_tag_list($crate::runs::Reach::Own, value);
            }

            #[getter]
            fn get_inheritable_tags<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::Bound<'py, pyo3::types::PyList> {
                self.members.tag_list(py, $crate::runs::Reach::Inheritable)
            }

            #[setter]
            fn set_inheritable_tags(&self, value: pyo3::Bound<'_, pyo3::types::PyList>) {
                self.members
                    .set_tag_list($crate::runs::Reach::Inheritable, value);
            }

            #[getter]
            fn get_metadata<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyDict>> {
                self.members.fact_dict(py, $crate::runs::Reach::Own)
            }

            #[setter]
            fn set_metadata(&self, value: pyo3::Bound<'_, pyo3::types::PyDict>) {
                self.members.set_fact_dict($crate::runs::Reach::Own, value);
            }

            #[getter]
            fn get_inheritable_metadata<'py>(
                &self,
                py: pyo3::Python<'py>,
            ) -> pyo3::PyResult<pyo3::Bound<'py, pyo3::types::PyDict>> {
                self.members.fact_dict(py, $crate::runs::Reach::Inheritable)
            }

            #[setter]
            fn set_inheritable_metadata(&self, value: pyo3::Bound<'_, pyo3::types::PyDict>) {
                self.members
                    .set_fact_dict($crate::runs::Reach::Inheritable, value);
            }
        }
    };
}

pub(crate) use member_properties;
