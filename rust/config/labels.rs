//! Tags and metadata: unions that keep order, and never write to what a caller passed.
//!
//! Tags are a tuple and metadata a dict that nobody changes once it is made, so runs share
//! them; `None` stands for the empty one.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

/// Shared, unchanging tags.
pub(crate) type Tags = Option<Py<PyTuple>>;

/// Shared, unchanging metadata.
pub(crate) type Metadata = Option<Py<PyDict>>;

/// A copy of the reference.
#[inline]
pub(crate) fn share<T>(py: Python<'_>, value: &Option<Py<T>>) -> Option<Py<T>> {
    value.as_ref().map(|value| value.clone_ref(py))
}

/// The tags that were given, each once.
pub(crate) fn distinct(tags: Bound<'_, PyTuple>) -> PyResult<Tags> {
    let py = tags.py();
    if tags.is_empty() {
        return Ok(None);
    }
    for (number, tag) in tags.iter().enumerate() {
        if contains(&tags.as_slice()[..number], &tag)? {
            return union_tags(py, &None, tags);
        }
    }
    Ok(Some(tags.unbind()))
}

/// `base`, then what of `more` is not among it, each once.
pub(crate) fn union_tags<'py>(
    py: Python<'py>,
    base: &Tags,
    more: impl IntoIterator<Item = Bound<'py, PyAny>>,
) -> PyResult<Tags> {
    let mut all: Option<Vec<Bound<'py, PyAny>>> = None;
    let known = base.as_ref().map(|base| base.bind(py));
    for tag in more {
        let among = match (&all, known) {
            (Some(all), _) => contains(all, &tag)?,
            (None, Some(known)) => known.contains(&tag)?,
            (None, None) => false,
        };
        if !among {
            all.get_or_insert_with(|| known.map_or_else(Vec::new, |known| known.iter().collect()))
                .push(tag);
        }
    }
    match all {
        Some(all) => Ok(Some(PyTuple::new(py, all)?.unbind())),
        None => Ok(share(py, base)),
    }
}

/// `base` without the tags of `last`, then those: a tag that is given again moves to the end,
/// as in langchain-core.
pub(crate) fn moved_to_end(py: Python<'_>, base: &Tags, last: &Tags) -> PyResult<Tags> {
    match (base, last) {
        (base, None) => Ok(share(py, base)),
        (None, Some(last)) => Ok(Some(last.clone_ref(py))),
        (Some(base), Some(last)) if base.is(last) => Ok(Some(base.clone_ref(py))),
        (Some(base), Some(last)) => {
            let last = last.bind(py);
            let mut all = Vec::with_capacity(base.bind(py).len() + last.len());
            for tag in base.bind(py) {
                if !last.contains(&tag)? {
                    all.push(tag);
                }
            }
            all.extend(last.iter());
            Ok(Some(PyTuple::new(py, all)?.unbind()))
        }
    }
}

/// `base`, which ends with the tags of `last`, with the one of `label` put in before those.
#[inline]
pub(crate) fn inserted_before<'py>(
    py: Python<'py>,
    base: &Tags,
    last: &Tags,
    label: &Bound<'py, PyTuple>,
) -> PyResult<Tags> {
    match base {
        None => Ok(Some(label.clone().unbind())),
        Some(base) => inserted_among(base.bind(py), last, &label.get_item(0)?).map(Some),
    }
}

fn inserted_among<'py>(
    base: &Bound<'py, PyTuple>,
    last: &Tags,
    tag: &Bound<'py, PyAny>,
) -> PyResult<Py<PyTuple>> {
    let py = base.py();
    if base.contains(tag)? {
        return Ok(base.clone().unbind());
    }
    let kept = base.len()
        - last
            .as_ref()
            .map_or(0, |last| last.bind(py).len())
            .min(base.len());
    let mut all: Vec<_> = base.iter().collect();
    all.insert(kept, tag.clone());
    Ok(PyTuple::new(py, all)?.unbind())
}

fn contains(tags: &[Bound<'_, PyAny>], tag: &Bound<'_, PyAny>) -> PyResult<bool> {
    for other in tags {
        if other.is(tag) || other.eq(tag)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The first tag that is in the one and not in the other.
pub(crate) fn first_beyond(
    py: Python<'_>,
    tags: &Tags,
    known: &Tags,
) -> PyResult<Option<Py<PyAny>>> {
    let known = known.as_ref().map(|known| known.bind(py));
    for tag in tags.iter().flat_map(|tags| tags.bind(py)) {
        let among = match known {
            Some(known) => known.contains(&tag)?,
            None => false,
        };
        if !among {
            return Ok(Some(tag.unbind()));
        }
    }
    Ok(None)
}

/// `base` with the keys of `more` on top.
pub(crate) fn merged_metadata<'py>(
    py: Python<'py>,
    base: &Metadata,
    more: Option<&Bound<'py, PyDict>>,
) -> PyResult<Metadata> {
    match (base, more.filter(|more| !more.is_empty())) {
        (base, None) => Ok(share(py, base)),
        (None, Some(more)) => Ok(Some(more.copy()?.unbind())),
        (Some(base), Some(more)) => {
            let merged = base.bind(py).copy()?;
            merged.update(more.as_mapping())?;
            Ok(Some(merged.unbind()))
        }
    }
}

/// A list of the tags for somebody else to keep.
pub(crate) fn tag_list<'py>(py: Python<'py>, tags: &Tags) -> PyResult<Bound<'py, PyList>> {
    match tags.as_ref().map(|tags| tags.bind(py)) {
        None => Ok(PyList::empty(py)),
        Some(tags) => PyList::new(py, tags),
    }
}

/// A dict of the metadata for somebody else to keep.
pub(crate) fn metadata_dict<'py>(
    py: Python<'py>,
    metadata: &Metadata,
) -> PyResult<Bound<'py, PyDict>> {
    metadata
        .as_ref()
        .map_or_else(|| Ok(PyDict::new(py)), |metadata| metadata.bind(py).copy())
}

/// The tags of a list that somebody else keeps.
pub(crate) fn tags_of(list: &Bound<'_, PyList>) -> Tags {
    (!list.is_empty()).then(|| list.to_tuple().unbind())
}

/// The metadata of a dict that somebody else keeps.
pub(crate) fn metadata_of(dict: &Bound<'_, PyDict>) -> PyResult<Metadata> {
    if dict.is_empty() {
        return Ok(None);
    }
    dict.copy().map(|copy| Some(copy.unbind()))
}
