"""The package is built in layers: an import points to the same layer or a lower one."""

from __future__ import annotations

from tests.meta import imports, sources

# From the bottom to the top. A module belongs to the longest prefix that is listed.
LAYERS: list[set[str]] = [
    {"_core", "_lazy", "_version", "exceptions", "globals"},
    {"interop"},
    {"load", "json_schema"},
    {"messages", "documents", "agents", "agents.actions"},
    {"outputs", "prompt_values", "chat_history"},
    {"callbacks"},
    {"tracers"},
    {"runnables"},
    {"prompts", "example_selectors", "output_parsers", "retrievers"},
    {"tools"},
    {"function_calling", "utils"},
    {"caches", "rate_limiters"},
    {"language_models"},
    {"tool_agent"},
    {"hosted"},
    {"anthropic", "bm25", "openai", "testing"},
    {"demo", "migrate"},
    {"__main__"},
]

# The one module that may name whatever it needs: `Runnable` has methods that make its subclasses.
BUILDER = "ferrule.runnables._build"

# Other circles that are closed late, by name: (module, what it fetches) -> why.
KNOTS = {
    **{
        ("ferrule.load.catalog", f"ferrule.{above}"): "descriptions name classes of every layer"
        for above in (
            "agents",
            "anthropic",
            "documents",
            "messages",
            "openai",
            "output_parsers",
            "outputs",
            "prompt_values",
            "prompts",
            "runnables",
        )
    },
    ("ferrule.messages._as_runnable", "ferrule.runnables"): "functions on messages become steps",
    ("ferrule.messages.base", "ferrule.prompts"): "a message plus something is a chat prompt",
    ("ferrule.runnables.base", "ferrule.runnables"): "subclasses are read from the base, too",
    ("ferrule.runnables.base", "ferrule.runnables.coerce"): "and what can become one",
    ("ferrule.runnables.base", "ferrule.runnables.each"): "and the other name of a subclass",
    ("ferrule.prompts.message", "ferrule.prompts.chat"): "a template plus something is one too",
}

# What a module fetches by name from its own layer although no circle is closed by it -> why.
LATE = {
    ("ferrule.language_models.fake_chat_models", "ferrule.language_models.fake_answers"): (
        "one of the fakes is enough for most"
    ),
    ("ferrule.language_models.chat_models", "ferrule.language_models.structured_output"): (
        "few answers have a form"
    ),
    ("ferrule.language_models.chat_result", "ferrule.language_models.error_response"): (
        "few requests fail"
    ),
    ("ferrule.language_models.chat_runs", "ferrule.language_models.structured_output"): (
        "few answers have a form"
    ),
    ("ferrule.messages.ai", "ferrule.messages.blocks"): "few read typed blocks",
    ("ferrule.messages.base", "ferrule.messages.blocks"): "few read typed blocks",
    ("ferrule.messages.tool_calls", "ferrule.messages.partial_json"): "few models stream calls",
    ("ferrule.prompts.base", "ferrule.prompts.document"): "documents are read here, too",
    ("ferrule.prompts.mustache_schema", "ferrule.prompts.template_mustache"): "few ask for schemas",
    ("ferrule.prompts.roles", "ferrule.prompts.content_part"): "most contents are texts",
    **{
        (module, f"ferrule.prompts.{role}"): "prompts of one role are frequent"
        for module, role in (
            ("ferrule.prompts.chat", "ai"),
            ("ferrule.prompts.chat", "named_role"),
            ("ferrule.prompts.chat", "system"),
            ("ferrule.prompts.message_like", "ai"),
            ("ferrule.prompts.message_like", "human"),
            ("ferrule.prompts.message_like", "system"),
        )
    },
    **{
        (module, f"ferrule.prompts.{owner}"): "most templates are f-strings"
        for module, owner in (
            ("ferrule.prompts.string", "template_jinja2"),
            ("ferrule.prompts.string", "template_mustache"),
            ("ferrule.prompts.template", "template_fstring"),
            ("ferrule.prompts.template", "template_jinja2"),
            ("ferrule.prompts.template", "template_mustache"),
        )
    },
    ("ferrule.runnables.config", "ferrule.runnables.executor"): "few use an executor of their own",
    ("ferrule.runnables.sequence", "ferrule.runnables.stepwise"): "few sequences see a batch",
}

