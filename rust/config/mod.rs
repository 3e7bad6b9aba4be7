//! Layer 2: what a run carries from its caller.

mod given;
pub(crate) mod labels;

pub(crate) use given::{
    Callbacks, Given, KEYS, kind as read_kind, mapping as read_mapping,
    max_concurrency as read_max_concurrency, metadata as read_metadata,
    recursion_limit as read_recursion_limit, run_id as read_run_id, run_name as read_run_name,
    tags as read_tags,
};

/// How deep runnables that return runnables may go, unless the config says otherwise.
pub(crate) const RECURSION_LIMIT: i64 = 25;
