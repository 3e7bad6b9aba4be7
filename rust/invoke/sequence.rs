//! Runnables one after the other, in one run.

use std::ffi::CStr;
use std::sync::OnceLock;

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::base::RunnableBase;
use super::body::AsyncBody;
use super::call;
use super::coroutine::{RunCoroutine, Source};
use super::drive::Drive;
use super::launch::Launch;
use super::step::Step;
use super::stream_body::StreamBody;
use super::transform::Transforms;
use crate::config::Given;
use crate::events::Kind;
use crate::py::fastcall::{Arguments, Invokes};
use crate::runs::{Place, Start};

/// The state and the hot methods of `RunnableSequence`.
#[pyclass(frozen, subclass, extends = RunnableBase, module = "ferrule._core")]
pub(crate) struct SequenceDrive {
    steps: OnceLock<Vec<Step>>,
}

impl SequenceDrive {
    pub(crate) fn steps(&self) -> PyResult<&[Step]> {
        self.steps
            .get()
            .map(Vec::as_slice)
            .ok_or_else(|| PyAttributeError::new_err("the sequence was not initialised"))
    }
}

impl Drive for SequenceDrive {
    const DOC: &'static CStr =
        c"invoke($self, input, config=None, **kwargs)\n--\n\nRuns the steps on the caller's thread.";

    /// Runs the steps on the caller's thread, each on what the one before returned.
    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let steps = this.get().steps()?;
        let start = Start::of(this.as_any(), input);
        call(py, Kind::Chain, given, place, start, |run| {
            let mut value = input.clone();
            let mut kwargs = kwargs;
            for step in steps {
                value = step.invoke(py, run, &value, kwargs.take())?;
            }
            Ok(value)
        })
    }
}

impl Transforms for SequenceDrive {
    fn body<'py>(
        this: &Bound<'py, Self>,
        inputs: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<StreamBody> {
        this.get().steps()?;
        Ok(StreamBody::of_steps(this, inputs, kwargs))
    }
}

/// `ainvoke` of the class.
pub(crate) struct AinvokeSequence;

impl Invokes for AinvokeSequence {
    type Class = SequenceDrive;
    const NAME: &'static CStr = c"ainvoke";
    const DOC: &'static CStr =
        c"ainvoke($self, input, config=None, **kwargs)\n--\n\nRuns the steps one after the other; to be awaited.";

    fn invoke<'py>(
        this: &Bound<'py, SequenceDrive>,
        arguments: Arguments<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        this.get().steps()?;
        Given::checked(arguments.config)?;
        let launch = Launch::chain(this.as_any(), arguments.config, None, arguments.input, None);
        let kwargs = arguments.kwargs.map(Bound::unbind);
        let input = arguments.input.clone().unbind();
        let body = AsyncBody::sequence(this.clone().unbind(), input, kwargs);
        RunCoroutine::new(this.py(), Source::Own(launch), body).map(Bound::into_any)
    }
}

#[pymethods]
impl SequenceDrive {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyClassInitializer::from(RunnableBase).add_subclass(Self {
            steps: OnceLock::new(),
        })
    }

    /// Gives the sequence its steps; to be called once.
    fn _setup(&self, steps: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = steps.py();
        let mut all = Vec::new();
        for (index, step) in steps.try_iter()?.enumerate() {
            let tag = PyString::intern(py, &format!("seq:step:{}", index + 1));
            all.push(Step::new(&step?, &tag)?);
        }
        if all.is_empty() {
            return Err(PyTypeError::new_err("a sequence has steps; got none"));
        }
        self.steps
            .set(all)
            .map_err(|_| PyTypeError::new_err("the sequence has its steps already"))
    }

    /// The first step.
    #[getter]
    fn first<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.steps()?.first().map(|step| step.runnable(py).clone()))
    }

    /// The steps between the first and the last.
    #[getter]
    fn middle<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let steps = self.steps()?;
        let middle = steps.get(1..steps.len() - 1).unwrap_or_default();
        PyList::new(py, middle.iter().map(|step| step.runnable(py)))
    }

    /// The last step.
    #[getter]
    fn last<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        Ok(self.steps()?.last().map(|step| step.runnable(py).clone()))
    }

    /// The steps, in order.
    #[getter(steps)]
    fn step_list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, self.steps()?.iter().map(|step| step.runnable(py)))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        for step in self.steps.get().into_iter().flatten() {
            step.traverse(&visit)?;
        }
        Ok(())
    }
}
