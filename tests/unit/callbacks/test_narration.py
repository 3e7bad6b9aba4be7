"""Handlers that write for people: standard output, files, streamed tokens."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ferrule.callbacks import (
    FileCallbackHandler,
    StdOutCallbackHandler,
    StreamingStdOutCallbackHandler,
)


def tell(handler):
    """Let a handler hear one of everything that it tells about."""
    handler.on_chain_start({"name": "serialized"}, {}, name="given")
    handler.on_agent_action(SimpleNamespace(log="act"))
    handler.on_tool_end(3, observation_prefix="saw ", llm_prefix="then ")
    handler.on_text("text", end=".")
    handler.on_agent_finish(SimpleNamespace(log="done"))
    handler.on_chain_end({})


def test_stdout_tells_everything(capsys):
    """Headlines are bold; the rest is plain without a color."""
    tell(StdOutCallbackHandler())
    assert capsys.readouterr().out == (
        "\n\n\x1b[1m> Entering new given chain...\x1b[0m\n"
        "act\nsaw 3\nthen text.done\n"
        "\n\x1b[1m> Finished chain.\x1b[0m\n"
    )


def test_stdout_uses_the_serialized_name(capsys):
    """Without a name among the arguments the one in `serialized` is told."""
    StdOutCallbackHandler().on_chain_start({"name": "inner"}, {})
    assert "new inner chain" in capsys.readouterr().out


def test_color_of_the_event_beats_the_handlers(capsys):
    """A hook's color argument replaces the handler's for this text."""
    handler = StdOutCallbackHandler(color="red")
    handler.on_text("a")
    handler.on_text("b", color="green")
    out = capsys.readouterr().out
    assert out == "\x1b[31;1m\x1b[1;3ma\x1b[0m\x1b[32;1m\x1b[1;3mb\x1b[0m"


def test_unknown_color_is_refused_at_once():
    """The error names the color and those that exist."""
    with pytest.raises(ValueError, match="no color 'mauve'; use one of blue, yellow, pink, green"):
        StdOutCallbackHandler(color="mauve")


def test_file_tells_everything(tmp_path):
    """A file gets the same text, without bold."""
    path = tmp_path / "runs.txt"
    with FileCallbackHandler(path, mode="w") as handler:
        tell(handler)
        written = path.read_text(encoding="utf-8")
    assert written == (
        "\n\n> Entering new given chain...\nact\nsaw 3\nthen text.done\n\n> Finished chain.\n"
    )


def test_file_is_appended_to_by_default(tmp_path):
    """A second handler adds to what a first one wrote."""
    for text in "ab":
        with FileCallbackHandler(str(tmp_path / "f")) as handler:
            handler.on_text(text)
    assert (tmp_path / "f").read_text() == "ab"


def test_closed_file_is_an_error(tmp_path):
    """Writing after the block names the file; closing twice is fine."""
    with FileCallbackHandler(tmp_path / "f") as handler:
        pass
    handler.close()
    with pytest.raises(RuntimeError, match=r"f' is closed; use the handler inside its `with`"):
        handler.on_text("late")


def test_tokens_are_written_as_they_come(capsys):
    """Each token is written at once, without line ends."""
    handler = StreamingStdOutCallbackHandler()
    handler.on_llm_new_token("Hel")
    handler.on_llm_new_token("lo")
    assert capsys.readouterr().out == "Hello"
