"""ChatOpenAI in whole answers: what is sent, what comes back, what handlers hear."""

from __future__ import annotations

import asyncio

import pytest

from ferrule.callbacks import get_usage_metadata_callback
from ferrule.messages import HumanMessage, SystemMessage, ToolMessage
from ferrule.openai import ChatOpenAI
from ferrule.tool_agent import create_tool_calling_agent
from tests.loopback.openai import says, tool_call
from tests.unit.hosted.heard import Heard

ASKED = "What is 1 + 2?"


def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


def ways(model):
    """The same call in both colours."""
    yield model.invoke
    yield lambda *a, **k: asyncio.run(model.ainvoke(*a, **k))


def test_answer_tells_what_the_service_reported(chat):
    """Content, metadata, id and token counts are those of the service."""
    for call in ways(chat()):
        heard = Heard()
        message = call(ASKED, config={"callbacks": [heard]})
        response, about = heard.last("end")
        assert message.content == "1 + 2 = 3"
        assert message.id == f"run-{about['run_id']}-0"
        metadata = dict(message.response_metadata)
        assert metadata.pop("id").startswith("chatcmpl-")
        counts = metadata.pop("token_usage")
        assert (counts["prompt_tokens"], counts["completion_tokens"]) == (19, 3)
        assert metadata == {
            "model_provider": "openai",
            "model_name": "gpt-test",
            "system_fingerprint": "fp_test",
            "service_tier": "default",
            "finish_reason": "stop",
        }
        assert message.usage_metadata == {
            "input_tokens": 19,
            "output_tokens": 3,
            "total_tokens": 22,
            "input_token_details": {"audio": 0, "cache_read": 0},
            "output_token_details": {"audio": 0, "reasoning": 0},
        }
        assert response.llm_output["token_usage"] == counts
        assert response.llm_output["model_name"] == "gpt-test"
        assert response.generations[0][0].generation_info == {"finish_reason": "stop"}
        assert heard.events == ["start", "end"]


def test_request_holds_only_what_was_set(chat, server):
    """Without settings the body is the model and the messages."""
    chat().invoke([SystemMessage("Be brief."), HumanMessage(ASKED)])
    assert server.bodies == [
        {
            "model": "gpt-test",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": ASKED},
            ],
        }
    ]


def test_settings_reach_the_service(chat, server):
    """Every setting that is a parameter of the API is sent, to the right place."""
    model = chat(
        model_name="gpt-other",
        max_tokens=77,
        temperature=0.0,
        top_p=0.5,
        n=1,
        seed=7,
        frequency_penalty=0.1,
        presence_penalty=0.2,
        logit_bias={50256: -100},
        logprobs=True,
        top_logprobs=2,
        reasoning_effort="low",
        verbosity="low",
        service_tier="flex",
        store=False,
        stop=["END"],
        model_kwargs={"user": "u1", "metadata": {"a": "b"}},
        extra_body={"safety_identifier": "s1"},
        organization="org-1",
        default_query={"api-version": "2"},
    )
    for call in ways(model):
        call(ASKED)
        request = server.requests[-1]
        del request.body["messages"]
        assert request.body == {
            "model": "gpt-other",
            "max_completion_tokens": 77,
            "temperature": 0.0,
            "top_p": 0.5,
            "n": 1,
            "seed": 7,
            "frequency_penalty": 0.1,
            "presence_penalty": 0.2,
            "logit_bias": {"50256": -100},
            "logprobs": True,
            "top_logprobs": 2,
            "reasoning_effort": "low",
            "verbosity": "low",
            "service_tier": "flex",
            "store": False,
            "stop": ["END"],
            "user": "u1",
            "metadata": {"a": "b"},
            "safety_identifier": "s1",
        }
        assert request.headers["openai-organization"] == "org-1"
        assert request.path.endswith("?api-version=2")


def test_a_call_overrides_the_settings(chat, server):
    """Keywords of a call, stop texts among them, win; the model stays as it was."""
    model = chat(temperature=0.0, stop="A", max_tokens=9, extra_body={"user": "u1"})
    model.invoke(
        ASKED, stop=["B"], temperature=1.0, max_tokens=5, extra_body={"prompt_cache_key": "k"}
    )
    model.invoke(ASKED)
    first, second = server.bodies
    assert (first["stop"], first["temperature"], first["max_completion_tokens"]) == (["B"], 1.0, 5)
    assert (first["user"], first["prompt_cache_key"]) == ("u1", "k")
    assert (second["stop"], second["temperature"], second["max_completion_tokens"]) == ("A", 0.0, 9)
    assert "prompt_cache_key" not in second


