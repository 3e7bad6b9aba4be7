//! Layer 4: the life of one run.

pub(crate) mod configs;
pub(crate) mod handle;
pub(crate) mod hooks;
pub(crate) mod manager;
mod members;
pub(crate) mod naming;
mod resolve;
pub(crate) mod run;
mod scope;

pub(crate) use members::Members;
pub(crate) use resolve::{Local, Opening, resolve};
pub(crate) use run::{Run, Start};
pub(crate) use scope::{Id, Parent, Scope, current_scope};
