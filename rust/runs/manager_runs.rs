//! Runs that a manager opens by hand, and custom events.

use std::ffi::CStr;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::handle::{self, HandStart};
use super::manager::ManagerBase;
use super::members::Reach;
use super::{Id, members_read};
use crate::dispatch::{Names, Note, Telling, noticed, tell};
use crate::events::{Event, Kind};
use crate::handlers::HandlerSet;
use crate::py::fastcall::{Method, Name, Passed, install as install_method, signature};
use crate::py::names;

#[pymethods]
impl ManagerBase {
    /// Opens a run of the named kind by hand: its run manager.
    ///
    /// Model kinds take a list of prompts or message lists and open a run for each.
    #[pyo3(signature = (kind, serialized, payload, run_id=None, extra=None))]
    fn start_run<'py>(
        &self,
        py: Python<'py>,
        kind: &str,
        serialized: Option<Bound<'py, PyAny>>,
        payload: Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        extra: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.open(py, hand_start(kind, serialized, payload, run_id, extra)?)
    }

    /// The same for async code: the run manager, what to await for its handlers to know, and the
    /// name of the method that tells them of a refusal.
    #[pyo3(signature = (kind, serialized, payload, run_id=None, extra=None))]
    fn astart_run<'py>(
        &self,
        py: Python<'py>,
        kind: &str,
        serialized: Option<Bound<'py, PyAny>>,
        payload: Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        extra: Option<Bound<'py, PyDict>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, Telling>, Bound<'py, PyString>)> {
        let start = hand_start(kind, serialized, payload, run_id, extra)?;
        let refused = start.kind.error().hook(py).clone();
        let (handle, told) = handle::started(py, self, start, true, noticed)?;
        Ok((handle, Telling::new(py, told)?, refused))
    }

    /// Tells a custom event.
    #[pyo3(signature = (name, data, run_id=None, **kwargs))]
    fn on_custom_event<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let told = self.custom_note(py, name, data, run_id, kwargs, tell)?;
        told.unwrap_or(Ok(()))
    }

    /// The same for async code.
    #[pyo3(signature = (name, data, run_id=None, **kwargs))]
    fn aon_custom_event<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Telling>> {
        let note = self.custom_note(py, name, data, run_id, kwargs, noticed)?;
        Telling::new(py, note)
    }
}

impl ManagerBase {
    /// Opens a run and tells its start.
    fn open<'py>(&self, py: Python<'py>, start: HandStart<'py>) -> PyResult<Bound<'py, PyAny>> {
        let kind = start.kind;
        let (handle, told) = handle::started(py, self, start, false, tell)?;
        match told {
            Some(Err(refusal)) => Err(handle::refused(&handle, kind, refusal)),
            _ => Ok(handle),
        }
    }

    /// What `then` makes of a custom event, if there is anybody to tell.
    fn custom_note<'py, R>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
        then: impl FnOnce(&Py<HandlerSet>, &mut Note<'py>) -> R,
    ) -> PyResult<Option<R>> {
        static NAMES: Names<3> = Names::new(["run_id", "tags", "metadata"]);
        let Some(set) = self.members.handler_set(py, Reach::Own)? else {
            return Ok(None);
        };
        if let Some(extra) = kwargs.filter(|extra| !extra.is_empty()) {
            return Err(PyValueError::new_err(format!(
                "a custom event takes a name, data and run_id; put {} into its data",
                extra.keys().repr()?
            )));
        }
        let mut note = Note::new(Event::CustomEvent, NAMES.get(py)?);
        note.fill([
            name.clone(),
            data.clone(),
            id_for(chosen_id(run_id)?).object(py)?,
            self.members.tag_list(py, Reach::Own)?.into_any(),
            self.members.fact_dict(py, Reach::Own)?.into_any(),
        ]);
        Ok(Some(then(&set, &mut note)))
    }
}

/// What a start method was called with.
fn hand_start<'py>(
    kind: &str,
    serialized: Option<Bound<'py, PyAny>>,
    payload: Bound<'py, PyAny>,
    run_id: Option<&Bound<'py, PyAny>>,
    extra: Option<Bound<'py, PyDict>>,
) -> PyResult<HandStart<'py>> {
    Ok(HandStart {
        kind: crate::config::read_kind(kind)?,
        serialized,
        payload,
        run_id: chosen_id(run_id)?,
        extra,
    })
}

/// The id that a caller chose for a run that is started by hand.
fn chosen_id<'py>(run_id: Option<&Bound<'py, PyAny>>) -> PyResult<Option<Bound<'py, PyAny>>> {
    members_read::optional(run_id)
        .map(crate::config::read_run_id)
        .transpose()
}

/// Ids of runs by hand, for `Id`.
pub(crate) fn id_for(run_id: Option<Bound<'_, PyAny>>) -> Id {
    match run_id {
        Some(id) => Id::given(id.unbind()),
        None => Id::fresh(),
    }
}

/// Defines `name(self, serialized, payload, run_id=None, …, **kwargs)`, which opens a run of a kind.
macro_rules! start_method {
    ($method:ident, $name:literal, $kind:ident, $parameters:literal, [$($parameter:ident),*],
     $extra:path, $doc:literal) => {
        struct $method;

        impl Method for $method {
            type Class = ManagerBase;
            type Receiver = ManagerBase;
            const NAME: &'static CStr = signature!($name);
            const DOC: &'static CStr = signature!($name, "($self, ", $parameters, ")\n--\n\n", $doc);
            const PARAMETERS: &'static [Name] = &[$(names::$parameter),*];
            const REQUIRED: usize = 2;

            fn call<'py>(
                this: &Bound<'py, ManagerBase>,
                passed: Passed<'_, 'py>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let start = HandStart {
                    kind: Kind::$kind,
                    serialized: Some(passed.required(0)?.clone()),
                    payload: passed.required(1)?.clone(),
                    run_id: chosen_id(passed.optional(2))?,
                    extra: $extra(this.py(), passed)?,
                };
                this.get().open(this.py(), start)
            }
        }
    };
}

start_method!(
    StartChain,
    "start_chain",
    Chain,
    "serialized, inputs, run_id=None, **kwargs",
    [serialized, inputs, run_id],
    further,
    "Opens a run of a chain."
);
start_method!(
    StartTool,
    "start_tool",
    Tool,
    "serialized, input_str, run_id=None, parent_run_id=None, inputs=None, **kwargs",
    [serialized, input_str, run_id, parent_run_id, inputs],
    with_inputs,
    "Opens a run of a tool."
);
start_method!(
    StartRetriever,
    "start_retriever",
    Retriever,
    "serialized, query, run_id=None, parent_run_id=None, **kwargs",
    [serialized, query, run_id, parent_run_id],
    further,
    "Opens a run of a retriever."
);

/// What else hooks are told.
#[allow(clippy::unnecessary_wraps, reason = "the form that tools need")]
fn further<'py>(_: Python<'py>, passed: Passed<'_, 'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
    Ok(passed.kwargs)
}

/// The same for tools, whose hooks get the inputs whether there are any or not.
fn with_inputs<'py>(
    py: Python<'py>,
    passed: Passed<'_, 'py>,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let inputs = passed.optional(4).cloned();
    let extra = passed.kwargs.unwrap_or_else(|| PyDict::new(py));
    extra.set_item(names::inputs(py), inputs)?;
    Ok(Some(extra))
}

/// Puts the methods into the class of managers.
pub(super) fn install(py: Python<'_>) -> PyResult<()> {
    install_method::<StartChain>(py)?;
    install_method::<StartTool>(py)?;
    install_method::<StartRetriever>(py)
}
