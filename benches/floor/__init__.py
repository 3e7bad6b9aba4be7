"""The floor: what the least visible work costs, written in C and built when first asked for.

It has a few of the public names of the libraries that are measured, so that one workload serves
all of them. `floor.c` says what is in it and what is not.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

__all__ = ["Unavailable", "build", "load", "namespace"]

_BUILDS = Path(__file__).resolve().parents[2] / ".benchmarks" / "floor"


class Unavailable(Exception):
    """The floor cannot be built here; the message says why."""


@functools.cache
def load() -> ModuleType:
    """Build the extension, if it has not been built from this source, and import it.

    Raises:
        Unavailable: There is no C compiler, or it does not accept the source.
    """
    library = build("floor.c")
    spec = importlib.util.spec_from_file_location("floor", library)
    if spec is None or spec.loader is None:
        raise Unavailable(f"{library.name} is not importable by this interpreter.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.set_base(_Handler)
    return module


def build(name: str) -> Path:
    """Build a shared library of a source next to this file, unless that has been done.

    Raises:
        Unavailable: There is no C compiler, or it does not accept the source.
    """
    path = Path(__file__).with_name(name)
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    if shutil.which(compiler[0]) is None:
        raise Unavailable(f"The C compiler of this interpreter, {compiler[0]!r}, is not installed.")
    # The interpreter's own flags: it is what its C code is compiled with.
    command = [
        *compiler,
        *shlex.split(sysconfig.get_config_var("CFLAGS") or "-O3"),
        *("-shared", "-fPIC", f"-I{sysconfig.get_path('include')}"),
    ]
    source = path.read_bytes()
    digest = hashlib.sha256(source + shlex.join(command).encode()).hexdigest()[:16]
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    target = _BUILDS / f"{path.stem}-{digest}{suffix}"
    if not target.exists():
        _BUILDS.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".part")
        outcome = subprocess.run(
            [*command, str(path), "-o", str(unfinished)],
            capture_output=True,
            text=True,
            check=False,
        )
        if outcome.returncode:
            raise Unavailable(f"The C compiler refused {name}:\n{outcome.stderr.strip()}")
        unfinished.replace(target)
    return target


# ------------------------------------------------------------------- the public names


class _Handler:
    """Hooks that count as not overridden."""

    ignore_chain = False
    ignore_llm = False

    def on_chain_start(self, *args: Any, **kwargs: Any) -> None: ...
    def on_chain_end(self, *args: Any, **kwargs: Any) -> None: ...
    def on_chain_error(self, *args: Any, **kwargs: Any) -> None: ...
    def on_llm_new_token(self, *args: Any, **kwargs: Any) -> None: ...


_KINDS = {"RunnableLambda": 0, "RunnableSequence": 1, "RunnableParallel": 2}


@functools.cache
def namespace() -> SimpleNamespace:
    """Give the floor's namesakes of the libraries' public names.

    Raises:
        Unavailable: The extension cannot be built.
    """
    core = load()

    class Runnable(core.Runnable):
        """Composition, which happens before anything is measured."""

        def __new__(cls, kind: str, items: Any, labels: Any, name: str, bound: Any = None) -> Any:
            return super().__new__(cls)

        def __init__(
            self, kind: str, items: Any, labels: Any, name: str, bound: Any = None
        ) -> None:
            self.parts = (kind, items, labels, name)
            serialized = {"name": name, "id": ["floor", kind]}
            super().__init__(_KINDS[kind], items, labels, name, serialized, bound)

        def with_config(self, **config: Any) -> Runnable:
            return Runnable(*self.parts, config)

        def __or__(self, other: Runnable) -> Runnable:
            kind, items, _, _ = self.parts
            steps = (*(items if kind == "RunnableSequence" else (self,)), other)
            labels = tuple(f"seq:step:{number}" for number in range(1, len(steps) + 1))
            return Runnable("RunnableSequence", steps, labels, "RunnableSequence")

    def make_lambda(func: Any) -> Runnable:
        return Runnable("RunnableLambda", (func,), (), func.__name__)

    def make_parallel(steps: dict[str, Runnable]) -> Runnable:
        labels = tuple(f"map:key:{key}" for key in steps)
        return Runnable("RunnableParallel", tuple(steps.items()), labels, "RunnableParallel")

    return SimpleNamespace(
        AsyncCallbackHandler=_Handler,
        BaseCallbackHandler=_Handler,
        CallbackManager=core.CallbackManager,
        RunnableLambda=make_lambda,
        RunnableParallel=make_parallel,
        ensure_config=core.ensure_config,
        merge_configs=core.merge_configs,
        patch_config=core.patch_config,
        uuid7=core.uuid7,
    )
