"""A handler that is bound with `with_config` hears every call of the chain from then on."""

from __future__ import annotations

from ferrule.callbacks import BaseCallbackHandler
from ferrule.demo import choose_model
from ferrule.prompts import ChatPromptTemplate


class LoggingHandler(BaseCallbackHandler):
    def on_chat_model_start(self, serialized, messages, **kwargs):
        print("Chat model started")

    def on_llm_end(self, response, **kwargs):
        print(f"Chat model ended, response: {response}")

    def on_chain_start(self, serialized, inputs, **kwargs):
        print(f"Chain {serialized.get('name')} started")

    def on_chain_end(self, outputs, **kwargs):
        print(f"Chain ended, outputs: {outputs}")


# Claude when ANTHROPIC_API_KEY is set, otherwise a model that needs no network.
model = choose_model()
chain = ChatPromptTemplate.from_template("What is 1 + {number}?") | model
logged = chain.with_config(callbacks=[LoggingHandler()])

logged.invoke({"number": "2"})