# Upward imports for annotations only: (from layer, to layer) -> why the lower one names it.
# An entry that is no longer needed fails the test, so this only shrinks.
ANNOTATIONS_UP = {
    ("callbacks", "runnables"): "a custom event takes a config",
    ("documents", "callbacks"): "a compressor of documents is given callbacks",
    ("globals", "caches"): "the global cache has a type",
    ("messages", "language_models"): "messages are trimmed to what a model counts",
    ("messages", "prompt_values"): "a prompt value can be given where messages are",
    ("messages", "prompts"): "a message plus something is a chat prompt",
    ("messages", "runnables"): "filters of messages are runnables without their messages",
    ("messages", "tools"): "the tokens of tools count",
    ("runnables", "prompts"): "`get_prompts` lists the prompts of a graph",
    ("runnables", "tools"): "`as_tool` makes a tool",
    ("tracers", "runnables"): "a listener may take the config of its run",
}


def layer_of(module: str) -> tuple[int, str]:
    """Return a module's layer and the prefix that put it there."""
    name = module.removeprefix("ferrule.")
    while name:
        for level, prefixes in enumerate(LAYERS):
            if name in prefixes:
                return level, name
        name = name.rpartition(".")[0]
    msg = f"{module} is in no layer: add it to LAYERS in {__file__}"
    raise AssertionError(msg)


def checked() -> list[imports.Import]:
    """List the imports that must respect the layers."""
    return [
        entry for entry in imports.all_imports() if entry.source != BUILDER and not entry.by_name
    ]


def points_up(entry: imports.Import) -> bool:
    """Tell whether an import leads to a higher layer."""
    return layer_of(entry.source)[0] < layer_of(entry.target)[0]


def test_every_module_has_a_layer() -> None:
    """A new module is put into a layer on purpose."""
    for module in sources.modules():
        if module != "ferrule":
            layer_of(module)


def test_imports_point_downwards() -> None:
    """What runs never imports from a higher layer, at the top of a file or in a function."""
    wrong = [str(e) for e in checked() if not e.type_only and points_up(e)]
    assert not wrong, "\n".join(wrong)


def test_upward_annotations_are_declared() -> None:
    """A lower layer names a higher one's types only where that is declared, with a reason."""
    upwards = [e for e in checked() if e.type_only and points_up(e)]
    pairs = {(layer_of(e.source)[1], layer_of(e.target)[1]): e for e in upwards}
    undeclared = [str(e) for pair, e in sorted(pairs.items()) if pair not in ANNOTATIONS_UP]
    assert not undeclared, "\n".join(undeclared)
    unused = sorted(set(ANNOTATIONS_UP) - set(pairs))
    assert not unused, f"no longer needed: {unused}"


def test_no_import_cycles() -> None:
    """No two modules import each other at run time, directly or through others."""
    found = imports.cycles([e for e in checked() if not e.type_only])
    assert not found, "\n".join(" <-> ".join(component) for component in found)


def test_no_first_party_imports_in_functions() -> None:
    """Late imports hide a wrong cut; the named exceptions are the only ones."""
    late = [str(e) for e in checked() if e.in_function]
    assert not late, "\n".join(late)


def test_imports_by_name_are_declared() -> None:
    """A module fetches one that is not below it to close a circle, or to be light, on purpose."""
    found = {
        (entry.source, entry.target): entry
        for entry in imports.all_imports()
        if entry.by_name and layer_of(entry.source)[0] <= layer_of(entry.target)[0]
    }
    declared = {**KNOTS, **LATE}
    undeclared = [str(entry) for knot, entry in found.items() if knot not in declared]
    assert not undeclared, "\n".join(undeclared)
    assert set(declared) <= set(found), f"no longer needed: {set(declared) - set(found)}"
    assert BUILDER in sources.modules()
