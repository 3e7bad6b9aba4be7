//! A `RunnableConfig` as its caller wrote it: read once, checked, never written to.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyInt, PyList, PyMapping, PyString, PyTuple, PyType};

use super::labels::{self, Metadata};
use crate::handlers::{self, Abilities};
use crate::py::calls::Outcall;
use crate::py::errors::shown;
use crate::py::{imports, names};

/// The value of the key `callbacks`.
#[derive(Clone)]
pub(crate) enum Callbacks<'py> {
    /// Handlers to add to those around the call; none at all silences the call.
    ///
    /// The caller's own list, which is not kept beyond the call.
    Handlers(Bound<'py, PyList>),
    /// A manager, whose parent and handlers are taken as they are.
    Manager(Bound<'py, PyAny>),
}

/// The parts of a config that are there and not `None`.
#[derive(Default)]
pub(crate) struct Given<'py> {
    pub(crate) callbacks: Option<Callbacks<'py>>,
    pub(crate) tags: Option<Bound<'py, PyTuple>>,
    pub(crate) metadata: Option<Bound<'py, PyDict>>,
    pub(crate) run_name: Option<Bound<'py, PyString>>,
    pub(crate) run_id: Option<Bound<'py, PyAny>>,
    pub(crate) max_concurrency: Option<usize>,
    pub(crate) recursion_limit: Option<i64>,
    pub(crate) configurable: Option<Bound<'py, PyDict>>,
}

/// The keys of a config, in the order in which langchain-core lists them.
pub(crate) const KEYS: [&str; 8] = [
    "tags",
    "metadata",
    "callbacks",
    "run_name",
    "max_concurrency",
    "recursion_limit",
    "configurable",
    "run_id",
];

impl<'py> Given<'py> {
    /// Reads a config argument: `None` or a mapping. Its handlers are looked at when they join a set.
    pub(crate) fn read(config: Option<&Bound<'py, PyAny>>) -> PyResult<Self> {
        let mut given = Self::default();
        given.take(config)?;
        Ok(given)
    }

    /// The same for a config of which no run is opened at once: its handlers are looked at, too.
    pub(crate) fn checked(config: Option<&Bound<'py, PyAny>>) -> PyResult<Self> {
        let given = Self::read(config)?;
        given.callbacks.iter().try_for_each(Callbacks::check)?;
        Ok(given)
    }

    /// What `read` does, where it stays: to copy what was just written takes 10 ns.
    #[inline]
    pub(crate) fn take(&mut self, config: Option<&Bound<'py, PyAny>>) -> PyResult<()> {
        match config.filter(|config| !config.is_none()) {
            None => Ok(()),
            Some(config) => self.take_dict(&mapping("config", config)?),
        }
    }

    /// Whether nothing is given.
    pub(crate) fn is_empty(&self) -> bool {
        self.callbacks.is_none()
            && self.tags.is_none()
            && self.metadata.is_none()
            && self.run_name.is_none()
            && self.run_id.is_none()
            && self.max_concurrency.is_none()
            && self.recursion_limit.is_none()
            && self.configurable.is_none()
    }

    fn take_dict(&mut self, config: &Bound<'py, PyDict>) -> PyResult<()> {
        let py = config.py();
        if config.is_empty() {
            return Ok(());
        }
        // By far the most configs hold nothing but callbacks.
        if config.len() == 1
            && let Some(callbacks) = config.get_item(names::callbacks(py))?
        {
            if !callbacks.is_none() {
                self.callbacks = Some(Callbacks::read(&callbacks)?);
            }
            return Ok(());
        }
        let mut known = 0;
        let mut value = |key: &Bound<'py, PyString>| {
            // What comes first is given most often; nothing is looked for once all is found.
            if known == config.len() {
                return Ok(None);
            }
            let value = config.get_item(key)?;
            known += usize::from(value.is_some());
            Ok::<_, PyErr>(value.filter(|value| !value.is_none()))
        };
        if let Some(value) = value(names::callbacks(py))? {
            self.callbacks = Some(Callbacks::read(&value)?);
        }
        if let Some(value) = value(names::tags(py))? {
            self.tags = Some(tags("tags", &value)?);
        }
        if let Some(value) = value(names::metadata(py))? {
            self.metadata = Some(mapping("metadata", &value)?);
        }
        if let Some(value) = value(names::run_name(py))? {
            self.run_name = Some(run_name(&value)?);
        }
        if let Some(value) = value(names::run_id(py))? {
            self.run_id = Some(run_id(&value)?);
        }
        if let Some(value) = value(names::max_concurrency(py))? {
            self.max_concurrency = Some(max_concurrency(&value)?);
        }
        if let Some(value) = value(names::recursion_limit(py))? {
            self.recursion_limit = Some(recursion_limit(&value)?);
        }
        if let Some(value) = value(names::configurable(py))? {
            self.configurable = Some(mapping("configurable", &value)?);
        }
        if known != config.len() {
            self.configure_with_others(config)?;
        }
        self.name_the_model()
    }

    /// As in langchain-core, keys that no config has are runtime values of the chain.
    #[cold]
    fn configure_with_others(&mut self, config: &Bound<'py, PyDict>) -> PyResult<()> {
        let all = match &self.configurable {
            Some(configurable) => configurable.copy()?,
            None => PyDict::new(config.py()),
        };
        // A snapshot: showing a wrong key can run code that changes the config.
        for item in config.items() {
            let (key, value): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item.extract()?;
            if value.is_none() {
                continue;
            }
            let name = key.cast::<PyString>().map_err(|_| {
                PyTypeError::new_err(format!(
                    "config keys are strings, got {} in the config",
                    shown(&key)
                ))
            })?;
            if !KEYS.contains(&&*name.to_cow()?) {
                all.set_item(key, value)?;
            }
        }
        if !all.is_empty() || self.configurable.is_some() {
            self.configurable = Some(all);
        }
        Ok(())
    }

    /// As in langchain-core, a model or checkpoint namespace that is configured is metadata too.
    fn name_the_model(&mut self) -> PyResult<()> {
        let Some(configurable) = &self.configurable else {
            return Ok(());
        };
        let py = configurable.py();
        for key in [names::model(py), names::checkpoint_ns(py)] {
            let Some(value) = configurable.get_item(key)? else {
                continue;
            };
            if !value.is_instance_of::<PyString>() {
                continue;
            }
            let known = match &self.metadata {
                Some(metadata) => metadata.contains(key)?,
                None => false,
            };
            if !known {
                let metadata = match &self.metadata {
                    Some(metadata) => metadata.copy()?,
                    None => PyDict::new(py),
                };
                metadata.set_item(key, value)?;
                self.metadata = Some(metadata);
            }
        }
        Ok(())
    }
}

