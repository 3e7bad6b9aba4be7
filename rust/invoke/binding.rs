//! A runnable with arguments and a config bound to it. It has no run of its own.

use std::borrow::Borrow;
use std::ffi::CStr;
use std::sync::OnceLock;

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::base::RunnableBase;
use super::drive::Drive;
use super::step::{Target, is_of};
use crate::config::Given;
use crate::py::calls::{self, Level, Outcall};
use crate::py::names;
use crate::runs::{Place, Scope, configs, current_scope};

struct Bindings {
    bound: Target,
    kwargs: Py<PyDict>,
    config: Py<PyDict>,
    factories: Py<PyList>,
    /// Whether the class leaves merging configs to the core.
    merges: bool,
}

/// The state and the hot methods of `RunnableBinding`.
#[pyclass(frozen, subclass, extends = RunnableBase, module = "ferrule._core")]
pub(crate) struct BindingDrive {
    bindings: OnceLock<Bindings>,
}

impl BindingDrive {
    fn bindings(&self) -> PyResult<&Bindings> {
        self.bindings
            .get()
            .ok_or_else(|| PyAttributeError::new_err("the binding was not initialised"))
    }

    /// Whether the binding's class leaves merging configs to the core.
    pub(super) fn merges(binding: &Bound<'_, PyAny>) -> PyResult<bool> {
        is_of::<Self>(binding, pyo3::intern!(binding.py(), "_merge_configs"))
    }

    /// The way to invoke what is bound.
    pub(super) fn bound_target(&self) -> PyResult<&Target> {
        self.bindings().map(|bindings| &bindings.bound)
    }

    /// What the run around a step says where what is bound says something else: a step is called
    /// with the config of its run, which comes on top.
    pub(super) fn overruled<'py>(
        step: &Target,
        py: Python<'py>,
        around: &Py<Scope>,
    ) -> PyResult<Given<'py>> {
        let mut level = step.binding(py)?;
        while let Some(binding) = level {
            let bindings = binding.bindings()?;
            let config = bindings.config.bind(py);
            for key in [
                names::metadata(py),
                names::configurable(py),
                names::recursion_limit(py),
                names::max_concurrency(py),
            ] {
                if config.contains(key)? {
                    return Ok(around.get().handed_on(py));
                }
            }
            level = bindings.bound.binding(py)?;
        }
        Ok(Given::default())
    }

    /// The bound keywords with those of a call on top.
    fn keywords<'py>(
        &self,
        py: Python<'py>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Option<Bound<'py, PyDict>>> {
        let own = self.bindings()?.kwargs.bind(py);
        match kwargs.filter(|kwargs| !kwargs.is_empty()) {
            None => Ok((!own.is_empty()).then(|| own.clone())),
            Some(more) => {
                let all = own.copy()?;
                all.update(more.as_mapping())?;
                Ok(Some(all))
            }
        }
    }

    /// The config that a call runs under, if there is anything to say.
    fn merged<'py>(
        &self,
        py: Python<'py>,
        given: &[impl Borrow<Given<'py>>],
    ) -> PyResult<Bound<'py, PyDict>> {
        let bindings = self.bindings()?;
        let merged = PyDict::new(py);
        configs::merge_into(
            &merged,
            &Given::read(Some(bindings.config.bind(py).as_any()))?,
            false,
        )?;
        for given in given {
            configs::merge_into(&merged, given.borrow(), true)?;
        }
        let mut tags = Given::read(Some(merged.as_any()))?;
        let passed_on = given.iter().any(|given| given.borrow().tags.is_some());
        with_surrounding_tags(py, &mut tags, passed_on)?;
        if let Some(tags) = tags.tags {
            merged.set_item(names::tags(py), PyList::new(py, tags)?)?;
        }
        let factories = bindings.factories.bind(py);
        if !factories.is_empty() {
            let full = configs::ensure_config(py, Some(merged.as_any()))?;
            for factory in factories {
                let more = factory.call_out((&full,))?;
                configs::merge_into(&merged, &Given::read(Some(&more))?, false)?;
            }
        }
        Ok(merged)
    }

    /// The same, with what the surrounding run hands down if code of the program may read it: the
    /// core finds that by itself.
    fn handed_on<'py>(
        &self,
        py: Python<'py>,
        given: &[impl Borrow<Given<'py>>],
        is_read: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let merged = self.merged(py, given)?;
        if is_read && current_scope(py)?.is_some() {
            return configs::ensure_config(py, Some(merged.as_any()));
        }
        Ok(merged)
    }
}

/// The merged config as a class says that merges configs itself.
fn merged_by_class<'py>(
    binding: &Bound<'py, BindingDrive>,
    config: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let name = pyo3::intern!(binding.py(), "_merge_configs");
    calls::method(binding.as_any(), name, &[config])
}

