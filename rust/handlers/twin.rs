//! Twins of hooks' functions, which cost less to call with many keywords.
//!
//! Whether a keyword means one of a function's parameters the interpreter finds out by comparing it
//! with each of them. A hook that takes the payload by name and the rest as `**kwargs` is not meant
//! by any: 950 of the 2,400 instructions of a call with three keywords are comparisons in vain, of
//! one with six keywords 2,000 of 4,200. The twin has the same code, defaults and closure, but takes
//! the payload by position only (PEP 570), so that there is nothing to compare with.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFunction, PyTuple};
use smallvec::SmallVec;

use super::Layout;
use crate::py::calls::Outcall;
use crate::py::{imports, objects};

/// A function's twin for events with a payload of a certain length.
pub(super) struct Twin {
    function: Py<PyAny>,
    payload: usize,
    /// What the function was when the twin was made. Programs replace a function's code, as
    /// reloading tools do, and its defaults; then the twin is not its twin any more.
    state: objects::FunctionState,
    /// Keeps the code that the state tells of, so that no other gets its address.
    _code: Py<PyAny>,
    /// The hashes of the parameters that are positional-only in the twin alone.
    taken: SmallVec<[isize; 3]>,
    /// Keywords that are known not to mean any of those.
    names: Py<PyTuple>,
}

/// Flag of a code object: the function takes any keywords.
const TAKES_KEYWORDS: u32 = 8;

impl Twin {
    /// Makes the twin of a hook's function, if that saves anything.
    pub(super) fn of(
        function: &Bound<'_, PyFunction>,
        layout: Layout<'_, '_>,
    ) -> PyResult<Option<Self>> {
        let py = function.py();
        let state = objects::function_state(function);
        let code = function.getattr(pyo3::intern!(py, "__code__"))?;
        let number = |name| code.getattr(name)?.extract::<u32>();
        let flags = number(pyo3::intern!(py, "co_flags"))?;
        let parameters = number(pyo3::intern!(py, "co_argcount"))? as usize;
        let already = number(pyo3::intern!(py, "co_posonlyargcount"))? as usize;
        // The handler itself, then the payload.
        let positional = parameters.min(1 + layout.payload);
        if flags & TAKES_KEYWORDS == 0 || already >= positional {
            return Ok(None);
        }
        let all: Vec<Bound<'_, PyAny>> = code
            .getattr(pyo3::intern!(py, "co_varnames"))?
            .try_iter()?
            .collect::<PyResult<_>>()?;
        let taken = all[already..positional]
            .iter()
            .map(PyAnyMethods::hash)
            .collect::<PyResult<_>>()?;
        let twin = Self {
            function: copied(function, &code, positional)?,
            payload: layout.payload,
            state,
            _code: code.unbind(),
            taken,
            names: layout.names.clone().unbind(),
        };
        // Made of the function as it is, and for keywords that none of its parameters is meant by.
        let is_right = twin.is_free(layout.names) && objects::function_state(function) == state;
        Ok(is_right.then_some(twin))
    }

    /// The twin, if it does what the function does with such arguments.
    #[inline]
    pub(super) fn instead_of<'py>(
        &self,
        function: &Bound<'py, PyFunction>,
        layout: Layout<'_, 'py>,
    ) -> Option<Bound<'py, PyAny>> {
        let py = function.py();
        let fits = self.payload == layout.payload
            && objects::function_state(function) == self.state
            && (layout.names.is(&self.names) || self.is_free(layout.names));
        fits.then(|| self.function.bind(py).clone())
    }

    /// Whether no keyword can mean a parameter that takes none in the twin.
    fn is_free(&self, names: &Bound<'_, PyTuple>) -> bool {
        let is_taken = |name: Bound<'_, PyAny>| name.hash().map(|hash| self.taken.contains(&hash));
        !names.iter().any(|name| is_taken(name).unwrap_or(true))
    }
}

/// A copy of a function whose first parameters are positional-only.
fn copied(
    function: &Bound<'_, PyFunction>,
    code: &Bound<'_, PyAny>,
    positional: usize,
) -> PyResult<Py<PyAny>> {
    let py = function.py();
    let changed = PyDict::new(py);
    changed.set_item(pyo3::intern!(py, "co_posonlyargcount"), positional)?;
    let code = code
        .getattr(pyo3::intern!(py, "replace"))?
        .call_out_with((), Some(&changed))?;
    let of = |name| function.getattr(name);
    let copy = imports::function_type(py)?.call_out((
        code,
        of(pyo3::intern!(py, "__globals__"))?,
        of(pyo3::intern!(py, "__name__"))?,
        of(pyo3::intern!(py, "__defaults__"))?,
        of(pyo3::intern!(py, "__closure__"))?,
    ))?;
    for name in [
        pyo3::intern!(py, "__kwdefaults__"),
        pyo3::intern!(py, "__qualname__"),
        pyo3::intern!(py, "__module__"),
    ] {
        copy.setattr(name, of(name)?)?;
    }
    Ok(copy.unbind())
}
