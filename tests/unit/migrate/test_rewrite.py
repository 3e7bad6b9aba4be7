"""Every form of import is switched as far as ferrule has the names; nothing else changes."""

from __future__ import annotations

import sys
from textwrap import dedent
from types import ModuleType

import pytest
from libcst import ParserSyntaxError

from ferrule.migrate import Inventory, Note, rewrite_source

ABSENT = "ferrule does not have it"
STRING = "strings are not changed"


def rewritten(before, **how):
    """The new source; a second pass must have nothing to do."""
    once = rewrite_source(dedent(before), Inventory(**how))
    assert rewrite_source(once.source, Inventory(**how)).source == once.source
    return once


def check(before, after, *notes, **how):
    """Compare the new source, and the lines and names of what stays."""
    got = rewritten(before, **how)
    assert got.source == dedent(after)
    assert [(note.line, note.name) for note in got.notes] == list(notes)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import langchain_core.messages\n", "import ferrule.messages\n"),
        ("import langchain_core.messages as m\n", "import ferrule.messages as m\n"),
        ("import os, langchain_core.tools, sys\n", "import os, ferrule.tools, sys\n"),
        ("from langchain_core import messages\n", "from ferrule import messages\n"),
        ("from langchain_core import tools as t\n", "from ferrule import tools as t\n"),
        (
            "from langchain_core.messages import HumanMessage as H, AIMessage\n",
            "from ferrule.messages import HumanMessage as H, AIMessage\n",
        ),
        (
            "from langchain_core.messages.ai import AIMessage\n",
            "from ferrule.messages.ai import AIMessage\n",
        ),
        ("import langchain_core\n", "import ferrule\n"),
        ("import langchain_core . messages\n", "import ferrule.messages\n"),
        ("\tx = 1\n".lstrip() + "import langchain_core.tools;\n", "x = 1\nimport ferrule.tools;\n"),
    ],
)
def test_forms_of_imports(before, after):
    """Plain, renamed and `from` imports, alone or among others."""
    check(before, after)


def test_imports_anywhere():
    """In functions, classes, `TYPE_CHECKING` blocks, `try` and one-line bodies."""
    check(
        """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from langchain_core.runnables import Runnable  # for annotations

        try:
            from langchain_core.messages import HumanMessage
        except ImportError:
            from langchain.schema import HumanMessage

        class A:
            from langchain_core.tools import tool

            async def f(self):
                if self: from langchain_core.tools import BaseTool
                return lambda: BaseTool
        """,
        """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from ferrule.runnables import Runnable  # for annotations

        try:
            from ferrule.messages import HumanMessage
        except ImportError:
            from langchain.schema import HumanMessage

        class A:
            from ferrule.tools import tool

            async def f(self):
                if self: from ferrule.tools import BaseTool
                return lambda: BaseTool
        """,
    )


def test_formatting_and_comments_stay():
    """Parentheses, line breaks, backslashes, odd spaces and comments are as they were."""
    check(
        """
        # before
        from langchain_core.messages import (  # which
            HumanMessage,   # by a human
            # by a model
            AIMessage   as  AI,

        )  # noqa: F401
        from langchain_core.tools import tool, \\
            BaseTool
        x=1;from langchain_core.tools   import(tool)
        """,
        """
        # before
        from ferrule.messages import (  # which
            HumanMessage,   # by a human
            # by a model
            AIMessage   as  AI,

        )  # noqa: F401
        from ferrule.tools import tool, \\
            BaseTool
        x=1;from ferrule.tools   import(tool)
        """,
    )


