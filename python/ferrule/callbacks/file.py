"""Tell in a file what runs do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TextIO, cast

from ferrule.callbacks.narration import NarratingHandler, colored

if TYPE_CHECKING:
    import os

    from typing_extensions import Self

__all__ = ["FileCallbackHandler"]


class FileCallbackHandler(NarratingHandler):
    """Write chains, agent steps, tool results and texts to a file as they happen.

    The file is opened at once, as UTF-8, and written through after each text. Use the handler as
    a context manager, or call `close`; writing to it afterwards is an error.

    Args:
        filename: Where to write to.
        mode: How to open the file: `a` adds to it, `w` replaces it, `x` wants a new one.
        color: As for `StdOutCallbackHandler`; puts escape sequences into the file.

    Example:
        >>> import pathlib, tempfile
        >>> path = pathlib.Path(tempfile.mkdtemp(), "runs.txt")
        >>> with FileCallbackHandler(path) as handler:
        ...     handler.on_text("hello")
        >>> path.read_text()
        'hello'
    """

    def __init__(
        self, filename: str | os.PathLike[str], mode: str = "a", color: str | None = None
    ) -> None:
        super().__init__(color)
        self.filename = filename
        self.mode = mode
        self.file = cast("TextIO", Path(filename).open(mode, encoding="utf-8"))  # noqa: SIM115  closed by close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; closing it again does nothing."""
        if file := getattr(self, "file", None):
            file.close()

    def _write(self, text: str, color: str | None = None, end: str = "") -> None:
        if self.file.closed:
            msg = f"The file {str(self.filename)!r} is closed; use the handler inside its `with`."
            raise RuntimeError(msg)
        self.file.write(colored(text, color) + end)
        self.file.flush()
