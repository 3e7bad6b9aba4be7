"""Functions of many signatures, whose schemas are compared with those of langchain-core."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence  # noqa: TC003  read from annotations
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional, Union

from pydantic import BaseModel, Field


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Point(BaseModel):
    """A place."""

    x: int
    y: int = Field(0, description="How far up")


class Path(BaseModel):
    points: list[Point]
    name: Optional[str] = None  # noqa: UP045  both spellings occur


@dataclass
class Size:
    width: int
    height: int = 1


def nothing() -> str:
    """Take nothing."""


def one(x: int) -> int:
    """Take one."""


def defaults(x: int, y: float = 0.5, z: str = "z", on: bool = False) -> int:
    """Take defaults."""


def optional(x: int | None, y: Optional[str] = None, z: Union[int, str] = 1) -> int:  # noqa: UP045, UP007  both spellings occur
    """Take optional values."""


def unannotated(x, y=1):
    """Take anything."""


def containers(
    a: list[int],
    b: dict[str, float],
    c: tuple[int, str],
    d: set[str],
    e: Sequence[int],
    f: Mapping[str, Any],
) -> None:
    """Take containers."""


def choices(a: Literal["x", "y"], b: Colour, c: Literal[1, 2] = 1, d: Colour = Colour.RED) -> None:
    """Take choices."""


def models(p: Point, ps: list[Point], path: Path | None = None) -> None:
    """Take models."""


def dataclasses(s: Size) -> None:
    """Take a dataclass."""


def annotated(
    x: Annotated[int, "The number"], y: Annotated[str, Field(description="The text")] = ""
) -> None:
    """Take described arguments."""


def constrained(
    x: Annotated[int, Field(ge=0, le=9)], y: Annotated[str, Field(max_length=3)] = "abc"
) -> None:
    """Take constrained arguments."""


def field_defaults(
    x: int = Field(description="The number"), y: int = Field(default=3, description="More")
) -> None:
    """Take fields."""


def keyword_only(x: int, *, y: int, z: int = 3) -> None:
    """Take keywords."""


def variadic(x: int, *args: int, **kwargs: str) -> None:
    """Take any number."""


def only_kwargs(**kwargs: Any) -> None:
    """Take any keywords."""


def mutable_default(x: list[int] = [1, 2], y: dict[str, int] = {}) -> None:  # noqa: B006  as users write it
    """Take a list."""


def no_docstring(x: int) -> int:
    return x


def with_run_manager(x: int, run_manager: Any = None, callbacks: Any = None) -> None:
    """Take what the run offers."""


def awkward_names(schema: str, copy: int, model_name: str, json: bool = True) -> None:
    """Take names that models use themselves."""


def title(title: str, description: str, type: str = "x") -> None:
    """Take names that schemas use themselves."""


def long_docstring(x: int, y: str = "a") -> str:
    """Do the first thing.

    And then tell more about it,
    on two lines.

    Args:
        x: The number.
        y (str): The text, which is
            described on two lines: like this.

    Returns:
        Something.
    """


def args_before_more(x: int) -> str:
    """Do it.

    Args:
        x: The number.

    Example:
        do(1)
    """


async def coroutine(x: int, y: list[str] | None = None) -> None:
    """Take it later."""


class Methods:
    def method(self, x: int) -> int:
        """Take one."""

    @classmethod
    def of_class(cls, x: int) -> int:
        """Take one."""

    @staticmethod
    def static(x: int) -> int:
        """Take one."""


PLAIN = [
    nothing,
    one,
    defaults,
    optional,
    unannotated,
    containers,
    choices,
    models,
    dataclasses,
    annotated,
    constrained,
    field_defaults,
    keyword_only,
    variadic,
    only_kwargs,
    mutable_default,
    with_run_manager,
    awkward_names,
    title,
    long_docstring,
    args_before_more,
    coroutine,
    Methods().method,
    Methods.of_class,
    Methods.static,
]
GOOGLE = [long_docstring, args_before_more]
