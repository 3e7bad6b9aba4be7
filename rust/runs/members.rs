//! The public lists of a manager: shared sets until somebody asks for a list, then that list.
//!
//! langchain-core's managers have plain lists that programs append to. Making seven of them
//! for every child would be most of the cost of a run, so a manager keeps what it was given,
//! shared, and makes a list when one is read; from then on the list is the truth. Nothing of this
//! takes a lock, as long as no list is replaced by another.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::Parent;
use crate::config::labels::{self, Metadata, Tags, share};
use crate::handlers::{Abilities, HandlerSet};
use crate::py::cell::Lazy;

/// Whether a list is for the run itself or for its children too.
#[derive(Clone, Copy)]
pub(crate) enum Reach {
    Own,
    Inheritable,
}

/// Handlers, tags and metadata in their shared form.
#[derive(Default)]
pub(crate) struct Carried {
    pub(crate) handlers: Option<Py<HandlerSet>>,
    pub(crate) tags: Tags,
    pub(crate) metadata: Metadata,
}

/// The members at one moment, in their shared form.
#[derive(Default)]
pub(crate) struct Snapshot {
    pub(crate) own: Carried,
    pub(crate) inheritable: Carried,
    /// One more tag of its own, after the others.
    pub(crate) tag: Option<Py<PyAny>>,
    pub(crate) parent: Option<Parent>,
}

/// The lists of a run, or those for its children.
#[derive(Default)]
struct Lists<H, M> {
    handlers: H,
    tags: H,
    metadata: M,
}

/// Lists that were asked for.
type Shown = Lists<Lazy<Py<PyList>>, Lazy<Py<PyDict>>>;

/// Lists that somebody put in the place of others.
type Placed = Lists<Option<Py<PyList>>, Option<Py<PyDict>>>;

/// What was replaced.
#[derive(Default)]
struct Replaced {
    own: Placed,
    inheritable: Placed,
    parent: Replacement,
}

/// A parent in the place of that which was given.
#[derive(Default)]
enum Replacement {
    #[default]
    None,
    By(Option<Parent>),
}

/// Everything that a manager holds, readable and writable from any thread.
pub(crate) struct Members {
    given: Lazy<Snapshot>,
    own: Shown,
    inheritable: Shown,
    /// The lock is held for copies of references only, never while Python code can run.
    replaced: Lazy<Box<Mutex<Replaced>>>,
}

impl Carried {
    /// Adds handlers, after those that are there; see `HandlerSet::extended`.
    #[inline]
    pub(super) fn add_handlers<'py>(
        &mut self,
        py: Python<'py>,
        more: impl IntoIterator<Item = Bound<'py, PyAny>, IntoIter: ExactSizeIterator>,
        look: impl Fn(&Bound<'py, PyAny>) -> PyResult<Abilities>,
    ) -> PyResult<()> {
        self.handlers = HandlerSet::extended(py, self.handlers.as_ref(), more, look)?;
        Ok(())
    }

    /// The same for another holder.
    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Self {
        Self {
            handlers: share(py, &self.handlers),
            tags: share(py, &self.tags),
            metadata: share(py, &self.metadata),
        }
    }
}

impl Members {
    /// The members given.
    pub(crate) fn new(given: Snapshot) -> Self {
        Self {
            given: Lazy::filled(given),
            own: Shown::default(),
            inheritable: Shown::default(),
            replaced: Lazy::new(),
        }
    }

    /// No members so far: for an object whose constructor is still to be called.
    pub(crate) fn none() -> Self {
        Self {
            given: Lazy::new(),
            own: Shown::default(),
            inheritable: Shown::default(),
            replaced: Lazy::new(),
        }
    }

    /// Takes what a constructor was called with; a second call replaces all lists.
    pub(crate) fn initialise(&self, py: Python<'_>, given: Snapshot) -> PyResult<()> {
        if self.given.get().is_none() {
            self.given.offer(given);
            return Ok(());
        }
        self.set_parent(given.parent);
        for (reach, carried) in [
            (Reach::Own, given.own),
            (Reach::Inheritable, given.inheritable),
        ] {
            self.set_handler_list(reach, listed(py, carried.handlers.as_ref())?);
            self.set_tag_list(reach, labels::tag_list(py, &carried.tags)?);
            self.set_fact_dict(reach, labels::metadata_dict(py, &carried.metadata)?);
        }
        Ok(())
    }

    fn shown(&self, reach: Reach) -> &Shown {
        match reach {
            Reach::Own => &self.own,
            Reach::Inheritable => &self.inheritable,
        }
    }

    fn given(&self, reach: Reach) -> Option<&Carried> {
        let given = self.given.get()?;
        Some(match reach {
            Reach::Own => &given.own,
            Reach::Inheritable => &given.inheritable,
        })
    }

