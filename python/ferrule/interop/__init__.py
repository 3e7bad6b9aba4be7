"""ferrule and langchain-core in one program: one tree of runs, one scope, one set of handlers.

Nothing here imports langchain-core, langsmith or langgraph of its own accord. What happens when
the program imports them:

- `arrival`: notices that langchain-core is imported, be it in the middle of a run.
- `attachments`: what takes part in every run because it is attached to langchain-core.
- `ambient`: what is attached to ferrule takes part in langchain-core's runs.
- `guises`: ferrule's objects pass langchain-core's `isinstance`, and its pydantic fields.
- `recognition`: langchain-core's objects pass ferrule's `isinstance`.
- `annotations`: what signatures name, markers of arguments for instance, is each other's.
- `failures`: ferrule's exceptions are caught by langchain-core's names.
- `counterparts`: which class of the one library stands for which of the other.
- `tracing`: runs are parents of what LangSmith's `@traceable` traces.

The shared scope is in the core (`rust/interop`): from its arrival on, langchain-core's context
variable holds the scopes of both. Tested with the versions in `tests/ecosystem/requirements.txt`;
`docs/interop.md` says what works and what does not.
"""

from __future__ import annotations

__all__: list[str] = []
