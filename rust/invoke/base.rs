//! `RunnableBase`: what every runnable gets from the core, whatever its class is made of.
//!
//! The class has no fields, so it takes part in multiple inheritance with any other layout
//! (a pydantic model's, for one).

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::async_iterator::AsyncStreamRun;
use super::batch;
use super::body::{AsyncBody, Callee, Manner};
use super::chunks::Once;
use super::coroutine::{RunCoroutine, Source};
use super::launch::Launch;
use super::stream::StreamRun;
use super::stream_body::StreamBody;
use super::{Body, call};
use crate::config::Given;
use crate::events::Kind;
use crate::interop;
use crate::py::calls::Outcall;
use crate::py::errors::shown;
use crate::py::{code, imports, names, objects};
use crate::runs::{Start, naming};

/// Whether a value can be run: a runnable of this library, or of langchain-core where that is
/// loaded.
#[inline]
pub(crate) fn is_runnable(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    if value.is_instance_of::<RunnableBase>() {
        return Ok(true);
    }
    let py = value.py();
    // A runnable of langchain-core is of a class that was written in Python.
    if !interop::is_loaded() || objects::is_of_static_type(value) {
        return Ok(false);
    }
    // Asked of the value: of a class, an attribute that is not there costs an exception.
    let streams = objects::attribute(value, names::transform(py));
    Ok(
        streams.is_ok_and(|method| method.is_some())
            && value.is_instance(imports::runnable(py)?)?,
    )
}

/// The base of all runnables.
#[pyclass(frozen, subclass, module = "ferrule._core")]
pub(crate) struct RunnableBase;

#[pymethods]
impl RunnableBase {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self
    }

    /// The name that the runnable's runs have unless a config says otherwise.
    #[pyo3(signature = (suffix=None, *, name=None))]
    fn get_name<'py>(
        slf: &Bound<'py, Self>,
        suffix: Option<&Bound<'py, PyString>>,
        name: Option<Bound<'py, PyString>>,
    ) -> PyResult<Bound<'py, PyString>> {
        let name = match name.filter(|name| !name.to_cow().is_ok_and(|text| text.is_empty())) {
            Some(name) => name,
            None => naming::own_name(slf.as_any())?,
        };
        let Some(suffix) = suffix else {
            return Ok(name);
        };
        let (base, suffix) = (name.to_cow()?, suffix.to_cow()?);
        let joined = if base.starts_with(char::is_uppercase) {
            let titled = PyString::new(slf.py(), &suffix).call_method0("title")?;
            format!("{base}{}", titled.extract::<String>()?)
        } else {
            format!("{base}_{}", suffix.to_lowercase())
        };
        Ok(PyString::new(slf.py(), &joined))
    }

    /// Runs `func` as this runnable.
    #[pyo3(signature = (func, input_, config, run_type=None, serialized=None, **kwargs))]
    fn _call_with_config<'py>(
        slf: &Bound<'py, Self>,
        func: &Bound<'py, PyAny>,
        input_: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        run_type: Option<Bound<'py, PyAny>>,
        serialized: Option<Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let body = Body {
            function: func,
            accepts: code::accepts(func)?,
            kwargs,
        };
        let start = Start {
            serialized: serialized.filter(|given| !given.is_none()),
            run_type,
            ..Start::of(slf.as_any(), input_)
        };
        call(
            slf.py(),
            Kind::Chain,
            &Given::read(config)?,
            None,
            start,
            |run| body.call(run, input_, false),
        )
    }

    /// Runs an async `func` as this runnable; to be awaited.
    #[pyo3(signature = (func, input_, config, run_type=None, serialized=None, **kwargs))]
    fn _acall_with_config<'py>(
        slf: &Bound<'py, Self>,
        func: &Bound<'py, PyAny>,
        input_: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        run_type: Option<Bound<'py, PyAny>>,
        serialized: Option<Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, RunCoroutine>> {
        let py = slf.py();
        Given::checked(config)?;
        let mut launch = Launch::chain(slf.as_any(), config, None, input_, run_type);
        launch.serialized = serialized
            .filter(|given| !given.is_none())
            .map(Bound::unbind);
        let callee = Callee {
            function: func.clone().unbind(),
            accepts: code::accepts(func)?,
            kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
            manner: Manner::Awaitable,
            follows: false,
        };
        RunCoroutine::new(py, Source::Own(launch), AsyncBody::call(callee))
    }

    /// Streams what `transformer` makes of `inputs` as this runnable.
    #[pyo3(signature = (inputs, transformer, config, run_type=None, **kwargs))]
    fn _transform_stream_with_config<'py>(
        slf: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        transformer: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        run_type: Option<Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, StreamRun>> {
        let source = Self::streamed(slf, inputs, false, config, run_type)?;
        StreamRun::new(
            slf.py(),
            source,
            StreamBody::of_inputs(transformer, inputs, kwargs)?,
        )
    }

    /// The same for an async generator function.
    #[pyo3(signature = (inputs, transformer, config, run_type=None, **kwargs))]
    fn _atransform_stream_with_config<'py>(
        slf: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        transformer: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        run_type: Option<Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, AsyncStreamRun>> {
        let source = Self::streamed(slf, inputs, true, config, run_type)?;
        AsyncStreamRun::new(
            slf.py(),
            source,
            StreamBody::of_inputs(transformer, inputs, kwargs)?,
        )
    }

    /// Invokes on each input; slot *i* of the result belongs to input *i*.
    #[pyo3(signature = (inputs, config=None, *, return_exceptions=false, **kwargs))]
    fn batch<'py>(
        slf: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        return_exceptions: bool,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyList>> {
        let inputs = batch::input_list(inputs)?;
        batch::batch(slf.as_any(), &inputs, config, return_exceptions, kwargs)
    }

    /// The same for async code; to be awaited.
    #[pyo3(signature = (inputs, config=None, *, return_exceptions=false, **kwargs))]
    fn abatch<'py>(
        slf: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        return_exceptions: bool,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let function = imports::run_batch(slf.py())?;
        let inputs = batch::input_list(inputs)?;
        function.call_out_with((slf, inputs, config, return_exceptions), kwargs)
    }

    /// Invokes on each input; yields each input's number and output as they come.
    #[pyo3(signature = (inputs, config=None, *, return_exceptions=false, **kwargs))]
    fn batch_as_completed<'py>(
        slf: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        return_exceptions: bool,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let function = imports::batch_as_completed(slf.py())?;
        let inputs = batch::input_list(inputs)?;
        function.call_out_with((slf, inputs, config, return_exceptions), kwargs)
    }

    /// The same for async code.
    #[pyo3(signature = (inputs, config=None, *, return_exceptions=false, **kwargs))]
    fn abatch_as_completed<'py>(
        slf: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        return_exceptions: bool,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let function = imports::abatch_as_completed(slf.py())?;
        let inputs = batch::input_list(inputs)?;
        function.call_out_with((slf, inputs, config, return_exceptions), kwargs)
    }
}

