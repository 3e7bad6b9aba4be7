"""Take the scenarios that run by now off not_built.toml; nothing is ever added.

python -m tests.parity.shrink
"""

from __future__ import annotations

from collections import defaultdict

from tests.parity import traces

HEAD = """\
# Scenarios of features that ferrule does not have yet, by the public name that is missing.
# `python -m tests.parity.shrink` removes those that run by now; a test keeps it that way.

[missing]
"""


def needed_name(record: dict[str, str]) -> str:
    """Return the public name that a scenario asked for in vain, below the package."""
    return record["missing"].split(" ")[0].removeprefix("ferrule.")


def main() -> None:
    """Rewrite the list."""
    listed = {name for names in traces.listed_as_not_built().values() for name in names}
    records = traces.of("ferrule")
    still: dict[str, list[str]] = defaultdict(list)
    for name in sorted(listed):
        if "missing" in records[name]:
            still[needed_name(records[name])].append(name)
    rows = [
        f'"{feature}" = [\n' + "".join(f'  "{name}",\n' for name in names) + "]\n"
        for feature, names in sorted(still.items())
    ]
    traces.NOT_BUILT.write_text(HEAD + "".join(rows), "utf-8")
    print(f"{sum(map(len, still.values()))} of {len(listed)} scenarios remain on the list")


if __name__ == "__main__":
    main()
