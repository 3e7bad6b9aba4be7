//! Layer 1: who listens.

mod abilities;
mod set;

pub(crate) use abilities::Abilities;
pub(crate) use set::{Handler, HandlerSet};
