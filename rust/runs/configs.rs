//! Configs as the dicts that user code reads and writes: ensured, merged, patched.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::{Opening, Scope, current_scope, manager};
use crate::config::{
    Callbacks, Given, KEYS, RECURSION_LIMIT, labels, read_mapping, read_max_concurrency,
    read_recursion_limit, read_run_name,
};
use crate::py::calls::Outcall;
use crate::py::{names, objects};

/// The config that shows a scope: what a body gets that asks for its config.
pub(crate) fn of_scope<'py>(
    scope: &Bound<'py, Scope>,
    label: Option<&Bound<'py, PyTuple>>,
    is_async: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let callbacks = manager::of_scope(scope, label, is_async)?;
    complete(scope.py(), Some(scope), &Given::default(), Some(callbacks))
}

/// A complete config: what is given, else what the surrounding run hands down, else the default.
///
/// `callbacks` is the value of that key, if it is known. All else in it is the receiver's own.
fn complete<'py>(
    py: Python<'py>,
    scope: Option<&Bound<'py, Scope>>,
    given: &Given<'py>,
    callbacks: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let around = scope.map(Bound::get);
    let config = PyDict::new(py);
    let tags = match (&given.tags, around) {
        (Some(tags), _) => PyList::new(py, tags)?,
        (None, Some(around)) => labels::tag_list(py, &around.config_tags)?,
        (None, None) => PyList::empty(py),
    };
    config.set_item(names::tags(py), tags)?;
    let metadata = match (&given.metadata, around) {
        (Some(metadata), _) => metadata.copy()?,
        (None, Some(around)) => labels::metadata_dict(py, &around.metadata)?,
        (None, None) => PyDict::new(py),
    };
    config.set_item(names::metadata(py), metadata)?;
    let callbacks = match (callbacks, &given.callbacks, scope) {
        (Some(known), _, _) => known,
        (None, Some(Callbacks::Handlers(handlers)), _) => {
            handlers.get_slice(0, handlers.len()).into_any()
        }
        (None, Some(Callbacks::Manager(manager)), _) => copied(manager)?,
        (None, None, Some(scope)) => manager::of_scope(scope, None, false)?,
        (None, None, None) => py.None().into_bound(py),
    };
    config.set_item(names::callbacks(py), callbacks)?;
    let limit = around.map_or(RECURSION_LIMIT, |around| around.recursion_limit);
    config.set_item(
        names::recursion_limit(py),
        given.recursion_limit.unwrap_or(limit),
    )?;
    let configurable = match (&given.configurable, around) {
        (Some(configurable), _) => configurable.copy()?,
        (None, Some(around)) => labels::metadata_dict(py, &around.configurable)?,
        (None, None) => PyDict::new(py),
    };
    config.set_item(names::configurable(py), configurable)?;
    let most = given.max_concurrency;
    if let Some(most) = most.or_else(|| around.and_then(|around| around.max_concurrency)) {
        config.set_item(names::max_concurrency(py), most)?;
    }
    if let Some(name) = &given.run_name {
        config.set_item(names::run_name(py), name)?;
    }
    if let Some(id) = &given.run_id {
        config.set_item(names::run_id(py), id)?;
    }
    Ok(config)
}

/// A copy of a config value that its receiver may change.
fn copied<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(list) = value.cast_exact::<PyList>() {
        return Ok(list.get_slice(0, list.len()).into_any());
    }
    if let Ok(dict) = value.cast_exact::<PyDict>() {
        return dict.copy().map(Bound::into_any);
    }
    match objects::attribute(value, names::copy(value.py()))? {
        Some(copy) => copy.call_out(()),
        None => Ok(value.clone()),
    }
}

/// A complete config: defaults, then what the surrounding run hands down, then what is given.
///
/// Everything in it is the receiver's own.
#[pyfunction]
#[pyo3(signature = (config=None))]
pub(crate) fn ensure_config<'py>(
    py: Python<'py>,
    config: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let given = Given::checked(config)?;
    complete(py, current_scope(py)?.as_ref(), &given, None)
}

