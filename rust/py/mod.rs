//! Layer 0: everything that is about the interpreter and knows nothing of runs.

pub(crate) mod blueprint;
pub(crate) mod checked;
pub(crate) mod classes;
pub(crate) mod code;
pub(crate) mod context;
pub(crate) mod errors;
pub(crate) mod imports;
pub(crate) mod names;
mod raw;
pub(crate) mod tasks;
pub(crate) mod validation;

pub(crate) use raw::{
    calls, cell, entry, fastcall, finalizing, interpreter, lock, objects, sending, slots, slotted,
};
