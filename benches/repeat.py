"""Repeat one workload for a while, for a profiler to watch: `python -m benches.repeat NAME`."""

from __future__ import annotations

import argparse
import asyncio
import time

import benches.scenarios  # noqa: F401  registers the workloads
from benches.libraries import CONTESTANTS, FERRULE
from benches.race import Lane
from benches.workload import WORKLOADS


def main() -> None:
    """Make the call over and over until the time is up."""
    parser = argparse.ArgumentParser(description="Repeat one workload for a while.")
    parser.add_argument("workload", choices=WORKLOADS, metavar="workload")
    parser.add_argument("--contestant", choices=CONTESTANTS, default=FERRULE)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    loop = asyncio.new_event_loop()
    lane = Lane(WORKLOADS[options.workload], options.contestant, loop)
    lane.warm_up()
    end = time.monotonic() + options.seconds
    while time.monotonic() < end:
        lane.burst()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


if __name__ == "__main__":
    main()
