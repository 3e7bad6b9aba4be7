//! Runs that a manager opens by hand, and custom events.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::handle::{self, HandStart};
use super::manager::ManagerBase;
use super::members::Reach;
use super::{Id, members_read};
use crate::dispatch::{Names, Note, Telling, tell};
use crate::events::Event;
use crate::handlers::HandlerSet;

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
        let start = hand_start(kind, serialized, payload, run_id, extra)?;
        let opened = start.kind;
        let (handle, note) = handle::started(py, self, start, false)?;
        if let (Some(mut note), Some(set)) = (note, self.members.handler_set(py, Reach::Own)?) {
            tell(py, set.get(), &mut note)
                .map_err(|refusal| handle::refused(&handle, opened, refusal))?;
        }
        Ok(handle)
    }

    /// The same for async code: the run manager, and what to await for its handlers to know.
    #[pyo3(signature = (kind, serialized, payload, run_id=None, extra=None))]
    fn astart_run<'py>(
        &self,
        py: Python<'py>,
        kind: &str,
        serialized: Option<Bound<'py, PyAny>>,
        payload: Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        extra: Option<Bound<'py, PyDict>>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, Telling>)> {
        let start = hand_start(kind, serialized, payload, run_id, extra)?;
        let (handle, note) = handle::started(py, self, start, true)?;
        let set = self.members.handler_set(py, Reach::Own)?;
        let telling = Telling::new(py, note.and_then(|note| set.map(|set| (set, note))))?;
        Ok((handle, telling))
    }

    /// Tells a custom event.
    #[pyo3(signature = (name, data, run_id=None, **kwargs))]
    fn on_custom_event<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let py = name.py();
        match self.custom_note(name, data, run_id, kwargs)? {
            Some((set, mut note)) => tell(py, set.get(), &mut note),
            None => Ok(()),
        }
    }

    /// The same for async code.
    #[pyo3(signature = (name, data, run_id=None, **kwargs))]
    fn aon_custom_event<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Telling>> {
        Telling::new(name.py(), self.custom_note(name, data, run_id, kwargs)?)
    }
}

impl ManagerBase {
    fn custom_note<'py>(
        &self,
        name: &Bound<'py, PyAny>,
        data: &Bound<'py, PyAny>,
        run_id: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<(Py<HandlerSet>, Note<'py>)>> {
        static NAMES: Names = Names::new();
        let py = name.py();
        let Some(set) = self.members.handler_set(py, Reach::Own)? else {
            return Ok(None);
        };
        if let Some(extra) = kwargs.filter(|extra| !extra.is_empty()) {
            return Err(PyValueError::new_err(format!(
                "a custom event takes a name, data and run_id; put {} into its data",
                extra.keys().repr()?
            )));
        }
        let note = Note::new(
            Event::CustomEvent,
            [name.clone(), data.clone()],
            &NAMES,
            ["run_id", "tags", "metadata"],
            [
                id_for(chosen_id(run_id)?).object(py)?,
                self.members.tag_list(py, Reach::Own).into_any(),
                self.members.fact_dict(py, Reach::Own)?.into_any(),
            ],
        )?;
        Ok(Some((set, note)))
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
