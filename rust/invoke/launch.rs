//! What to run: everything that opening a run needs, kept until the run is opened.

use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::call::prepared;
use crate::config::{Callbacks, Given, read_mapping, read_metadata, read_tags};
use crate::events::Kind;
use crate::py::calls::Outcall;
use crate::py::errors::shown;
use crate::py::{names, objects};
use crate::runs::{Local, Place, Run, Scope, Start};

/// What an object of the program brings to its own runs.
#[derive(Default)]
pub(crate) struct Brought {
    pub(crate) callbacks: Option<Py<PyAny>>,
    pub(crate) tags: Option<Py<PyAny>>,
    pub(crate) metadata: Option<Py<PyAny>>,
    pub(crate) inherit_metadata: Option<Py<PyAny>>,
    pub(crate) verbose: bool,
    /// Keywords that the end event gets besides.
    pub(crate) end_extra: Option<Py<PyDict>>,
    /// Keywords that the error event gets besides: a dict, or a function of the exception.
    pub(crate) error_extra: Option<Py<PyAny>>,
}

impl Brought {
    /// What an object has in its fields: `callbacks`, `tags`, `metadata` and `verbose`.
    pub(crate) fn of_fields(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = object.py();
        let Some(own) = objects::instance_dict(object) else {
            return Ok(Self::default());
        };
        let field = |name| {
            let value = own.get_item(name)?.filter(|value| !value.is_none());
            Ok::<_, PyErr>(value.map(Bound::unbind))
        };
        let verbose = own.get_item(names::verbose(py))?;
        Ok(Self {
            callbacks: field(names::callbacks(py))?,
            tags: field(names::tags(py))?,
            metadata: field(names::metadata(py))?,
            verbose: verbose.is_some_and(|verbose| verbose.is_truthy().unwrap_or(false)),
            ..Self::default()
        })
    }

    /// The same, checked.
    pub(crate) fn local<'py>(&self, py: Python<'py>) -> PyResult<Local<'py>> {
        let value = |object: &Option<Py<PyAny>>| {
            object
                .as_ref()
                .map(|o| o.bind(py).clone())
                .filter(|o| !o.is_none())
        };
        Ok(Local {
            callbacks: value(&self.callbacks)
                .map(|c| Callbacks::read(&c))
                .transpose()?,
            tags: value(&self.tags)
                .map(|t| read_tags("tags", &t))
                .transpose()?,
            metadata: value(&self.metadata)
                .map(|m| read_mapping("metadata", &m))
                .transpose()?,
            inherit_metadata: match value(&self.inherit_metadata) {
                Some(m) => read_metadata("inherit_metadata", &m)?,
                None => None,
            },
            verbose: self.verbose,
        })
    }
}

/// A run to be opened.
pub(crate) struct Launch {
    pub(crate) kind: Kind,
    pub(crate) owner: Py<PyAny>,
    pub(crate) config: Option<Py<PyAny>>,
    /// Where the owner stands in a composition: the scope and the tuple of a `Place`.
    pub(crate) place: Option<(Py<Scope>, Py<PyTuple>)>,
    pub(crate) payload: Py<PyAny>,
    pub(crate) name: Option<Py<PyString>>,
    pub(crate) serialized: Option<Py<PyAny>>,
    pub(crate) run_type: Option<Py<PyAny>>,
    pub(crate) extra: Option<Py<PyDict>>,
    pub(crate) brought: Option<Box<Brought>>,
}

impl Launch {
    /// A run of a runnable as a chain.
    pub(crate) fn chain(
        owner: &Bound<'_, PyAny>,
        config: Option<&Bound<'_, PyAny>>,
        place: Option<Place<'_, '_>>,
        payload: &Bound<'_, PyAny>,
        run_type: Option<Bound<'_, PyAny>>,
    ) -> Self {
        Self {
            kind: Kind::Chain,
            owner: owner.clone().unbind(),
            config: config
                .filter(|config| !config.is_none())
                .map(|c| c.clone().unbind()),
            place: place.map(|place| (place.scope.clone().unbind(), place.label.clone().unbind())),
            payload: payload.clone().unbind(),
            name: None,
            serialized: None,
            run_type: run_type.map(Bound::unbind),
            extra: None,
            brought: None,
        }
    }

    /// Refuses what no run could be opened with.
    pub(crate) fn check(&self, py: Python<'_>) -> PyResult<()> {
        Given::checked(self.config.as_ref().map(|config| config.bind(py)))?;
        let local = self.local(py)?;
        let callbacks = local.and_then(|local| local.callbacks);
        callbacks.iter().try_for_each(Callbacks::check)?;
        self.check_keywords(py)
    }

