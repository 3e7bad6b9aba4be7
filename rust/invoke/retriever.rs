//! A retriever's search: one run, opened and closed here, around the search method of its class.

use std::ffi::CStr;

use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::call::prepared;
use super::drive::{Drive, bare_drive};
use super::launch::Brought;
use crate::config::labels::{self, Metadata};
use crate::config::{Given, read_metadata};
use crate::events::Kind;
use crate::py::calls::{self, Outcall};
use crate::py::cell::Lazy;
use crate::py::checked::Checked;
use crate::py::errors::shown;
use crate::py::{classes, imports, names, objects};
use crate::runs::{Local, Place, Run, Start, handle, naming};

bare_drive! {
    /// The hot method of retrievers, whose state is a pydantic model's.
    RetrieverDrive
}

/// What is known of a class of retrievers.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct RetrieverFacts {
    search: SearchTakes,
    asearch: SearchTakes,
    /// Whether they tell tracing services their name and nothing else.
    tells_its_name: bool,
    /// The name of one of them, mostly of all, and what is told of it.
    told: Lazy<(Py<PyAny>, Metadata)>,
    /// Whether the `__dict__` of a retriever holds nothing for its runs.
    plain: Checked,
}

/// What a search method takes beside the query.
#[derive(Clone, Copy, FromPyObject)]
struct SearchTakes {
    run_manager: bool,
    /// Any keywords of the caller's; a method that names none is spared what was meant for others.
    keywords: bool,
}

#[pymethods]
impl RetrieverFacts {
    #[new]
    #[pyo3(signature = (*, search, asearch, tells_its_name))]
    fn new(search: SearchTakes, asearch: SearchTakes, tells_its_name: bool) -> Self {
        Self {
            search,
            asearch,
            tells_its_name,
            told: Lazy::new(),
            plain: Checked::default(),
        }
    }

    /// The keywords to call the search method with.
    fn arguments<'py>(
        &self,
        run_manager: &Bound<'py, PyAny>,
        keywords: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyDict>> {
        self.search.arguments(run_manager, keywords)
    }

    /// The keywords to call the async search method with.
    fn aarguments<'py>(
        &self,
        run_manager: &Bound<'py, PyAny>,
        keywords: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyDict>> {
        self.asearch.arguments(run_manager, keywords)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some((name, metadata)) = self.told.get() {
            visit.call(name)?;
            visit.call(metadata)?;
        }
        Ok(())
    }
}

impl RetrieverFacts {
    /// Whether a retriever with these attributes brings nothing to its runs, and tells tracing
    /// services what its class does.
    ///
    /// To look for all of that takes a tenth of a search's time, so it is not done again while the
    /// attributes are the same.
    fn are_plain(&self, own: &Bound<'_, PyDict>) -> PyResult<bool> {
        self.plain.passes(own, || {
            let py = own.py();
            for name in [names::callbacks(py), names::tags(py), names::metadata(py)] {
                if own.get_item(name)?.is_some_and(|value| !value.is_none()) {
                    return Ok(false);
                }
            }
            Ok(!own.contains(names::_get_ls_params(py))?)
        })
    }

    /// What tracing services are told of a retriever.
    fn parameters<'py>(
        &self,
        retriever: &Bound<'py, PyAny>,
        own: Option<Bound<'py, PyDict>>,
        name: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Metadata> {
        let method = names::_get_ls_params(retriever.py());
        if self.tells_its_name && !own.map_or(Ok(false), |own| own.contains(method))? {
            return self.told_of(name);
        }
        let made = retriever.getattr(method)?.call_out_with((), kwargs)?;
        read_metadata("metadata", &made)
    }

    /// What tracing services are told of a retriever that tells its name.
    fn told_of(&self, name: &Bound<'_, PyAny>) -> PyResult<Metadata> {
        let py = name.py();
        let make = || {
            let made = calls::vectorcall(imports::retriever_parameters(py)?, &[name])?;
            read_metadata("metadata", &made)
        };
        let first = || Ok::<_, PyErr>((name.clone().unbind(), make()?));
        match self.told.get_or_make(first)? {
            (of, told) if of.is(name) => Ok(labels::share(py, told)),
            _ => make(),
        }
    }
}

