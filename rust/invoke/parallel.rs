//! Runnables side by side on the same input, in one run.

use std::sync::{Arc, OnceLock};

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::base::RunnableBase;
use super::body::{AsyncBody, Callee, Manner};
use super::coroutine::{RunCoroutine, Source};
use super::launch::Launch;
use super::pool;
use super::step::Step;
use crate::config::Given;
use crate::py::code::Accepts;
use crate::py::context::RunContext;
use crate::py::imports;
use crate::runs::Run;

struct Branches {
    keys: Vec<Py<PyAny>>,
    steps: Vec<Step>,
}

/// The state and the hot methods of `RunnableParallel`.
#[pyclass(frozen, subclass, extends = RunnableBase, module = "ferrule._core")]
pub(crate) struct ParallelDrive {
    branches: OnceLock<Branches>,
}

impl ParallelDrive {
    fn branches(&self) -> PyResult<&Branches> {
        self.branches
            .get()
            .ok_or_else(|| PyAttributeError::new_err("the parallel was not initialised"))
    }
}

/// What the branches of one invocation share.
struct Shared {
    drive: Py<ParallelDrive>,
    run: Run,
    input: Py<PyAny>,
    kwargs: Option<Py<PyDict>>,
}

impl Shared {
    fn branch(&self, py: Python<'_>, index: usize) -> PyResult<Py<PyAny>> {
        let context: RunContext = self.run.context.copy(py)?;
        let _entered = context.enter(py)?;
        let branches = self.drive.get().branches()?;
        let kwargs = self.kwargs.as_ref().map(|kwargs| kwargs.bind(py));
        branches.steps[index]
            .invoke(py, &self.run, self.input.bind(py), kwargs)
            .map(Bound::unbind)
    }
}

/// Runs the branches; the first failure is raised when all that had been started are through.
fn run_branches<'py>(py: Python<'py>, shared: &Arc<Shared>) -> PyResult<Bound<'py, PyAny>> {
    let branches = shared.drive.get().branches()?;
    let most = shared
        .run
        .scope
        .get()
        .max_concurrency
        .unwrap_or_else(pool::default_concurrency);
    let own = Arc::clone(shared);
    let results = pool::work_off(
        py,
        branches.steps.len(),
        most,
        Arc::new(move |py, index| own.branch(py, index)),
    )?;
    let output = PyDict::new(py);
    for (key, result) in branches.keys.iter().zip(results) {
        output.set_item(key, result)?;
    }
    Ok(output.into_any())
}

#[pymethods]
impl ParallelDrive {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyClassInitializer::from(RunnableBase).add_subclass(Self {
            branches: OnceLock::new(),
        })
    }

    /// Gives the runnable its branches; to be called once.
    fn _setup(&self, steps: &Bound<'_, PyDict>) -> PyResult<()> {
        let py = steps.py();
        let mut branches = Branches {
            keys: Vec::new(),
            steps: Vec::new(),
        };
        for item in steps.items() {
            let (key, step): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
            let tag = PyString::new(py, &format!("map:key:{}", key.str()?));
            branches.steps.push(Step::new(&step, &tag)?);
            branches.keys.push(key.unbind());
        }
        self.branches
            .set(branches)
            .map_err(|_| PyTypeError::new_err("the parallel has its branches already"))
    }

    /// The branches by key.
    #[getter]
    fn steps__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let branches = self.branches()?;
        let steps = PyDict::new(py);
        for (key, step) in branches.keys.iter().zip(&branches.steps) {
            steps.set_item(key, step.runnable(py))?;
        }
        Ok(steps)
    }

    /// Runs the branches; the calling thread takes part.
    #[pyo3(signature = (input, config=None, **kwargs))]
    fn invoke<'py>(
        slf: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let launch = Launch::chain(slf.as_any(), config, None, input, None);
        let mut given = Given::default();
        let run = launch.prepare(py, &mut given)?;
        let shared = Arc::new(Shared {
            drive: slf.clone().unbind(),
            run,
            input: input.clone().unbind(),
            kwargs: kwargs.map(|kwargs| kwargs.clone().unbind()),
        });
        let run = &shared.run;
        let _entered = run.open(py, given.run_name.as_ref(), launch.start(py))?;
        run.close(py, run_branches(py, &shared), || None, |_| None)
    }

    /// Runs the branches as tasks; to be awaited.
    #[pyo3(signature = (input, config=None, **kwargs))]
    fn ainvoke<'py>(
        slf: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, RunCoroutine>> {
        let py = slf.py();
        Given::checked(config)?;
        let launch = Launch::chain(slf.as_any(), config, None, input, None);
        let arguments = PyDict::new(py);
        arguments.set_item("steps", slf.get().steps__(py)?)?;
        arguments.set_item("kwargs", kwargs)?;
        let callee = Callee {
            function: imports::run_side_by_side(py)?.clone().unbind(),
            accepts: Accepts {
                config: true,
                run_manager: true,
            },
            kwargs: Some(arguments.unbind()),
            manner: Manner::Awaitable,
            follows: false,
        };
        RunCoroutine::new(py, Source::Own(launch), AsyncBody::call(callee))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Some(branches) = self.branches.get() else {
            return Ok(());
        };
        for key in &branches.keys {
            visit.call(key)?;
        }
        for step in &branches.steps {
            step.traverse(&visit)?;
        }
        Ok(())
    }
}