    /// What was given, if it still is all there is: no list of it was asked for or replaced.
    fn untouched(&self, reach: Reach) -> Option<&Carried> {
        let shown = self.shown(reach);
        let is_touched = self.replaced.get().is_some()
            || shown.handlers.get().is_some()
            || shown.tags.get().is_some()
            || shown.metadata.get().is_some();
        let given = self.given.get().filter(|_| !is_touched)?;
        match reach {
            Reach::Own => given.tag.is_none().then_some(&given.own),
            Reach::Inheritable => Some(&given.inheritable),
        }
    }

    /// What was replaced, if anything was.
    fn replaced(&self) -> Option<MutexGuard<'_, Replaced>> {
        let replaced = self.replaced.get()?;
        Some(replaced.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A list that was put in the place of another.
    fn placed<T>(
        &self,
        py: Python<'_>,
        reach: Reach,
        which: impl FnOnce(&Placed) -> &Option<Py<T>>,
    ) -> Option<Py<T>> {
        share(py, which(self.replaced()?.placed(reach)))
    }

    fn replace(&self, change: impl FnOnce(&mut Replaced)) {
        if self.replaced.get().is_none() {
            self.replaced.offer(Box::default());
        }
        if let Some(mut replaced) = self.replaced() {
            change(&mut replaced);
        }
    }

    /// The members in their shared form.
    pub(crate) fn snapshot(&self, py: Python<'_>) -> PyResult<Snapshot> {
        Ok(Snapshot {
            own: self.carried(py, Reach::Own)?,
            inheritable: self.carried(py, Reach::Inheritable)?,
            tag: None,
            parent: self.parent(py),
        })
    }

    /// What is for the run itself, or for its children, in its shared form.
    pub(crate) fn carried(&self, py: Python<'_>, reach: Reach) -> PyResult<Carried> {
        if let Some(given) = self.untouched(reach) {
            return Ok(given.clone_ref(py));
        }
        Ok(Carried {
            handlers: self.handler_set(py, reach)?,
            tags: self.tag_tuple(py, reach)?,
            metadata: self.facts(py, reach)?,
        })
    }

    /// The parent's id or scope.
    pub(crate) fn parent(&self, py: Python<'_>) -> Option<Parent> {
        let copied = |parent: &Option<Parent>| parent.as_ref().map(|parent| parent.clone_ref(py));
        if let Some(replaced) = self.replaced()
            && let Replacement::By(parent) = &replaced.parent
        {
            return copied(parent);
        }
        copied(&self.given.get()?.parent)
    }

    /// The parent's id, or `None`.
    pub(crate) fn parent_id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let id = match self.given.get() {
            Some(given) if self.replaced.get().is_none() => match &given.parent {
                Some(parent) => parent.object(py)?,
                None => None,
            },
            _ => match self.parent(py) {
                Some(parent) => parent.object(py)?,
                None => None,
            },
        };
        Ok(id.unwrap_or_else(|| py.None().into_bound(py)))
    }

    /// Sets the parent.
    pub(crate) fn set_parent(&self, parent: Option<Parent>) {
        let mut parent = Replacement::By(parent);
        self.replace(|replaced| std::mem::swap(&mut replaced.parent, &mut parent));
    }

    /// The handlers as a set.
    pub(crate) fn handler_set(
        &self,
        py: Python<'_>,
        reach: Reach,
    ) -> PyResult<Option<Py<HandlerSet>>> {
        let placed = self.placed(py, reach, |lists| &lists.handlers);
        let Some(list) = placed.as_ref().or_else(|| self.shown(reach).handlers.get()) else {
            let given = self.given(reach);
            return Ok(given.and_then(|given| share(py, &given.handlers)));
        };
        // Programs put into a list what they like; a run that is under way goes on.
        HandlerSet::extended(py, None, list.bind(py), Abilities::of)
    }

