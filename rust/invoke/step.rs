//! A runnable inside of another's run: invoked natively where its class leaves that to the
//! core, through its Python method otherwise.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::base::RunnableBase;
use super::lambda::{self, LambdaDrive};
use super::sequence::{self, SequenceDrive};
use crate::config::Given;
use crate::py::context::RunContext;
use crate::py::{calls, names};
use crate::runs::{Local, Run, Scope, configs};

/// Which of the core's `invoke` methods a class uses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Native {
    No,
    Lambda,
    Sequence,
}

/// A step with its place in the composition.
pub(crate) struct Step {
    runnable: Py<PyAny>,
    /// The tag of the step's runs, such as `seq:step:1`.
    tag: Py<PyString>,
    native: Native,
    /// The state of the class that `native` was read from.
    type_tag: u32,
}

impl Step {
    pub(crate) fn new(runnable: &Bound<'_, PyAny>, tag: &Bound<'_, PyString>) -> PyResult<Self> {
        let native = native(runnable)?;
        Ok(Self {
            runnable: runnable.clone().unbind(),
            tag: tag.clone().unbind(),
            native,
            type_tag: calls::type_tag(runnable),
        })
    }

    pub(crate) fn runnable<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyAny> {
        self.runnable.bind(py)
    }

    fn native(&self, py: Python<'_>) -> PyResult<Native> {
        let runnable = self.runnable(py);
        if self.type_tag != 0 && calls::type_tag(runnable) == self.type_tag {
            return Ok(self.native);
        }
        native(runnable)
    }

    /// Invokes the step under `run`, whose context is the current one.
    #[inline]
    pub(crate) fn invoke<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        input: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let runnable = self.runnable(py);
        let local = || {
            Some(Local {
                tag: Some(self.tag.bind(py).clone()),
                ..Local::default()
            })
        };
        match self.native(py)? {
            Native::Lambda => {
                let drive = runnable.cast::<LambdaDrive>()?;
                lambda::invoke(drive, input, Given::default(), local(), kwargs)
            }
            Native::Sequence => {
                let drive = runnable.cast::<SequenceDrive>()?;
                sequence::invoke(drive, input, Given::default(), local(), kwargs)
            }
            Native::No => self.invoke_python(py, run, input, kwargs),
        }
    }

    /// Calls the step's own `invoke`, with a config that says where it stands, in a context in
    /// which that is the surrounding even if the config is not passed on.
    fn invoke_python<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        input: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let tag = self.tag.bind(py).as_any();
        let config = configs::of_scope(run.scope.bind(py), Some(tag), false)?;
        let context = RunContext::copy_current(py)?;
        let _entered = context.enter(py)?;
        let scope = run.scope.get().tagged(py, Some(tag.clone().unbind()));
        Scope::set_current(&Bound::new(py, scope)?)?;
        let runnable = self.runnable(py);
        match kwargs.filter(|kwargs| !kwargs.is_empty()) {
            None => runnable.call_method1(names::invoke(py), (input, config)),
            Some(kwargs) => runnable.call_method(
                names::invoke(py),
                PyTuple::new(py, [input.as_any(), config.as_any()])?,
                Some(kwargs),
            ),
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.runnable)
    }
}

/// Whether the object's class takes its `invoke` from one of the drives.
fn native(runnable: &Bound<'_, PyAny>) -> PyResult<Native> {
    let py = runnable.py();
    if !runnable.is_instance_of::<RunnableBase>() {
        return Ok(Native::No);
    }
    let method = runnable.get_type().getattr(names::invoke(py))?;
    if method.is(&py.get_type::<LambdaDrive>().getattr(names::invoke(py))?) {
        return Ok(Native::Lambda);
    }
    if method.is(&py.get_type::<SequenceDrive>().getattr(names::invoke(py))?) {
        return Ok(Native::Sequence);
    }
    Ok(Native::No)
}
