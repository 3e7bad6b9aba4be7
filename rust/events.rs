//! The event table: what can happen to a run, and which hook, flag and fallback belong to it.
//!
//! No other file names an event's hook.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyList, PyString};

/// One kind of event.
pub(crate) struct Row {
    /// The handler method for it.
    pub(crate) hook: &'static str,
    /// The handler attribute that silences it.
    pub(crate) ignore: Option<Ignore>,
}

/// The flags by which a handler turns a group of events down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Ignore {
    Llm,
    ChatModel,
    Chain,
    Agent,
    Retriever,
    Retry,
    CustomEvent,
}

impl Ignore {
    pub(crate) const ALL: [(Self, &'static str); 7] = [
        (Self::Llm, "ignore_llm"),
        (Self::ChatModel, "ignore_chat_model"),
        (Self::Chain, "ignore_chain"),
        (Self::Agent, "ignore_agent"),
        (Self::Retriever, "ignore_retriever"),
        (Self::Retry, "ignore_retry"),
        (Self::CustomEvent, "ignore_custom_event"),
    ];

    const NAMES: [&'static str; 7] = {
        let mut names = [""; 7];
        let mut index = 0;
        while index < names.len() {
            names[index] = Self::ALL[index].1;
            index += 1;
        }
        names
    };

    /// This flag in a set of flags.
    pub(crate) const fn bit(self) -> u16 {
        1 << self as u8
    }

    /// The attribute's name, interned.
    pub(crate) fn attribute(self, py: Python<'_>) -> &Bound<'_, PyString> {
        static NAMES: PyOnceLock<Vec<Py<PyString>>> = PyOnceLock::new();
        interned(py, &NAMES, &Self::NAMES, self as usize)
    }
}

macro_rules! events {
    ($($event:ident => $hook:literal, $ignore:expr;)*) => {
        /// What can happen to a run.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        #[allow(clippy::enum_variant_names, reason = "custom events are called that")]
        pub(crate) enum Event { $($event),* }

        impl Event {
            /// All events, in the order of their numbers.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$event),*];

            const ROWS: &'static [Row] = &[$(Row { hook: $hook, ignore: $ignore }),*];

            const HOOKS: &'static [&'static str] = &[$($hook),*];
        }
    };
}

events! {
    ChainStart => "on_chain_start", Some(Ignore::Chain);
    ChainEnd => "on_chain_end", Some(Ignore::Chain);
    ChainError => "on_chain_error", Some(Ignore::Chain);
    LlmStart => "on_llm_start", Some(Ignore::Llm);
    ChatModelStart => "on_chat_model_start", Some(Ignore::ChatModel);
    LlmNewToken => "on_llm_new_token", Some(Ignore::Llm);
    LlmEnd => "on_llm_end", Some(Ignore::Llm);
    LlmError => "on_llm_error", Some(Ignore::Llm);
    StreamEvent => "on_stream_event", Some(Ignore::Llm);
    ToolStart => "on_tool_start", Some(Ignore::Agent);
    ToolEnd => "on_tool_end", Some(Ignore::Agent);
    ToolError => "on_tool_error", Some(Ignore::Agent);
    RetrieverStart => "on_retriever_start", Some(Ignore::Retriever);
    RetrieverEnd => "on_retriever_end", Some(Ignore::Retriever);
    RetrieverError => "on_retriever_error", Some(Ignore::Retriever);
    AgentAction => "on_agent_action", Some(Ignore::Agent);
    AgentFinish => "on_agent_finish", Some(Ignore::Agent);
    Text => "on_text", None;
    Retry => "on_retry", Some(Ignore::Retry);
    CustomEvent => "on_custom_event", Some(Ignore::CustomEvent);
}

impl Event {
    /// This event in a set of events.
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }

