"""Tokens reach handlers before they reach the caller; closing a stream early ends its run."""

from __future__ import annotations

from ferrule.callbacks import BaseCallbackHandler
from ferrule.demo import choose_model
from ferrule.prompts import ChatPromptTemplate


class Tokens(BaseCallbackHandler):
    def on_llm_new_token(self, token, **kwargs):
        if token:
            print("handler heard", repr(token))

    def on_llm_end(self, response, **kwargs):
        print("the run ended with", repr(response.generations[0][0].text))


chain = ChatPromptTemplate.from_template("What is 1 + {number}?") | choose_model()

for chunk in chain.stream({"number": "2"}, config={"callbacks": [Tokens()]}):
    if chunk.content:
        print("caller got", repr(chunk.content))

stream = chain.stream({"number": "2"}, config={"callbacks": [Tokens()]})
next(stream)
stream.close()
