//! Runnables whose run is one method of their class: prompts and parsers.

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::call;
use super::drive::{Drive, bare_drive};
use crate::config::Given;
use crate::events::Kind;
use crate::py::{calls, names, objects};
use crate::runs::{Place, Start, configs};

bare_drive! {
    /// The hot method of runnables whose class has `_type_of_run` and the method `_body_of_run`.
    ///
    /// Objects that have a `_serialized` tell it; the `tags` and `metadata` among their fields are those
    /// of their runs.
    MethodDrive
}

impl Drive for MethodDrive {
    const DOC: &'static CStr =
        c"invoke($self, input, config=None, **kwargs)\n--\n\nRuns the method on the caller's thread.";

    /// Runs the method on the caller's thread.
    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        _kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let owner = this.as_any();
        let serialized = owner.getattr(pyo3::intern!(py, "_serialized"))?;
        let start = Start {
            serialized: Some(serialized).filter(|described| !described.is_none()),
            run_type: Some(owner.getattr(pyo3::intern!(py, "_type_of_run"))?),
            ..Start::of(owner, input)
        };
        let labelled = labelled(this, given)?;
        let given = labelled.as_ref().unwrap_or(given);
        call(py, Kind::Chain, given, place, start, |_| {
            calls::method(owner, pyo3::intern!(py, "_body_of_run"), &[input])
        })
    }
}

/// The config with the object's own tags and metadata, if it has any.
fn labelled<'py>(
    this: &Bound<'py, MethodDrive>,
    given: &Given<'py>,
) -> PyResult<Option<Given<'py>>> {
    let py = this.py();
    let Some(state) = objects::instance_dict(this) else {
        return Ok(None);
    };
    let own = PyDict::new(py);
    for name in [names::tags(py), names::metadata(py)] {
        if let Some(value) = state.get_item(name)?
            && value.is_truthy()?
        {
            own.set_item(name, value)?;
        }
    }
    if own.is_empty() {
        return Ok(None);
    }
    let merged = PyDict::new(py);
    configs::merge_into(&merged, given, false)?;
    configs::merge_into(&merged, &Given::read(Some(own.as_any()))?, false)?;
    Given::read(Some(merged.as_any())).map(Some)
}
