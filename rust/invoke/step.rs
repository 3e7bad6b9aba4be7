//! A runnable inside of another's run: invoked natively where its class leaves that to the
//! core, through its Python method otherwise.

use pyo3::PyTypeInfo;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::base::{RunnableBase, streamed_payload};
use super::binding::BindingDrive;
use super::chat::ChatDrive;
use super::coroutine::Source;
use super::drive::Drive;
use super::lambda::{self, LambdaDrive};
use super::launch::Launch;
use super::method::MethodDrive;
use super::retriever::RetrieverDrive;
use super::sequence::SequenceDrive;
use super::stream::StreamRun;
use super::tool::ToolDrive;
use super::transform::{TransformDrive, Transforms};
use crate::config::Given;
use crate::py::calls::{self, Outcall};
use crate::py::context::RunContext;
use crate::py::{names, objects};
use crate::runs::{Place, Run, Scope, configs};

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

/// Which of the core's `transform` methods a class uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Streams {
    No,
    Transform,
    Sequence,
}

/// Which of the core's methods objects of a class use.
#[derive(Clone, Copy)]
struct Ways {
    native: Native,
    streams: Streams,
    /// The class is not of this library: its methods may read the config that they are given.
    is_foreign: bool,
}

impl Ways {
    const NATIVE: [Native; 8] = [
        Native::No,
        Native::Lambda,
        Native::Sequence,
        Native::Method,
        Native::Chat,
        Native::Retriever,
        Native::Tool,
        Native::Binding,
    ];
    const STREAMS: [Streams; 3] = [Streams::No, Streams::Transform, Streams::Sequence];

    fn read(runnable: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Self {
            native: native(runnable)?,
            streams: streams(runnable)?,
            is_foreign: !runnable
                .get_type()
                .module()?
                .to_cow()?
                .starts_with("ferrule."),
        })
    }

    /// One number of these and of the state of the class that they were read from.
    fn packed(self, type_tag: u32) -> u64 {
        (u64::from(type_tag) << 32)
            | (u64::from(self.is_foreign) << 16)
            | ((self.native as u64) << 8)
            | self.streams as u64
    }

    /// The inverse, if the number is of this state of the class.
    fn unpacked(packed: u64, type_tag: u32) -> Option<Self> {
        let [streams, native, is_foreign, ..] = packed.to_le_bytes();
        (type_tag != 0 && packed >> 32 == u64::from(type_tag)).then(|| Self {
            native: Self::NATIVE[usize::from(native)],
            streams: Self::STREAMS[usize::from(streams)],
            is_foreign: is_foreign != 0,
        })
    }
}

/// A runnable, with the way to invoke it.
pub(crate) struct Target {
    runnable: Py<PyAny>,
    /// What was read last. Classes change: pydantic completes a model's when it is first used.
    known: AtomicU64,
}

impl Target {
    pub(crate) fn new(runnable: &Bound<'_, PyAny>) -> PyResult<Self> {
        let target = Self {
            runnable: runnable.clone().unbind(),
            known: AtomicU64::new(0),
        };
        target.ways(runnable)?;
        Ok(target)
    }

    pub(crate) fn runnable<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyAny> {
        self.runnable.bind(py)
    }

    fn native(&self, py: Python<'_>) -> PyResult<Native> {
        let runnable = self.runnable(py);
        if has_own(runnable, names::invoke(py))? {
            return Ok(Native::No);
        }
        self.ways(runnable).map(|ways| ways.native)
    }

