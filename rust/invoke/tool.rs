//! A tool's call: one run, from what the tool was called with to what it hands back.
//!
//! A call on the caller's thread is driven here; an async one by `ferrule.tools.call`, with the
//! same parts. What only a handler would read is made only if one listens.

use std::ffi::CStr;

use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use super::call::prepared;
use super::drive::{Drive, bare_drive};
use super::launch::{Brought, Launch};
use super::plan::RunPlan;
use crate::config::Given;
use crate::events::Kind;
use crate::py::calls::{self, Outcall};
use crate::py::errors::{exception, shown};
use crate::py::validation::ArgumentModel;
use crate::py::{blueprint, imports, names, objects};
use crate::runs::{Place, Run, Start, configs, handle};

bare_drive! {
    /// The hot method of tools, whose state is a pydantic model's.
    ToolDrive
}

impl Drive for ToolDrive {
    const DOC: &'static CStr =
        c"invoke($self, input, config=None, **kwargs)\n--\n\nCalls the tool on the caller's thread.";

    fn invoke<'py>(
        this: &Bound<'py, Self>,
        input: &Bound<'py, PyAny>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mut run = ToolRun::of_input(this.as_any(), input, None, kwargs)?;
        if run.facts.get().is_tied() {
            let config = PyDict::new(this.py());
            configs::merge_into(&config, given, false)?;
            run.config = Some(config.into_any().unbind());
        }
        run.drive(this.py(), given, place)
    }
}

/// How a tool is called, as far as its class and its fields say: the tool remembers it until one of
/// them is set.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct ToolFacts {
    /// The state of the class that this was read from.
    type_tag: u32,
    name: Py<PyString>,
    serialized: Py<PyDict>,
    /// Arguments that no event tells.
    hidden: Py<PyTuple>,
    /// What does the work; the tool's `_run` if there is nothing.
    function: Option<Py<PyAny>>,
    /// What supplies the function with what it wants of its run, if it wants anything.
    tie: Option<Py<PyAny>>,
    /// What checks the arguments, if nothing but that is done with them.
    arguments: Option<Py<ArgumentModel>>,
    /// Whether the function returns a pair of content and artifact.
    is_pair: bool,
}

#[pymethods]
impl ToolFacts {
    #[new]
    #[pyo3(signature = (tool, *, name, serialized, hidden, function, tie, arguments, is_pair))]
    #[allow(clippy::too_many_arguments, reason = "one keyword for each fact")]
    fn new(
        tool: &Bound<'_, PyAny>,
        name: Py<PyString>,
        serialized: Py<PyDict>,
        hidden: Py<PyTuple>,
        function: Option<Py<PyAny>>,
        tie: Option<Py<PyAny>>,
        arguments: Option<Py<ArgumentModel>>,
        is_pair: bool,
    ) -> Self {
        Self {
            type_tag: objects::type_tag(tool),
            name,
            serialized,
            hidden,
            function,
            tie,
            arguments,
            is_pair,
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.serialized)?;
        visit.call(&self.hidden)?;
        for object in [&self.function, &self.tie].into_iter().flatten() {
            visit.call(object)?;
        }
        match &self.arguments {
            Some(arguments) => visit.call(arguments),
            None => Ok(()),
        }
    }
}

impl ToolFacts {
    /// What the tool remembers, or finds out now.
    fn of<'py>(tool: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let py = tool.py();
        if let Some(remembered) = remembered(tool)?
            && remembered.get().type_tag != 0
            && remembered.get().type_tag == objects::type_tag(tool)
        {
            return Ok(remembered);
        }
        let facts = calls::method(tool, pyo3::intern!(py, "_find_facts"), &[])?;
        Ok(facts.cast_into()?)
    }

    fn is_tied(&self) -> bool {
        self.tie.is_some()
    }
}

