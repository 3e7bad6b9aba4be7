//! The one module where unsafe is allowed: what `PyO3` has no safe form for, behind safe functions.
//!
//! Each block states the invariant that makes it sound and who upholds it. "Attached" means that
//! a `Python<'py>` token or a `Bound<'py, _>` proves that this thread may call into the
//! interpreter.

#![allow(
    unsafe_code,
    reason = "the one place for it; every use names its invariant"
)]

pub(crate) mod calls;
pub(crate) mod cell;
pub(crate) mod entry;
pub(crate) mod fastcall;
pub(crate) mod finalizing;
pub(crate) mod interpreter;
pub(crate) mod lock;
pub(crate) mod objects;
pub(crate) mod sending;
pub(crate) mod slots;
pub(crate) mod slotted;