/// Adds the tags of the config around the call, as if that had been passed on; `passed_on`: it
/// was.
///
/// A call by hand keeps its tags in order, bound ones first. Inside of a run the tags of steps
/// are in alphabetical order, as langchain-core's are.
fn with_surrounding_tags<'py>(
    py: Python<'py>,
    given: &mut Given<'py>,
    passed_on: bool,
) -> PyResult<()> {
    let (Some(tags), Some(around)) = (&mut given.tags, current_scope(py)?) else {
        return Ok(());
    };
    let more = around.get().config_tags.as_ref().filter(|_| !passed_on);
    let all = PyList::new(py, &*tags)?;
    for tag in more.into_iter().flat_map(|more| more.bind(py)) {
        if !all.contains(&tag)? {
            all.append(tag)?;
        }
    }
    all.sort()?;
    *tags = all.to_tuple();
    Ok(())
}

impl Drive for BindingDrive {
    const DOC: &'static CStr =
        c"invoke($self, input, config=None, **kwargs)\n--\n\nRuns what is bound on the caller's thread.";

    /// Invokes what is bound, under the merged config.
    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let drive = this.get();
        let bindings = drive.bindings()?;
        let kwargs = drive.keywords(py, kwargs)?;
        if !bindings.merges {
            let config = PyDict::new(py);
            configs::merge_into(&config, given, false)?;
            let merged = merged_by_class(this, config.as_any())?;
            let merged = Given::read(Some(&merged))?;
            return bindings
                .bound
                .invoke_given(py, input, &merged, place, kwargs.as_ref());
        }
        let is_read = bindings.bound.is_foreign(py)? && !bindings.bound.is_native(py)?;
        let says_nothing = given.is_empty() && bindings.factories.bind(py).is_empty();
        let given = if says_nothing && !is_read {
            let mut bound = Given::read(Some(bindings.config.bind(py).as_any()))?;
            with_surrounding_tags(py, &mut bound, false)?;
            bound
        } else {
            Given::read(Some(drive.handed_on(py, &[given], is_read)?.as_any()))?
        };
        bindings
            .bound
            .invoke_given(py, input, &given, place, kwargs.as_ref())
    }
}

#[pymethods]
impl BindingDrive {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyClassInitializer::from(RunnableBase).add_subclass(Self {
            bindings: OnceLock::new(),
        })
    }

    /// Gives the binding its parts; to be called once.
    fn _setup(
        slf: &Bound<'_, Self>,
        bound: &Bound<'_, PyAny>,
        kwargs: Py<PyDict>,
        config: Py<PyDict>,
        config_factories: Py<PyList>,
    ) -> PyResult<()> {
        let bindings = Bindings {
            bound: Target::new(bound)?,
            kwargs,
            config,
            factories: config_factories,
            merges: Self::merges(slf.as_any())?,
        };
        slf.get()
            .bindings
            .set(bindings)
            .map_err(|_| PyTypeError::new_err("the binding has its parts already"))
    }

    /// What is bound.
    #[getter]
    fn bound<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.bindings()?.bound.runnable(py).clone())
    }

    /// Keyword arguments of every call.
    #[getter]
    fn kwargs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(self.bindings()?.kwargs.bind(py).clone())
    }

    /// Config of every call.
    #[getter]
    fn config<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        Ok(self.bindings()?.config.bind(py).clone())
    }

    /// Functions that make further configs.
    #[getter]
    fn config_factories<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        Ok(self.bindings()?.factories.bind(py).clone())
    }

    /// The bound config with the given ones on top, and what the factories make of it.
    #[pyo3(signature = (*configs))]
    fn _merge_configs<'py>(
        &self,
        py: Python<'py>,
        configs: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let given = configs
            .iter()
            .map(|config| Given::checked(Some(&config)))
            .collect::<PyResult<Vec<_>>>()?;
        self.handed_on(py, &given, self.bindings()?.bound.is_foreign(py)?)
    }

    /// Runs what is bound; to be awaited.
    #[pyo3(signature = (input, config=None, **kwargs))]
    fn ainvoke<'py>(
        slf: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let _level = Level::enter(py)?;
        let drive = slf.get();
        let bindings = drive.bindings()?;
        let bound = &bindings.bound;
        let merged = if bindings.merges {
            let given = Given::read(config)?;
            drive
                .handed_on(py, &[given], bound.is_foreign(py)?)?
                .into_any()
        } else {
            let none = py.None().into_bound(py);
            merged_by_class(slf, config.unwrap_or(&none))?
        };
        let kwargs = drive.keywords(py, kwargs)?;
        bound
            .runnable(py)
            .getattr(names::ainvoke(py))?
            .call_out_with((input, merged), kwargs.as_ref())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let Some(bindings) = self.bindings.get() else {
            return Ok(());
        };
        bindings.bound.traverse(&visit)?;
        visit.call(&bindings.kwargs)?;
        visit.call(&bindings.config)?;
        visit.call(&bindings.factories)
    }
}
