//! A runnable inside of another's run: invoked natively where its class leaves that to the
//! core, through its Python method otherwise.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::base::RunnableBase;
use super::binding::BindingDrive;
use super::chat::ChatDrive;
use super::drive::Drive;
use super::lambda::{self, LambdaDrive};
use super::method::MethodDrive;
use super::retriever::RetrieverDrive;
use super::sequence::SequenceDrive;
use super::tool::ToolDrive;
use crate::config::Given;
use crate::py::calls::{self, Outcall};
use crate::py::context::RunContext;
use crate::py::{names, objects};
use crate::runs::{Local, Run, Scope, configs};

/// Which of the core's `invoke` methods a class uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Native {
    No,
    Lambda,
    Sequence,
    Method,
    Chat,
    Retriever,
    Tool,
    /// A binding of something native.
    Binding,
}

/// A runnable, with the way to invoke it.
pub(crate) struct Target {
    runnable: Py<PyAny>,
    native: Native,
    /// The state of the class that `native` was read from.
    type_tag: u32,
}

impl Target {
    pub(crate) fn new(runnable: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self {
            runnable: runnable.clone().unbind(),
            native: native(runnable)?,
            type_tag: objects::type_tag(runnable),
        })
    }

    pub(crate) fn runnable<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyAny> {
        self.runnable.bind(py)
    }

    fn native(&self, py: Python<'_>) -> PyResult<Native> {
        let runnable = self.runnable(py);
        // A method set on the object itself (a test double, a tracing wrapper) comes first.
        if let Some(own) = objects::instance_dict(runnable)
            && own.contains(names::invoke(py))?
        {
            return Ok(Native::No);
        }
        if self.type_tag != 0 && objects::type_tag(runnable) == self.type_tag {
            return Ok(self.native);
        }
        native(runnable)
    }

    /// Invokes the runnable with a config as its caller wrote it.
    #[inline]
    pub(crate) fn invoke<'py>(
        &self,
        py: Python<'py>,
        input: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.native(py)? {
            Native::No => self.call(py, input, config, kwargs),
            native => {
                let given = Given::read(config)?;
                self.invoke_native(py, native, input, given, None, kwargs)
            }
        }
    }

    /// Invokes the runnable with a config that was read already.
    #[inline]
    pub(crate) fn invoke_given<'py>(
        &self,
        py: Python<'py>,
        input: &Bound<'py, PyAny>,
        given: Given<'py>,
        local: Option<Local<'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.native(py)? {
            Native::No => {
                let config = PyDict::new(py);
                configs::merge_into(&config, &given, false)?;
                self.call(py, input, Some(config.as_any()), kwargs)
            }
            native => self.invoke_native(py, native, input, given, local, kwargs),
        }
    }

    #[inline]
    fn invoke_native<'py>(
        &self,
        py: Python<'py>,
        native: Native,
        input: &Bound<'py, PyAny>,
        given: Given<'py>,
        local: Option<Local<'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let runnable = self.runnable(py);
        let _level = calls::Level::enter(py)?;
        match native {
            Native::Lambda => LambdaDrive::invoke(runnable.cast()?, input, given, local, kwargs),
            Native::Sequence => {
                SequenceDrive::invoke(runnable.cast()?, input, given, local, kwargs)
            }
            Native::Method => MethodDrive::invoke(runnable.cast()?, input, given, local, kwargs),
            Native::Chat => ChatDrive::invoke(runnable.cast()?, input, given, local, kwargs),
            Native::Retriever => {
                RetrieverDrive::invoke(runnable.cast()?, input, given, local, kwargs)
            }
            Native::Tool => ToolDrive::invoke(runnable.cast()?, input, given, local, kwargs),
            Native::Binding => BindingDrive::invoke(runnable.cast()?, input, given, local, kwargs),
            Native::No => self.call(py, input, None, kwargs),
        }
    }

    /// Calls the runnable's own `invoke`.
    fn call<'py>(
        &self,
        py: Python<'py>,
        input: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let runnable = self.runnable(py);
        match kwargs.filter(|kwargs| !kwargs.is_empty()) {
            None => {
                let none = py.None().into_bound(py);
                calls::method(
                    runnable,
                    names::invoke(py),
                    &[input, config.unwrap_or(&none)],
                )
            }
            kwargs => {
                let invoke = runnable.getattr(names::invoke(py))?;
                invoke.call_out_with((input, config), kwargs)
            }
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.runnable)
    }
}