def test_names_that_ferrule_lacks_stay():
    """An import of both kinds of names becomes two; comments go with their names."""
    check(
        """
        # before
        from langchain_core.messages import (  # which
            HumanMessage,  # by a human
            NoMessage,  # by nobody
        )  # noqa: F401

        from langchain_core.tools import NoTool, tool  # both
        from langchain_core.vectorstores import VectorStore  # only theirs
        """,
        """
        # before
        from ferrule.messages import (  # which
            HumanMessage,  # by a human
        )  # noqa: F401
        from langchain_core.messages import (  # which
            NoMessage,  # by nobody
        )  # noqa: F401

        from ferrule.tools import tool  # both
        from langchain_core.tools import NoTool  # both
        from langchain_core.vectorstores import VectorStore  # only theirs
        """,
        (5, "langchain_core.messages.NoMessage"),
        (8, "langchain_core.tools.NoTool"),
        (9, "langchain_core.vectorstores.VectorStore"),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from langchain_core.tools import (tool, NoTool)\n",
            "from ferrule.tools import (tool)\nfrom langchain_core.tools import (NoTool)\n",
        ),
        (
            "from langchain_core.tools import (NoTool,\n    tool)\n",
            "from ferrule.tools import (tool)\nfrom langchain_core.tools import (NoTool)\n",
        ),
        (
            "from langchain_core.tools import (\n No, tool,\n)\n",
            "from ferrule.tools import (\n tool,\n)\nfrom langchain_core.tools import (\n No,\n)\n",
        ),
        (
            "if x: from langchain_core.tools import tool, No; y = 1\n",
            "if x: from ferrule.tools import tool; from langchain_core.tools import No; y = 1\n",
        ),
        (
            "from langchain_core.tools import tool, NoTool;\n",
            "from ferrule.tools import tool\nfrom langchain_core.tools import NoTool;\n",
        ),
        (
            "import langchain_core.tools, langchain_core.vectorstores as v\n",
            "import ferrule.tools, langchain_core.vectorstores as v\n",
        ),
    ],
)
def test_forms_of_splits(before, after):
    """Whatever form the import had, both parts are well-formed."""
    got = rewritten(before).source
    assert got == after
    compile(got, "split", "exec")


@pytest.fixture
def shop(monkeypatch):
    """A package of ferrule: `ferrule.shop` offers two names, of which `base` has one."""
    package, base = ModuleType("ferrule.shop"), ModuleType("ferrule.shop.base")
    package.__all__ = ["Shelf", "Till"]
    package.Shelf = package.Till = base.Shelf = object()
    monkeypatch.setitem(sys.modules, package.__name__, package)
    monkeypatch.setitem(sys.modules, base.__name__, base)


@pytest.mark.usefixtures("shop")
def test_places_that_ferrule_has_elsewhere():
    """A name that a package around the module offers is imported from there, with its siblings."""
    check(
        """
        from langchain_core.shop.base import Shelf
        from langchain_core.shop.base import Shelf, Till
        from langchain_core.shop.somewhere import Till, no_such
        """,
        """
        from ferrule.shop.base import Shelf
        from ferrule.shop import Shelf, Till
        from ferrule.shop import Till
        from langchain_core.shop.somewhere import no_such
        """,
        (4, "langchain_core.shop.somewhere.no_such"),
    )


def test_uses_of_dotted_imports():
    """Uses follow their import; those of another thing with the same name do not."""
    check(
        """
        import langchain_core.messages
        import langchain_core.runnables.base

        def f(x: langchain_core.messages.HumanMessage) -> langchain_core.runnables.base.Runnable:
            return (langchain_core).messages.AIMessage(x.langchain_core.messages)

        def g(langchain_core):
            return langchain_core.messages.HumanMessage
        """,
        """
        import ferrule.messages
        import ferrule.runnables.base

        def f(x: ferrule.messages.HumanMessage) -> ferrule.runnables.base.Runnable:
            return (ferrule).messages.AIMessage(x.langchain_core.messages)

        def g(langchain_core):
            return langchain_core.messages.HumanMessage
        """,
    )


def test_uses_that_stay_keep_their_import():
    """A dotted import that both kinds of uses need names both modules."""
    check(
        """
        import langchain_core.messages, langchain_core.tools
        import langchain_core.vectorstores

        langchain_core.messages.HumanMessage
        langchain_core.messages.NoMessage
        langchain_core.tools.tool
        langchain_core.vectorstores.VectorStore
        """,
        """
        import ferrule.messages, langchain_core.messages, ferrule.tools
        import langchain_core.vectorstores

        ferrule.messages.HumanMessage
        langchain_core.messages.NoMessage
        ferrule.tools.tool
        langchain_core.vectorstores.VectorStore
        """,
        (3, "langchain_core.vectorstores"),
        (6, "langchain_core.messages.NoMessage"),
        (8, "langchain_core.vectorstores.VectorStore"),
    )


def test_each_scope_keeps_what_it_uses():
    """An import stays where a use that stays needs it, not where another scope does."""
    check(
        """
        import langchain_core.messages

        def f():
            import langchain_core
            return langchain_core.tools.tool

        def g():
            import langchain_core.tools
            return langchain_core.tools.tool, langchain_core.messages.HumanMessage

        langchain_core.tools.NoTool
        """,
        """
        import ferrule.messages, langchain_core.messages

        def f():
            import ferrule
            return ferrule.tools.tool

        def g():
            import ferrule.tools
            return ferrule.tools.tool, ferrule.messages.HumanMessage

        langchain_core.tools.NoTool
        """,
        (12, "langchain_core.tools.NoTool"),
    )


