"""A handler that keeps what it is told about model runs, in order."""

from __future__ import annotations

from ferrule.callbacks import BaseCallbackHandler


class Heard(BaseCallbackHandler):
    def __init__(self):
        self.events = []
        self.payloads = []

    def _keep(self, event, payload):
        self.events.append(event)
        self.payloads.append(payload)

    def last(self, event):
        """The payload of the latest event of a kind."""
        return [p for e, p in zip(self.events, self.payloads, strict=True) if e == event][-1]

    @property
    def tokens(self):
        """The tokens, without the empty ones of chunks that hold no text."""
        told = zip(self.events, self.payloads, strict=True)
        return [token for event, (token, _) in (t for t in told if t[0] == "token") if token]

    def on_chat_model_start(self, serialized, messages, **kwargs):
        self._keep("start", (serialized, messages, kwargs))

    def on_llm_new_token(self, token, *, chunk=None, **kwargs):
        self._keep("token", (token, chunk))

    def on_llm_end(self, response, **kwargs):
        self._keep("end", (response, kwargs))

    def on_llm_error(self, error, *, response=None, **kwargs):
        self._keep("error", (error, response))