fn remembered<'py>(tool: &Bound<'py, PyAny>) -> PyResult<Option<Bound<'py, ToolFacts>>> {
    let py = tool.py();
    let private = blueprint::private_attributes(tool)?;
    let Ok(private) = private.cast_into::<PyDict>() else {
        return Ok(None);
    };
    let Some(Ok(memo)) = private
        .get_item(pyo3::intern!(py, "_memo"))?
        .map(Bound::cast_into::<PyDict>)
    else {
        return Ok(None);
    };
    let facts = memo.get_item(pyo3::intern!(py, "tool_facts"))?;
    Ok(facts.and_then(|facts| facts.cast_into().ok()))
}

/// A tool, what it is called with, and the run in which that happens.
#[pyclass(frozen, module = "ferrule._core")]
pub(crate) struct ToolRun {
    tool: Py<PyAny>,
    facts: Py<ToolFacts>,
    input: Py<PyAny>,
    config: Option<Py<PyAny>>,
    tool_call_id: Option<Py<PyAny>>,
    /// Hints for handlers that print: of the start and of the end.
    colors: Option<(Py<PyAny>, Py<PyAny>)>,
    /// Keywords that handlers are told besides.
    keywords: Option<Py<PyDict>>,
    /// Shown on the console although the tool is not set to it.
    verbose: bool,
}

/// Positional and named arguments.
type Arguments<'py> = (Bound<'py, PyTuple>, Bound<'py, PyDict>);

#[pymethods]
impl ToolRun {
    #[new]
    fn new(
        tool: &Bound<'_, PyAny>,
        input: Py<PyAny>,
        config: Option<Py<PyAny>>,
        tool_call_id: Option<Py<PyAny>>,
        colors: (Py<PyAny>, Py<PyAny>),
        keywords: Py<PyDict>,
        verbose: bool,
    ) -> PyResult<Self> {
        Ok(Self {
            facts: ToolFacts::of(tool)?.unbind(),
            tool: tool.clone().unbind(),
            input,
            config,
            tool_call_id,
            colors: Some(colors),
            keywords: Some(keywords),
            verbose,
        })
    }

    /// Reads the input of `invoke`: a tool call, or the arguments.
    #[staticmethod]
    #[pyo3(signature = (tool, input, config, keywords))]
    fn of_input<'py>(
        tool: &Bound<'py, PyAny>,
        input: &Bound<'py, PyAny>,
        config: Option<&Bound<'py, PyAny>>,
        keywords: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Self> {
        let py = tool.py();
        if let Some(keywords) = keywords {
            refuse_settings(keywords)?;
        }
        let mut run = Self {
            facts: ToolFacts::of(tool)?.unbind(),
            tool: tool.clone().unbind(),
            input: input.clone().unbind(),
            config: config.map(|config| config.clone().unbind()),
            tool_call_id: None,
            colors: None,
            keywords: keywords.map(|keywords| keywords.clone().unbind()),
            verbose: false,
        };
        if let Ok(call) = input.cast::<PyDict>()
            && let Some(kind) = call.get_item(pyo3::intern!(py, "type"))?
            && kind.eq("tool_call")?
        {
            (run.input, run.tool_call_id) = imports::parts_of_call(py)?
                .call_out((tool, call))?
                .extract()?;
        }
        Ok(run)
    }

