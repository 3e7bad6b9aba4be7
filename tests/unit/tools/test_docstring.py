"""Google-style docstrings."""

from __future__ import annotations

import inspect

import pytest

from ferrule.tools.docstring import parse_google_docstring


@pytest.mark.parametrize(
    ("docstring", "want"),
    [
        ("", ("", None)),
        ("Do it.", ("Do it.", None)),
        ("Do it.\n\nAnd\nmore.", ("Do it. And\nmore.", None)),
        ("Do it.\n\nArgs:\n    x: A.\n    y (int): B: c.", ("Do it.", {"x": "A.", "y": "B: c."})),
        ("Do it.\nArgs:\n    x: A.", ("Do it.", {"x": "A."})),
        (
            "Do it.\n\nArgs:\n    x: A\n        b\n\n        c.\n    y:\n        B.",
            ("Do it.", {"x": "A b c.", "y": "B."}),
        ),
        ("Do it.\n\nReturns:\n    It.\n\nArgs:\n    x: A.", ("Do it.", {"x": "A."})),
        ("Do it.\n\nArgs:\n    x: A.\n\nReturns:\n    y: no argument", ("Do it.", {"x": "A."})),
        (
            "Do it.\n\nArgs:\n    *args: All.\n    **kwargs (int): Named.",
            ("Do it.", {"*args": "All.", "**kwargs": "Named."}),
        ),
        ("Do it.\n\nArgs:\n", ("Do it.", {})),
        ("Do it.\n\nArgs:\n    x: A.\nNot indented: text.", ("Do it.", {"x": "A."})),
        ("Do it.\n\nNote: Args: are told below.", ("Do it. Note: Args: are told below.", None)),
    ],
)
def test_sections(docstring, want):
    """Description and arguments are told apart, whatever else there is."""
    assert parse_google_docstring(docstring) == want


def test_docstring_of_a_function():
    """The form that `inspect.getdoc` makes of an indented docstring is understood."""

    def function(x):
        """Do it.

        Args:
            x: The value,
                in short.
        """

    assert parse_google_docstring(inspect.getdoc(function)) == (
        "Do it.",
        {"x": "The value, in short."},
    )
