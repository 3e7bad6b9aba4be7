//! Whether anything of langchain-core is to take part in a run.
//!
//! `ferrule.interop.attachments` says what to look at and what was seen there. As long as all of
//! it is as it was, nothing is attached, and a run does not have to ask langchain-core.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyType, PyWeakrefMethods, PyWeakrefReference};

use super::is_loaded;
use crate::py::{interpreter, objects};

/// A place in a dict, and what was there.
type Cell = (Py<PyDict>, Py<PyAny>, Option<Py<PyAny>>);

/// A dict, and what was there under the keys that matter.
struct Places {
    dict: Py<PyDict>,
    seen: Vec<(Py<PyAny>, Option<Py<PyAny>>)>,
    /// The dict's version tag, read before all was last found as it had been; 0: it never was.
    tag: AtomicU64,
}

struct Watch {
    /// Context variables that hold nothing.
    variables: Vec<Py<PyAny>>,
    places: Vec<Places>,
    /// Lists, with their lengths.
    lists: Vec<(Py<PyList>, usize)>,
    /// Classes, with the tags of the state that they were seen in.
    classes: Vec<(Py<PyType>, u32)>,
}

/// What to look at, and how often that has changed; `None` until it was looked for the first time,
/// and while something is attached for good.
static LATEST: Mutex<(u64, Option<Arc<Watch>>)> = Mutex::new((0, None));

/// How often what to look at has changed.
static CHANGES: AtomicU64 = AtomicU64::new(0);

/// A thread's hold on a watch, which is taken and let go without a locked instruction.
struct Hold(Arc<Watch>);

thread_local! {
    /// The latest that this thread knows: no run waits for a lock, or writes to memory, of others.
    static OWN: RefCell<(u64, Option<Rc<Hold>>)> = const { RefCell::new((0, None)) };
}

/// What to look at now.
#[inline]
fn latest() -> Option<Rc<Hold>> {
    let changes = CHANGES.load(Ordering::Acquire);
    let own = OWN.with_borrow(|(known, watch)| (*known == changes).then(|| watch.clone()));
    own.unwrap_or_else(renew)
}

#[cold]
fn renew() -> Option<Rc<Hold>> {
    let (changes, watch) = LATEST
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let watch = watch.map(Hold).map(Rc::new);
    // Freeing objects can run any code, so it is done outside of the borrow.
    drop(OWN.replace((changes, watch.clone())));
    watch
}

impl Places {
    fn of(cells: Vec<Cell>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for (dict, key, value) in cells {
            match all.iter_mut().find(|places| places.dict.is(&dict)) {
                Some(places) => places.seen.push((key, value)),
                None => all.push(Self {
                    dict,
                    seen: vec![(key, value)],
                    tag: AtomicU64::new(0),
                }),
            }
        }
        all
    }

    /// Whether the dict holds what it held.
    #[inline]
    fn are_same(&self, py: Python<'_>) -> PyResult<bool> {
        // Eleven look-ups, four of them of modules, took 1,500 instructions of each run.
        let tag = objects::dict_tag(self.dict.bind(py));
        if tag != 0 && tag == self.tag.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let same = self.compare(py)?;
        if same {
            self.tag.store(tag, Ordering::Relaxed);
        }
        Ok(same)
    }