impl<'py> Callbacks<'py> {
    /// Reads a `callbacks` value: a list of handlers, a manager, or a single handler. What the list
    /// holds is not looked at.
    pub(crate) fn read(value: &Bound<'py, PyAny>) -> PyResult<Self> {
        let py = value.py();
        if let Ok(list) = value.cast::<PyList>() {
            return Ok(Self::Handlers(list.clone()));
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            return Ok(Self::Handlers(tuple.to_list()));
        }
        if value.is_instance_of::<PyType>() {
            return Err(handlers::refused_class(value));
        }
        if value.hasattr(names::inheritable_handlers(py))? {
            return Ok(Self::Manager(value.clone()));
        }
        if handlers::is_handler(value)? {
            return PyList::new(py, [value]).map(Self::Handlers);
        }
        Err(PyTypeError::new_err(format!(
            "callbacks is a list of handlers or a callback manager, got {}",
            shown(value)
        )))
    }

    /// Refuses what is no handler. A set that takes the handlers in does so, too.
    pub(crate) fn check(&self) -> PyResult<()> {
        let Self::Handlers(list) = self else {
            return Ok(());
        };
        let mut known = Abilities::default();
        for handler in list {
            if !known.holds_for(&handler) {
                known = handlers::checked(&handler)?;
            }
        }
        Ok(())
    }
}

/// Reads a list of tags.
pub(crate) fn tags<'py>(what: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyTuple>> {
    let items = if let Ok(list) = value.cast::<PyList>() {
        list.to_tuple()
    } else if value.is_instance_of::<PyString>() || value.is_instance_of::<PyDict>() {
        return Err(PyTypeError::new_err(format!(
            "{what} is a list of strings, got {}",
            shown(value)
        )));
    } else {
        let tags = value.try_iter().map_err(|_| {
            PyTypeError::new_err(format!("{what} is a list of strings, got {}", shown(value)))
        })?;
        PyTuple::new(value.py(), tags.collect::<PyResult<Vec<_>>>()?)?
    };
    for tag in &items {
        if !tag.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err(format!(
                "{what} holds {}; every tag is a string",
                shown(&tag)
            )));
        }
    }
    Ok(items)
}

/// Reads a mapping; a dict is taken as it is.
pub(crate) fn mapping<'py>(what: &str, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    if let Ok(dict) = value.cast::<PyDict>() {
        return Ok(dict.clone());
    }
    let Ok(mapping) = value.cast::<PyMapping>() else {
        return Err(PyTypeError::new_err(format!(
            "{what} is a dict, got {}",
            shown(value)
        )));
    };
    let dict = PyDict::new(value.py());
    dict.update(mapping)?;
    Ok(dict)
}

/// Reads a mapping as metadata that nobody changes.
pub(crate) fn metadata(what: &str, value: &Bound<'_, PyAny>) -> PyResult<Metadata> {
    labels::metadata_of(&mapping(what, value)?)
}

pub(crate) fn run_name<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyString>> {
    value
        .cast::<PyString>()
        .cloned()
        .map_err(|_| PyTypeError::new_err(format!("run_name is a string, got {}", shown(value))))
}

/// Reads a run id: a `uuid.UUID`, or the text of one.
pub(crate) fn run_id<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let uuid = imports::uuid(value.py())?;
    if value.is_instance(uuid)? {
        return Ok(value.clone());
    }
    if value.is_instance_of::<PyString>() {
        return uuid.call_out((value,)).map_err(|_| {
            PyValueError::new_err(format!("run_id is a UUID, got the text {}", shown(value)))
        });
    }
    Err(PyTypeError::new_err(format!(
        "run_id is a uuid.UUID, got {}",
        shown(value)
    )))
}

pub(crate) fn max_concurrency(value: &Bound<'_, PyAny>) -> PyResult<usize> {
    let count = integer("max_concurrency", value)?;
    usize::try_from(count)
        .ok()
        .filter(|count| *count > 0)
        .ok_or_else(|| {
            PyValueError::new_err(format!(
                "max_concurrency is at least 1, or None for the default; got {count}"
            ))
        })
}

pub(crate) fn recursion_limit(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    integer("recursion_limit", value)
}

fn integer(what: &str, value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if !value.is_instance_of::<PyInt>() || value.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err(format!(
            "{what} is an int, got {}",
            shown(value)
        )));
    }
    value.extract()
}

/// Reads the name of a kind of run.
pub(crate) fn kind(name: &str) -> PyResult<crate::events::Kind> {
    crate::events::Kind::from_name(name).ok_or_else(|| {
        PyValueError::new_err(format!(
            "no kind of run is called {name:?}; there are chain, llm, chat_model, tool, retriever"
        ))
    })
}
