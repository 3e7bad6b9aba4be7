//! What the core has to know of langchain-core, which a program may or may not have loaded.
//!
//! Which objects of it matter, and why, is in `ferrule.interop`; here is what must be cheap: that
//! it is loaded at all, the variable that both libraries then share, and whether anything of it is
//! to take part in a run.

mod guise;
mod variable;
mod watch;

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::prelude::*;

pub(crate) use guise::Guise;
pub(crate) use variable::{adopt_scope_variable, own_variable_after_adoption, scope_variable};
pub(crate) use watch::{something_attached, watch_attachments};

static LOADED: AtomicBool = AtomicBool::new(false);

/// Whether langchain-core is loaded.
#[inline]
pub(crate) fn is_loaded() -> bool {
    LOADED.load(Ordering::Relaxed)
}

/// Tells that langchain-core is loaded; without effect when told again.
#[pyfunction]
pub(crate) fn langchain_is_loaded() {
    LOADED.store(true, Ordering::Relaxed);
}
