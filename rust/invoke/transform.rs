//! Runnables that make a stream of chunks of a stream of chunks: `transform`.

use std::ffi::CStr;
use std::marker::PhantomData;

use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::base::streamed_payload;
use super::coroutine::Source;
use super::drive::bare_drive;
use super::launch::Launch;
use super::stream::StreamRun;
use super::stream_body::StreamBody;
use crate::config::Given;
use crate::py::fastcall::{Arguments, Invokes};

/// A class whose `transform` the core calls without going through Python.
pub(crate) trait Transforms: PyTypeInfo {
    /// How the object makes chunks of `inputs`.
    fn body<'py>(
        this: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<StreamBody>;
}

/// `transform` of the class.
pub(crate) struct Transform<T>(PhantomData<T>);

impl<T: Transforms> Invokes for Transform<T> {
    type Class = T;
    const NAME: &'static CStr = c"transform";
    const DOC: &'static CStr = c"transform($self, input, config=None, **kwargs)\n--\n\nTurns a stream of input chunks into a stream of output chunks.";

    fn invoke<'py>(
        this: &Bound<'py, T>,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let Arguments {
            input,
            config,
            kwargs,
        } = arguments;
        let body = T::body(this, input, kwargs.as_ref())?;
        Given::checked(config)?;
        let payload = streamed_payload(input, false)?;
        let launch = Launch::chain(this.as_any(), config, None, &payload, None);
        StreamRun::new(this.py(), Source::Own(launch), body).map(Bound::into_any)
    }
}

bare_drive! {
    /// The hot method of runnables that define `_transform`, a generator function of the input's
    /// chunks.
    TransformDrive
}

impl Transforms for TransformDrive {
    fn body<'py>(
        this: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<StreamBody> {
        let function = this.getattr(pyo3::intern!(this.py(), "_transform"))?;
        StreamBody::of_inputs(&function, inputs, kwargs)
    }
}