    /// The handlers as the list that programs may change.
    pub(crate) fn handler_list<'py>(
        &self,
        py: Python<'py>,
        reach: Reach,
    ) -> PyResult<Bound<'py, PyList>> {
        if let Some(list) = self.placed(py, reach, |lists| &lists.handlers) {
            return Ok(list.into_bound(py));
        }
        let list = self.shown(reach).handlers.get_or_make(|| {
            let given = self.given(reach).and_then(|given| given.handlers.as_ref());
            listed(py, given).map(Bound::unbind)
        })?;
        Ok(list.bind(py).clone())
    }

    /// Makes `list` the handlers.
    pub(crate) fn set_handler_list(&self, reach: Reach, list: Bound<'_, PyList>) {
        let mut list = Some(list.unbind());
        self.replace(|replaced| {
            std::mem::swap(&mut replaced.placed_mut(reach).handlers, &mut list);
        });
    }

    /// The tags in their shared form.
    fn tag_tuple(&self, py: Python<'_>, reach: Reach) -> PyResult<Tags> {
        let placed = self.placed(py, reach, |lists| &lists.tags);
        if let Some(list) = placed.as_ref().or_else(|| self.shown(reach).tags.get()) {
            return Ok(labels::tags_of(list.bind(py)));
        }
        self.given_tags(py, reach)
    }

    fn given_tags(&self, py: Python<'_>, reach: Reach) -> PyResult<Tags> {
        match (self.given.get(), reach) {
            (None, _) => Ok(None),
            (Some(given), Reach::Inheritable) => Ok(share(py, &given.inheritable.tags)),
            (Some(given), Reach::Own) => match &given.tag {
                None => Ok(share(py, &given.own.tags)),
                Some(tag) => {
                    let label = PyTuple::new(py, [tag])?;
                    labels::inserted_before(py, &given.own.tags, &None, &label)
                }
            },
        }
    }

    /// The tags as the list that programs may change.
    pub(crate) fn tag_list<'py>(
        &self,
        py: Python<'py>,
        reach: Reach,
    ) -> PyResult<Bound<'py, PyList>> {
        if let Some(list) = self.placed(py, reach, |lists| &lists.tags) {
            return Ok(list.into_bound(py));
        }
        let list = self.shown(reach).tags.get_or_make(|| {
            let tags = self.given_tags(py, reach)?;
            labels::tag_list(py, &tags).map(Bound::unbind)
        })?;
        Ok(list.bind(py).clone())
    }

    /// Makes `list` the tags.
    pub(crate) fn set_tag_list(&self, reach: Reach, list: Bound<'_, PyList>) {
        let mut list = Some(list.unbind());
        self.replace(|replaced| std::mem::swap(&mut replaced.placed_mut(reach).tags, &mut list));
    }

    /// The metadata in its shared form.
    fn facts(&self, py: Python<'_>, reach: Reach) -> PyResult<Metadata> {
        let placed = self.placed(py, reach, |lists| &lists.metadata);
        let Some(dict) = placed.as_ref().or_else(|| self.shown(reach).metadata.get()) else {
            let given = self.given(reach);
            return Ok(given.and_then(|given| share(py, &given.metadata)));
        };
        labels::metadata_of(dict.bind(py))
    }

    /// The metadata as the dict that programs may change.
    pub(crate) fn fact_dict<'py>(
        &self,
        py: Python<'py>,
        reach: Reach,
    ) -> PyResult<Bound<'py, PyDict>> {
        if let Some(dict) = self.placed(py, reach, |lists| &lists.metadata) {
            return Ok(dict.into_bound(py));
        }
        let dict = self.shown(reach).metadata.get_or_make(|| {
            let metadata = self.given(reach).map_or(&None, |given| &given.metadata);
            labels::metadata_dict(py, metadata).map(Bound::unbind)
        })?;
        Ok(dict.bind(py).clone())
    }

    /// Makes `dict` the metadata.
    pub(crate) fn set_fact_dict(&self, reach: Reach, dict: Bound<'_, PyDict>) {
        let mut dict = Some(dict.unbind());
        self.replace(|replaced| {
            std::mem::swap(&mut replaced.placed_mut(reach).metadata, &mut dict);
        });
    }

    /// Visits what the members hold; what is being changed at this moment is left for later.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(given) = self.given.get() {
            for carried in [&given.own, &given.inheritable] {
                carried
                    .handlers
                    .iter()
                    .try_for_each(|set| visit.call(set))?;
                carried.tags.iter().try_for_each(|tags| visit.call(tags))?;
                carried
                    .metadata
                    .iter()
                    .try_for_each(|dict| visit.call(dict))?;
            }
            given.tag.iter().try_for_each(|tag| visit.call(tag))?;
            given.parent.iter().try_for_each(|id| id.traverse(visit))?;
        }
        for shown in [&self.own, &self.inheritable] {
            for list in [&shown.handlers, &shown.tags] {
                list.get().map_or(Ok(()), |list| visit.call(list))?;
            }
            shown
                .metadata
                .get()
                .map_or(Ok(()), |dict| visit.call(dict))?;
        }
        let Some(Ok(replaced)) = self.replaced.get().map(|replaced| replaced.try_lock()) else {
            return Ok(());
        };
        for placed in [&replaced.own, &replaced.inheritable] {
            for list in [&placed.handlers, &placed.tags] {
                list.iter().try_for_each(|list| visit.call(list))?;
            }
            placed
                .metadata
                .iter()
                .try_for_each(|dict| visit.call(dict))?;
        }
        match &replaced.parent {
            Replacement::By(Some(parent)) => parent.traverse(visit),
            Replacement::By(None) | Replacement::None => Ok(()),
        }
    }
}

impl Replaced {
    fn placed(&self, reach: Reach) -> &Placed {
        match reach {
            Reach::Own => &self.own,
            Reach::Inheritable => &self.inheritable,
        }
    }

    fn placed_mut(&mut self, reach: Reach) -> &mut Placed {
        match reach {
            Reach::Own => &mut self.own,
            Reach::Inheritable => &mut self.inheritable,
        }
    }
}

/// A list of a set's handlers for somebody else to keep.
fn listed<'py>(py: Python<'py>, set: Option<&Py<HandlerSet>>) -> PyResult<Bound<'py, PyList>> {
    set.map_or_else(|| Ok(PyList::empty(py)), |set| set.get().to_list(py))
}
