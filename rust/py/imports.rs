//! Every Python object that the core reaches for, one lazy static each.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

macro_rules! imports {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $module:literal, $attr:literal;)*) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name(py: Python<'_>) -> PyResult<&Bound<'_, $kind>> {
                static CELL: PyOnceLock<Py<$kind>> = PyOnceLock::new();
                CELL.import(py, $module, $attr)
            }
        )*
    };
}

imports! {
    /// `uuid.UUID`.
    uuid: PyType = "uuid", "UUID";
    /// `uuid.SafeUUID`, whose member `unknown` says nothing of how an id was made.
    safe_uuid: PyType = "uuid", "SafeUUID";
    /// `contextvars.ContextVar`.
    context_var: PyType = "contextvars", "ContextVar";
    /// Whether a callable is a coroutine function.
    is_coroutine_function: PyAny = "ferrule.runnables.signature", "is_async_callable";
    /// Whether calling a function makes a generator.
    is_generator_function: PyAny = "ferrule.runnables.signature", "is_generator";
    /// Whether calling a callable makes an async generator.
    is_async_generator_function: PyAny = "ferrule.runnables.signature", "is_async_generator";
    /// Logs a hook's failure.
    report_failure: PyAny = "ferrule.callbacks.failure", "report_failure";
    /// Awaits what hooks returned in a sync run.
    run_awaitables: PyAny = "ferrule.callbacks.hook_loop", "run_awaitables";
    /// Runs several suspended hooks as tasks and waits for all of them.
    settle: PyAny = "ferrule.callbacks.settling", "settle";
    /// Runs a job on a worker thread; returns a future of the running loop.
    run_in_thread: PyAny = "ferrule.callbacks.settling", "run_in_thread";
    /// Renders messages as the text that `on_llm_start` gets.
    buffer_string: PyAny = "ferrule.messages", "get_buffer_string";
    /// Whether a callable takes a config; whether it takes a run manager.
    accepts_config: PyAny = "ferrule.runnables.signature", "accepts_config";
    accepts_run_manager: PyAny = "ferrule.runnables.signature", "accepts_run_manager";
    /// The managers and run managers that user code sees.
    callback_manager: PyType = "ferrule.callbacks.managers", "CallbackManager";
    async_callback_manager: PyType = "ferrule.callbacks.managers", "AsyncCallbackManager";
    chain_run: PyType = "ferrule.callbacks.run_managers", "CallbackManagerForChainRun";
    async_chain_run: PyType = "ferrule.callbacks.run_managers", "AsyncCallbackManagerForChainRun";
    llm_run: PyType = "ferrule.callbacks.run_managers", "CallbackManagerForLLMRun";
    async_llm_run: PyType = "ferrule.callbacks.run_managers", "AsyncCallbackManagerForLLMRun";
    tool_run: PyType = "ferrule.callbacks.run_managers", "CallbackManagerForToolRun";
    async_tool_run: PyType = "ferrule.callbacks.run_managers", "AsyncCallbackManagerForToolRun";
    retriever_run: PyType = "ferrule.callbacks.run_managers", "CallbackManagerForRetrieverRun";
    async_retriever_run: PyType =
        "ferrule.callbacks.run_managers", "AsyncCallbackManagerForRetrieverRun";
    /// Handlers that the global debug and verbose switches add.
    console_handler: PyType = "ferrule.tracers.stdout", "ConsoleCallbackHandler";
    stdout_handler: PyType = "ferrule.callbacks.stdout", "StdOutCallbackHandler";
    /// `asyncio` pieces of the async driver.
    running_loop: PyAny = "asyncio", "get_running_loop";
    cancelled_error: PyType = "asyncio", "CancelledError";
}
