"""The classes of ferrule that may be built from descriptions, and the paths that name them.

Descriptions name a class by a path. Some paths are those of former modules, which are kept so that
what was stored once can be loaded for ever; langchain-core's are understood as well.
"""

from __future__ import annotations

from typing import Any, Literal

from ferrule._lazy import later
from ferrule.load.serializable import Serializable

Path = tuple[str, ...]
"""Namespace, then the name of a class."""

Kind = Literal["messages", "core", "all"]

# Classes lie above this module, and are fetched when a description names them.
_class = later(
    __name__,
    _CLASSES := {
        "ferrule.agents": "AgentAction AgentActionMessageLog AgentFinish",
        "ferrule.anthropic": "ChatAnthropic",
        "ferrule.documents": "Document",
        "ferrule.messages": """
            AIMessage AIMessageChunk ChatMessage ChatMessageChunk FunctionMessage
            FunctionMessageChunk HumanMessage HumanMessageChunk RemoveMessage SystemMessage
            SystemMessageChunk ToolMessage ToolMessageChunk
        """,
        "ferrule.openai": "ChatOpenAI",
        "ferrule.output_parsers": "CommaSeparatedListOutputParser StrOutputParser",
        "ferrule.outputs": "ChatGeneration ChatGenerationChunk Generation GenerationChunk",
        "ferrule.prompt_values": """
            ChatPromptValue ChatPromptValueConcrete ImagePromptValue StringPromptValue
        """,
        "ferrule.prompts": """
            AIMessagePromptTemplate ChatMessagePromptTemplate ChatPromptTemplate
            DictPromptTemplate FewShotPromptWithTemplates HumanMessagePromptTemplate
            ImagePromptTemplate MessagesPlaceholder PromptTemplate StructuredPrompt
            SystemMessagePromptTemplate
        """,
        "ferrule.runnables": """
            RouterRunnable RunnableAssign RunnableBinding RunnableEach RunnableParallel
            RunnablePassthrough RunnablePick RunnableSequence
        """,
    },
)
_KINDS: dict[Kind, set[str]] = {
    "messages": {"ferrule.messages"},
    "core": set(_CLASSES) - {"ferrule.anthropic", "ferrule.openai"},
    "all": set(_CLASSES),
}

# Former namespaces, and those of packages around langchain-core. `langchain_core` itself names the
# package in its second part.
_FORMER = {
    "langchain.chat_models.anthropic": "anthropic",
    "langchain.chat_models.openai": "openai",
    "langchain.output_parsers.list": "output_parsers",
    "langchain.prompts.base": "prompt_values",
    "langchain.prompts.chat": "prompts prompt_values",
    "langchain.prompts.few_shot_with_templates": "prompts",
    "langchain.prompts.image": "prompts",
    "langchain.prompts.prompt": "prompts",
    "langchain.schema": "messages",
    "langchain.schema.agent": "agents",
    "langchain.schema.document": "documents",
    "langchain.schema.messages": "messages",
    "langchain.schema.output": "outputs",
    "langchain.schema.output_parser": "output_parsers",
    "langchain.schema.prompt": "prompt_values",
    "langchain.schema.prompt_template": "prompts",
    "langchain.schema.runnable": "runnables",
    "langchain_anthropic.chat_models": "anthropic",
    "langchain_openai.chat_models.base": "openai",
}
_RENAMED = {"_DictMessagePromptTemplate": "DictPromptTemplate"}


def arguments_of(cls: type) -> tuple[str, ...] | None:
    """Name the attributes by which a class without pydantic is built again, if it says any.

    A class says so for itself, not for its subclasses, which may take other arguments.
    """
    names: tuple[str, ...] | None = vars(cls).get("_built_from")
    return names


def path_of(cls: Any) -> Path:
    """Return the path that stands for a class in descriptions.

    Raises:
        TypeError: If its objects have no description.
    """
    if isinstance(cls, type):
        if issubclass(cls, Serializable):
            return tuple(cls.lc_id())
        if arguments_of(cls) is not None:
            return ("langchain", "schema", "runnable", cls.__name__)
    msg = f"Only classes whose objects can be dumped can be loaded, which {cls!r} is not."
    raise TypeError(msg)


def find(path: Path, kind: Kind = "all") -> type | None:
    """Return the class that a path names, if it is one of ferrule's of this kind.

    Args:
        path: The path.
        kind: `"messages"`; `"core"`, all but models of providers; or `"all"`.

    Example:
        >>> find(("langchain", "schema", "messages", "AIMessage")).__module__
        'ferrule.messages.ai'
    """
    *namespace, name = path
    name = _RENAMED.get(name, name)
    if namespace[:1] in (["ferrule"], ["langchain_core"]):
        packages = namespace[1:2]
    else:
        packages = _FORMER.get(".".join(namespace), "").split()
    for package in (f"ferrule.{each}" for each in packages):
        if package in _KINDS[kind] and name in _CLASSES[package].split():
            found: type = _class(name)
            return found
    return None
