//! `RunPlan`: one run of any kind, to be driven in any way; and `OpenRun`, one that is open.

use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::async_iterator::AsyncStreamRun;
use super::body::{AsyncBody, Callee, Manner};
use super::coroutine::{RunCoroutine, Source};
use super::launch::{Brought, Launch};
use super::stream::StreamRun;
use super::stream_body::StreamBody;
use crate::config::Given;
use crate::config::read_kind;
use crate::dispatch::{Notice, Telling, noticed};
use crate::py::calls::{self, Outcall};
use crate::py::code::Accepts;
use crate::py::context::Entered;
use crate::py::errors::from_destructor;
use crate::py::finalizing::Abandoned;
use crate::py::imports::{opened, when_awaited};
use crate::runs::{Run, handle};

/// One run of any kind, ready to be driven.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct RunPlan {
    pub(crate) launch: Launch,
}

impl RunPlan {
    /// Refuses wrong values, before anything has run.
    pub(crate) fn of(py: Python<'_>, launch: Launch) -> PyResult<Self> {
        launch.check(py)?;
        Ok(Self { launch })
    }
}

#[pymethods]
impl RunPlan {
    #[new]
    #[pyo3(signature = (
        kind, owner, config=None, *, payload, name=None, serialized=None, run_type=None, extra=None,
        end_extra=None, error_extra=None, local_callbacks=None, local_tags=None,
        local_metadata=None, inherit_metadata=None, verbose=false
    ))]
    #[allow(
        clippy::too_many_arguments,
        reason = "one keyword for each part of a run"
    )]
    fn new(
        py: Python<'_>,
        kind: &str,
        owner: Py<PyAny>,
        config: Option<Py<PyAny>>,
        payload: Py<PyAny>,
        name: Option<Py<PyString>>,
        serialized: Option<Py<PyAny>>,
        run_type: Option<Py<PyAny>>,
        extra: Option<Py<PyDict>>,
        end_extra: Option<Py<PyDict>>,
        error_extra: Option<Py<PyAny>>,
        local_callbacks: Option<Py<PyAny>>,
        local_tags: Option<Py<PyAny>>,
        local_metadata: Option<Py<PyAny>>,
        inherit_metadata: Option<Py<PyAny>>,
        verbose: bool,
    ) -> PyResult<Self> {
        let launch = Launch {
            kind: read_kind(kind)?,
            owner,
            config,
            place: None,
            payload,
            name,
            serialized,
            run_type,
            extra,
            brought: Some(Box::new(Brought {
                callbacks: local_callbacks,
                tags: local_tags,
                metadata: local_metadata,
                inherit_metadata,
                verbose,
                end_extra,
                error_extra,
            })),
        };
        Self::of(py, launch)
    }

    /// Runs `body(run_manager)` on the caller's thread and returns what it returns.
    fn call<'py>(slf: &Bound<'py, Self>, body: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let launch = &slf.get().launch;
        let mut given = Given::default();
        let run = launch.prepare(py, &mut given)?;
        let _entered = run.open(py, given.run_name.as_ref(), launch.start(py))?;
        let outcome = handle::of_run(py, &run, false)
            .and_then(|manager| calls::vectorcall(body, &[&manager]));
        run.close(
            py,
            outcome,
            || launch.end_extra(py),
            |error| launch.error_extra(py, error, None),
        )
    }

    /// The same for a body that returns an awaitable; to be awaited itself.
    fn acall<'py>(
        slf: &Bound<'py, Self>,
        body: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, RunCoroutine>> {
        let py = slf.py();
        let callee = Callee {
            function: body.clone().unbind(),
            accepts: Accepts::default(),
            kwargs: None,
            manner: Manner::OfManager,
            follows: false,
        };
        RunCoroutine::new(
            py,
            Source::Plan(slf.clone().unbind()),
            AsyncBody::call(callee),
        )
    }

    /// An iterator over `body(run_manager)`; the run ends with `finish(chunks)`.
    ///
    /// `keep`: whether `finish` and `error_extra` see the chunks; otherwise the list is empty.
    #[pyo3(signature = (body, finish, *, keep=true))]
    fn stream<'py>(
        slf: &Bound<'py, Self>,
        body: &Bound<'py, PyAny>,
        finish: &Bound<'py, PyAny>,
        keep: bool,
    ) -> PyResult<Bound<'py, StreamRun>> {
        let body = StreamBody::of_manager(body, finish, keep);
        StreamRun::new(slf.py(), Source::Plan(slf.clone().unbind()), body)
    }

    /// The same for an async generator.
    #[pyo3(signature = (body, finish, *, keep=true))]
    fn astream<'py>(
        slf: &Bound<'py, Self>,
        body: &Bound<'py, PyAny>,
        finish: &Bound<'py, PyAny>,
        keep: bool,
    ) -> PyResult<Bound<'py, AsyncStreamRun>> {
        let body = StreamBody::of_manager(body, finish, keep);
        AsyncStreamRun::new(slf.py(), Source::Plan(slf.clone().unbind()), body)
    }

    /// Opens the run, for the caller to close.
    fn open<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, OpenRun>> {
        let py = slf.py();
        let launch = &slf.get().launch;
        let mut given = Given::default();
        let run = launch.prepare(py, &mut given)?;
        run.open(py, given.run_name.as_ref(), launch.start(py))?;
        OpenRun::new(slf, run, false)
    }

    /// Opens the run in async code: what to await for the `OpenRun`.
    ///
    /// A run that a handler refuses is closed before its error is raised.
    fn aopen<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let launch = &slf.get().launch;
        let mut given = Given::default();
        let run = launch.prepare(py, &mut given)?;
        let start = {
            let _entered = run.context.enter(py)?;
            run.opening(py, given.run_name.as_ref(), launch.start(py), noticed)?
        };
        let telling = Telling::of(py, start, Some(run.context.clone_ref(py)))?;
        let open = OpenRun::new(slf, run, true)?;
        opened(py)?.call_out((open, telling))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.launch.traverse(&visit)
    }
}