    /// Whether the core invokes the runnable without going through Python.
    pub(super) fn is_native(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.native(py)? != Native::No)
    }

    /// Whether the runnable's class is not of this library, so that its methods may read the config
    /// that they are given.
    pub(super) fn is_foreign(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(self.ways(self.runnable(py))?.is_foreign)
    }

    /// The binding that the runnable is, if the core invokes it.
    pub(super) fn binding<'a>(&'a self, py: Python<'a>) -> PyResult<Option<&'a BindingDrive>> {
        match self.native(py)? {
            Native::Binding => Ok(Some(self.runnable(py).cast::<BindingDrive>()?.get())),
            _ => Ok(None),
        }
    }

    fn streams(&self, py: Python<'_>) -> PyResult<Streams> {
        let runnable = self.runnable(py);
        if has_own(runnable, names::transform(py))? {
            return Ok(Streams::No);
        }
        self.ways(runnable).map(|ways| ways.streams)
    }

    fn ways(&self, runnable: &Bound<'_, PyAny>) -> PyResult<Ways> {
        // The tag as it was before reading: what changes meanwhile is read again.
        let type_tag = objects::type_tag(runnable);
        let known = Ways::unpacked(self.known.load(Ordering::Relaxed), type_tag);
        if let Some(known) = known {
            return Ok(known);
        }
        let ways = Ways::read(runnable)?;
        self.known.store(ways.packed(type_tag), Ordering::Relaxed);
        Ok(ways)
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
                self.invoke_native(py, native, input, &given, None, kwargs)
            }
        }
    }

    /// Invokes the runnable with a config that was read already.
    #[inline]
    pub(crate) fn invoke_given<'py>(
        &self,
        py: Python<'py>,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.native(py)? {
            Native::No => {
                let config = PyDict::new(py);
                configs::merge_into(&config, given, false)?;
                self.call(py, input, Some(config.as_any()), kwargs)
            }
            native => self.invoke_native(py, native, input, given, place, kwargs),
        }
    }

    #[inline]
    fn invoke_native<'py>(
        &self,
        py: Python<'py>,
        native: Native,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let runnable = self.runnable(py);
        let _level = calls::Level::enter(py)?;
        match native {
            Native::Lambda => LambdaDrive::invoke(runnable.cast()?, input, given, place, kwargs),
            Native::Sequence => {
                SequenceDrive::invoke(runnable.cast()?, input, given, place, kwargs)
            }
            Native::Method => MethodDrive::invoke(runnable.cast()?, input, given, place, kwargs),
            Native::Chat => ChatDrive::invoke(runnable.cast()?, input, given, place, kwargs),
            Native::Retriever => {
                RetrieverDrive::invoke(runnable.cast()?, input, given, place, kwargs)
            }
            Native::Tool => ToolDrive::invoke(runnable.cast()?, input, given, place, kwargs),
            Native::Binding => BindingDrive::invoke(runnable.cast()?, input, given, place, kwargs),
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
    /// The tag of the step's runs, such as `seq:step:1`, in a tuple of its own.
    label: Py<PyTuple>,
}

impl Step {
    pub(crate) fn new(runnable: &Bound<'_, PyAny>, tag: &Bound<'_, PyString>) -> PyResult<Self> {
        Ok(Self {
            target: Target::new(runnable)?,
            label: PyTuple::new(tag.py(), [tag])?.unbind(),
        })
    }

    pub(crate) fn runnable<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyAny> {
        self.target.runnable(py)
    }

