//! Layer 4: the life of one run.

pub(crate) mod configs;
pub(crate) mod handle;
mod handle_events;
pub(crate) mod hooks;
mod lifecycle;
pub(crate) mod manager;
mod manager_runs;
mod member_properties;
mod members;
mod members_read;
pub(crate) mod naming;
mod resolve;
pub(crate) mod run;
mod scope;
mod scope_mapping;

/// Puts the methods into their classes that take their arguments off the stack.
pub(crate) fn install(py: pyo3::Python<'_>) -> pyo3::PyResult<()> {
    handle_events::install(py)?;
    manager::install(py)?;
    manager_runs::install(py)
}

pub(crate) use handle::RunHandle;
pub(crate) use members::{Members, Reach};
pub(crate) use resolve::{Local, Opening, Place};
pub(crate) use run::{Run, Start};
pub(crate) use scope::{Id, Parent, Scope, current_scope};
