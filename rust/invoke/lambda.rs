//! Functions as runnables.

use std::ffi::CStr;
use std::sync::OnceLock;

use pyo3::exceptions::{PyAttributeError, PyRecursionError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::base::{RunnableBase, is_runnable};
use super::body::{AsyncBody, Callee, Manner};
use super::coroutine::{RunCoroutine, Source};
use super::drive::Drive;
use super::launch::Launch;
use super::{Body, call};
use crate::config::Given;
use crate::events::Kind;
use crate::py::calls::{self, Outcall};
use crate::py::code::{self, Accepts};
use crate::py::fastcall::{Arguments, Invokes};
use crate::py::{imports, names};
use crate::runs::{Place, Run, Start, configs};

/// A function, and what is known of it.
struct Function {
    object: Py<PyAny>,
    accepts: Accepts,
    /// Calling it makes a generator (an async one for the async function).
    generates: bool,
}

impl Function {
    fn body<'a, 'py>(
        &'a self,
        py: Python<'py>,
        kwargs: Option<&'a Bound<'py, PyDict>>,
    ) -> Body<'a, 'py> {
        Body {
            function: self.object.bind(py),
            accepts: self.accepts,
            kwargs,
        }
    }
}

#[derive(Default)]
struct Functions {
    sync: Option<Function>,
    asynchronous: Option<Function>,
}

/// The state and the hot methods of `RunnableLambda`.
#[pyclass(frozen, subclass, extends = RunnableBase, module = "ferrule._core")]
pub(crate) struct LambdaDrive {
    functions: OnceLock<Functions>,
}

impl LambdaDrive {
    fn functions(&self) -> PyResult<&Functions> {
        self.functions
            .get()
            .ok_or_else(|| PyAttributeError::new_err("the runnable was not initialised"))
    }
}

impl Drive for LambdaDrive {
    const DOC: &'static CStr =
        c"invoke($self, input, config=None, **kwargs)\n--\n\nRuns the function on the caller's thread.";

    /// Runs the function on the caller's thread.
    #[inline]
    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let Some(function) = &this.get().functions()?.sync else {
            return Err(only_async(this));
        };
        let start = Start::of(this.as_any(), input);
        call(py, Kind::Chain, given, place, start, |run| {
            let output = function.body(py, kwargs).call(run, input, false)?;
            let output = if function.generates {
                sum(&output)?
            } else {
                output
            };
            if is_runnable(&output)? {
                return follow(this.as_any(), run, &output, input);
            }
            Ok(output)
        })
    }
}

/// The same for async code: what to await for the output.
pub(crate) fn ainvoke<'py>(
    this: &Bound<'py, LambdaDrive>,
    input: &Bound<'py, PyAny>,
    config: Option<&Bound<'py, PyAny>>,
    place: Option<Place<'_, 'py>>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, RunCoroutine>> {
    let py = this.py();
    let functions = this.get().functions()?;
    let (function, manner) = match (&functions.asynchronous, &functions.sync) {
        (Some(function), _) if function.generates => (function, Manner::AsyncGenerator),
        (Some(function), _) => (function, Manner::Awaitable),
        (None, Some(function)) if function.generates => (function, Manner::ThreadGenerator),
        (None, Some(function)) => (function, Manner::Thread),
        (None, None) => return Err(PyAttributeError::new_err("the runnable has no function")),
    };
    let callee = Callee {
        function: function.object.clone_ref(py),
        accepts: function.accepts,
        kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
        manner,
        follows: true,
    };
    let launch = Launch::chain(this.as_any(), config, place, input, None);
    RunCoroutine::new(py, Source::Own(launch), AsyncBody::call(callee))
}

/// Whether the object's class takes `ainvoke` from here.
pub(crate) fn keeps_ainvoke(runnable: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = runnable.py();
    let method = runnable.get_type().getattr(names::ainvoke(py))?;
    Ok(method.is(&py.get_type::<LambdaDrive>().getattr(names::ainvoke(py))?))
}

#[cold]
fn only_async(this: &Bound<'_, LambdaDrive>) -> PyErr {
    let shown = this
        .repr()
        .map_or_else(|_| String::from("the runnable"), |r| r.to_string());
    let functions = this.get().functions().ok();
    let kind = match functions.and_then(|functions| functions.asynchronous.as_ref()) {
        Some(function) if function.generates => "an async generator function",
        _ => "a coroutine function",
    };
    PyTypeError::new_err(format!(
        "{shown} wraps {kind}, which has no sync form; call ainvoke() instead of invoke()"
    ))
}