/// A run that is open until it is ended or failed; one that is dropped open is failed.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct OpenRun {
    run: Run,
    plan: Py<RunPlan>,
    is_async: bool,
}

impl OpenRun {
    fn new<'py>(
        plan: &Bound<'py, RunPlan>,
        run: Run,
        is_async: bool,
    ) -> PyResult<Bound<'py, Self>> {
        let open = Self {
            run,
            plan: plan.clone().unbind(),
            is_async,
        };
        Bound::new(plan.py(), open)
    }

    /// Enters the run's context; a caller that is inside of it already stays there.
    fn enter<'a, 'py>(&'a self, py: Python<'py>) -> Option<Entered<'a, 'py>> {
        self.run.context.enter(py).ok()
    }

    /// Fails the run from a destructor, unless it is closed.
    fn let_go(&self) {
        if self.run.has_ended() {
            return;
        }
        from_destructor(|py| {
            let text = "the run was dropped while it was open";
            let exit = py.get_type::<pyo3::exceptions::PyGeneratorExit>();
            self.fail(&exit.call_out((text,))?, None)
        });
    }

    fn end_keywords<'py>(
        &self,
        py: Python<'py>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        both(self.plan.get().launch.end_extra(py), extra)
    }

    fn error_keywords<'py>(
        &self,
        py: Python<'py>,
        error: &PyErr,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        both(self.plan.get().launch.error_extra(py, error, None), extra)
    }

    fn telling<'py>(
        &self,
        py: Python<'py>,
        notice: Option<Notice<'py>>,
    ) -> PyResult<Bound<'py, Telling>> {
        Telling::of(py, notice, Some(self.run.context.clone_ref(py)))
    }
}

/// Two sets of keywords as one; the second's values win.
fn both<'py>(
    first: Option<Bound<'py, PyDict>>,
    second: Option<&Bound<'py, PyDict>>,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let Some(second) = second.filter(|second| !second.is_empty()) else {
        return Ok(first);
    };
    let all = match first {
        Some(first) => first.copy()?,
        None => PyDict::new(second.py()),
    };
    all.update(second.as_mapping())?;
    Ok(Some(all))
}

