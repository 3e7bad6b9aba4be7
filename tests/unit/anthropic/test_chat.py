"""ChatAnthropic in whole answers: what is sent, what comes back, what handlers hear."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel

from ferrule.messages import HumanMessage, SystemMessage, ToolMessage
from tests.loopback import says, text, thinking, tool_use
from tests.unit.hosted.heard import Heard

ASKED = "What is 1 + 2?"


def ways(model):
    """The same call in both colours."""
    yield model.invoke
    yield lambda *a, **k: asyncio.run(model.ainvoke(*a, **k))


def test_answer_has_the_documented_form(chat, server):
    """Content, metadata, id and token counts are what the service reported."""
    for call in ways(chat()):
        heard = Heard()
        message = call(ASKED, config={"callbacks": [heard]})
        response, about = heard.last("end")
        assert message.content == "1 + 2 = 3"
        assert message.id == f"run-{about['run_id']}-0"
        usage = {
            "input_tokens": 23,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 9,
        }
        output = response.llm_output
        assert output == message.response_metadata
        assert list(output) == ["id", "model", "stop_reason", "stop_sequence", "usage"]
        assert output["id"].startswith("msg_")
        assert {k: v for k, v in output.items() if k != "id"} == {
            "model": "claude-test",
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": usage,
        }
        assert type(output["usage"]) is dict
        assert message.usage_metadata == {
            "input_tokens": 23,
            "output_tokens": 9,
            "total_tokens": 32,
            "input_token_details": {"cache_creation": 0, "cache_read": 0},
        }
        # The representation shows the counts once, in the service's form.
        assert "usage_metadata" not in repr(message)
        assert heard.events == ["start", "end"]


def test_request_holds_only_what_was_set(chat, server):
    """Without settings the body is the model, the limit and the messages."""
    chat().invoke([SystemMessage("Be brief."), HumanMessage(ASKED)])
    assert server.bodies == [
        {
            "model": "claude-test",
            "max_tokens": 1024,
            "system": "Be brief.",
            "messages": [{"role": "user", "content": ASKED}],
        }
    ]


def test_settings_reach_the_service(chat, server):
    """Sampling, limits, stop texts, headers and further parameters are sent."""
    model = chat(
        model_name="claude-other",
        max_tokens=77,
        temperature=0.0,
        top_k=5,
        top_p=0.5,
        stop=["END"],
        model_kwargs={"metadata": {"user_id": "u1"}, "service_tier": "auto"},
        default_headers={"x-team": "blue"},
    )
    for call in ways(model):
        call(ASKED)
        request = server.requests[-1]
        del request.body["messages"]
        assert request.body == {
            "model": "claude-other",
            "max_tokens": 77,
            "temperature": 0.0,
            "top_k": 5,
            "top_p": 0.5,
            "stop_sequences": ["END"],
            "metadata": {"user_id": "u1"},
            "service_tier": "auto",
        }
        assert request.headers["x-team"] == "blue"
        # Which header carries the key depends on the version of the SDK.
        assert "test" in (request.headers.get("x-api-key") or request.headers["authorization"])


def test_a_call_overrides_the_settings(chat, server):
    """Keywords of a call, stop texts among them, win; the model stays as it was."""
    model = chat(temperature=0.0, stop=["A"])
    model.invoke(ASKED, stop=["B"], temperature=1.0, max_tokens=5, extra_headers={"x-a": "b"})
    model.invoke(ASKED)
    first, second = server.bodies
    assert (first["stop_sequences"], first["temperature"], first["max_tokens"]) == (["B"], 1.0, 5)
    assert (second["stop_sequences"], second["temperature"]) == (["A"], 0.0)
    assert server.requests[0].headers["x-a"] == "b"
    assert "x-a" not in server.requests[1].headers


def test_stop_sequence_is_reported(chat, server):
    """The stop text that ended the answer is in the metadata."""
    server.script(says("1 + 2", stop_reason="stop_sequence", stop_sequence="="))
    metadata = chat().invoke(ASKED, stop=["="]).response_metadata
    assert (metadata["stop_reason"], metadata["stop_sequence"]) == ("stop_sequence", "=")


def test_betas_go_to_the_beta_resource(chat, server):
    """Beta features are named in the header, and the answer is read as ever."""
    for call in ways(chat(betas=["feature-2026-01-01"])):
        assert call(ASKED).content == "1 + 2 = 3"
        request = server.requests[-1]
        assert "feature-2026-01-01" in request.headers["anthropic-beta"]
        assert "betas" not in request.body


def test_cache_counts(chat, server):
    """Tokens of the prompt cache are input tokens, and detailed."""
    counts = {
        "input_tokens": 10,
        "cache_creation_input_tokens": 200,
        "cache_read_input_tokens": 30,
        "output_tokens": 7,
        "output_tokens_details": {"thinking_tokens": 4},
    }
    server.script(says("hm", usage=counts))
    message = chat().invoke(ASKED)
    assert message.response_metadata["usage"] == counts
    assert message.usage_metadata == {
        "input_tokens": 240,
        "output_tokens": 7,
        "total_tokens": 247,
        "input_token_details": {"cache_creation": 200, "cache_read": 30},
        "output_token_details": {"reasoning": 4},
    }


def test_thinking_round_trip(chat, server):
    """Thinking is switched on, comes as a block, and goes back unchanged."""
    model = chat(max_tokens=4096, thinking={"type": "enabled", "budget_tokens": 1024})
    server.script(says(thinking("One plus two."), "3"))
    first = model.invoke(ASKED)
    assert server.bodies[0]["thinking"] == {"type": "enabled", "budget_tokens": 1024}
    assert first.content == [thinking("One plus two."), text("3")]
    assert first.text == "3"
    model.invoke([HumanMessage(ASKED), first, HumanMessage("And 2 + 2?")])
    assert server.bodies[1]["messages"][1]["content"] == [thinking("One plus two."), text("3")]


def test_tools_round_trip(chat, server):
    """A bound function is offered, its call is read, and its result is sent back."""

    def add(a: int, b: int) -> int:
        """Add two numbers."""
        return a + b

    model = chat().bind_tools([add], tool_choice="add", parallel_tool_calls=False)
    for call in ways(model):
        server.script(says("Adding.", tool_use("add", {"a": 1, "b": 2})), says("3"))
        asked = call(ASKED)
        (offered,) = server.bodies[-1]["tools"]
        assert (offered["name"], offered["description"]) == ("add", "Add two numbers.")
        assert offered["input_schema"]["required"] == ["a", "b"]
        assert server.bodies[-1]["tool_choice"] == {
            "type": "tool",
            "name": "add",
            "disable_parallel_tool_use": True,
        }
        assert asked.tool_calls == [
            {"name": "add", "args": {"a": 1, "b": 2}, "id": "toolu_01", "type": "tool_call"}
        ]
        assert asked.response_metadata["stop_reason"] == "tool_use"
        done = ToolMessage(str(add(**asked.tool_calls[0]["args"])), tool_call_id="toolu_01")
        assert call([HumanMessage(ASKED), asked, done]).content == "3"


def test_structured_output(chat, server):
    """A schema is asked for as a forced tool, and the call becomes an instance."""

    class Sum(BaseModel):
        """A sum."""

        total: int

    model = chat().with_structured_output(Sum)
    for call in ways(model):
        server.script(says(tool_use("Sum", {"total": 3})))
        assert call(ASKED) == Sum(total=3)
        assert server.bodies[-1]["tool_choice"]["type"] == "any"


def test_images_are_sent(chat, server):
    """An image in OpenAI's form arrives in the API's form."""
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    chat().invoke([HumanMessage([{"type": "text", "text": ASKED}, image])])
    assert server.bodies[0]["messages"][0]["content"][1]["source"]["media_type"] == "image/png"


def test_empty_answer(chat, server):
    """An answer without blocks is an empty text."""
    server.script(says())
    assert chat().invoke(ASKED).content == ""


def test_handlers_hear_the_parameters(chat):
    """The start event tells model and settings, and never the key."""
    heard = Heard()
    chat(temperature=0.5).invoke(ASKED, config={"callbacks": [heard]}, stop=["X"])
    serialized, messages, about = heard.last("start")
    assert serialized["id"][-1] == "ChatAnthropic"
    assert messages == [[HumanMessage(ASKED)]]
    told = about["invocation_params"]
    assert (told["model"], told["temperature"], told["stop"]) == ("claude-test", 0.5, ["X"])
    assert told["_type"] == "anthropic-chat"
    assert about["metadata"]["ls_provider"] == "anthropic"
    assert about["metadata"]["ls_model_name"] == "claude-test"
    assert about["metadata"]["ls_max_tokens"] == 1024


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"max_tokens_to_sample": 5}, "max_tokens"),
        ({"stop_sequences": ["A"]}, "stop"),
        ({"default_request_timeout": 3.0}, "timeout"),
    ],
)
def test_other_names_of_settings(chat, given, name):
    """Names that other integrations use mean the same settings."""
    assert [getattr(chat(**given), name)] == list(given.values())
