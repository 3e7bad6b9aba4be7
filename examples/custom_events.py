"""A function tells handlers about its progress with events of its own."""

from __future__ import annotations

from ferrule.callbacks import BaseCallbackHandler, dispatch_custom_event
from ferrule.runnables import RunnableLambda


class Progress(BaseCallbackHandler):
    def on_custom_event(self, name, data, *, run_id, tags=None, metadata=None, **kwargs):
        print(f"{name}: {data['done']} of {data['of']} (tags {tags})")


def index(documents: list[str]) -> int:
    words = set()
    for done, document in enumerate(documents, 1):
        words.update(document.split())
        # The event belongs to the run around it; nothing has to be passed along.
        dispatch_custom_event("indexed", {"done": done, "of": len(documents)})
    return len(words)


config = {"callbacks": [Progress()], "tags": ["nightly"]}
print(RunnableLambda(index).invoke(["one two", "two three"], config=config), "words")
