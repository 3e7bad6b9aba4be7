"""The parts of a tool's call that are Python: `ToolRun` in the core puts them together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ferrule.runnables.context import run_in_executor
from ferrule.tools.errors import ToolException, answer_to
from ferrule.tools.output import as_output, content_and_artifact

if TYPE_CHECKING:
    from ferrule._core import ToolRun
    from ferrule.tools.base import BaseTool

__all__ = ["FAILURES", "acalled", "answer", "answer_to_failure", "parts_of_call"]

FAILURES = (ValidationError, ToolException)
"""What a tool may be set to answer instead of failing."""

_UNEXPLAINED = "The tool failed and did not say why."
_UNFIT = "The arguments do not fit what the tool takes."


async def acalled(tool: BaseTool, run: ToolRun) -> Any:
    """Call the tool in a run of its own, without blocking the event loop."""

    async def work(run_manager: Any) -> Any:
        body, is_native = tool._body(is_async=True)
        tie = tool._facts(body)
        try:
            if is_native:
                args, kwargs = run.arguments(tie, run_manager)
                return run.output(await body(*args, **kwargs))
            args, kwargs = run.arguments(tie, run_manager.get_sync())
            return run.output(await run_in_executor(None, body, *args, **kwargs))
        except Exception as error:
            if not isinstance(error, FAILURES):
                raise
            return answer_to_failure(tool, run.tool_call_id, error)

    return await run.plan().acall(work)


def answer(response: Any, tool_name: str, tool_call_id: str | None, is_pair: bool) -> Any:
    """Wrap what a tool returned in the answer to the tool call, if it answers one."""
    artifact = None
    if is_pair:
        response, artifact = content_and_artifact(response)
    return as_output(
        response, artifact, tool_name=tool_name, tool_call_id=tool_call_id, status="success"
    )


def answer_to_failure(tool: BaseTool, tool_call_id: str | None, error: Exception) -> Any:
    """Answer instead of failing, if the tool is set to; else raise the error again."""
    try:
        raise error
    except type(error):
        # What decides on the answer may look for the exception that is being handled.
        policy: Any
        if isinstance(error, ToolException):
            policy, otherwise = tool.handle_tool_error, _UNEXPLAINED
        else:
            policy, otherwise = tool.handle_validation_error, _UNFIT
        if not policy:
            raise
        content = answer_to(error, policy, otherwise)
    return as_output(content, None, tool_name=tool.name, tool_call_id=tool_call_id, status="error")


def parts_of_call(tool: BaseTool, call: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
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