    fn place<'a, 'py>(&'a self, py: Python<'py>, run: &'a Run) -> Place<'a, 'py> {
        Place {
            scope: run.scope.bind(py),
            label: self.label.bind(py),
        }
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
                let given = match native {
                    Native::Binding => BindingDrive::overruled(&self.target, py, &run.scope)?,
                    _ => Given::default(),
                };
                let place = Some(self.place(py, run));
                self.target
                    .invoke_native(py, native, input, &given, place, kwargs)
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
        let is_lambda = self.target.native(py)? == Native::Lambda
            && !has_own(runnable, names::ainvoke(py))?
            && lambda::keeps_ainvoke(runnable)?;
        if is_lambda {
            let drive = runnable.cast::<LambdaDrive>()?;
            let place = Some(self.place(py, run));
            return lambda::ainvoke(drive, input, None, place, kwargs).map(Bound::into_any);
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

    /// The stream of what the step makes of `inputs` under `run`, whose context is the current one.
    pub(crate) fn transform<'py>(
        &self,
        run: &Run,
        inputs: &Bound<'py, PyAny>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = inputs.py();
        let runnable = self.runnable(py);
        let body = match self.target.streams(py)? {
            Streams::No => {
                let label = Some(self.label.bind(py));
                let config = configs::of_scope(run.scope.bind(py), label, false)?;
                let transform = runnable.getattr(names::transform(py))?;
                return transform.call_out_with((inputs, config), kwargs);
            }
            Streams::Transform => {
                TransformDrive::body(runnable.cast::<TransformDrive>()?, inputs, kwargs)?
            }
            Streams::Sequence => {
                SequenceDrive::body(runnable.cast::<SequenceDrive>()?, inputs, kwargs)?
            }
        };
        let payload = streamed_payload(inputs, false)?;
        let place = Some(self.place(py, run));
        let launch = Launch::chain(runnable, None, place, &payload, None);
        StreamRun::new(py, Source::Own(launch), body).map(Bound::into_any)
    }

    /// The config that says where the step stands; made the scope of the current context too,
    /// for a step that does not pass it on.
    fn surroundings<'py>(
        &self,
        py: Python<'py>,
        run: &Run,
        is_async: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let label = &self.label;
        let scope = run.scope.get().labelled(py, label.clone_ref(py))?;
        Scope::set_current(&Bound::new(py, scope)?)?;
        configs::of_scope(run.scope.bind(py), Some(label.bind(py)), is_async)
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.target.traverse(visit)
    }
}

/// Whether the object itself has a method that its class has: a test double, a tracing wrapper.
fn has_own(runnable: &Bound<'_, PyAny>, method: &Bound<'_, PyString>) -> PyResult<bool> {
    match objects::instance_dict(runnable) {
        Some(own) => own.contains(method),
        None => Ok(false),
    }
}

/// Whether the object's class has the method from `class`.
pub(super) fn is_of<T: PyTypeInfo>(
    runnable: &Bound<'_, PyAny>,
    method: &Bound<'_, PyString>,
) -> PyResult<bool> {
    let own = runnable.get_type().getattr(method)?;
    Ok(own.is(&runnable.py().get_type::<T>().getattr(method)?))
}

/// Which of the drives' `transform` methods the object's class uses.
fn streams(runnable: &Bound<'_, PyAny>) -> PyResult<Streams> {
    let transform = names::transform(runnable.py());
    if runnable.is_instance_of::<TransformDrive>() && is_of::<TransformDrive>(runnable, transform)?
    {
        return Ok(Streams::Transform);
    }
    if runnable.is_instance_of::<SequenceDrive>() && is_of::<SequenceDrive>(runnable, transform)? {
        return Ok(Streams::Sequence);
    }
    Ok(Streams::No)
}

/// Which of the drives' `invoke` methods the object's class uses.
fn native(runnable: &Bound<'_, PyAny>) -> PyResult<Native> {
    let py = runnable.py();
    if !runnable.is_instance_of::<RunnableBase>() {
        return Ok(Native::No);
    }
    let invoke = names::invoke(py);
    if is_of::<LambdaDrive>(runnable, invoke)? {
        return Ok(Native::Lambda);
    }
    if is_of::<SequenceDrive>(runnable, invoke)? {
        return Ok(Native::Sequence);
    }
    if is_of::<MethodDrive>(runnable, invoke)? {
        return Ok(Native::Method);
    }
    if is_of::<ChatDrive>(runnable, invoke)? {
        return Ok(Native::Chat);
    }
    if is_of::<RetrieverDrive>(runnable, invoke)? {
        return Ok(Native::Retriever);
    }
    if is_of::<ToolDrive>(runnable, invoke)? {
        return Ok(Native::Tool);
    }
    if is_of::<BindingDrive>(runnable, invoke)? {
        if !BindingDrive::merges(runnable)? {
            return Ok(Native::No);
        }
        let _level = calls::Level::enter(py)?;
        let bound = runnable.cast::<BindingDrive>()?.get().bound_target()?;
        return Ok(match bound.native(py)? {
            Native::No => Native::No,
            _ => Native::Binding,
        });
    }
    Ok(Native::No)
}
