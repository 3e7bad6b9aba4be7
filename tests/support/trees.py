"""Random trees of runnables that may fail at any point.

A tree is described by nested tuples, `(kind, *children)`, so that hypothesis can draw and shrink
it. `Garden.grow` makes runnables of it. Each run whose name is known is told to `Garden.above`
with the name of the nearest run above it, so that an account of the runs can be checked.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ferrule.chat_history import InMemoryChatMessageHistory
from ferrule.documents import Document
from ferrule.language_models import BaseChatModel, FakeListChatModel, FakeListLLM
from ferrule.messages import AIMessage, ToolMessage
from ferrule.outputs import ChatGeneration, ChatResult
from ferrule.prompts import ChatPromptTemplate
from ferrule.retrievers import BaseRetriever
from ferrule.runnables import (
    ConfigurableField,
    RouterRunnable,
    Runnable,
    RunnableBranch,
    RunnableGenerator,
    RunnableLambda,
    RunnableParallel,
    RunnablePassthrough,
    RunnablePick,
    RunnableSequence,
    RunnableWithMessageHistory,
)
from ferrule.runnables.retry import RunnableRetry
from ferrule.tool_agent import create_tool_calling_agent
from ferrule.tools import StructuredTool

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


class Boom(Exception):
    """An ordinary failure."""


class Doom(BaseException):
    """A failure that no `except Exception` sees."""


class Points:
    """The points of a tree's life at which it may fail, counted as they are passed."""

    def __init__(self, actions: dict[int, Callable[[], None]]) -> None:
        self.actions = actions
        self.passed = 0
        self.lock = threading.Lock()

    def __call__(self) -> None:
        with self.lock:
            self.passed += 1
            action = self.actions.get(self.passed)
        if action is not None:
            action()


LEAVES = (
    "sync",
    "twofold",
    "async",
    "generator",
    "stepwise",
    "passthrough",
    "prompt",
    "chat",
    "text",
    "tool",
    "retriever",
)
ONE = (
    "bind",
    "assign",
    "nested",
    "configured",
    "streamed",
    "returned",
    "map",
    "batch",
    "branch",
    "retry",
    "tool_of",
    "retriever_of",
    "listened",
    "pick",
    "router",
    "alternatives",
    "history",
    "agent",
)
TWO = ("sequence", "parallel", "fallback")

trees = st.recursive(
    st.sampled_from(LEAVES).map(lambda kind: (kind,)),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(ONE), inner),
        st.tuples(st.sampled_from(TWO), inner, inner),
        st.tuples(st.just("sequence"), inner, inner, inner),
    ),
    max_leaves=6,
)


class _Searching(BaseRetriever):
    point: Any
    child: Any = None

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        self.point()
        text = query if self.child is None else str(self.child.invoke(query))
        self.point()
        return [Document(page_content=text)]

    async def _aget_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        self.point()
        await asyncio.sleep(0)
        text = query if self.child is None else str(await self.child.ainvoke(query))
        self.point()
        return [Document(page_content=text)]


class _Chat(FakeListChatModel):
    point: Any

    def _call(self, *args: Any, **kwargs: Any) -> str:
        self.point()
        return super()._call(*args, **kwargs)

    def _letters(self) -> Any:
        for letter in super()._letters():
            self.point()
            yield letter


class _Text(FakeListLLM):
    point: Any

    def _call(self, *args: Any, **kwargs: Any) -> str:
        self.point()
        return super()._call(*args, **kwargs)


class _Calling(BaseChatModel):
    """Calls the tool once, and then answers."""

    point: Any

    @property
    def _llm_type(self) -> str:
        return "calling"

    def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
        return self

    def _generate(self, messages: Any, *args: Any, **kwargs: Any) -> ChatResult:
        self.point()
        answer = AIMessage("done")
        if not isinstance(messages[-1], ToolMessage):
            call = {"name": "use", "args": {"it": "this"}, "id": "1", "type": "tool_call"}
            answer = AIMessage("", tool_calls=[call])
        return ChatResult(generations=[ChatGeneration(message=answer)])