impl RunnableBase {
    /// A stream's run.
    fn streamed<'py>(
        slf: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        is_async: bool,
        config: Option<&Bound<'py, PyAny>>,
        run_type: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Source> {
        Given::checked(config)?;
        let payload = streamed_payload(inputs, is_async)?;
        let launch = Launch::chain(slf.as_any(), config, None, &payload, run_type);
        Ok(Source::Own(launch))
    }
}

/// Refuses what cannot be streamed from, before a stream of Python's own reads it.
#[pyfunction]
pub(crate) fn check_streamed(inputs: &Bound<'_, PyAny>, is_async: bool) -> PyResult<()> {
    streamed_payload(inputs, is_async).map(drop)
}

/// What the start event tells of what is streamed from: the value, if it is one. Of a stream
/// nothing is known yet, and the start says `{"input": ""}` as in langchain-core. The end event has
/// the input in any case.
pub(super) fn streamed_payload<'py>(
    inputs: &Bound<'py, PyAny>,
    is_async: bool,
) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(once) = inputs.cast_exact::<Once>() {
        return Ok(once.get().item(inputs.py()));
    }
    let py = inputs.py();
    // A text made for the look-up would stay in the interpreter's cache of attributes.
    let protocol = if is_async {
        pyo3::intern!(py, "__aiter__")
    } else {
        pyo3::intern!(py, "__iter__")
    };
    if !inputs.is_exact_instance_of::<StreamRun>() && !inputs.hasattr(protocol)? {
        let (method, twin) = if is_async {
            ("atransform takes an async iterable", "transform")
        } else {
            ("transform takes an iterable", "atransform")
        };
        return Err(PyTypeError::new_err(format!(
            "{method} of inputs, got {}; {twin} takes the other kind, and stream or astream one input",
            shown(inputs)
        )));
    }
    let unknown = PyDict::new(py);
    unknown.set_item(names::input(py), pyo3::intern!(py, ""))?;
    Ok(unknown.into_any())
}
