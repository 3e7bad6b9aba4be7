"""Images of Mermaid texts: by the service mermaid.ink, or by a local browser."""

from __future__ import annotations

import asyncio
import base64
import random
import re
import time
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import ProxyHandler, build_opener

from ferrule.runnables.graph.styles import MermaidDrawMethod

_SERVICE = "https://mermaid.ink"
_TIMEOUT_SECONDS = 10
_SERVER_ERROR = 500
_MERMAID_SCRIPT = "https://cdn.jsdelivr.net/npm/mermaid/dist/mermaid.min.js"


def draw_mermaid_png(  # noqa: PLR0913, PLR0917  the settings of a drawing
    mermaid_syntax: str,
    output_file_path: str | None = None,
    draw_method: MermaidDrawMethod = MermaidDrawMethod.API,
    background_color: str | None = "white",
    padding: int = 10,
    max_retries: int = 1,
    retry_delay: float = 1.0,
    base_url: str | None = None,
    proxies: dict[str, str] | None = None,
) -> bytes:
    """Make a PNG image of a Mermaid text.

    Args:
        mermaid_syntax: The text.
        output_file_path: Where to write the image as well.
        draw_method: What makes the image. The service gets the text over the network.
        background_color: A name, or `#` and hexadecimal digits.
        padding: Pixels around the drawing (browser only).
        max_retries: How often the service is asked again after a failure.
        retry_delay: Seconds before the first of these; they double.
        base_url: Another address of the service.
        proxies: Scheme to proxy address.

    Raises:
        ImportError: The browser library is not installed.
        ValueError: The service does not answer, or the method is unknown.
    """
    method: Any = draw_method
    if method is MermaidDrawMethod.PYPPETEER:
        image = asyncio.run(_by_browser(mermaid_syntax, background_color, padding))
    elif method is MermaidDrawMethod.API:
        address = _address(mermaid_syntax, background_color, base_url or _SERVICE)
        image = _by_service(address, max_retries, retry_delay, proxies)
    else:
        choices = ", ".join(map(str, MermaidDrawMethod))
        msg = f"{method!r} is no way to draw; use one of {choices}."
        raise ValueError(msg)
    if output_file_path is not None:
        Path(output_file_path).write_bytes(image)
    return image


def _address(text: str, background: str | None, base_url: str) -> str:
    if background is not None and not re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", background):
        background = f"!{background}"  # the service's mark of a colour's name
    encoded = base64.b64encode(text.encode()).decode("ascii")
    return f"{base_url}/img/{encoded}?type=png&bgColor={quote(str(background), safe='')}"


def _by_service(
    address: str, max_retries: int, retry_delay: float, proxies: dict[str, str] | None
) -> bytes:
    opener = build_opener(*([ProxyHandler(proxies)] if proxies is not None else []))
    for attempt in range(max_retries + 1):
        try:
            with opener.open(address, timeout=_TIMEOUT_SECONDS) as answer:
                image: bytes = answer.read()
                return image
        except (HTTPError, URLError, TimeoutError) as error:
            refused = isinstance(error, HTTPError) and error.code < _SERVER_ERROR
            if refused or attempt == max_retries:
                msg = (
                    f"The drawing service did not answer ({error}). Try again with a higher "
                    "max_retries, or draw without it: draw_method=MermaidDrawMethod.PYPPETEER."
                )
                raise ValueError(msg) from error
        spread = 0.5 + random.random() / 2  # noqa: S311  spreads load
        time.sleep(retry_delay * 2**attempt * spread)
    msg = f"max_retries must not be negative, but is {max_retries}."
    raise ValueError(msg)


async def _by_browser(text: str, background: str | None, padding: int) -> bytes:
    try:
        launch: Any = import_module("pyppeteer").launch
    except ImportError as error:
        msg = "Drawing in a browser needs the library pyppeteer: pip install pyppeteer."
        raise ImportError(msg) from error
    browser = await launch()
    try:
        page = await browser.newPage()
        await page.goto("about:blank")
        await page.addScriptTag({"url": _MERMAID_SCRIPT})
        drawn = await page.evaluate(
            "text => { mermaid.initialize({startOnLoad: true});"
            " return mermaid.mermaidAPI.render('mermaid', text); }",
            text,
        )
        await page.evaluate(
            "(svg, colour) => { document.body.innerHTML = svg;"
            " document.body.style.background = colour; }",
            drawn["svg"],
            background,
        )
        size = await page.evaluate(
            "() => { const box = document.querySelector('svg').getBoundingClientRect();"
            " return {width: box.width, height: box.height}; }"
        )
        await page.setViewport(
            {
                "width": int(size["width"] + padding),
                "height": int(size["height"] + padding),
                "deviceScaleFactor": 3,
            }
        )
        image: bytes = await page.screenshot({"fullPage": False})
        return image
    finally:
        await browser.close()
