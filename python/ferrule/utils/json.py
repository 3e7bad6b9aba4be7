"""The readers of JSON that models wrote, under langchain-core's path."""

from __future__ import annotations

from ferrule.output_parsers.json import (
    parse_and_check_json_markdown,
    parse_json_markdown,
    parse_partial_json,
)

__all__ = ["parse_and_check_json_markdown", "parse_json_markdown", "parse_partial_json"]
