//! What a child inherits from the run around it.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::configs;
use crate::config::Given;
use crate::config::labels::{Metadata, Tags, share};
use crate::handlers::HandlerSet;
use crate::ids;
use crate::interop;
use crate::py::cell::Lazy;
use crate::py::interpreter;

/// A run id: a number until somebody reads it, and nothing at all if it can wait so long.
///
/// To draw a number takes 35 ns, two thirds of them to ask the system for the time: a tenth of a run
/// that nobody hears of.
pub(crate) struct Id {
    /// 0: not drawn.
    number: u128,
    object: Lazy<Py<PyAny>>,
}

impl Id {
    /// A new id, greater than all that were drawn before.
    pub(crate) fn fresh() -> Self {
        Self {
            number: ids::next(),
            object: Lazy::new(),
        }
    }

    /// A new id that is drawn when somebody reads it.
    pub(crate) const fn unread() -> Self {
        Self {
            number: 0,
            object: Lazy::new(),
        }
    }

    /// The id that a caller chose.
    pub(crate) const fn given(object: Py<PyAny>) -> Self {
        Self {
            number: 0,
            object: Lazy::filled(object),
        }
    }

    /// The id as a `uuid.UUID`, always the same object.
    #[inline]
    pub(crate) fn object<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let make = || {
            let number = match self.number {
                0 => ids::next(),
                number => number,
            };
            ids::to_uuid(py, number).map(Bound::unbind)
        };
        Ok(self.object.get_or_make(make)?.bind(py).clone())
    }

    /// Sees to it that ids which are drawn from now on are greater.
    #[inline]
    pub(crate) fn settle(&self, py: Python<'_>) -> PyResult<()> {
        if self.number == 0 {
            self.object(py)?;
        }
        Ok(())
    }

    /// The id as text; of one that was drawn as a number, without asking the object.
    pub(crate) fn text(&self, py: Python<'_>) -> PyResult<String> {
        match self.number {
            0 => Ok(self.object(py)?.str()?.to_string()),
            number => Ok(ids::to_text(number)),
        }
    }

    fn copied(&self, py: Python<'_>) -> PyResult<Self> {
        self.settle(py)?;
        Ok(match self.object.get() {
            Some(object) => Self::given(object.clone_ref(py)),
            None => Self {
                number: self.number,
                object: Lazy::new(),
            },
        })
    }
}

/// The run that a run was started from.
pub(crate) enum Parent {
    /// A run of this process, by what it leaves to its children.
    Run(Py<Scope>),
    /// An id that a caller named.
    Given(Py<PyAny>),
}

impl Parent {
    /// Sees to it that the parent's id is less than those which are drawn from now on.
    #[inline]
    pub(crate) fn settle_id(&self, py: Python<'_>) -> PyResult<()> {
        match self {
            Self::Run(scope) => scope.get().id.as_ref().map_or(Ok(()), |id| id.settle(py)),
            Self::Given(_) => Ok(()),
        }
    }

    /// The parent's id.
    pub(crate) fn object<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        match self {
            Self::Run(scope) => scope.get().run_id(py),
            Self::Given(id) => Ok(Some(id.bind(py).clone())),
        }
    }

    pub(crate) fn clone_ref(&self, py: Python<'_>) -> Self {
        match self {
            Self::Run(scope) => Self::Run(scope.clone_ref(py)),
            Self::Given(id) => Self::Given(id.clone_ref(py)),
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Run(scope) => visit.call(scope),
            Self::Given(id) => visit.call(id),
        }
    }
}

/// What runs started in a run's body take over; the value of the context variable.
///
/// It is never changed and does not know its own parent: depth costs nothing, and a child
/// that outlives its ancestors does not keep them.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct Scope {
    /// The run whose scope it is; `None` where a config is the surrounding and no run.
    pub(crate) id: Option<Id>,
    pub(crate) handlers: Option<Py<HandlerSet>>,
    /// All tags that children inherit; they end with `config_tags`.
    pub(crate) tags: Tags,
    /// The tags of the config around the body, which `ensure_config` shows.
    pub(crate) config_tags: Tags,
    pub(crate) metadata: Metadata,
    /// A tag for the runs right below, such as `seq:step:1`, in a tuple of its own; not inherited
    /// any further.
    pub(crate) label: Option<Py<PyTuple>>,
    pub(crate) configurable: Option<Py<PyDict>>,
    pub(crate) recursion_limit: i64,
    pub(crate) max_concurrency: Option<usize>,
}

impl Scope {
    /// The id that children get as their parent's.
    pub(crate) fn run_id<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.id.as_ref().map(|id| id.object(py)).transpose()
    }

    /// What a config of the scope says to callees beside handlers and tags.
    pub(crate) fn handed_on<'py>(&self, py: Python<'py>) -> Given<'py> {
        let bound = |dict: &Py<PyDict>| dict.bind(py).clone();
        Given {
            metadata: self.metadata.as_ref().map(bound),
            configurable: self.configurable.as_ref().map(bound),
            recursion_limit: Some(self.recursion_limit),
            max_concurrency: self.max_concurrency,
            ..Given::default()
        }
    }

    /// The same scope with a tag for the runs right below it.
    pub(crate) fn labelled(&self, py: Python<'_>, label: Py<PyTuple>) -> PyResult<Self> {
        Ok(Self {
            id: self.id.as_ref().map(|id| id.copied(py)).transpose()?,
            handlers: share(py, &self.handlers),
            tags: share(py, &self.tags),
            config_tags: share(py, &self.config_tags),
            metadata: share(py, &self.metadata),
            label: Some(label),
            configurable: share(py, &self.configurable),
            recursion_limit: self.recursion_limit,
            max_concurrency: self.max_concurrency,
        })
    }

    /// Makes a scope the current one in the current context.
    pub(crate) fn set_current(this: &Bound<'_, Self>) -> PyResult<()> {
        let variable = interop::scope_variable(this.py())?;
        interpreter::variable_set(variable.bind(this.py()), this.as_any())
    }
}

#[pymethods]
impl Scope {
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Some(handlers) = &self.handlers {
            visit.call(handlers)?;
        }
        if let Some(metadata) = &self.metadata {
            visit.call(metadata)?;
        }
        if let Some(configurable) = &self.configurable {
            visit.call(configurable)?;
        }
        Ok(())
    }
}

/// The scope of the run around the caller, whichever library runs it.
#[inline]
pub(crate) fn current_scope(py: Python<'_>) -> PyResult<Option<Bound<'_, Scope>>> {
    let variable = interop::scope_variable(py)?;
    let value = interpreter::variable_get(variable.bind(py))?;
    match value.filter(|value| !value.is_none()) {
        Some(value) => match value.cast_into::<Scope>() {
            Ok(scope) => Ok(Some(scope)),
            Err(other) => configs::scope_of(&other.into_inner()).map(Some),
        },
        None => scope_before_adoption(py),
    }
}

/// The scope of a run that was open before the variable of another library was adopted.
fn scope_before_adoption(py: Python<'_>) -> PyResult<Option<Bound<'_, Scope>>> {
    let Some(variable) = interop::own_variable_after_adoption(py)? else {
        return Ok(None);
    };
    match interpreter::variable_get(variable.bind(py))? {
        Some(value) => Ok(Some(value.cast_into::<Scope>()?)),
        None => Ok(None),
    }
}
