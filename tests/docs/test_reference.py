"""The reference has every public module, and every page of it can be found."""

from __future__ import annotations

import pkgutil
import re

import ferrule
from tests.meta import sources

PAGES = sorted((sources.ROOT / "docs/reference").glob("*.md"))

NO_PAGE = {
    "demo",  # the README shows it
    "interop",  # docs/interop.md
    "json_schema",  # for ferrule's own use
}


def test_every_public_module_has_a_page():
    """A module is shown, or listed above with the reason why not."""
    shown = {
        name
        for page in PAGES
        for name in re.findall(r"^::: ferrule\.(\w+)$", page.read_text(), re.MULTILINE)
    }
    modules = {module.name for module in pkgutil.iter_modules(ferrule.__path__)}
    assert shown == {name for name in modules if not name.startswith("_")} - NO_PAGE


def test_every_page_is_linked():
    """The menu and the first page link all pages of the reference."""
    links = {f"reference/{page.name}" for page in PAGES}
    for place in ("mkdocs.yml", "docs/index.md"):
        text = (sources.ROOT / place).read_text()
        assert set(re.findall(r"reference/\w+\.md", text)) == links, place
