"""The examples of two of langchain's how-to guides run with only their imports changed."""

from __future__ import annotations

import pytest

from tests.documented import lines_of_example
from tests.loopback import LoopbackServer

pytest.importorskip("anthropic")

COMMON = """\
from typing import Any, Dict, List

from langchain_anthropic import ChatAnthropic
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult
from langchain_core.prompts import ChatPromptTemplate


class LoggingHandler(BaseCallbackHandler):
    def on_chat_model_start(
        self, serialized: Dict[str, Any], messages: List[List[BaseMessage]], **kwargs
    ) -> None:
        print("Chat model started")

    def on_llm_end(self, response: LLMResult, **kwargs) -> None:
        print(f"Chat model ended, response: {response}")

    def on_chain_start(
        self, serialized: Dict[str, Any], inputs: Dict[str, Any], **kwargs
    ) -> None:
        print(f"Chain {serialized.get('name')} started")

    def on_chain_end(self, outputs: Dict[str, Any], **kwargs) -> None:
        print(f"Chain ended, outputs: {outputs}")


callbacks = [LoggingHandler()]
llm = ChatAnthropic(model="claude-3-sonnet-20240229")
prompt = ChatPromptTemplate.from_template("What is 1 + {number}?")

chain = prompt | llm
"""

AT_RUN_TIME = (
    COMMON
    + """
chain.invoke({"number": "2"}, config={"callbacks": callbacks})
"""
)

BOUND = (
    COMMON
    + """
chain_with_callbacks = chain.with_config(callbacks=callbacks)

chain_with_callbacks.invoke({"number": "2"})
"""
)


# The guides name a model that the SDK calls deprecated.
@pytest.mark.filterwarnings("ignore:The model 'claude-3-sonnet:DeprecationWarning")
@pytest.mark.parametrize("guide", [AT_RUN_TIME, BOUND], ids=["at run time", "bound"])
def test_guide(guide, capsys, monkeypatch):
    """The guide prints the documented lines, ids and usage being those of the run."""
    code = guide.replace("langchain_anthropic", "ferrule.anthropic")
    code = code.replace("langchain_core", "ferrule")
    with LoopbackServer() as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        names = {"__name__": "guide"}
        exec(compile(code, "guide", "exec", dont_inherit=True), names)
        names["llm"].close()
    printed = capsys.readouterr().out.splitlines()
    assert printed == lines_of_example(printed)
    assert "'model': 'claude-3-sonnet-20240229'" in printed[-1]
