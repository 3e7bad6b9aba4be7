"""Filled prompts that are images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, cast

from typing_extensions import TypedDict, override

from ferrule.messages.human import HumanMessage
from ferrule.prompt_values.base import PromptValue

if TYPE_CHECKING:
    from ferrule.messages import BaseMessage

__all__ = ["ImagePromptValue", "ImageURL"]


class ImageURL(TypedDict, total=False):
    """Where an image is, and how closely the model shall look at it."""

    detail: Literal["auto", "low", "high"]
    url: str
    """A link, or the encoded image as a `data:` link."""


class ImagePromptValue(PromptValue):
    """A prompt that is an image."""

    image_url: ImageURL
    """The image."""
    type: Literal["ImagePromptValue"] = "ImagePromptValue"

    @override
    def to_string(self) -> str:
        return self.image_url.get("url", "")

    @override
    def to_messages(self) -> list[BaseMessage]:
        return [HumanMessage([cast("dict[Any, Any]", self.image_url)])]