/// The sum of what a generator yields; the last item where items do not add up.
pub(crate) fn sum<'py>(chunks: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let mut total: Option<Bound<'py, PyAny>> = None;
    for chunk in chunks.try_iter()? {
        total = Some(added(total, chunk?)?);
    }
    Ok(total.unwrap_or_else(|| chunks.py().None().into_bound(chunks.py())))
}

/// `total + chunk`, or `chunk` where the two do not add up.
pub(crate) fn added<'py>(
    total: Option<Bound<'py, PyAny>>,
    chunk: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let Some(total) = total else {
        return Ok(chunk);
    };
    match total.add(&chunk) {
        Ok(sum) => Ok(sum),
        Err(error) if error.is_instance_of::<PyTypeError>(chunk.py()) => Ok(chunk),
        Err(error) => Err(error),
    }
}

/// Invokes the runnable that a function returned, on the same input, one level deeper.
#[cold]
fn follow<'py>(
    this: &Bound<'py, PyAny>,
    run: &Run,
    output: &Bound<'py, PyAny>,
    input: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let config = deeper(this, run, input, false)?;
    calls::method(output, names::invoke(this.py()), &[input, &config])
}

/// The config for a runnable that a function returned: one less level to go.
pub(crate) fn deeper<'py>(
    this: &Bound<'py, PyAny>,
    run: &Run,
    input: &Bound<'py, PyAny>,
    is_async: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let py = this.py();
    let limit = limit_below(this, run.scope.get().recursion_limit, input)?;
    let config = configs::of_scope(run.scope.bind(py), None, is_async)?;
    config.set_item(names::recursion_limit(py), limit)?;
    Ok(config)
}

/// How many levels are left to a runnable that a function returned.
fn limit_below(this: &Bound<'_, PyAny>, limit: i64, input: &Bound<'_, PyAny>) -> PyResult<i64> {
    if limit > 0 {
        return Ok(limit - 1);
    }
    Err(PyRecursionError::new_err(format!(
        "{} returned runnables until the recursion limit was reached, for the input {}; raise recursion_limit in the config if that is meant",
        this.repr()?,
        crate::py::errors::shown(input),
    )))
}

/// `ainvoke` of the class.
pub(crate) struct AinvokeLambda;

impl Invokes for AinvokeLambda {
    type Class = LambdaDrive;
    const NAME: &'static CStr = c"ainvoke";
    const DOC: &'static CStr =
        c"ainvoke($self, input, config=None, **kwargs)\n--\n\nRuns the function; to be awaited. A sync one runs on a worker thread.";

    fn invoke<'py>(
        this: &Bound<'py, LambdaDrive>,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        Given::checked(arguments.config)?;
        let kwargs = arguments.kwargs.as_ref();
        ainvoke(this, arguments.input, arguments.config, None, kwargs).map(Bound::into_any)
    }
}

#[pymethods]
impl LambdaDrive {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyClassInitializer::from(RunnableBase).add_subclass(Self {
            functions: OnceLock::new(),
        })
    }

    /// Gives the runnable its functions; to be called once.
    #[pyo3(signature = (func=None, afunc=None))]
    fn _setup(
        &self,
        py: Python<'_>,
        func: Option<Bound<'_, PyAny>>,
        afunc: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let known = |object: Bound<'_, PyAny>, is_generator: &Bound<'_, PyAny>| {
            Ok::<_, PyErr>(Function {
                accepts: code::accepts(&object)?,
                generates: is_generator.call_out((&object,))?.is_truthy()?,
                object: object.unbind(),
            })
        };
        let sync = func
            .map(|func| known(func, imports::is_generator_function(py)?))
            .transpose()?;
        let asynchronous = afunc
            .map(|afunc| known(afunc, imports::is_async_generator_function(py)?))
            .transpose()?;
        self.functions
            .set(Functions { sync, asynchronous })
            .map_err(|_| PyTypeError::new_err("the runnable has its functions already"))
    }

    /// How many levels are left to a runnable that the function returned for an input.
    fn _limit_below(slf: &Bound<'_, Self>, limit: i64, input: &Bound<'_, PyAny>) -> PyResult<i64> {
        limit_below(slf.as_any(), limit, input)
    }

    /// The sync function.
    #[getter]
    fn func<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let function = self.functions()?.sync.as_ref();
        function
            .map(|function| function.object.bind(py).clone())
            .ok_or_else(|| PyAttributeError::new_err("the runnable has no sync function: func"))
    }

    /// The async function.
    #[getter]
    fn afunc<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let function = self.functions()?.asynchronous.as_ref();
        function
            .map(|function| function.object.bind(py).clone())
            .ok_or_else(|| PyAttributeError::new_err("the runnable has no async function: afunc"))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(functions) = self.functions.get() {
            for function in functions.sync.iter().chain(&functions.asynchronous) {
                visit.call(&function.object)?;
            }
        }
        Ok(())
    }
}
