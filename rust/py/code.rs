//! Which of `config` and `run_manager` a callable takes, asked once per code object.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use pyo3::prelude::*;
use pyo3::types::PyFunction;

use super::calls::Outcall;
use super::imports;

/// What a callable takes besides its input.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Accepts {
    /// It has a parameter `config`.
    pub(crate) config: bool,
    /// It has a parameter `run_manager`.
    pub(crate) run_manager: bool,
}

impl Accepts {
    fn from_bits(bits: u8) -> Self {
        Self {
            config: bits & 1 != 0,
            run_manager: bits & 2 != 0,
        }
    }
}

/// Entries keep their code object alive, so an address is never taken for another's.
type Known = HashMap<usize, (Py<PyAny>, u8)>;

static KNOWN: Mutex<Option<Known>> = Mutex::new(None);

/// A program has a bounded number of code objects; one that compiles without end must not leak.
const MOST_KNOWN: usize = 4096;

/// What `callable` takes.
///
/// Plain functions and methods are asked through their code object and remembered; other
/// callables (partials, callable objects) are inspected each time.
pub(crate) fn accepts(callable: &Bound<'_, PyAny>) -> PyResult<Accepts> {
    let py = callable.py();
    let function = match super::objects::method_function(callable) {
        Some(function) => function,
        None => callable.clone(),
    };
    let Ok(function) = function.cast_exact::<PyFunction>() else {
        return inspected(callable).map(Accepts::from_bits);
    };
    let Some(code) = super::objects::function_code(function) else {
        return inspected(callable).map(Accepts::from_bits);
    };
    // A wrapper's answer is that of what it wraps, and wrappers share one code object.
    for sign in [
        pyo3::intern!(py, "__wrapped__"),
        pyo3::intern!(py, "__signature__"),
    ] {
        if super::objects::attribute(function, sign)?.is_some() {
            return inspected(callable).map(Accepts::from_bits);
        }
    }
    let key = code.as_ptr() as usize;
    {
        let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bits)) = known.as_ref().and_then(|known| known.get(&key)) {
            return Ok(Accepts::from_bits(*bits));
        }
    }
    let bits = inspected(callable)?;
    let stale = {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let full = known
            .as_ref()
            .is_some_and(|known| known.len() >= MOST_KNOWN);
        let stale = if full { known.take() } else { None };
        known
            .get_or_insert_with(HashMap::new)
            .entry(key)
            .or_insert_with(|| (code.unbind(), bits));
        stale
    };
    // Dropped outside of the lock: freeing objects can run any code.
    drop(stale);
    Ok(Accepts::from_bits(bits))
}

fn inspected(callable: &Bound<'_, PyAny>) -> PyResult<u8> {
    let py = callable.py();
    let config = imports::accepts_config(py)?
        .call_out((callable,))?
        .is_truthy()?;
    let run_manager = imports::accepts_run_manager(py)?
        .call_out((callable,))?
        .is_truthy()?;
    Ok(u8::from(config) | (u8::from(run_manager) << 1))
}
