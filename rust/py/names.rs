//! Interned attribute, key and keyword names, so that look-ups compare pointers.

macro_rules! names {
    ($($name:ident),* $(,)?) => {
        $(
            #[inline]
            pub(crate) fn $name(py: pyo3::Python<'_>) -> &pyo3::Bound<'_, pyo3::types::PyString> {
                pyo3::intern!(py, stringify!($name))
            }
        )*
    };
}

names!(
    _must_cancel,
    action,
    add_handler,
    ainvoke,
    callbacks,
    cancel,
    checkpoint_ns,
    chunk,
    close,
    config,
    configurable,
    copy,
    create_future,
    documents,
    done,
    error,
    event,
    ferrule_standby,
    finish,
    get_name,
    handlers,
    id,
    inheritable_callbacks,
    inheritable_handlers,
    inheritable_metadata,
    inheritable_tags,
    input,
    input_str,
    inputs,
    int,
    invoke,
    is_safe,
    local_callbacks,
    local_metadata,
    local_tags,
    max_concurrency,
    merge,
    metadata,
    model,
    name,
    output,
    outputs,
    parent_run_id,
    query,
    raise_error,
    recursion_limit,
    response,
    retry_state,
    run_id,
    run_inline,
    run_manager,
    run_name,
    serialized,
    set_result,
    tag,
    tags,
    tap_output_aiter,
    tap_output_iter,
    text,
    throw,
    token,
    verbose,
);