fn error_of(exc: &Bound<'_, PyAny>) -> PyResult<PyErr> {
    if exc.is_instance_of::<pyo3::exceptions::PyBaseException>() {
        return Ok(PyErr::from_value(exc.clone()));
    }
    Err(PyTypeError::new_err(format!(
        "a run fails with an exception, got {}",
        crate::py::errors::shown(exc)
    )))
}

#[pymethods]
impl OpenRun {
    /// The run's manager, async if the run was opened in async code.
    #[getter]
    fn run_manager<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        handle::of_run(py, &self.run, self.is_async)
    }

    /// Calls a function in the run's context.
    #[pyo3(signature = (function, /, *args, **kwargs))]
    fn call<'py>(
        &self,
        py: Python<'py>,
        function: &Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _entered = self.enter(py);
        function.call_out_with(args, kwargs)
    }

    /// Calls a function in the run's context; what it returns is awaited there.
    #[pyo3(signature = (function, /, *args, **kwargs))]
    fn acall<'py>(
        &self,
        py: Python<'py>,
        function: &Bound<'py, PyAny>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let awaitable = {
            let _entered = self.enter(py);
            function.call_out_with(args, kwargs)?
        };
        Telling::within(py, &awaitable, self.run.context.clone_ref(py)).map(Bound::into_any)
    }

    /// Ends the run; does nothing if it is closed.
    #[pyo3(signature = (payload, **extra))]
    fn end<'py>(
        &self,
        payload: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let py = payload.py();
        let _entered = self.enter(py);
        self.run
            .end(py, payload, self.end_keywords(py, extra)?.as_ref())
    }

    /// Ends the run in async code, when what this returns is awaited.
    #[pyo3(signature = (payload, **extra))]
    fn aend<'py>(
        slf: &Bound<'py, Self>,
        payload: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let begin = slf.getattr(pyo3::intern!(slf.py(), "_ending"))?;
        when_awaited(slf.py())?.call_out((begin, payload, extra))
    }

    /// Claims the run's end; what tells of it.
    #[pyo3(name = "_ending", signature = (payload, extra))]
    fn ending<'py>(
        &self,
        payload: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Telling>> {
        let py = payload.py();
        let extra = self.end_keywords(py, extra)?;
        let end = if self.run.claim_end(py) {
            self.run.ending(py, payload, extra.as_ref(), noticed)?
        } else {
            None
        };
        self.telling(py, end)
    }

    /// Closes the run with an exception; does nothing if it is closed.
    ///
    /// Raises only what a handler with `raise_error` raises at the error event.
    #[pyo3(signature = (exc, **extra))]
    fn fail<'py>(
        &self,
        exc: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let py = exc.py();
        let error = error_of(exc)?;
        let extra = self.error_keywords(py, &error, extra)?;
        let _entered = self.enter(py);
        let raised = self.run.fail(py, error, extra.as_ref());
        if raised.value(py).is(exc) {
            Ok(())
        } else {
            Err(raised)
        }
    }

    /// Closes the run with an exception in async code, when what this returns is awaited.
    #[pyo3(signature = (exc, **extra))]
    fn afail<'py>(
        slf: &Bound<'py, Self>,
        exc: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        error_of(exc)?;
        let begin = slf.getattr(pyo3::intern!(slf.py(), "_failing"))?;
        when_awaited(slf.py())?.call_out((begin, exc, extra))
    }

    /// Claims the run's end; what tells of its failure.
    #[pyo3(name = "_failing", signature = (exc, extra))]
    fn failing<'py>(
        &self,
        exc: &Bound<'py, PyAny>,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Telling>> {
        let py = exc.py();
        let error = error_of(exc)?;
        let extra = self.error_keywords(py, &error, extra)?;
        let end = if self.run.claim_end(py) {
            self.run.failing(py, &error, extra.as_ref(), noticed)?
        } else {
            None
        };
        self.telling(py, end)
    }

    /// Whether the run was closed.
    #[getter]
    fn ended(&self) -> bool {
        self.run.has_ended()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.plan)?;
        self.run.traverse(&visit)
    }
}

impl Abandoned for OpenRun {
    fn abandon(&self, _py: Python<'_>) {
        self.let_go();
    }
}

impl Drop for OpenRun {
    fn drop(&mut self) {
        self.let_go();
    }
}