/// One config for each of `length` inputs; a given `run_id` is the first one's alone.
#[pyfunction]
pub(crate) fn get_config_list<'py>(
    py: Python<'py>,
    config: Option<&Bound<'py, PyAny>>,
    length: i64,
) -> PyResult<Bound<'py, PyList>> {
    let length = usize::try_from(length).map_err(|_| {
        PyValueError::new_err(format!("length is the number of inputs, got {length}"))
    })?;
    let list = PyList::empty(py);
    for one in config_list(py, config, length)? {
        list.append(ensure_config(py, one.as_ref())?)?;
    }
    Ok(list)
}

/// A config as its caller wrote it.
type Written<'py> = Option<Bound<'py, PyAny>>;

/// The config of each of `length` inputs, as it was given and checked, and how many of them may run
/// at once, if the first or the surrounding run limits that.
#[pyfunction]
pub(crate) fn spread_config<'py>(
    py: Python<'py>,
    config: Option<&Bound<'py, PyAny>>,
    length: usize,
) -> PyResult<(Vec<Written<'py>>, Option<usize>)> {
    let configs = checked_list(py, config, length)?;
    let first = configs.first().and_then(Option::as_ref);
    let own = Given::read(first)?.max_concurrency;
    let around =
        || Ok::<_, PyErr>(current_scope(py)?.and_then(|scope| scope.get().max_concurrency));
    let most = own.map_or_else(around, |most| Ok(Some(most)))?;
    Ok((configs, most))
}

/// The config of each of `length` inputs, as it was given and checked. One that is for all of them
/// is checked once.
pub(crate) fn checked_list<'py>(
    py: Python<'py>,
    config: Option<&Bound<'py, PyAny>>,
    length: usize,
) -> PyResult<Vec<Written<'py>>> {
    let configs = config_list(py, config, length)?;
    let mut checked: Option<&Bound<'py, PyAny>> = None;
    for one in configs.iter().flatten() {
        if checked.is_none_or(|known| !known.is(one)) {
            Given::checked(Some(one))?;
            checked = Some(one);
        }
    }
    Ok(configs)
}

/// The config of each of `length` inputs, as it was given.
fn config_list<'py>(
    py: Python<'py>,
    config: Option<&Bound<'py, PyAny>>,
    length: usize,
) -> PyResult<Vec<Written<'py>>> {
    let Some(config) = config.filter(|config| !config.is_none()) else {
        return Ok((0..length).map(|_| None).collect());
    };
    let many = config.is_instance_of::<PyList>() || config.is_instance_of::<pyo3::types::PyTuple>();
    if many {
        let configs: Vec<_> = config.try_iter()?.collect::<PyResult<_>>()?;
        if configs.len() != length {
            return Err(PyValueError::new_err(format!(
                "a list of configs has one for each input: got {} configs for {length} inputs",
                configs.len()
            )));
        }
        return Ok(configs.into_iter().map(Some).collect());
    }
    let given = Given::read(Some(config))?;
    if length > 1 && given.run_id.is_some() {
        let text = c"run_id is the id of one run: the first input's run has it, the others get ids of their own";
        PyErr::warn(
            py,
            py.get_type::<pyo3::exceptions::PyRuntimeWarning>().as_any(),
            text,
            1,
        )?;
        let rest = read_mapping("config", config)?.copy()?;
        rest.del_item(names::run_id(py))?;
        let mut all = vec![Some(config.clone())];
        all.extend((1..length).map(|_| Some(rest.clone().into_any())));
        return Ok(all);
    }
    Ok((0..length).map(|_| Some(config.clone())).collect())
}

