//! Runnables one after the other, in one run.

use std::sync::OnceLock;

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::base::RunnableBase;
use super::body::AsyncBody;
use super::call;
use super::coroutine::{RunCoroutine, Source};
use super::launch::Launch;
use super::step::Step;
use crate::config::Given;
use crate::events::Kind;
use crate::runs::{Local, Start};

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

/// Runs the steps on the caller's thread, each on what the one before returned.
pub(crate) fn invoke<'py>(
    this: &Bound<'py, SequenceDrive>,
    input: &Bound<'py, PyAny>,
    given: Given<'py>,
    local: Option<Local<'py>>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = this.py();
    let steps = this.get().steps()?;
    let start = Start {
        owner: this.as_any(),
        name: None,
        serialized: None,
        payload: input,
        run_type: None,
        extra: None,
    };
    call(py, Kind::Chain, given, local, start, |run| {
        let mut value = input.clone();
        let mut kwargs = kwargs;
        for step in steps {
            value = step.invoke(py, run, &value, kwargs.take())?;
        }
        Ok(value)
    })
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

    /// Runs the steps one after the other; to be awaited.
    #[pyo3(signature = (input, config=None, **kwargs))]
    fn ainvoke<'py>(
        slf: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, RunCoroutine>> {
        slf.get().steps()?;
        Given::read(config)?;
        let launch = Launch::chain(slf.as_any(), config, None, input, None);
        let kwargs = kwargs.map(|kwargs| kwargs.clone().unbind());
        let body = AsyncBody::sequence(slf.clone().unbind(), input.clone().unbind(), kwargs);
        RunCoroutine::new(slf.py(), Source::Own(launch), body)
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

    /// Runs the steps on the caller's thread.
    #[pyo3(signature = (input, config=None, **kwargs))]
    fn invoke<'py>(
        slf: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        invoke(slf, input, Given::read(config)?, None, kwargs)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        for step in self.steps.get().into_iter().flatten() {
            step.traverse(&visit)?;
        }
        Ok(())
    }
}
