"""Serve until interrupted: `python -m tests.loopback`, then point a client at the printed URL."""

from __future__ import annotations

import contextlib
import sys
import threading

from .server import API_KEY, LoopbackServer

with LoopbackServer() as server:
    sys.stdout.write(f"export ANTHROPIC_BASE_URL={server.url} ANTHROPIC_API_KEY={API_KEY}\n")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
