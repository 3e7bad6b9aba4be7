//! Runnables one after the other, in one run.

use std::sync::OnceLock;

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::base::RunnableBase;
use super::step::Step;
use super::call;
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
