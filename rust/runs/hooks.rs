//! Handlers that no caller names: those of registered context variables and of the global
//! switches.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::handlers::HandlerSet;
use crate::py::calls::Outcall;
use crate::py::{imports, interpreter};

struct Hook {
    variable: Py<PyAny>,
    inheritable: bool,
    class: Option<Py<PyAny>>,
    environment: Option<String>,
}

static HOOKS: RwLock<Vec<Hook>> = RwLock::new(Vec::new());

/// How many hooks there are, so that a program without any takes no lock.
static COUNT: AtomicUsize = AtomicUsize::new(0);

static DEBUG: AtomicBool = AtomicBool::new(false);

/// A handler that a run gets on its own account.
pub(crate) struct Ambient<'py> {
    pub(crate) handler: Bound<'py, PyAny>,
    pub(crate) inheritable: bool,
}

/// Whether a run needs to look for ambient handlers at all.
#[inline]
pub(crate) fn any() -> bool {
    COUNT.load(Ordering::Acquire) != 0 || DEBUG.load(Ordering::Relaxed)
}

/// The ambient handlers of a run that `told` already hears of.
#[cold]
pub(crate) fn ambient<'py>(
    py: Python<'py>,
    told: Option<&Py<HandlerSet>>,
) -> PyResult<Vec<Ambient<'py>>> {
    let mut found = Vec::new();
    if DEBUG.load(Ordering::Relaxed) {
        let class = imports::console_handler(py)?;
        if !has_instance(py, told, class.as_any())? {
            found.push(Ambient {
                handler: class.call_out(())?,
                inheritable: true,
            });
        }
    }
    let rows: Vec<_> = {
        let hooks = HOOKS.read().unwrap_or_else(PoisonError::into_inner);
        hooks
            .iter()
            .map(|hook| {
                (
                    hook.variable.clone_ref(py),
                    hook.inheritable,
                    hook.class.as_ref().map(|class| class.clone_ref(py)),
                    hook.environment.clone(),
                )
            })
            .collect()
    };
    for (variable, inheritable, class, environment) in rows {
        let value = interpreter::variable_get(variable.bind(py))?.filter(|value| !value.is_none());
        let class = class.as_ref().map(|class| class.bind(py));
        let handler = match (value, class, environment) {
            (Some(handler), Some(class), _) if !has_instance(py, told, class)? => handler,
            (Some(handler), None, _) => handler,
            (None, Some(class), Some(name))
                if is_set(py, &name)? && !has_instance(py, told, class)? =>
            {
                class.call_out(())?
            }
            _ => continue,
        };
        found.push(Ambient {
            handler,
            inheritable,
        });
    }
    Ok(found)
}

/// The handler that `verbose` adds to a run, unless there is one of its kind.
pub(crate) fn verbose<'py>(
    py: Python<'py>,
    told: Option<&Py<HandlerSet>>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let class = imports::stdout_handler(py)?;
    if DEBUG.load(Ordering::Relaxed) || has_instance(py, told, class.as_any())? {
        return Ok(None);
    }
    class.call_out(()).map(Some)
}

/// As in langchain-core, an environment variable that is empty, `0` or `false` is off.
///
/// `os.environ` is asked, not the process: its variables must not be read while another thread
/// sets one.
fn is_set(py: Python<'_>, name: &str) -> PyResult<bool> {
    let value: Option<String> = imports::environ(py)?
        .call_method_out(pyo3::intern!(py, "get"), (name,))?
        .extract()?;
    Ok(value.is_some_and(|value| !matches!(value.as_str(), "" | "0" | "false" | "False")))
}

fn has_instance(
    py: Python<'_>,
    told: Option<&Py<HandlerSet>>,
    class: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    let Some(set) = told else {
        return Ok(false);
    };
    for handler in set.get().iter() {
        if handler.bind(py).is_instance(class)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes the handler in `context_var` hear of every run that is started where it is set.
#[pyfunction]
#[pyo3(signature = (context_var, inheritable, handle_class=None, env_var=None))]
pub(crate) fn register_configure_hook(
    context_var: Bound<'_, PyAny>,
    inheritable: bool,
    handle_class: Option<Bound<'_, PyType>>,
    env_var: Option<String>,
) {
    let mut hooks = HOOKS.write().unwrap_or_else(PoisonError::into_inner);
    hooks.push(Hook {
        variable: context_var.unbind(),
        inheritable,
        class: handle_class.map(|class| class.into_any().unbind()),
        environment: env_var,
    });
    COUNT.store(hooks.len(), Ordering::Release);
}

/// Turns the console handler for every run on or off.
#[pyfunction]
pub(crate) fn set_debug(value: bool) {
    DEBUG.store(value, Ordering::Relaxed);
}

/// Whether every run is shown on the console.
#[pyfunction]
pub(crate) fn get_debug() -> bool {
    DEBUG.load(Ordering::Relaxed)
}
