//! Every Python object that the core reaches for, one lazy static each.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
#[cfg(not(Py_3_12))]
use pyo3::types::PyDict;
use pyo3::types::PyType;

use super::calls;

macro_rules! imports {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $module:literal, $attr:literal;)*) => {
        $(
            $(#[$doc])*
            pub(crate) fn $name(py: Python<'_>) -> PyResult<&Bound<'_, $kind>> {
                static CELL: PyOnceLock<Py<$kind>> = PyOnceLock::new();
                let object = CELL.get_or_try_init(py, || {
                    let object = calls::import(py, $module)?.getattr($attr)?;
                    Ok::<_, PyErr>(object.cast_into::<$kind>()?.unbind())
                })?;
                Ok(object.bind(py))
            }
        )*
    };
}

imports! {
    /// `uuid.UUID`.
    uuid: PyType = "uuid", "UUID";
    /// `uuid.SafeUUID`, whose member `unknown` says nothing of how an id was made.
    safe_uuid: PyType = "uuid", "SafeUUID";
    /// The class of functions.
    #[cfg(Py_3_11)]
    function_type: PyType = "types", "FunctionType";
    /// `os.environ`.
    environ: PyAny = "os", "environ";
    /// `contextvars.ContextVar`.
    context_var: PyType = "contextvars", "ContextVar";
    /// Whether a callable is a coroutine function.
    is_coroutine_function: PyAny = "ferrule.runnables.signature", "is_async_callable";
    /// Whether calling a function makes a generator.
    is_generator_function: PyAny = "ferrule.runnables.signature", "is_generator";
    /// Whether calling a callable makes an async generator.
    is_async_generator_function: PyAny = "ferrule.runnables.signature", "is_async_generator";
    /// The sum of what an async generator yields.
    async_sum: PyAny = "ferrule.runnables.addable", "sum_up";
    /// What cancels a task.
    cancelled_error: PyType = "asyncio", "CancelledError";
    /// What becomes of async streams that are closed, drained or let go.
    aclose: PyAny = "ferrule.callbacks.abandoned", "aclose";
    aclose_all: PyAny = "ferrule.callbacks.abandoned", "aclose_all";
    adopt_stream: PyAny = "ferrule.callbacks.abandoned", "adopt";
    close_abandoned: PyAny = "ferrule.callbacks.abandoned", "close_now";
    drain: PyAny = "ferrule.callbacks.abandoned", "drain";
    first_of_stream: PyAny = "ferrule.callbacks.abandoned", "first";
    /// Starts a daemon thread that serves the pool.
    start_helper: PyAny = "ferrule.runnables.pool", "start_helper";
    /// Runs the branches of an async parallel.
    run_side_by_side: PyAny = "ferrule.runnables.pool", "run_side_by_side";
    /// Runs an async batch.
    run_batch: PyAny = "ferrule.runnables.pool", "run_batch";
    /// Runs batches whose results are handed out as they come.
    batch_as_completed: PyAny = "ferrule.runnables.completing", "batch_as_completed";
    abatch_as_completed: PyAny = "ferrule.runnables.pool", "abatch_as_completed";
    /// Logs a hook's failure.
    report_failure: PyAny = "ferrule.callbacks.failure", "report_failure";
    /// Awaits what hooks returned in a sync run.
    run_awaitables: PyAny = "ferrule.callbacks.hook_loop", "run_awaitables";
    /// The event loop that runs on the calling thread, or `None`.
    get_running_loop: PyAny = "asyncio.events", "_get_running_loop";
    /// Makes a task that a hook may take over, and lets one do so.
    standby_task: PyAny = "ferrule.callbacks.settling", "standby_task";
    take_over: PyAny = "ferrule.callbacks.settling", "take_over";
    /// Waits for hooks that suspended, and for a worker thread's call.
    settle: PyAny = "ferrule.callbacks.settling", "settle";
    /// Waits for a start to be told, and closes the run if that fails.
    opened: PyAny = "ferrule.callbacks.settling", "opened";
    when_awaited: PyAny = "ferrule.callbacks.settling", "when_awaited";
    /// Has a worker thread call something; to be awaited.
    call_in_thread: PyAny = "ferrule.callbacks.workers", "call_in_thread";
    /// Calls something for a loop, on a worker thread.
    on_behalf_of: PyAny = "ferrule.callbacks.settling", "on_behalf_of";
    /// What a chat model answers, and what the events of its runs tell.
    ai_message: PyType = "ferrule.messages.ai", "AIMessage";
    chat_generation: PyType = "ferrule.outputs.chat_generation", "ChatGeneration";
    chat_result: PyType = "ferrule.outputs.chat_result", "ChatResult";
    llm_result: PyType = "ferrule.outputs.llm_result", "LLMResult";
    /// How models of a class answer, what a part of a chat prompt is, and templates of a text.
    facts_of_chat: PyAny = "ferrule.language_models.chat_runs", "facts_of_chat";
    facts_of_part: PyAny = "ferrule.prompts.chat", "facts_of_part";
    compile_template: PyAny = "ferrule.prompts.template", "compile_template";
    /// What a chat model is asked.
    chat_prompt_value: PyType = "ferrule.prompt_values", "ChatPromptValue";
    human_message: PyType = "ferrule.messages.human", "HumanMessage";
    /// The cache that all models have in common.
    llm_cache: PyAny = "ferrule.globals", "get_llm_cache";
    /// Refuses what a model's method must not return; completes an answer that lacks much.
    answer_of: PyAny = "ferrule.language_models.returned", "answer_of";
    settle_result: PyAny = "ferrule.language_models.chat_result", "settle_result";
    failed_response: PyAny = "ferrule.language_models.chat_result", "failed_response";
    /// What a class of retrievers knows of itself, what they find, and what tracing services are
    /// told of one by its name.
    facts_of_retriever: PyAny = "ferrule.retrievers", "facts_of_retriever";
    document: PyType = "ferrule.documents", "Document";
    retriever_parameters: PyAny = "ferrule.retrievers", "parameters_of_name";
    /// What a tool is called with, what it answers, and the failures that it may answer.
    parts_of_call: PyAny = "ferrule.tools.call", "parts_of_call";
    answer_of_tool: PyAny = "ferrule.tools.call", "answer";
    answer_to_failure: PyAny = "ferrule.tools.call", "answer_to_failure";
    tool_failures: PyAny = "ferrule.tools.call", "FAILURES";
    /// The chunks of a chat model's stream.
    message_chunk: PyType = "ferrule.messages.ai", "AIMessageChunk";
    generation_chunk: PyType = "ferrule.outputs.chat_generation", "ChatGenerationChunk";
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
    /// What takes part in a run because it is attached to langchain-core.
    configured: PyAny = "ferrule.interop.attachments", "configured";
    /// Makes a run the parent of what LangSmith traces in its body.
    lead_tracing: PyAny = "ferrule.interop.tracing", "lead_tracing";
    /// The class that an object shows to `isinstance`.
    appearance: PyAny = "ferrule.interop.guises", "appearance";
    /// The base of runnables; langchain-core's are instances of it as well.
    runnable: PyAny = "ferrule.runnables.base", "Runnable";
    /// Handlers that the global debug and verbose switches add.
    console_handler: PyType = "ferrule.tracers.stdout", "ConsoleCallbackHandler";
    stdout_handler: PyType = "ferrule.callbacks.stdout", "StdOutCallbackHandler";
}

#[cfg(Py_3_12)]
imports! {
    /// The current task of a loop.
    current_task: PyAny = "asyncio.tasks", "current_task";
    /// Makes a task the current one of a loop.
    swap_current_task: PyAny = "asyncio.tasks", "_swap_current_task";
}

#[cfg(not(Py_3_12))]
imports! {
    /// The current task of each loop.
    current_tasks: PyDict = "asyncio.tasks", "_current_tasks";
}
