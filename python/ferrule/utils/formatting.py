"""Format strings whose fields are all named."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["StrictFormatter", "formatter"]


class StrictFormatter(Formatter):
    """A formatter that takes values by name only.

    Example:
        >>> StrictFormatter().format("{greeting}!", greeting="Hello")
        'Hello!'
    """

    def vformat(  # pyright: ignore[reportIncompatibleMethodOverride]  typeshed overloads it
        self, format_string: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> str:
        """Fill a format string.

        Raises:
            ValueError: If values are given by position.
            KeyError: If a field has no value.
        """
        if args:
            msg = f"Pass values by name, as in name={args[0]!r}; {len(args)} came by position."
            raise ValueError(msg)
        return super().vformat(format_string, args, kwargs)

    def validate_input_variables(self, format_string: str, input_variables: Iterable[str]) -> None:
        """Check that the variables are all that a format string needs.

        Raises:
            KeyError: If a field is not among them.
        """
        self.format(format_string, **dict.fromkeys(input_variables, ""))


formatter = StrictFormatter()
"""A formatter to share; it has no state."""