    /// Reads the config.
    fn read<'py>(&self, py: Python<'py>, given: &mut Given<'py>) -> PyResult<()> {
        given.take(self.config.as_ref().map(|config| config.bind(py)))
    }

    /// What the object brings along.
    pub(crate) fn local<'py>(&self, py: Python<'py>) -> PyResult<Option<Local<'py>>> {
        let brought = self.brought.as_ref();
        brought.map(|brought| brought.local(py)).transpose()
    }

    /// What the start event says.
    pub(crate) fn start<'a, 'py>(&'a self, py: Python<'py>) -> Start<'a, 'py> {
        Start {
            owner: self.owner.bind(py),
            name: self.name.as_ref().map(|name| name.bind(py).clone()),
            serialized: self.serialized.as_ref().map(|s| s.bind(py).clone()),
            payload: self.payload.bind(py),
            run_type: self.run_type.as_ref().map(|r| r.bind(py).clone()),
            extra: self.extra.as_ref().map(|e| e.bind(py).clone()),
        }
    }

    /// The run, of which nobody was told yet; `given` takes what the config gives it.
    #[inline]
    pub(crate) fn prepare<'py>(&self, py: Python<'py>, given: &mut Given<'py>) -> PyResult<Run> {
        self.read(py, given)?;
        let place = self.place.as_ref().map(|(scope, label)| Place {
            scope: scope.bind(py),
            label: label.bind(py),
        });
        prepared(py, self.kind, given, place, self.local(py)?.as_ref())
    }

    /// Refuses keywords for hooks that are no strings.
    fn check_keywords(&self, py: Python<'_>) -> PyResult<()> {
        let brought = self.brought.as_ref();
        let fixed = brought.and_then(|brought| brought.error_extra.as_ref());
        let all = [
            self.extra.as_ref().map(|extra| extra.bind(py)),
            brought
                .and_then(|b| b.end_extra.as_ref())
                .map(|extra| extra.bind(py)),
            fixed.and_then(|extra| extra.bind(py).cast::<PyDict>().ok()),
        ];
        for keywords in all.into_iter().flatten() {
            strings_only(keywords)?;
        }
        Ok(())
    }

    /// Keywords that the end event gets besides.
    pub(crate) fn end_extra<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyDict>> {
        let brought = self.brought.as_ref()?;
        brought
            .end_extra
            .as_ref()
            .map(|extra| extra.bind(py).clone())
    }

    /// Keywords that the error event gets besides; for a stream, made with its chunks so far.
    ///
    /// A function for them that fails must not hide the error: its own is reported as
    /// unraisable.
    pub(crate) fn error_extra<'py>(
        &self,
        py: Python<'py>,
        error: &PyErr,
        chunks: Option<Bound<'py, PyAny>>,
    ) -> Option<Bound<'py, PyDict>> {
        let extra = self.brought.as_ref()?.error_extra.as_ref()?.bind(py);
        if let Ok(fixed) = extra.cast::<PyDict>() {
            return Some(fixed.clone());
        }
        let made = match chunks {
            Some(chunks) => extra.call_out((error.value(py), chunks)),
            None => extra.call_out((error.value(py),)),
        };
        let made = made.and_then(|made| Ok(made.cast_into::<PyDict>()?));
        match made.and_then(|made| strings_only(&made).map(|()| made)) {
            Ok(made) => Some(made),
            Err(failure) => {
                failure.write_unraisable(py, Some(extra));
                None
            }
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.owner)?;
        visit.call(&self.payload)?;
        for object in [&self.config, &self.serialized, &self.run_type]
            .into_iter()
            .flatten()
        {
            visit.call(object)?;
        }
        if let Some((scope, label)) = &self.place {
            visit.call(scope)?;
            visit.call(label)?;
        }
        if let Some(extra) = &self.extra {
            visit.call(extra)?;
        }
        if let Some(brought) = &self.brought {
            let objects = [
                &brought.callbacks,
                &brought.tags,
                &brought.metadata,
                &brought.inherit_metadata,
                &brought.error_extra,
            ];
            for object in objects.into_iter().flatten() {
                visit.call(object)?;
            }
            if let Some(extra) = &brought.end_extra {
                visit.call(extra)?;
            }
        }
        Ok(())
    }
}

fn strings_only(keywords: &Bound<'_, PyDict>) -> PyResult<()> {
    for name in keywords.keys() {
        if !name.is_instance_of::<PyString>() {
            return Err(PyTypeError::new_err(format!(
                "keywords for hooks are strings, got {}",
                shown(&name)
            )));
        }
    }
    Ok(())
}