def test_disabled_parameters_are_not_sent(chat, server):
    """Parameters that a service refuses are left out: always, or for some values."""
    model = chat(temperature=0.5, seed=1, disabled_params={"temperature": None, "seed": [1]})
    model.invoke(ASKED)
    model.invoke(ASKED, seed=2)
    assert [("temperature" in body, body.get("seed")) for body in server.bodies] == [
        (False, None),
        (False, 2),
    ]


def test_details_of_token_counts(chat, server):
    """Cached, reasoning and audio tokens are detailed, in the service's form and the common one."""
    counts = {
        "prompt_tokens": 100,
        "completion_tokens": 50,
        "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 80, "audio_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 30, "audio_tokens": 2},
    }
    server.script(says("hm", usage=counts))
    message = chat().invoke(ASKED)
    assert message.response_metadata["token_usage"] == counts
    assert message.usage_metadata == {
        "input_tokens": 100,
        "output_tokens": 50,
        "total_tokens": 150,
        "input_token_details": {"audio": 5, "cache_read": 80},
        "output_token_details": {"audio": 2, "reasoning": 30},
    }


def test_log_probabilities(chat):
    """Log probabilities are in the metadata when they are asked for, only then."""
    model = chat()
    told = model.invoke(ASKED, logprobs=True).response_metadata["logprobs"]["content"]
    assert "".join(token["token"] for token in told) == "1 + 2 = 3"
    assert "logprobs" not in model.invoke(ASKED).response_metadata


def test_tools_round_trip(chat, server):
    """A bound function is offered, its call is read, and its result is sent back."""
    model = chat().bind_tools([add], tool_choice="any", strict=True, parallel_tool_calls=False)
    for call in ways(model):
        server.script(says(tool_call("add", {"a": 1, "b": 2})), says("3"))
        asked = call(ASKED)
        body = server.bodies[-1]
        (offered,) = body["tools"]
        assert offered["type"] == "function"
        assert (offered["function"]["name"], offered["function"]["strict"]) == ("add", True)
        assert offered["function"]["parameters"]["additionalProperties"] is False
        assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)
        assert asked.content == ""
        assert asked.tool_calls == [
            {"name": "add", "args": {"a": 1, "b": 2}, "id": "call_01", "type": "tool_call"}
        ]
        assert asked.response_metadata["finish_reason"] == "tool_calls"
        done = ToolMessage(str(add(**asked.tool_calls[0]["args"])), tool_call_id="call_01")
        assert call([HumanMessage(ASKED), asked, done]).content == "3"
        assert server.bodies[-1]["messages"][1:] == [
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [tool_call("add", {"a": 1, "b": 2})],
            },
            {"role": "tool", "tool_call_id": "call_01", "content": "3"},
        ]


@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_agents(chat, server, streaming):
    """An agent calls its tools by the model's word, and the tokens of all its calls are counted."""
    server.script(
        says(tool_call("add", {"a": 1, "b": 2}), tool_call("add", {"a": 3, "b": 4}, id="call_02")),
        says("3 and 7."),
    )
    agent = create_tool_calling_agent(chat(streaming=streaming), [add])
    with get_usage_metadata_callback() as counted:
        assert agent.invoke(ASKED)["output"] == "3 and 7."
    results = server.bodies[-1]["messages"][-2:]
    assert [(result["tool_call_id"], result["content"]) for result in results] == [
        ("call_01", "3"),
        ("call_02", "7"),
    ]
    assert list(counted.usage_metadata) == ["gpt-test"]
    assert counted.usage_metadata["gpt-test"]["output_tokens"] > 3


def test_broken_arguments_go_back_as_they_came(chat, server):
    """A call with broken arguments is invalid, and its result is accepted after it."""
    server.script(says(tool_call("add", '{"a": 1'), tool_call("add", "[1]", id="call_02")))
    asked = chat().invoke(ASKED)
    assert asked.tool_calls == []
    assert [call["args"] for call in asked.invalid_tool_calls] == ['{"a": 1', "[1]"]
    results = [ToolMessage("No JSON.", tool_call_id=id_) for id_ in ("call_01", "call_02")]
    chat().invoke([HumanMessage(ASKED), asked, *results, HumanMessage(ASKED)])
    sent = server.bodies[-1]["messages"][1]["tool_calls"]
    assert [call["function"]["arguments"] for call in sent] == ['{"a": 1', "[1]"]


