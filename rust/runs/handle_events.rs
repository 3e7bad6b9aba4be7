//! The event methods of run managers, each for sync and for async code.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::handle::RunHandle;
use super::members::Reach;
use crate::dispatch::{Telling, tell};
use crate::events::Event;

macro_rules! event_methods {
    ($($name:ident, $async_name:ident, $payload:ident, $event:ident;)*) => {
        $(
            #[pymethods]
            impl RunHandle {
                #[pyo3(signature = ($payload, **kwargs))]
                fn $name(
                    &self,
                    $payload: &Bound<'_, PyAny>,
                    kwargs: Option<&Bound<'_, PyDict>>,
                ) -> PyResult<()> {
                    self.tell($payload, Event::$event, kwargs)
                }

                #[pyo3(signature = ($payload, **kwargs))]
                fn $async_name<'py>(
                    &self,
                    $payload: &Bound<'py, PyAny>,
                    kwargs: Option<&Bound<'py, PyDict>>,
                ) -> PyResult<Bound<'py, Telling>> {
                    self.defer($payload, Event::$event, kwargs)
                }
            }
        )*
    };
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

#[pymethods]
impl RunHandle {
    #[pyo3(signature = (token, *, chunk=None, **kwargs))]
    fn on_llm_new_token(
        &self,
        token: &Bound<'_, PyAny>,
        chunk: Option<&Bound<'_, PyAny>>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let py = token.py();
        match self.members.handler_set(py, Reach::Own)? {
            Some(set) if set.get().hears(py, Event::LlmNewToken) => {
                let kwargs = with_chunk(py, chunk, kwargs)?;
                self.tell(token, Event::LlmNewToken, Some(&kwargs))
            }
            _ => Ok(()),
        }
    }

    #[pyo3(signature = (token, *, chunk=None, **kwargs))]
    fn aon_llm_new_token<'py>(
        &self,
        token: &Bound<'py, PyAny>,
        chunk: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Telling>> {
        let kwargs = with_chunk(token.py(), chunk, kwargs)?;
        self.defer(token, Event::LlmNewToken, Some(&kwargs))
    }
}

impl RunHandle {
    fn tell<'py>(
        &self,
        payload: &Bound<'py, PyAny>,
        event: Event,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<()> {
        let py = payload.py();
        match self.note(py, event, payload.clone(), extra)? {
            Some((set, mut note)) => tell(py, set.get(), &mut note),
            None => Ok(()),
        }
    }

    fn defer<'py>(
        &self,
        payload: &Bound<'py, PyAny>,
        event: Event,
        extra: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, Telling>> {
        let py = payload.py();
        Telling::new(py, self.note(py, event, payload.clone(), extra)?)
    }
}

/// The keywords of a token event.
fn with_chunk<'py>(
    py: Python<'py>,
    chunk: Option<&Bound<'py, PyAny>>,
    kwargs: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyDict>> {
    let all = match kwargs {
        Some(kwargs) => kwargs.copy()?,
        None => PyDict::new(py),
    };
    all.set_item(pyo3::intern!(py, "chunk"), chunk)?;
    Ok(all)
}
