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
use crate::py::checked::Checked;
use crate::py::{interpreter, objects};

/// A place in a dict, and what was there.
type Cell = (Py<PyDict>, Py<PyAny>, Option<Py<PyAny>>);

/// A dict, and what was there under the keys that matter.
struct Places {
    dict: Py<PyDict>,
    seen: Vec<(Py<PyAny>, Option<Py<PyAny>>)>,
    /// Whether it holds that still.
    same: Checked,
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

/// What to look at; `None` until it was looked for the first time, and while something is attached
/// for good.
static LATEST: Mutex<Option<Arc<Watch>>> = Mutex::new(None);

/// How often that has changed.
static CHANGES: AtomicU64 = AtomicU64::new(0);

/// A thread's hold on a watch, which is taken and let go without a locked instruction.
struct Hold {
    watch: Arc<Watch>,
    quiet: RefCell<Quiet>,
}

/// The context in which a thread's outermost run found nothing last, mostly the same each time.
#[derive(Default)]
struct Quiet {
    /// Where the values were.
    place: usize,
    /// They themselves, if they were there twice; gone when they are, so that others in their
    /// place are not taken for them.
    values: Option<Py<PyWeakrefReference>>,
}

thread_local! {
    /// The latest that this thread knows: no run waits for a lock, or writes to memory, of others.
    static OWN: RefCell<(u64, Option<Rc<Hold>>)> = const { RefCell::new((0, None)) };
}

/// What to look at now.
#[inline]
fn latest() -> Option<Rc<Hold>> {
    let changes = CHANGES.load(Ordering::Acquire);
    let own = OWN.with_borrow(|(known, hold)| (*known == changes).then(|| hold.clone()));
    own.unwrap_or_else(renew)
}

#[cold]
fn renew() -> Option<Rc<Hold>> {
    let latest = LATEST.lock().unwrap_or_else(PoisonError::into_inner);
    let (changes, watch) = (CHANGES.load(Ordering::Acquire), latest.clone());
    drop(latest);
    let hold = watch.map(|watch| {
        Rc::new(Hold {
            watch,
            quiet: RefCell::default(),
        })
    });
    // Freeing objects can run any code, so it is done outside of the borrow.
    drop(OWN.replace((changes, hold.clone())));
    hold
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
                    same: Checked::default(),
                }),
            }
        }
        all
    }

    /// Whether the dict holds what it held.
    #[inline]
    fn are_same(&self, py: Python<'_>) -> PyResult<bool> {
        // Eleven look-ups, four of them of modules, took 1,500 instructions of each run.
        self.same.passes(self.dict.bind(py), || self.compare(py))
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

impl Quiet {
    fn is(&self, values: &Bound<'_, PyAny>) -> bool {
        let known = || self.values.as_ref()?.bind(values.py()).upgrade();
        self.place == values.as_ptr() as usize && known().is_some_and(|known| known.is(values))
    }
}

impl Hold {
    /// Whether no variable holds anything.
    ///
    /// To look up six of them takes up to 1,000 instructions, so outermost runs, which mostly have
    /// the same context, look at that first.
    fn is_empty(&self, py: Python<'_>, is_outermost: bool) -> PyResult<bool> {
        if !is_outermost {
            return self.watch.are_empty(py);
        }
        let Some(values) = interpreter::context_values(py)? else {
            return self.watch.are_empty(py);
        };
        if self.quiet.borrow().is(&values) {
            return Ok(true);
        }
        if !self.watch.are_empty(py)? {
            return Ok(false);
        }
        let place = values.as_ptr() as usize;
        let again = self.quiet.borrow().place == place;
        // Making and freeing objects can run any code, so it is done outside of the borrow.
        let known = again.then(|| PyWeakrefReference::new(&values).ok());
        let values = known.flatten().map(Bound::unbind);
        drop(self.quiet.replace(Quiet { place, values }));
        Ok(true)
    }
}

impl Watch {
    /// Whether no variable holds anything.
    fn are_empty(&self, py: Python<'_>) -> PyResult<bool> {
        for variable in &self.variables {
            let value = interpreter::variable_get(variable.bind(py))?;
            if value.is_some_and(|value| !value.is_none()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether dicts, lists and classes are as they were.
    fn is_unchanged(&self, py: Python<'_>) -> PyResult<bool> {
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
        Some(hold) => Ok(!(hold.is_empty(py, is_outermost)? && hold.watch.is_unchanged(py)?)),
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
    let old = std::mem::replace(&mut *latest, watch.map(Arc::new));
    CHANGES.fetch_add(1, Ordering::Release);
    drop(latest);
    // Freeing objects can run any code.
    drop(old);
}
