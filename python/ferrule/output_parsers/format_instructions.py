"""What prompts say about the form of an answer."""

from __future__ import annotations

import json
from typing import Any

_JSON_SCHEMA = """\
Answer with one JSON value that is valid against the JSON schema below, and with nothing else: \
no text before or after it, no code fence, no comments.

The schema describes the answer and is not part of it. Given the schema \
{{"properties": {{"names": {{"type": "array", "items": {{"type": "string"}}}}}}, \
"required": ["names"]}}, the answer {{"names": ["Ada", "Alan"]}} is right and the answer \
{{"properties": {{"names": ["Ada", "Alan"]}}}} is wrong.

The schema:
```
{schema}
```"""


def json_instructions(schema: dict[str, Any]) -> str:
    """Ask for JSON that fits a schema; the title and type of its top level go without saying."""
    told = {key: value for key, value in schema.items() if key not in {"title", "type"}}
    return _JSON_SCHEMA.format(schema=json.dumps(told, ensure_ascii=False))


XML_INSTRUCTIONS = """\
Answer with one XML document and with nothing else.
1. Use the tags listed below; if none are listed, make up fitting ones.
2. Close every tag that you open, in the reverse order: \
"<list>\n  <item></item>\n</list>" is right, "<list>\n  <item>\n</list>" is wrong.

The tags:
```
{tags}
```"""