def test_modules_that_nobody_imports():
    """A submodule that is there only because something else imported it stays where it is."""
    before = """
    import langchain_core
    from langchain_core import messages

    langchain_core.tools.tool
    messages.ai.AIMessage
    """
    got = rewritten(before)
    assert got.source == dedent(before)
    assert [(note.line, note.name) for note in got.notes] == [
        (3, "langchain_core.messages.ai"),
        (5, "langchain_core.tools.tool"),
    ]
    assert {note.reason for note in got.notes} == {"no import of this file loads its module"}


def test_modules_under_another_name():
    """A module of which something is used that ferrule lacks stays as a whole."""
    check(
        """
        import langchain_core.messages as m
        import langchain_core.tools as t
        from langchain_core import prompts, runnables as r

        m.HumanMessage, t.tool, t.NoTool, prompts.PromptTemplate, r.NoRunnable
        """,
        """
        import ferrule.messages as m
        import langchain_core.tools as t
        from ferrule import prompts
        from langchain_core import runnables as r

        m.HumanMessage, t.tool, t.NoTool, prompts.PromptTemplate, r.NoRunnable
        """,
        (3, "langchain_core.tools.NoTool"),
        (4, "langchain_core.runnables.NoRunnable"),
    )


def test_strings_are_listed():
    """Modules that are named in strings are listed, and their imports kept; prose is not."""
    before = '''
    """About langchain_core.messages and more."""
    import importlib
    import langchain_core.messages

    importlib.import_module("langchain_core.tools")
    __import__("langchain_core")
    importlib.import_module(f"langchain_core.{name}")
    x: "list[langchain_core.messages.HumanMessage]" = []
    y = "see langchain_core.tools", b"langchain_core"
    '''
    got = rewritten(before)
    assert got.source == dedent(before)
    assert got.notes == (
        Note(6, "langchain_core.tools", STRING),
        Note(7, "langchain_core", STRING),
        Note(8, "langchain_core.", STRING),
        Note(9, "list[langchain_core.messages.HumanMessage]", STRING),
    )


def test_stars_and_private_names_stay():
    """What cannot be known, or is nobody's to import, is listed and stays."""
    check(
        """
        from langchain_core.messages import *
        from langchain_core.runnables.base import _private
        from langchain_core import __version__
        """,
        """
        from langchain_core.messages import *
        from langchain_core.runnables.base import _private
        from langchain_core import __version__
        """,
        (2, "langchain_core.messages.*"),
        (3, "langchain_core.runnables.base._private"),
        (4, "langchain_core.__version__"),
    )


def test_other_libraries_stay():
    """Modules that only begin like the library, and relative ones, are others'."""
    same = """
    import langchain_core_extras.messages, my.langchain_core
    from .langchain_core import messages
    from langchain_community.langchain_core import x
    from langchain_openai import ChatOpenAI
    """
    check(same, same)


def test_models_are_switched_when_asked():
    """The chat models of the two integrations, and nothing else of these."""
    check(
        """
        from langchain_openai import ChatOpenAI, OpenAIEmbeddings
        from langchain_openai.chat_models import ChatOpenAI as Chat
        from langchain_anthropic import ChatAnthropic
        """,
        """
        from ferrule.openai import ChatOpenAI
        from langchain_openai import OpenAIEmbeddings
        from ferrule.openai import ChatOpenAI as Chat
        from ferrule.anthropic import ChatAnthropic
        """,
        (2, "langchain_openai.OpenAIEmbeddings"),
        models=True,
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_stay(newline):
    """Line ends are kept, also where an import becomes two, and where the last one is missing."""
    lines = ["# caf\u00e9", "from langchain_core.tools import tool, NoTool", "x = '''", "'''"]
    got = rewritten(newline.join(lines)).source
    assert got.split(newline) == [
        lines[0],
        "from ferrule.tools import tool",
        "from langchain_core.tools import NoTool",
        *lines[2:],
    ]
    assert got.count("\n") == len(lines)


def test_what_is_no_python():
    """A source that cannot be parsed is an error, unless it does not name the library at all."""
    with pytest.raises(ParserSyntaxError):
        rewrite_source("import langchain_core.messages as\n")
    assert rewrite_source("import as\n").source == "import as\n"
