"""Documents and raw data."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ferrule.documents import Blob, Document


def test_document_by_position():
    """The text is positional; numbers as ids become text."""
    assert Document("a", id=1) == Document(page_content="a", id="1")


def test_document_as_text():
    """The text of a document is its text and metadata, whatever its id is."""
    assert str(Document("a", id="1")) == "page_content='a'"
    assert str(Document("a", metadata={"x": 1})) == "page_content='a' metadata={'x': 1}"
    assert repr(Document("a", id="1")) == "Document(id='1', page_content='a')"


def test_document_is_described():
    """A document is described under the path that readers of descriptions know."""
    assert Document("a").to_json()["id"] == ["langchain", "schema", "document", "Document"]


@pytest.mark.parametrize("data", ["é", "é".encode()])
def test_data_in_memory(data):
    """Text and bytes can be read as either, and as a stream."""
    blob = Blob.from_data(data)
    assert blob.as_string() == "é"
    assert blob.as_bytes() == "é".encode()
    with blob.as_bytes_io() as stream:
        assert stream.read() == "é".encode()


def test_data_in_a_file(tmp_path):
    """A file is read when asked for, and its kind is guessed from its name."""
    path = tmp_path / "a.txt"
    blob = Blob.from_path(path)
    path.write_text("late", encoding="utf-8")
    assert (blob.mimetype, blob.source) == ("text/plain", str(path))
    assert (blob.as_string(), blob.as_bytes()) == ("late", b"late")
    with blob.as_bytes_io() as stream:
        assert stream.read() == b"late"


def test_source_of_the_metadata_comes_first():
    """A source in the metadata says more than the path."""
    assert Blob.from_data("a", path="p", metadata={"source": "s"}).source == "s"


def test_data_or_path_is_required():
    """Nothing cannot be read, and the error says so."""
    with pytest.raises(ValidationError, match="data or a path"):
        Blob()
    with pytest.raises(ValueError, match="neither data nor a path"):
        Blob(data=None).as_bytes()
