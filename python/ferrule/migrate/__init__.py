"""The switch of the import root, from langchain_core to ferrule: `pip install 'ferrule[migrate]'`.

`python -m ferrule.migrate PATH...` shows what would change; `--write` changes it. Only imports
change, and uses of modules that were imported by their dotted name. What ferrule does not have
stays on langchain_core and is listed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ferrule._lazy import attach

if TYPE_CHECKING:
    from ferrule.migrate.names import Inventory as Inventory
    from ferrule.migrate.plan import Note as Note
    from ferrule.migrate.rewrite import Rewriting as Rewriting, rewrite_source as rewrite_source
else:
    __all__, __getattr__, __dir__ = attach(
        __name__,
        {
            ".names": "Inventory",
            ".plan": "Note",
            ".rewrite": "Rewriting rewrite_source",
        },
    )
