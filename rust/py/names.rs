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
    add_handler,
    ainvoke,
    callbacks,
    cancel,
    checkpoint_ns,
    close,
    config,
    configurable,
    copy,
    done,
    ferrule_standby,
    get_name,
    handlers,
    id,
    inheritable_handlers,
    inheritable_metadata,
    inheritable_tags,
    input,
    inputs,
    int,
    invoke,
    is_safe,
    max_concurrency,
    merge,
    metadata,
    model,
    name,
    parent_run_id,
    raise_error,
    recursion_limit,
    run_id,
    run_inline,
    run_manager,
    run_name,
    tags,
    tap_output_aiter,
    tap_output_iter,
    throw,
);