    /// Calls the tool in a run of its own.
    fn call<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let config = self.config.as_ref().map(|config| config.bind(py));
        self.drive(py, &Given::read(config)?, None)
    }

    #[getter]
    fn tool_call_id(&self) -> Option<&Py<PyAny>> {
        self.tool_call_id.as_ref()
    }

    /// The run, for async code.
    fn plan(&self, py: Python<'_>) -> PyResult<RunPlan> {
        let (payload, inputs) = self.shown(py)?;
        let mut brought = self.brought(py)?;
        brought.end_extra = Some(self.told_at_end(py)?.unbind());
        brought.error_extra = Some(self.told_at_failure(py)?.into_any().unbind());
        RunPlan::of(
            py,
            Launch {
                kind: Kind::Tool,
                owner: self.tool.clone_ref(py),
                config: self.config.as_ref().map(|config| config.clone_ref(py)),
                place: None,
                payload: payload.into_any().unbind(),
                name: None,
                serialized: Some(self.facts.get().serialized.clone_ref(py).into_any()),
                run_type: None,
                extra: Some(self.told_at_start(py, inputs)?.unbind()),
                brought: Some(Box::new(brought)),
            },
        )
    }

    /// What the tool's function is called with. `tie` supplies what it wants of its run.
    fn arguments<'py>(
        &self,
        py: Python<'py>,
        tie: &Bound<'py, PyAny>,
        run_manager: &Bound<'py, PyAny>,
    ) -> PyResult<Arguments<'py>> {
        let is_tied = tie.getattr(pyo3::intern!(py, "tied"))?.is_truthy()?;
        self.arguments_with(py, is_tied.then_some(tie), || Ok(run_manager.clone()))
    }

    /// What the caller gets for what the function returned.
    fn output<'py>(
        &self,
        py: Python<'py>,
        response: Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let facts = self.facts.get();
        if self.tool_call_id.is_none() && !facts.is_pair {
            return Ok(response);
        }
        let arguments = (response, &facts.name, &self.tool_call_id, facts.is_pair);
        imports::answer_of_tool(py)?.call_out(arguments)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.tool)?;
        visit.call(&self.facts)?;
        visit.call(&self.input)?;
        for object in [&self.config, &self.tool_call_id].into_iter().flatten() {
            visit.call(object)?;
        }
        match &self.keywords {
            Some(keywords) => visit.call(keywords),
            None => Ok(()),
        }
    }
}

