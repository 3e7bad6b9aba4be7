//! Layer 3: tell the listeners.

mod approach;
mod awaiting;
mod deferred;
mod failure;
mod fallback;
pub(crate) mod hop;
mod inline;
mod jobs;
mod outset;
mod payload;
mod round;
mod standby;
mod telling;

use crate::py::sending::install_send;

pub(crate) use awaiting::{
    Resume, awaitable, awaited_elsewhere, closed, handed_out, resume, stop_iteration, thrown,
    without_stop_iteration, wrapped,
};
pub(crate) use deferred::{Delivery, Progress};
pub(crate) use failure::{Failures, is_unsupported};
pub(crate) use fallback::TextFallback;
pub(crate) use inline::tell;
pub(crate) use outset::Outset;
pub(crate) use payload::{HeldNote, Names, Note, Notice, noticed};
pub(crate) use telling::Telling;

/// Lets the interpreter resume what is awaited without an exception for its value.
pub(crate) fn install(py: pyo3::Python<'_>) -> pyo3::PyResult<()> {
    install_send::<Telling>(py)?;
    install_send::<standby::Standby>(py)?;
    install_send::<hop::Wait>(py)
}
