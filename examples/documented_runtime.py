"""A handler that is passed at run time hears the chain and everything in it."""

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

chain.invoke({"number": "2"}, config={"callbacks": [LoggingHandler()]})