/// Merges configs, the later ones on top.
///
/// Callbacks add up, each handler once; tags are a union in order; metadata and configurable
/// merge key by key; of the others the last value that is given wins, but for a recursion limit
/// that is the default. Of nothing it is empty.
#[pyfunction]
#[pyo3(signature = (*configs))]
pub(crate) fn merge_configs<'py>(
    py: Python<'py>,
    configs: &Bound<'py, pyo3::types::PyTuple>,
) -> PyResult<Bound<'py, PyDict>> {
    let merged = PyDict::new(py);
    if configs.iter().all(|config| config.is_none()) {
        return Ok(merged);
    }
    merged.set_item(names::tags(py), PyList::empty(py))?;
    merged.set_item(names::metadata(py), PyDict::new(py))?;
    merged.set_item(names::configurable(py), PyDict::new(py))?;
    for config in configs {
        if !config.is_none() {
            merge_into(&merged, &Given::checked(Some(&config))?, false)?;
        }
    }
    Ok(merged)
}

/// Merges what is given into `base`. `callbacks_first`: its handlers go before those of `base`.
pub(crate) fn merge_into<'py>(
    base: &Bound<'py, PyDict>,
    given: &Given<'py>,
    callbacks_first: bool,
) -> PyResult<()> {
    let py = base.py();
    if let Some(tags) = &given.tags {
        let known = match base.get_item(names::tags(py))? {
            Some(known) if !known.is_none() => {
                labels::distinct(crate::config::read_tags("tags", &known)?)?
            }
            _ => None,
        };
        let all = labels::union_tags(py, &known, tags)?;
        base.set_item(names::tags(py), labels::tag_list(py, &all)?)?;
    }
    for (key, value) in [
        (names::metadata(py), &given.metadata),
        (names::configurable(py), &given.configurable),
    ] {
        if let Some(value) = value {
            let all = match base.get_item(key)? {
                Some(known) if !known.is_none() => read_mapping("metadata", &known)?.copy()?,
                _ => PyDict::new(py),
            };
            all.update(value.as_mapping())?;
            base.set_item(key, all)?;
        }
    }
    if let Some(callbacks) = &given.callbacks {
        let known = match base.get_item(names::callbacks(py))? {
            Some(known) if !known.is_none() => Some(Callbacks::read(&known)?),
            _ => None,
        };
        let all = match known {
            None => joined(py, callbacks.clone(), None)?,
            Some(known) if callbacks_first => joined(py, callbacks.clone(), Some(known))?,
            Some(known) => joined(py, known, Some(callbacks.clone()))?,
        };
        base.set_item(names::callbacks(py), all)?;
    }
    if let Some(name) = &given.run_name {
        base.set_item(names::run_name(py), name)?;
    }
    if let Some(id) = &given.run_id {
        base.set_item(names::run_id(py), id)?;
    }
    if let Some(most) = given.max_concurrency {
        base.set_item(names::max_concurrency(py), most)?;
    }
    if let Some(limit) = given.recursion_limit {
        // As in langchain-core, the default gives way: complete configs have it without being asked.
        let key = names::recursion_limit(py);
        if limit != RECURSION_LIMIT || !base.contains(key)? {
            base.set_item(key, limit)?;
        }
    }
    Ok(())
}

/// A list of handlers, each once.
fn distinct<'py>(
    py: Python<'py>,
    handlers: impl IntoIterator<Item = Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let all = PyList::empty(py);
    for handler in handlers {
        if !all.iter().any(|known| known.is(&handler)) {
            all.append(handler)?;
        }
    }
    Ok(all.into_any())
}