impl SearchTakes {
    fn arguments<'py>(
        self,
        run_manager: &Bound<'py, PyAny>,
        keywords: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let given = if self.keywords {
            keywords.copy()?
        } else {
            PyDict::new(run_manager.py())
        };
        if self.run_manager {
            given.set_item(names::run_manager(run_manager.py()), run_manager)?;
        }
        Ok(given)
    }
}

impl Drive for RetrieverDrive {
    const DOC: &'static CStr =
        c"invoke($self, input, config=None, **kwargs)\n--\n\nSearches on the caller's thread.";

    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let retriever = this.as_any();
        let kwargs = kwargs.filter(|kwargs| !kwargs.is_empty());
        let known = classes::known(retriever)?;
        let facts = known.found::<RetrieverFacts>(retriever, imports::facts_of_retriever)?;
        let facts = facts.get();
        let name = naming::name(retriever, &known)?;
        let local = match objects::instance_dict(retriever) {
            Some(own) if facts.tells_its_name && facts.are_plain(&own)? => Local {
                inherit_metadata: facts.told_of(&name)?,
                ..Local::default()
            },
            own => Local {
                inherit_metadata: facts.parameters(retriever, own, &name, kwargs)?,
                ..Brought::of_fields(retriever)?.local(py)?
            },
        };
        let run = prepared(py, Kind::Retriever, given, place, Some(&local))?;
        let start = Start {
            name: Some(name.cast_into::<PyString>()?),
            ..Start::of(retriever, input)
        };
        let _entered = run.open(py, given.run_name.as_ref(), start)?;
        let found = search(facts.search, retriever, &run, input, kwargs);
        run.close(py, found, || None, |_| None)
    }
}

/// Calls the search method of the class.
fn search<'py>(
    takes: SearchTakes,
    retriever: &Bound<'py, PyAny>,
    run: &Run,
    query: &Bound<'py, PyAny>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    static NAMES: PyOnceLock<Py<PyTuple>> = PyOnceLock::new();
    let py = retriever.py();
    let method = pyo3::intern!(py, "_get_relevant_documents");
    let found = match kwargs.filter(|_| takes.keywords) {
        None if !takes.run_manager => calls::method(retriever, method, &[query])?,
        None => {
            let manager = handle::of_run(py, run, false)?;
            let names = NAMES.get_or_try_init(py, || {
                PyTuple::new(py, [names::run_manager(py)]).map(Bound::unbind)
            })?;
            let arguments = [retriever.clone(), query.clone(), manager];
            calls::call_method(method, &arguments, names.bind(py))?
        }
        Some(kwargs) => {
            let given = takes.arguments(&handle::of_run(py, run, false)?, kwargs)?;
            retriever
                .getattr(method)?
                .call_out_with((query,), Some(&given))?
        }
    };
    checked_documents(retriever, found)
}

/// What a search method of the retriever returned, if it is a list of documents.
#[pyfunction]
pub(crate) fn checked_documents<'py>(
    retriever: &Bound<'py, PyAny>,
    found: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = retriever.py();
    let document = imports::document(py)?;
    let is_document = |each: Bound<'py, PyAny>| {
        let is_own = each.get_type_ptr() == document.as_type_ptr();
        Ok::<_, PyErr>(
            is_own || objects::attribute(&each, pyo3::intern!(py, "page_content"))?.is_some(),
        )
    };
    if let Ok(list) = found.cast::<PyList>() {
        let mut all = true;
        for each in list {
            all = all && is_document(each)?;
        }
        if all {
            return Ok(found);
        }
    }
    Err(PyTypeError::new_err(format!(
        "{} found {}: its _get_relevant_documents and _aget_relevant_documents must return a list of documents.",
        retriever.get_type().name()?,
        shown(&found)
    )))
}
