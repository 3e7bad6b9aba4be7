//! Layer 5: the hot path of runnables.

pub(crate) mod base;
mod call;
pub(crate) mod lambda;
pub(crate) mod sequence;
mod step;

pub(crate) use call::{Body, call};