/// Two `callbacks` values as one: a list, or a copy of the manager with the list's handlers.
fn joined<'py>(
    py: Python<'py>,
    first: Callbacks<'py>,
    second: Option<Callbacks<'py>>,
) -> PyResult<Bound<'py, PyAny>> {
    match (first, second) {
        (Callbacks::Handlers(handlers), None) => distinct(py, handlers),
        (Callbacks::Manager(manager), None) => copied(&manager),
        (Callbacks::Handlers(first), Some(Callbacks::Handlers(second))) => {
            distinct(py, first.into_iter().chain(second))
        }
        (Callbacks::Handlers(handlers), Some(Callbacks::Manager(manager))) => {
            // The list's handlers came first: they are told first.
            let copy = copied(&manager)?;
            for name in [names::handlers(py), names::inheritable_handlers(py)] {
                let own = copy
                    .getattr(name)?
                    .try_iter()?
                    .collect::<PyResult<Vec<_>>>()?;
                let all = distinct(py, handlers.iter().chain(own))?;
                copy.setattr(name, all)?;
            }
            Ok(copy)
        }
        (Callbacks::Manager(manager), Some(Callbacks::Handlers(handlers))) => {
            let copy = copied(&manager)?;
            for handler in handlers {
                copy.call_method_out(names::add_handler(py), (handler, true))?;
            }
            Ok(copy)
        }
        (Callbacks::Manager(first), Some(Callbacks::Manager(second))) => {
            first.call_method_out(names::merge(py), (second,))
        }
    }
}

/// A complete config with some parts replaced.
///
/// New `callbacks` are for another run, so `run_name` and `run_id` are left out with them.
#[pyfunction]
#[pyo3(signature = (
    config=None, *, callbacks=None, recursion_limit=None, max_concurrency=None, run_name=None,
    configurable=None
))]
pub(crate) fn patch_config<'py>(
    py: Python<'py>,
    config: Option<&Bound<'py, PyAny>>,
    callbacks: Option<&Bound<'py, PyAny>>,
    recursion_limit: Option<&Bound<'py, PyAny>>,
    max_concurrency: Option<&Bound<'py, PyAny>>,
    run_name: Option<&Bound<'py, PyAny>>,
    configurable: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let mut given = Given::checked(config)?;
    if let Some(callbacks) = callbacks {
        Callbacks::read(callbacks)?.check()?;
        (given.run_name, given.run_id) = (None, None);
    }
    if let Some(limit) = recursion_limit {
        given.recursion_limit = Some(read_recursion_limit(limit)?);
    }
    if let Some(most) = max_concurrency {
        given.max_concurrency = Some(read_max_concurrency(most)?);
    }
    if let Some(name) = run_name {
        given.run_name = Some(read_run_name(name)?);
    }
    let scope = current_scope(py)?;
    let full = complete(py, scope.as_ref(), &given, callbacks.cloned())?;
    if let Some(more) = configurable {
        let more = read_mapping("configurable", more)?;
        let key = names::configurable(py);
        let all = match full.get_item(key)? {
            Some(known) => known.cast_into::<PyDict>()?,
            None => PyDict::new(py),
        };
        all.update(more.as_mapping())?;
        full.set_item(key, all)?;
    }
    Ok(full)
}

/// Checks a config without running anything: the error that an invocation would raise.
#[pyfunction]
pub(crate) fn check_config(config: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
    Given::checked(config).map(drop)
}

/// The keys of a config.
#[pyfunction]
pub(crate) fn config_keys() -> [&'static str; 8] {
    KEYS
}

/// The scope that a config describes, for bodies that run under it without a run of their own.
pub(crate) fn scope_for<'py>(
    py: Python<'py>,
    config: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, Scope>> {
    let around = current_scope(py)?;
    let mut opening = Opening::default();
    opening.resolve(py, around.as_ref(), None, &Given::read(config)?, None)?;
    Bound::new(py, opening.into_scope(py)?)
}

/// The scope that a config of langchain-core's describes, where that is the surrounding.
pub(crate) fn scope_of<'py>(config: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Scope>> {
    let py = config.py();
    let mut opening = Opening::default();
    opening.resolve_given(py, None, None, &Given::read(Some(config))?, None)?;
    Bound::new(py, opening.into_scope(py)?)
}

/// Makes the current context's scope that which a config describes.
#[pyfunction]
#[pyo3(signature = (config=None))]
pub(crate) fn set_scope<'py>(py: Python<'py>, config: Option<&Bound<'py, PyAny>>) -> PyResult<()> {
    Scope::set_current(&scope_for(py, config)?)
}