/// A runnable with its place in a composition.
pub(crate) struct Step {
    target: Target,
    /// The tag of the step's runs, such as `seq:step:1`.
    tag: Py<PyString>,
}

impl Step {
    pub(crate) fn new(runnable: &Bound<'_, PyAny>, tag: &Bound<'_, PyString>) -> PyResult<Self> {
        Ok(Self {
            target: Target::new(runnable)?,
            tag: tag.clone().unbind(),
        })
    }

    pub(crate) fn runnable<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyAny> {
        self.target.runnable(py)
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
        match self.target.native(py)? {
            Native::No => {
                let context = RunContext::copy_current(py)?;
                let _entered = context.enter(py)?;
                let config = self.surroundings(py, run, false)?;
                self.target.call(py, input, Some(config.as_any()), kwargs)
            }
            native => {
                let local = Local {
                    tag: Some(self.tag.bind(py).clone()),
                    ..Local::default()
                };
                let given = Given::default();
                self.target
                    .invoke_native(py, native, input, given, Some(local), kwargs)
            }
        }
    }

    /// What to await for the step's output.
    pub(crate) fn ainvoke<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        input: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let runnable = self.runnable(py);
        if self.target.native(py)? == Native::Lambda && lambda::keeps_ainvoke(runnable)? {
            let drive = runnable.cast::<LambdaDrive>()?;
            let tag = Some(self.tag.clone_ref(py));
            return lambda::ainvoke(drive, input, None, tag, kwargs).map(Bound::into_any);
        }
        let context = RunContext::copy_current(py)?;
        let awaitable = {
            let _entered = context.enter(py)?;
            let config = self.surroundings(py, run, true)?;
            let ainvoke = runnable.getattr(names::ainvoke(py))?;
            ainvoke.call_out_with((input, config), kwargs)?
        };
        let driven = crate::dispatch::Telling::within(py, &awaitable, context)?;
        Ok(driven.into_any())
    }

    /// The config that says where the step stands; made the scope of the current context too,
    /// for a step that does not pass it on.
    fn surroundings<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        is_async: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let tag = self.tag.bind(py).as_any();
        let scope = run.scope.get().tagged(py, Some(tag.clone().unbind()));
        Scope::set_current(&Bound::new(py, scope)?)?;
        configs::of_scope(run.scope.bind(py), Some(tag), is_async)
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.target.traverse(visit)
    }
}

/// Which of the drives' `invoke` methods the object's class uses.
fn native(runnable: &Bound<'_, PyAny>) -> PyResult<Native> {
    let py = runnable.py();
    if !runnable.is_instance_of::<RunnableBase>() {
        return Ok(Native::No);
    }
    let method = runnable.get_type().getattr(names::invoke(py))?;
    let is_of = |class: Bound<'_, pyo3::types::PyType>| {
        Ok::<_, PyErr>(method.is(&class.getattr(names::invoke(py))?))
    };
    if is_of(py.get_type::<LambdaDrive>())? {
        return Ok(Native::Lambda);
    }
    if is_of(py.get_type::<SequenceDrive>())? {
        return Ok(Native::Sequence);
    }
    if is_of(py.get_type::<MethodDrive>())? {
        return Ok(Native::Method);
    }
    if is_of(py.get_type::<ChatDrive>())? {
        return Ok(Native::Chat);
    }
    if is_of(py.get_type::<RetrieverDrive>())? {
        return Ok(Native::Retriever);
    }
    if is_of(py.get_type::<ToolDrive>())? {
        return Ok(Native::Tool);
    }
    if is_of(py.get_type::<BindingDrive>())? {
        let bound = runnable.cast::<BindingDrive>()?.get().bound_target()?;
        return Ok(match bound.native(py)? {
            Native::No => Native::No,
            _ => Native::Binding,
        });
    }
    Ok(Native::No)
}
