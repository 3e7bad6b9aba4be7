"""One call of a tool, from what it was called with to what it hands back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pydantic import ValidationError

from ferrule._core import RunPlan
from ferrule.runnables.context import run_in_executor
from ferrule.tools.errors import ToolException, answer_to
from ferrule.tools.output import as_output, content_and_artifact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ferrule.runnables.config import RunnableConfig
    from ferrule.tools.base import BaseTool

_COLORS = ("green", "green")
_UNEXPLAINED = "The tool failed and did not say why."
_UNFIT = "The arguments do not fit what the tool takes."


@dataclass
class ToolRun:
    """A tool, what it is called with, and the run in which that happens."""

    tool: BaseTool
    input: Any
    config: RunnableConfig | None
    tool_call_id: str | None
    colors: tuple[str | None, str | None]
    keywords: Mapping[str, Any]

    @classmethod
    def of_input(
        cls, tool: BaseTool, given: Any, config: RunnableConfig | None, keywords: dict[str, Any]
    ) -> ToolRun:
        """Read the input of `invoke`: a tool call, or the arguments."""
        tool_call_id = None
        if isinstance(given, dict) and given.get("type") == "tool_call":
            given, tool_call_id = _parts_of_call(tool, given)
        return cls(tool, given, config, tool_call_id, _COLORS, keywords)

    @classmethod
    def of_parts(
        cls,
        tool: BaseTool,
        given: Any,
        config: RunnableConfig | None,
        parts: Mapping[str, Any],
        tool_call_id: str | None,
        colors: tuple[str | None, str | None],
        keywords: dict[str, Any],
    ) -> ToolRun:
        """Read the arguments of `run`: each part that was given wins over the config's."""
        told = {key: value for key, value in parts.items() if value is not None}
        complete = cast("RunnableConfig", {**(config or {}), **told})
        return cls(tool, given, complete, tool_call_id, colors, keywords)

    def call(self) -> Any:
        """Call the tool in a run of its own."""
        return self._plan().call(self._work)

    async def acall(self) -> Any:
        """Call the tool in a run of its own, without blocking the event loop."""
        return await self._plan().acall(self._awork)

    def _plan(self) -> RunPlan:
        tool, keywords, tool_call_id = self.tool, self.keywords, self.tool_call_id
        inputs = None
        if isinstance(self.input, dict):
            hidden = tool._hidden_arguments()
            inputs = dict(self.input)
            for name in hidden.intersection(inputs):
                del inputs[name]
        start_color, color = self.colors
        return RunPlan(
            "tool",
            tool,
            self.config,
            payload=str(self.input if inputs is None else inputs),
            serialized=tool._remembered("described", tool._described),
            extra={
                **keywords,
                "color": start_color,
                "inputs": inputs,
                "tool_call_id": tool_call_id,
            },
            end_extra={
                **keywords,
                "color": color,
                "name": tool.name,
                "tool_call_id": tool_call_id,
            },
            error_extra={"tool_call_id": tool_call_id},
            verbose=tool.verbose,
            local_callbacks=tool.callbacks,
            local_tags=tool.tags,
            local_metadata=tool.metadata,
        )

    def _work(self, run_manager: Any) -> Any:
        body, _ = self.tool._body(is_async=False)
        try:
            args, kwargs = self._arguments(body, run_manager)
            return self._output(body(*args, **kwargs))
        except (ValidationError, ToolException) as error:
            return self._recovered(error)

    async def _awork(self, run_manager: Any) -> Any:
        body, is_native = self.tool._body(is_async=True)
        try:
            if is_native:
                args, kwargs = self._arguments(body, run_manager)
                return self._output(await body(*args, **kwargs))
            args, kwargs = self._arguments(body, run_manager.get_sync())
            return self._output(await run_in_executor(None, body, *args, **kwargs))
        except (ValidationError, ToolException) as error:
            return self._recovered(error)

    def _arguments(self, body: Any, run_manager: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
        tool = self.tool
        args, kwargs = tool._to_args_and_kwargs(self.input, self.tool_call_id)
        facts = tool._facts(body)
        if facts.tied:
            kwargs = {**kwargs, **facts.supply(run_manager, self.config)}
        return args, kwargs

    def _output(self, response: Any) -> Any:
        artifact = None
        if self.tool.response_format == "content_and_artifact":
            response, artifact = content_and_artifact(response)
        if self.tool_call_id is None:
            return response
        return as_output(
            response,
            artifact,
            tool_name=self.tool.name,
            tool_call_id=self.tool_call_id,
            status="success",
        )

    def _recovered(self, error: ValidationError | ToolException) -> Any:
        """Answer instead of failing, if the tool is set to; else raise the error again."""
        tool = self.tool
        policy: Any
        if isinstance(error, ToolException):
            policy, otherwise = tool.handle_tool_error, _UNEXPLAINED
        else:
            policy, otherwise = tool.handle_validation_error, _UNFIT
        if not policy:
            raise error
        return as_output(
            answer_to(error, policy, otherwise),
            None,
            tool_name=tool.name,
            tool_call_id=self.tool_call_id,
            status="error",
        )


def _parts_of_call(tool: BaseTool, call: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Take the arguments and the id out of a tool call."""
    for key in ("args", "id"):
        if key not in call:
            msg = f"A call of tool {tool.name!r} has no {key!r}: {call!r}."
            raise KeyError(msg)
    args: Any = call["args"]
    if not isinstance(args, dict):
        msg = f"The args of a call of tool {tool.name!r} are a dict, but got {args!r}: {call!r}."
        raise TypeError(msg)
    return dict(args), call["id"]
