//! Layer 3: tell the listeners.

mod approach;
mod awaiting;
mod deferred;
mod failure;
mod fallback;
mod inline;
mod jobs;
mod payload;
mod standby;
mod telling;

pub(crate) use awaiting::{
    Resume, awaitable, awaited_elsewhere, closed, handed_out, resume, stop_iteration, thrown,
    wrapped,
};
pub(crate) use deferred::{Delivery, Progress};
pub(crate) use failure::{Failures, is_unsupported};
pub(crate) use fallback::TextFallback;
pub(crate) use inline::{tell, tell_notice};
pub(crate) use payload::{HeldNote, Names, Note, Notice};
pub(crate) use telling::Telling;