class Garden:
    """Makes runnables of descriptions, and remembers which run belongs under which."""

    def __init__(self, points: Callable[[], None]) -> None:
        self.point = points
        self.above: dict[str, str | None] = {}

    def grow(self, tree: tuple[Any, ...], above: str | None = None) -> Runnable[Any, Any]:
        """Make the runnable that `tree` describes, to be run below the run named `above`."""
        kind, *children = tree
        name = f"{kind}-{len(self.above)}"
        self.above[name] = above
        return getattr(self, f"_{kind}")(name, *children)

    def _extra(self, name: str, under: str) -> str:
        self.above[name] = under
        return name

    def _function(self, name: str, function: Callable[[Any], Any]) -> Runnable[Any, Any]:
        def call(value: Any) -> Any:
            self.point()
            return function(value)

        return RunnableLambda(call, name=name)

    def _chain(self, name: str, *steps: Runnable[Any, Any]) -> Runnable[Any, Any]:
        # Bound, for a sequence in a sequence would be taken apart.
        return RunnableSequence(*steps).with_config(run_name=name)

    # -- leaves --------------------------------------------------------------------------------

    def _sync(self, name: str) -> Runnable[Any, Any]:
        return self._function(name, lambda value: value)

    def _twofold(self, name: str) -> Runnable[Any, Any]:
        async def acall(value: Any) -> Any:
            self.point()
            await asyncio.sleep(0)
            self.point()
            return value

        def call(value: Any) -> Any:
            self.point()
            return value

        return RunnableLambda(call, acall, name=name)

    def _async(self, name: str) -> Runnable[Any, Any]:
        async def acall(value: Any) -> Any:
            await asyncio.sleep(0)
            self.point()
            try:
                await asyncio.sleep(0)
            finally:
                self.point()
            return value

        return RunnableLambda(lambda value: value, acall, name=name)

    def _generator(self, name: str) -> Runnable[Any, Any]:
        def chunks(values: Iterator[Any]) -> Iterator[Any]:
            for value in values:
                self.point()
                yield value
            self.point()

        async def achunks(values: AsyncIterator[Any]) -> AsyncIterator[Any]:
            async for value in values:
                self.point()
                yield value
            await asyncio.sleep(0)
            self.point()

        return RunnableGenerator(chunks, achunks).with_config(run_name=name)

    def _stepwise(self, name: str) -> Runnable[Any, Any]:
        def steps(value: Any) -> Iterator[Any]:
            for letter in "abc":
                self.point()
                yield letter

        async def asteps(value: Any) -> AsyncIterator[Any]:
            for letter in "abc":
                self.point()
                await asyncio.sleep(0)
                yield letter

        return RunnableLambda(steps, asteps, name=name)

    def _passthrough(self, name: str) -> Runnable[Any, Any]:
        return RunnablePassthrough(lambda value: self.point()).with_config(run_name=name)

    def _after_text(self, name: str, runnable: Runnable[Any, Any]) -> Runnable[Any, Any]:
        text = self._function(self._extra(f"{name}.text", name), str)
        last = runnable.with_config(run_name=self._extra(f"{name}.last", name))
        return self._chain(name, text, last)

    def _prompt(self, name: str) -> Runnable[Any, Any]:
        return self._after_text(name, ChatPromptTemplate.from_template("say {it}"))

    def _chat(self, name: str) -> Runnable[Any, Any]:
        return self._after_text(name, _Chat(responses=["yes"], point=self.point))

    def _text(self, name: str) -> Runnable[Any, Any]:
        return self._after_text(name, _Text(responses=["yes"], point=self.point))

    def _tool(self, name: str) -> Runnable[Any, Any]:
        return self._after_text(name, self._tool_around(None))

    def _tool_around(self, child: Runnable[Any, Any] | None) -> Runnable[Any, Any]:
        def use(it: str) -> Any:
            """Use it."""
            self.point()
            return it if child is None else child.invoke(it)

        async def ause(it: str) -> Any:
            self.point()
            await asyncio.sleep(0)
            return it if child is None else await child.ainvoke(it)

        return StructuredTool.from_function(use, ause, name="use")

    def _retriever(self, name: str) -> Runnable[Any, Any]:
        return self._after_text(name, _Searching(point=self.point))

    # -- around others ---------------------------------------------------------------------------

    def _transparent(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        """Make what has no run of its own: the child stands in its place."""
        return self.grow(child, self.above.pop(name))

    def _bind(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        bound = self._transparent(name, child)
        return bound.with_config(tags=[name], metadata={name: 1}).with_types(input_type=Any)

    def _listened(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        heard = self._transparent(name, child)
        return heard.with_listeners(on_start=lambda run: None, on_error=lambda run: None)

    def _alternatives(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        chosen = self._transparent(name, child)
        either = RunnablePassthrough().configurable_alternatives(
            ConfigurableField(id=name), child=chosen
        )
        return either.with_config(configurable={name: "child"})

    def _router(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        key = self._function(
            self._extra(f"{name}.key", name), lambda value: {"key": "only", "input": value}
        )
        return self._chain(name, key, RouterRunnable({"only": self.grow(child, name)}))

    def _history(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        asked = self._function(self._extra(f"{name}.text", name), str)
        inner = self._extra(f"{name}.inner", name)
        answer = self._function(self._extra(f"{name}.answer", inner), str)
        remembered = InMemoryChatMessageHistory()
        remembering = RunnableWithMessageHistory(
            self._chain(inner, self.grow(child, inner), answer), lambda session_id: remembered
        )
        return self._chain(name, asked, remembering.with_config(configurable={"session_id": name}))

    def _agent(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        tool = self._tool_around(self.grow(child, f"{name}.last"))
        return self._after_text(name, create_tool_calling_agent(_Calling(point=self.point), [tool]))

    def _assign(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        start = self._function(self._extra(f"{name}.in", name), lambda value: {"in": value})
        inner = self.grow(child, self._extra(f"{name}.assign", name))
        assign = RunnablePassthrough.assign(out=inner).with_config(run_name=f"{name}.assign")
        return self._chain(name, start, assign)

    def _pick(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        inner = RunnableParallel({"a": self.grow(child, self._extra(f"{name}.all", name))})
        picked = RunnablePick("a").with_config(run_name=self._extra(f"{name}.pick", name))
        return self._chain(name, inner.with_config(run_name=f"{name}.all"), picked)

    def _nested(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        inner = self.grow(child, name)

        def call(value: Any) -> Any:
            self.point()
            return inner.invoke(value)

        async def acall(value: Any) -> Any:
            self.point()
            return await inner.ainvoke(value)

        return RunnableLambda(call, acall, name=name)

    def _configured(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        inner = self.grow(child, name)

        def call(value: Any, config: Any) -> Any:
            self.point()
            return inner.invoke(value, config)

        # No async function: under `ainvoke` this one runs in a thread.
        return RunnableLambda(call, name=name)

    def _streamed(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        inner = self.grow(child, name)

        def call(value: Any) -> Any:
            self.point()
            stream = inner.stream(value)
            try:
                return next(stream, value)
            finally:
                stream.close()

        async def acall(value: Any) -> Any:
            self.point()
            stream = inner.astream(value)
            try:
                async for chunk in stream:
                    self.point()
                    return chunk
                return value
            finally:
                await stream.aclose()

        return RunnableLambda(call, acall, name=name)

    def _returned(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        inner = self.grow(child, name)
        return self._function(name, lambda value: inner)

    def _map(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        start = self._function(self._extra(f"{name}.in", name), lambda value: [value, value])
        return self._chain(name, start, self.grow(child, name).map())

    def _batch(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        inner = self.grow(child, name)

        def call(value: Any) -> Any:
            self.point()
            return str(inner.batch([value, value, value], return_exceptions=True))

        async def acall(value: Any) -> Any:
            self.point()
            return str(await inner.abatch([value, value]))

        return RunnableLambda(call, acall, name=name)

    def _branch(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        test = self._function(self._extra(f"{name}.if", name), bool)
        return RunnableBranch(
            (test, self.grow(child, name)), self._function(f"{name}.else", str)
        ).with_config(run_name=name)

    def _retry(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        inner = self.grow(child, name)
        # In a sequence, and made by hand: a name given to the retry itself is its inner runs'.
        retry = RunnableRetry(bound=inner, wait_exponential_jitter=False, max_attempt_number=2)
        return self._chain(name, self._function(self._extra(f"{name}.in", name), str), retry)

    def _tool_of(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        return self._after_text(name, self._tool_around(self.grow(child, f"{name}.last")))

    def _retriever_of(self, name: str, child: tuple[Any, ...]) -> Runnable[Any, Any]:
        inner = self.grow(child, f"{name}.last")
        return self._after_text(name, _Searching(point=self.point, child=inner))

    def _sequence(self, name: str, *children: tuple[Any, ...]) -> Runnable[Any, Any]:
        return self._chain(name, *(self.grow(child, name) for child in children))

    def _parallel(self, name: str, *children: tuple[Any, ...]) -> Runnable[Any, Any]:
        steps = {f"k{i}": self.grow(child, name) for i, child in enumerate(children)}
        return RunnableParallel(steps).with_config(run_name=name)

    def _fallback(self, name: str, first: Any, second: Any) -> Runnable[Any, Any]:
        inner = self.grow(first, name)
        return inner.with_fallbacks([self.grow(second, name)]).with_config(run_name=name)
