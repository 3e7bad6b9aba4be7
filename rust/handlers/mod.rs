//! Layer 1: who listens.

mod abilities;
#[cfg(Py_3_11)]
mod hooks;
mod set;
#[cfg(Py_3_11)]
mod twin;

pub(crate) use abilities::Abilities;
pub(crate) use set::{Handler, HandlerSet, Hook, Layout};
