"""Handlers of a constructor belong to that object: they hear the model, not the chain around it."""

from __future__ import annotations

from ferrule.callbacks import BaseCallbackHandler
from ferrule.demo import choose_model
from ferrule.prompts import ChatPromptTemplate


class Listener(BaseCallbackHandler):
    def __init__(self, name):
        self.name = name

    def on_chain_start(self, serialized, inputs, **kwargs):
        print(f"{self.name}: chain {serialized['name']}")

    def on_chat_model_start(self, serialized, messages, **kwargs):
        print(f"{self.name}: chat model")


model = choose_model(callbacks=[Listener("of the model")])
chain = ChatPromptTemplate.from_template("What is {a} + {b}?") | model

# Both hear the model: the handlers of a call add to those of the objects it reaches.
chain.invoke({"a": "20", "b": "22"}, config={"callbacks": [Listener("of the call")]})