    /// The event's row of the table.
    pub(crate) fn row(self) -> &'static Row {
        &Self::ROWS[self as usize]
    }

    /// Whether a run is over with it.
    pub(crate) const fn closes_run(self) -> bool {
        let ends = matches!(
            self,
            Self::ChainEnd | Self::LlmEnd | Self::ToolEnd | Self::RetrieverEnd
        );
        ends || self.is_failure()
    }

    /// Whether it tells the exception that a run is over with.
    pub(crate) const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::ChainError | Self::LlmError | Self::ToolError | Self::RetrieverError
        )
    }

    /// The event that a handler without a hook for this one is told instead: it gets the
    /// messages as text.
    pub(crate) const fn fallback(self) -> Option<Self> {
        match self {
            Self::ChatModelStart => Some(Self::LlmStart),
            _ => None,
        }
    }

    /// The hook's name, interned.
    pub(crate) fn hook(self, py: Python<'_>) -> &Bound<'_, PyString> {
        static NAMES: PyOnceLock<Vec<Py<PyString>>> = PyOnceLock::new();
        interned(py, &NAMES, Self::HOOKS, self as usize)
    }
}

/// What is executed in a run; decides which events open and close it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Chain,
    Llm,
    ChatModel,
    Tool,
    Retriever,
}

impl Kind {
    /// The kind that Python code calls by this name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "chain" => Self::Chain,
            "llm" => Self::Llm,
            "chat_model" => Self::ChatModel,
            "tool" => Self::Tool,
            "retriever" => Self::Retriever,
            _ => return None,
        })
    }

    /// Whether it is a language model that runs.
    pub(crate) const fn is_model(self) -> bool {
        matches!(self, Self::Llm | Self::ChatModel)
    }

    pub(crate) const fn start(self) -> Event {
        match self {
            Self::Chain => Event::ChainStart,
            Self::Llm => Event::LlmStart,
            Self::ChatModel => Event::ChatModelStart,
            Self::Tool => Event::ToolStart,
            Self::Retriever => Event::RetrieverStart,
        }
    }

    pub(crate) const fn end(self) -> Event {
        match self {
            Self::Chain => Event::ChainEnd,
            Self::Llm | Self::ChatModel => Event::LlmEnd,
            Self::Tool => Event::ToolEnd,
            Self::Retriever => Event::RetrieverEnd,
        }
    }

    pub(crate) const fn error(self) -> Event {
        match self {
            Self::Chain => Event::ChainError,
            Self::Llm | Self::ChatModel => Event::LlmError,
            Self::Tool => Event::ToolError,
            Self::Retriever => Event::RetrieverError,
        }
    }
}

fn interned<'py>(
    py: Python<'py>,
    cell: &'static PyOnceLock<Vec<Py<PyString>>>,
    texts: &[&str],
    index: usize,
) -> &'py Bound<'py, PyString> {
    cell.get_or_init(py, || {
        texts
            .iter()
            .map(|text| PyString::intern(py, text).unbind())
            .collect()
    })[index]
        .bind(py)
}

/// The hooks of the event table, in its order, with the flag that silences each.
#[pyfunction]
pub(crate) fn event_table(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let rows = Event::ALL.iter().map(|event| {
        let ignore = event.row().ignore.map(|flag| Ignore::ALL[flag as usize].1);
        (event.row().hook, ignore)
    });
    PyList::new(py, rows.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_has_its_own_bit() {
        let all = Event::ALL.iter().fold(0, |bits, event| {
            assert_eq!(bits & event.bit(), 0);
            bits | event.bit()
        });
        assert_eq!(all.count_ones() as usize, Event::ALL.len());
    }

    #[test]
    fn flags_are_listed_by_their_number() {
        for (index, (flag, _)) in Ignore::ALL.iter().enumerate() {
            assert_eq!(*flag as usize, index);
        }
    }

    #[test]
    fn every_kind_opens_and_closes_with_events_of_one_hook_family() {
        for name in ["chain", "llm", "chat_model", "tool", "retriever"] {
            let kind = Kind::from_name(name);
            assert!(
                kind.is_some_and(|kind| kind.start().row().hook.ends_with("_start")
                    && kind.end().row().hook.ends_with("_end")
                    && kind.error().row().hook.ends_with("_error"))
            );
        }
        assert_eq!(Kind::from_name("other"), None);
    }

    #[test]
    fn ends_and_errors_close_a_run() {
        for event in Event::ALL {
            let hook = event.row().hook;
            let (ends, fails) = (hook.ends_with("_end"), hook.ends_with("_error"));
            assert_eq!(event.is_failure(), fails, "{hook}");
            assert_eq!(event.closes_run(), ends || fails, "{hook}");
        }
    }
}
