"""Serve until interrupted: `python -m tests.loopback`, then point a client at a printed URL."""

from __future__ import annotations

import contextlib
import sys
import threading

from . import API_KEY, anthropic, openai

with anthropic.LoopbackServer() as claude, openai.LoopbackServer() as gpt:
    sys.stdout.write(
        f"export ANTHROPIC_BASE_URL={claude.url} ANTHROPIC_API_KEY={API_KEY}\n"
        f"export OPENAI_BASE_URL={gpt.url}/v1 OPENAI_API_KEY={API_KEY}\n"
    )
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