    #[cold]
    fn compare(&self, py: Python<'_>) -> PyResult<bool> {
        let dict = self.dict.bind(py);
        for (key, seen) in &self.seen {
            let found = dict.get_item(key)?.filter(|found| !found.is_none());
            let same = match (&found, seen) {
                (Some(found), Some(seen)) => found.is(seen),
                (None, None) => true,
                _ => false,
            };
            if !same {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What a thread's outermost runs find in its context, mostly the same each time.
struct Quiet {
    /// How often what to look at had changed.
    changes: u64,
    /// Where the values were that held nothing of interest.
    place: usize,
    /// They themselves, if they were there twice; gone when they are, so that others in their
    /// place are not taken for them.
    values: Option<Py<PyWeakrefReference>>,
}

thread_local! {
    static QUIET: RefCell<Quiet> =
        const { RefCell::new(Quiet { changes: 0, place: 0, values: None }) };
}

/// Whether the context is the one that was found to hold nothing.
fn is_known_as_quiet(values: &Bound<'_, PyAny>) -> bool {
    let py = values.py();
    QUIET.with_borrow(|quiet| {
        quiet.changes == CHANGES.load(Ordering::Acquire)
            && quiet.place == values.as_ptr() as usize
            && quiet
                .values
                .as_ref()
                .and_then(|known| known.bind(py).upgrade())
                .is_some_and(|known| known.is(values))
    })
}

/// Remembers a context that holds nothing, when it is seen for the second time in a row.
fn remember_as_quiet(values: &Bound<'_, PyAny>) {
    let place = values.as_ptr() as usize;
    let again = QUIET.with_borrow(|quiet| quiet.place == place);
    let new = Quiet {
        changes: CHANGES.load(Ordering::Acquire),
        place,
        values: again
            .then(|| PyWeakrefReference::new(values).ok().map(Bound::unbind))
            .flatten(),
    };
    // Freeing objects can run any code, so it is done outside of the borrow.
    drop(QUIET.replace(new));
}

impl Watch {
    /// Whether no variable holds anything.
    ///
    /// To look up six of them takes up to 1,000 instructions, so outermost runs, which mostly have
    /// the same context, look at that first.
    fn are_empty(&self, py: Python<'_>, is_outermost: bool) -> PyResult<bool> {
        let values = if is_outermost {
            interpreter::context_values(py)?
        } else {
            None
        };
        if values.as_ref().is_some_and(is_known_as_quiet) {
            return Ok(true);
        }
        for variable in &self.variables {
            let value = interpreter::variable_get(variable.bind(py))?;
            if value.is_some_and(|value| !value.is_none()) {
                return Ok(false);
            }
        }
        if let Some(values) = &values {
            remember_as_quiet(values);
        }
        Ok(true)
    }

    fn is_quiet(&self, py: Python<'_>, is_outermost: bool) -> PyResult<bool> {
        if !self.are_empty(py, is_outermost)? {
            return Ok(false);
        }
        for places in &self.places {
            if !places.are_same(py)? {
                return Ok(false);
            }
        }
        let is_long = |(list, seen): &(Py<PyList>, usize)| list.bind(py).len() == *seen;
        let is_same = |(class, seen): &(Py<PyType>, u32)| {
            *seen != 0 && objects::class_tag(class.bind(py)) == *seen
        };
        Ok(self.lists.iter().all(is_long) && self.classes.iter().all(is_same))
    }
}

/// Whether langchain-core has to be asked who takes part in a run.
#[inline]
pub(crate) fn something_attached(py: Python<'_>, is_outermost: bool) -> PyResult<bool> {
    if !is_loaded() {
        return Ok(false);
    }
    match latest() {
        Some(watch) => Ok(!watch.0.is_quiet(py, is_outermost)?),
        None => Ok(true),
    }
}

/// Says where to look from now on; `None`: something is attached until further notice.
///
/// Variables are to hold nothing, dicts what was seen under a key (`None`: nothing), lists and
/// classes are to stay as they are.
#[pyfunction]
#[pyo3(signature = (variables=None, cells=None, lists=None, classes=None))]
pub(crate) fn watch_attachments(
    variables: Option<Vec<Py<PyAny>>>,
    cells: Option<Vec<Cell>>,
    lists: Option<Vec<Bound<'_, PyList>>>,
    classes: Option<Vec<Bound<'_, PyType>>>,
) {
    let watch = variables.map(|variables| Watch {
        variables,
        places: Places::of(cells.unwrap_or_default()),
        lists: lists
            .into_iter()
            .flatten()
            .map(|list| (list.clone().unbind(), list.len()))
            .collect(),
        classes: classes
            .into_iter()
            .flatten()
            .map(|class| (class.clone().unbind(), objects::class_tag(&class)))
            .collect(),
    });
    let mut latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    let changes = latest.0 + 1;
    let old = std::mem::replace(&mut *latest, (changes, watch.map(Arc::new)));
    CHANGES.store(changes, Ordering::Release);
    drop(latest);
    // Freeing objects can run any code.
    drop(old);
}
