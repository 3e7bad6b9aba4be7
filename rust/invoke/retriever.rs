//! A retriever's search: one run, opened and closed here, around the search method of its class.

use std::ffi::CStr;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::call::prepared;
use super::drive::{Drive, bare_drive};
use super::launch::Brought;
use crate::config::{Given, shown};
use crate::events::Kind;
use crate::py::calls::{self, Outcall};
use crate::py::{classes, imports, names, objects};
use crate::runs::{Place, Run, Start, handle, naming};

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
        given: Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let retriever = this.as_any();
        let kwargs = kwargs.filter(|kwargs| !kwargs.is_empty());
        let facts = classes::found::<RetrieverFacts>(retriever, imports::facts_of_retriever)?;
        let facts = facts.get();
        let name = naming::name(retriever, &*classes::known(retriever)?)?;
        let mut brought = Brought::of_fields(retriever)?;
        brought.inherit_metadata = Some(parameters(facts, retriever, &name, kwargs)?.unbind());
        let local = brought.local(py)?;
        let (run, run_name) = prepared(py, Kind::Retriever, given, place, Some(local))?;
        let start = Start {
            name: Some(name.cast_into::<PyString>()?),
            ..Start::of(retriever, input)
        };
        let _entered = run.open(py, run_name, start)?;
        let found = search(facts.search, retriever, &run, input, kwargs);
        run.close(py, found, || None, |_| None)
    }
}

/// What tracing services are told of the retriever.
fn parameters<'py>(
    facts: &RetrieverFacts,
    retriever: &Bound<'py, PyAny>,
    name: &Bound<'py, PyAny>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = retriever.py();
    let method = pyo3::intern!(py, "_get_ls_params");
    let own = objects::instance_dict(retriever).map_or(Ok(false), |own| own.contains(method))?;
    if facts.tells_its_name && !own {
        return calls::vectorcall(imports::retriever_parameters(py)?, &[name]);
    }
    retriever.getattr(method)?.call_out_with((), kwargs)
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
    let is_document = |each: Bound<'py, PyAny>| {
        let is_own = objects::plain_state(&each, imports::document(py)?).is_some();
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
