//! Layer 5: the hot path of runnables.

pub(crate) mod answer;
mod astream;
pub(crate) mod async_iterator;
pub(crate) mod base;
pub(crate) mod batch;
pub(crate) mod binding;
mod body;
mod call;
pub(crate) mod chat;
pub(crate) mod chunks;
pub(crate) mod coroutine;
pub(crate) mod drive;
pub(crate) mod lambda;
mod launch;
pub(crate) mod method;
pub(crate) mod parallel;
pub(crate) mod plan;
pub(crate) mod pool;
pub(crate) mod prompt;
mod record;
pub(crate) mod retriever;
pub(crate) mod sequence;
pub(crate) mod stages;
mod step;
pub(crate) mod stream;
mod stream_body;
pub(crate) mod tally;
pub(crate) mod text_chunks;
pub(crate) mod tokens;
pub(crate) mod tool;
pub(crate) mod transform;
mod upstream;

use crate::py::finalizing::abandon_in_collections;
use crate::py::sending::install_send;

pub(crate) use call::{Body, call};

/// Has what is open closed when the collector finds it in a cycle, and lets the interpreter resume
/// what is awaited without an exception for its value.
pub(crate) fn install(py: pyo3::Python<'_>) -> pyo3::PyResult<()> {
    abandon_in_collections::<stream::StreamRun>(py);
    abandon_in_collections::<async_iterator::AsyncStreamRun>(py);
    abandon_in_collections::<async_iterator::StreamStep>(py);
    abandon_in_collections::<coroutine::RunCoroutine>(py);
    abandon_in_collections::<plan::OpenRun>(py);
    install_send::<coroutine::RunCoroutine>(py)?;
    install_send::<async_iterator::StreamStep>(py)?;
    install_send::<chunks::NextInput>(py)?;
    install_send::<tally::Counted>(py)
}
