//! Layer 3: tell the listeners.

mod deferred;
mod failure;
mod fallback;
mod inline;
mod payload;

pub(crate) use deferred::{
    Delivery, Progress, Resume, Telling, resume, stop_iteration, thrown,
};
pub(crate) use failure::{Failures, is_unsupported};
pub(crate) use fallback::TextFallback;
pub(crate) use inline::tell;
pub(crate) use payload::{HeldNote, Names, Note};
