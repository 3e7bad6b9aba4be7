//! The event methods of run managers, each for sync and for async code.

use std::ffi::CStr;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::handle::RunHandle;
use crate::dispatch::{Telling, noticed, tell};
use crate::events::Event;
use crate::py::fastcall::{Method, Name, Passed, install as install_method, signature};
use crate::py::{imports, names};

/// Defines the methods, and `install`, which puts them into the class.
macro_rules! event_methods {
    ($($name:ident, $async_name:ident, $payload:ident, $event:ident;)*) => {
        /// Puts the event methods into the class of run managers.
        pub(super) fn install(py: Python<'_>) -> PyResult<()> {
            $(
                event_methods!(@one $name, $payload, tell, $event, py);
                event_methods!(@one $async_name, $payload, defer, $event, py);
            )*
            install_method::<GetChild>(py)?;
            install_method::<AsyncGetChild>(py)?;
            install_method::<NewToken>(py)?;
            install_method::<AsyncNewToken>(py)
        }
    };
    (@one $name:ident, $payload:ident, $way:ident, $event:ident, $py:ident) => {{
        struct Told;

        impl Method for Told {
            type Class = RunHandle;
            type Receiver = RunHandle;
            const NAME: &'static CStr = signature!(stringify!($name));
            const DOC: &'static CStr = signature!(
                stringify!($name), "($self, ", stringify!($payload), ", **kwargs)\n--\n\n"
            );
            const PARAMETERS: &'static [Name] = &[names::$payload];

            fn call<'py>(
                this: &Bound<'py, RunHandle>,
                passed: Passed<'_, 'py>,
            ) -> PyResult<Bound<'py, PyAny>> {
                let payload = passed.required(0)?;
                this.get().$way(payload, Event::$event, passed.kwargs.as_ref())
            }
        }

        install_method::<Told>($py)?;
    }};
}

event_methods! {
    on_text, aon_text, text, Text;
    on_retry, aon_retry, retry_state, Retry;
    on_llm_end, aon_llm_end, response, LlmEnd;
    on_llm_error, aon_llm_error, error, LlmError;
    on_stream_event, aon_stream_event, event, StreamEvent;
    on_chain_end, aon_chain_end, outputs, ChainEnd;
    on_chain_error, aon_chain_error, error, ChainError;
    on_agent_action, aon_agent_action, action, AgentAction;
    on_agent_finish, aon_agent_finish, finish, AgentFinish;
    on_tool_end, aon_tool_end, output, ToolEnd;
    on_tool_error, aon_tool_error, error, ToolError;
    on_retriever_end, aon_retriever_end, documents, RetrieverEnd;
    on_retriever_error, aon_retriever_error, error, RetrieverError;
}

/// Defines `name(tag=None)`, which makes a manager of a class for the run's children.
macro_rules! child_method {
    ($method:ident, $name:literal, $class:ident) => {
        struct $method;

        impl Method for $method {
            type Class = RunHandle;
            type Receiver = RunHandle;
            const NAME: &'static CStr = signature!($name);
            const DOC: &'static CStr = signature!(
                $name,
                "($self, tag=None)\n--\n\nMakes a manager for what runs below this run, with a tag of its own."
            );
            const PARAMETERS: &'static [Name] = &[names::tag];
            const REQUIRED: usize = 0;

            fn call<'py>(
                this: &Bound<'py, RunHandle>,
                passed: Passed<'_, 'py>,
            ) -> PyResult<Bound<'py, PyAny>> {
                passed.refuse_others::<Self>()?;
                let class = imports::$class(this.py())?;
                this.get().child(this.py(), passed.optional(0), class)
            }
        }
    };
}

child_method!(GetChild, "get_child", callback_manager);
child_method!(AsyncGetChild, "aget_child", async_callback_manager);

/// `on_llm_new_token(token, *, chunk=None, **kwargs)`.
struct NewToken;

impl Method for NewToken {
    type Class = RunHandle;
    type Receiver = RunHandle;
    const NAME: &'static CStr = c"on_llm_new_token";
    const DOC: &'static CStr = c"on_llm_new_token($self, token, *, chunk=None, **kwargs)\n--\n\n";
    const PARAMETERS: &'static [Name] = &[names::token, names::chunk];
    const BY_POSITION: usize = 1;

    fn call<'py>(
        this: &Bound<'py, RunHandle>,
        passed: Passed<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let (handle, token, chunk) = (this.get(), passed.required(0)?, passed.optional(1));
        match handle.token_note(token, chunk, passed.kwargs.as_ref(), tell)? {
            Some(Err(error)) => Err(error),
            _ => Ok(py.None().into_bound(py)),
        }
    }
}

/// The same for async code.
struct AsyncNewToken;

impl Method for AsyncNewToken {
    type Class = RunHandle;
    type Receiver = RunHandle;
    const NAME: &'static CStr = c"aon_llm_new_token";
    const DOC: &'static CStr = c"aon_llm_new_token($self, token, *, chunk=None, **kwargs)\n--\n\n";
    const PARAMETERS: &'static [Name] = NewToken::PARAMETERS;
    const BY_POSITION: usize = 1;

    fn call<'py>(
        this: &Bound<'py, RunHandle>,
        passed: Passed<'_, 'py>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (handle, token, chunk) = (this.get(), passed.required(0)?, passed.optional(1));
        let note = handle.token_note(token, chunk, passed.kwargs.as_ref(), noticed)?;
        Telling::new(this.py(), note).map(Bound::into_any)
    }
}

impl RunHandle {
    fn tell<'py>(
        &self,
        payload: &Bound<'py, PyAny>,
        event: Event,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = payload.py();
        match self.note(py, event, payload, extra, tell)? {
            Some(Err(error)) => Err(error),
            _ => Ok(py.None().into_bound(py)),
        }
    }

    fn defer<'py>(
        &self,
        payload: &Bound<'py, PyAny>,
        event: Event,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = payload.py();
        let note = self.note(py, event, payload, extra, noticed)?;
        Telling::new(py, note).map(Bound::into_any)
    }
}
