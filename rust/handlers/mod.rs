//! Layer 1: who listens.

mod abilities;
mod check;
mod handler;
#[cfg(Py_3_11)]
mod hooks;
mod set;
#[cfg(Py_3_11)]
mod twin;

pub(crate) use abilities::Abilities;
pub(crate) use check::{checked, is_handler, refused_class};
pub(crate) use handler::{Handler, Hook, Layout};
pub(crate) use set::HandlerSet;
