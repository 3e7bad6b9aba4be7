//! The core of ferrule: who listens, tell them, what a run is.
//!
//! A run goes through the layers from the bottom up. `invoke` is called with a config and
//! reads it (`config`); the config and the current scope say who listens and under which
//! parent (`runs::resolve`); a `Run` is opened in a context of its own (`runs::run`); its start
//! is told to the handlers that have a hook for it (`dispatch`, by `handlers` and `events`); the
//! body runs; its end or error is told, exactly once.
//!
//! Nothing here keeps a finished run, relies on the interpreter's lock, or panics across the
//! border.

mod config;
mod dispatch;
mod events;
mod handlers;
mod ids;
mod interop;
mod invoke;
mod py;
mod runs;

/// The extension module.
#[pyo3::pymodule(gil_used = false)]
mod _core {
    use pyo3::prelude::*;

    use crate::invoke::chunks::InputTap;
    use crate::invoke::drive::Invoke;
    use crate::invoke::lambda::AinvokeLambda;
    use crate::invoke::sequence::AinvokeSequence;
    use crate::invoke::stages::Stages;
    use crate::invoke::stream::StreamRun;
    use crate::invoke::transform::Transform;
    use crate::py::blueprint::Build;
    use crate::py::fastcall::{Invocation, install};
    use crate::py::slots::install_next;

    #[pymodule_export]
    use crate::dispatch::hop::Hop;
    #[pymodule_export]
    use crate::events::event_table;
    #[pymodule_export]
    use crate::ids::uuid7;
    #[pymodule_export]
    use crate::interop::{Guise, adopt_scope_variable, langchain_is_loaded, watch_attachments};
    #[pymodule_export]
    use crate::invoke::answer::{as_response, with_message_ids};
    #[pymodule_export]
    use crate::invoke::base::{RunnableBase, check_streamed};
    #[pymodule_export]
    use crate::invoke::batch::input_list;
    #[pymodule_export]
    use crate::invoke::binding::BindingDrive;
    #[pymodule_export]
    use crate::invoke::chat::{ChatDrive, ChatFacts, parameters_of_call};
    #[pymodule_export]
    use crate::invoke::chunks::Once;
    #[pymodule_export]
    use crate::invoke::lambda::LambdaDrive;
    #[pymodule_export]
    use crate::invoke::method::MethodDrive;
    #[pymodule_export]
    use crate::invoke::parallel::ParallelDrive;
    #[pymodule_export]
    use crate::invoke::plan::{OpenRun, RunPlan};
    #[pymodule_export]
    use crate::invoke::pool::{reseed_after_fork, serve_pool};
    #[pymodule_export]
    use crate::invoke::prompt::{PartFacts, filled_messages, filled_text};
    #[pymodule_export]
    use crate::invoke::retriever::{RetrieverDrive, RetrieverFacts, checked_documents};
    #[pymodule_export]
    use crate::invoke::sequence::SequenceDrive;
    #[pymodule_export]
    use crate::invoke::tally::Tally;
    #[pymodule_export]
    use crate::invoke::text_chunks::TextChunks;
    #[pymodule_export]
    use crate::invoke::tokens::{TokenLog, TokenStream};
    #[pymodule_export]
    use crate::invoke::tool::{ToolDrive, ToolFacts, ToolRun};
    #[pymodule_export]
    use crate::invoke::transform::TransformDrive;
    #[pymodule_export]
    use crate::py::blueprint::Blueprint;
    #[pymodule_export]
    use crate::py::validation::ArgumentModel;
    #[pymodule_export]
    use crate::runs::configs::{
        check_config, config_keys, ensure_config, get_config_list, merge_configs, patch_config,
        set_scope, spread_config,
    };
    #[pymodule_export]
    use crate::runs::handle::RunHandle;
    #[pymodule_export]
    use crate::runs::hooks::{get_debug, register_configure_hook, set_debug};
    #[pymodule_export]
    use crate::runs::manager::ManagerBase;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        let py = module.py();
        install::<Invocation<Invoke<LambdaDrive>>>(py)?;
        install::<Invocation<AinvokeLambda>>(py)?;
        install::<Invocation<Invoke<SequenceDrive>>>(py)?;
        install::<Invocation<AinvokeSequence>>(py)?;
        install::<Invocation<Transform<SequenceDrive>>>(py)?;
        install::<Invocation<Transform<TransformDrive>>>(py)?;
        install::<Invocation<Invoke<BindingDrive>>>(py)?;
        crate::runs::install(py)?;
        crate::dispatch::install(py)?;
        crate::invoke::install(py)?;
        install::<Invocation<Invoke<ChatDrive>>>(py)?;
        install::<Invocation<Invoke<MethodDrive>>>(py)?;
        install::<Invocation<Invoke<RetrieverDrive>>>(py)?;
        install::<Invocation<Invoke<ToolDrive>>>(py)?;
        install::<Build>(py)?;
        install_next::<StreamRun>(py);
        install_next::<InputTap>(py);
        install_next::<Stages>(py);
        let base = py.get_type::<RunnableBase>();
        crate::runs::naming::set_own_method(&base.getattr("get_name")?);
        Ok(())
    }
}
