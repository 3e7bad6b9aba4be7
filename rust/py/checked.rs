//! Checks of dicts that are not made again while the dict is as it was.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::objects;

/// The version (PEP 509) of the dict that passed a check last; 0: none did.
///
/// Versions are of one dict in one state each, so that one memory can serve many dicts: the
/// `__dict__`s of all objects of a class.
#[derive(Default)]
pub(crate) struct Checked(AtomicU64);

impl Checked {
    /// Whether a dict passes the check, which is made if it is not known to.
    #[inline]
    pub(crate) fn passes(
        &self,
        dict: &Bound<'_, PyDict>,
        check: impl FnOnce() -> PyResult<bool>,
    ) -> PyResult<bool> {
        // As it was before the check: what changes meanwhile is checked again.
        let version = objects::dict_tag(dict);
        if version != 0 && version == self.0.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let passes = check()?;
        if passes {
            self.0.store(version, Ordering::Relaxed);
        }
        Ok(passes)
    }
}
