"""`Document` and `Blob`: text and raw data that is retrieved or loaded."""

from __future__ import annotations

import mimetypes
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from io import BufferedReader, BytesIO
from pathlib import Path, PurePath
from typing import Any, Literal, TypeAlias, cast

from pydantic import ConfigDict, Field, model_validator
from typing_extensions import Self, override

from ferrule.load.serializable import Serializable

__all__ = ["BaseMedia", "Blob", "Document", "PathLike"]

PathLike: TypeAlias = str | PurePath


class BaseMedia(Serializable):
    """What text and raw data share: an id and metadata."""

    id: str | None = Field(default=None, coerce_numbers_to_str=True)
    """What identifies it within its collection."""
    metadata: dict[Any, Any] = Field(default_factory=dict)
    """What is known about it, such as its source."""


class Document(BaseMedia):
    """A piece of text with metadata, as retrievers return it.

    `str` shows text and metadata only, so that documents put into a prompt look the same whatever
    their id is.

    Example:
        >>> str(Document("Hello", metadata={"source": "letter"}, id="d1"))
        "page_content='Hello' metadata={'source': 'letter'}"
    """

    page_content: str
    """The text."""
    type: Literal["Document"] = "Document"

    def __init__(self, page_content: str, **kwargs: Any) -> None:
        super().__init__(page_content=page_content, **kwargs)  # type: ignore[call-arg]

    @classmethod
    @override
    def is_lc_serializable(cls) -> bool:
        return True

    @classmethod
    @override
    def get_lc_namespace(cls) -> list[str]:
        return ["langchain", "schema", "document"]

    @override
    def __str__(self) -> str:
        text = f"page_content='{self.page_content}'"
        return f"{text} metadata={self.metadata}" if self.metadata else text


class Blob(BaseMedia):
    """Raw data in memory or in a file; a file is read when its data is asked for.

    Example:
        >>> Blob.from_data("Hello", mime_type="text/plain").as_bytes()
        b'Hello'
    """

    data: bytes | str | None = None
    """The data, if it is in memory."""
    mimetype: str | None = None
    """What kind of data it is."""
    encoding: str = "utf-8"
    """How text is encoded in it."""
    path: PathLike | None = None
    """The file it is in, or comes from."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _check_source(cls, values: Any) -> Any:
        if isinstance(values, Mapping) and not ("data" in values or "path" in values):
            msg = "A Blob has data or a path; neither was given."
            raise ValueError(msg)
        return values

    @classmethod
    def from_path(
        cls,
        path: PathLike,
        *,
        encoding: str = "utf-8",
        mime_type: str | None = None,
        guess_type: bool = True,
        metadata: dict[Any, Any] | None = None,
    ) -> Self:
        """Refer to a file, which is not read yet.

        Args:
            path: The file.
            encoding: How text is encoded in it.
            mime_type: What kind of data it is.
            guess_type: Whether to guess that from the file's name if it is not given.
            metadata: What is known about it.
        """
        if mime_type is None and guess_type:
            mime_type = mimetypes.guess_type(str(path))[0]
        return cls(path=path, encoding=encoding, mimetype=mime_type, metadata=metadata or {})

    @classmethod
    def from_data(
        cls,
        data: str | bytes,
        *,
        encoding: str = "utf-8",
        mime_type: str | None = None,
        path: str | None = None,
        metadata: dict[Any, Any] | None = None,
    ) -> Self:
        """Take data that is in memory; `path` only says where it comes from."""
        return cls(
            data=data, encoding=encoding, mimetype=mime_type, path=path, metadata=metadata or {}
        )

    @property
    def source(self) -> str | None:
        """Where the data comes from: the metadata's `source`, else the path."""
        if "source" in self.metadata:
            return cast("str | None", self.metadata["source"])
        return str(self.path) if self.path else None

    def as_bytes(self) -> bytes:
        """Return the data.

        Raises:
            ValueError: If there is neither data nor a path.
        """
        if isinstance(self.data, str):
            return self.data.encode(self.encoding)
        return self._file().read_bytes() if self.data is None else self.data

    def as_string(self) -> str:
        """Return the data as text.

        Raises:
            ValueError: If there is neither data nor a path.
        """
        if isinstance(self.data, bytes):
            return self.data.decode(self.encoding)
        return self._file().read_text(self.encoding) if self.data is None else self.data

    @contextmanager
    def as_bytes_io(self) -> Generator[BytesIO | BufferedReader, None, None]:
        """Open the data as a stream of bytes.

        Raises:
            ValueError: If there is neither data nor a path.
        """
        if self.data is not None:
            yield BytesIO(self.as_bytes())
            return
        with self._file().open("rb") as file:
            yield file

    def _file(self) -> Path:
        if self.path is None:
            msg = f"{self!r} has neither data nor a path to read."
            raise ValueError(msg)
        return Path(self.path)

    @override
    def __repr__(self) -> str:
        source = f" {self.source}" if self.source else ""
        return f"Blob {id(self)}{source}"

    __str__ = __repr__