impl ToolRun {
    /// Opens the run, calls the tool in it, closes it.
    fn drive<'py>(
        &self,
        py: Python<'py>,
        given: &Given<'py>,
        place: Option<Place<'_, 'py>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let tool = self.tool.bind(py);
        let local = self.brought(py)?.local(py)?;
        let run = prepared(py, Kind::Tool, given, place, Some(&local))?;
        let _entered = if run.hears(py, run.kind.start()) {
            let (payload, inputs) = self.shown(py)?;
            let start = Start {
                serialized: Some(self.facts.get().serialized.bind(py).clone().into_any()),
                extra: Some(self.told_at_start(py, inputs)?),
                ..Start::of(tool, payload.as_any())
            };
            run.open(py, given.run_name.as_ref(), start)?
        } else {
            run.open_untold(py)?
        };
        let heard = |event| run.hears(py, event).then_some(());
        run.close(
            py,
            self.work(py, &run),
            || heard(run.kind.end()).and_then(|()| self.told_at_end(py).ok()),
            |_| heard(run.kind.error()).and_then(|()| self.told_at_failure(py).ok()),
        )
    }

    fn work<'py>(&self, py: Python<'py>, run: &Run) -> PyResult<Bound<'py, PyAny>> {
        let facts = self.facts.get();
        let tie = facts.tie.as_ref().map(|tie| tie.bind(py));
        let response = || {
            let (args, kwargs) = self.arguments_with(py, tie, || handle::of_run(py, run, false))?;
            let function = match &facts.function {
                Some(function) => function.bind(py).clone(),
                None => self.tool.bind(py).getattr(pyo3::intern!(py, "_run"))?,
            };
            self.output(py, function.call_out_with(args, Some(&kwargs))?)
        };
        response().or_else(|error| self.recovered(py, error))
    }

    /// What the tool and the call bring to the run.
    fn brought(&self, py: Python<'_>) -> PyResult<Brought> {
        let mut brought = Brought::of_fields(self.tool.bind(py))?;
        brought.verbose |= self.verbose;
        Ok(brought)
    }

    /// What a tool answers that is set to answer a failure of this kind; else the failure.
    #[cold]
    fn recovered<'py>(&self, py: Python<'py>, error: PyErr) -> PyResult<Bound<'py, PyAny>> {
        // `isinstance`, as the classes may recognise what does not derive from them.
        if !error.value(py).is_instance(imports::tool_failures(py)?)? {
            return Err(error);
        }
        let arguments = (&self.tool, &self.tool_call_id, exception(py, &error));
        imports::answer_to_failure(py)?.call_out(arguments)
    }

    fn arguments_with<'py>(
        &self,
        py: Python<'py>,
        tie: Option<&Bound<'py, PyAny>>,
        run_manager: impl FnOnce() -> PyResult<Bound<'py, PyAny>>,
    ) -> PyResult<Arguments<'py>> {
        let input = self.input.bind(py);
        let (args, kwargs) = if let Some(model) = &self.facts.get().arguments
            && let Ok(values) = input.cast::<PyDict>()
        {
            let checked = model.get().validated(py, &values.copy()?)?;
            (PyTuple::empty(py), checked)
        } else {
            let none = py.None();
            let id = self.tool_call_id.as_ref().unwrap_or(&none).bind(py);
            let name = pyo3::intern!(py, "_to_args_and_kwargs");
            calls::method(self.tool.bind(py), name, &[input, id])?.extract()?
        };
        let Some(tie) = tie else {
            return Ok((args, kwargs));
        };
        let supplied =
            tie.call_method_out(pyo3::intern!(py, "supply"), (run_manager()?, &self.config))?;
        let kwargs = kwargs.copy()?;
        kwargs.update(supplied.cast::<PyDict>()?.as_mapping())?;
        Ok((args, kwargs))
    }

    /// The input as text and, if it is one, as the dict that handlers may see.
    fn shown<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyString>, Option<Bound<'py, PyDict>>)> {
        let input = self.input.bind(py);
        let Ok(given) = input.cast::<PyDict>() else {
            return Ok((input.str()?, None));
        };
        let inputs = given.copy()?;
        for name in self.facts.get().hidden.bind(py) {
            if inputs.contains(&name)? {
                inputs.del_item(&name)?;
            }
        }
        Ok((inputs.str()?, Some(inputs)))
    }

    fn told_at_start<'py>(
        &self,
        py: Python<'py>,
        inputs: Option<Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let told = self.told(py, self.colors.as_ref().map(|(start, _)| start))?;
        told.set_item(names::inputs(py), inputs)?;
        told.set_item(pyo3::intern!(py, "tool_call_id"), &self.tool_call_id)?;
        Ok(told)
    }

    fn told_at_end<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let told = self.told(py, self.colors.as_ref().map(|(_, end)| end))?;
        told.set_item(names::name(py), &self.facts.get().name)?;
        told.set_item(pyo3::intern!(py, "tool_call_id"), &self.tool_call_id)?;
        Ok(told)
    }

    fn told_at_failure<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let told = PyDict::new(py);
        told.set_item(pyo3::intern!(py, "tool_call_id"), &self.tool_call_id)?;
        Ok(told)
    }

    fn told<'py>(
        &self,
        py: Python<'py>,
        color: Option<&Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let told = match &self.keywords {
            Some(keywords) => keywords.bind(py).copy()?,
            None => PyDict::new(py),
        };
        let name = pyo3::intern!(py, "color");
        match color {
            Some(color) => told.set_item(name, color)?,
            None => told.set_item(name, pyo3::intern!(py, "green"))?,
        }
        Ok(told)
    }
}

/// Refuses settings of the run among the keywords for its events, where nobody would hear of them.
fn refuse_settings(keywords: &Bound<'_, PyDict>) -> PyResult<()> {
    let py = keywords.py();
    if keywords.is_empty() {
        return Ok(());
    }
    for name in [
        names::callbacks(py),
        names::tags(py),
        names::metadata(py),
        names::run_name(py),
        names::run_id(py),
    ] {
        if let Some(value) = keywords.get_item(name)?.filter(|value| !value.is_none()) {
            return Err(PyTypeError::new_err(format!(
                "{name} is a setting of the run, not a keyword for its events: pass it in the config, \
                 as in config={{'{name}': ...}}; got {}",
                shown(&value)
            )));
        }
    }
    Ok(())
}