def test_calls_without_arguments(chat, server):
    """Empty text, as some services send it, stands for no arguments."""
    server.script(says(tool_call("now", "")))
    assert chat().invoke(ASKED).tool_calls[0]["args"] == {}


def test_several_answers(chat):
    """With `n` every answer is a generation; the tokens count once."""
    model = chat(n=2)
    for result in (
        model.generate([[HumanMessage(ASKED)]]),
        asyncio.run(model.agenerate([[HumanMessage(ASKED)]])),
    ):
        first, second = result.generations[0]
        assert (first.text, second.text) == ("1 + 2 = 3", "1 + 2 = 3")
        assert first.message.usage_metadata["total_tokens"] > 0
        assert second.message.usage_metadata is None
        assert second.message.response_metadata["finish_reason"] == "stop"


def test_token_counts_of_several_conversations_add_up(chat):
    """`generate` of two conversations tells the sum, details included."""
    one = chat().generate([[HumanMessage(ASKED)]]).llm_output["token_usage"]
    two = chat().generate([[HumanMessage(ASKED)], [HumanMessage(ASKED)]]).llm_output
    assert two["model_name"] == "gpt-test"
    assert two["token_usage"]["total_tokens"] == 2 * one["total_tokens"]
    assert two["token_usage"]["prompt_tokens_details"] == {"audio_tokens": 0, "cached_tokens": 0}


def test_what_stands_beside_the_text(chat, server):
    """Refusals, sound, citations and the thoughts that compatible services tell are kept."""
    beside = {
        "refusal": "No.",
        "audio": {"id": "audio_1", "data": "QUJD", "transcript": "hm", "expires_at": 1},
        "annotations": [{"type": "url_citation"}],
        "reasoning_content": "Let me think.",
    }
    server.script(says(message=beside))
    message = chat().invoke(ASKED)
    assert message.content == ""
    assert message.additional_kwargs == beside
    chat().invoke([HumanMessage(ASKED), message, HumanMessage(ASKED)])
    assert server.bodies[-1]["messages"][1] == {
        "role": "assistant",
        "content": None,
        "refusal": "No.",
        "audio": {"id": "audio_1"},
    }


def test_answers_without_choices(chat, server):
    """A service that answers with something else is an error that shows it."""
    whole = server.message
    server.message = lambda *a: {**whole(*a), "choices": None, "error": {"message": "overloaded"}}
    with pytest.raises(ValueError, match="overloaded"):
        chat().invoke(ASKED)


def test_handlers_hear_the_parameters(chat):
    """The start event tells model and settings, and never the key."""
    heard = Heard()
    chat(temperature=0.5, max_tokens=9).invoke(ASKED, config={"callbacks": [heard]}, stop=["X"])
    serialized, messages, about = heard.last("start")
    assert serialized["id"][-1] == "ChatOpenAI"
    assert messages == [[HumanMessage(ASKED)]]
    told = about["invocation_params"]
    assert (told["model"], told["model_name"], told["temperature"], told["stop"]) == (
        "gpt-test",
        "gpt-test",
        0.5,
        ["X"],
    )
    assert told["_type"] == "openai-chat"
    assert about["metadata"]["ls_provider"] == "openai"
    assert about["metadata"]["ls_model_name"] == "gpt-test"
    assert about["metadata"]["ls_max_tokens"] == 9


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"max_completion_tokens": 5}, "max_tokens"),
        ({"stop_sequences": ["A"]}, "stop"),
        ({"request_timeout": 3.0}, "timeout"),
        ({"openai_organization": "org"}, "organization"),
        ({"model_name": "gpt-x"}, "model"),
    ],
)
def test_other_names_of_settings(chat, given, name):
    """Names that langchain-openai uses mean the same settings."""
    settings = {"model": "gpt-test", "api_key": "test"} if name != "model" else {"api_key": "test"}
    assert [getattr(ChatOpenAI(**settings, **given), name)] == list(given.values())


def test_former_variables_of_the_environment(monkeypatch, server):
    """The address and organization that programs set for langchain-openai are honoured."""
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    monkeypatch.setenv("OPENAI_API_BASE", server.url + "/v1")
    monkeypatch.setenv("OPENAI_ORGANIZATION", "org-2")
    model = ChatOpenAI(model="gpt-test")
    assert model.invoke(ASKED).content == "1 + 2 = 3"
    assert server.requests[-1].headers["openai-organization"] == "org-2"
    model.close()
