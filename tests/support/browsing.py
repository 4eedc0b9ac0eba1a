"""Pages in a browser that do not complain, and waiting for what comes true in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def opener(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Opens the page; in the end it must not have complained, nor asked any other host."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def asked(request: Any) -> None:
        if not request.url.startswith((server, "data:", f"blob:{server}")):
            complaints.append(f"asked {request.url}")

    def output(message: Any) -> None:
        # A refused upload is answered with a status, which the browser itself puts on record.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            complaints.append(message.text)

    def opened(view: str = "", **settings: Any) -> Any:
        context = browser.new_context(accept_downloads=True, **settings)
        contexts.append(context)
        page = context.new_page()
        page.on("request", asked)
        page.on("console", output)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{server}/{view}")
        page.wait_for_selector("html[data-ready]")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def comes_true(page: Any, expression: str, seconds: float = 30) -> None:
    """Wait until an expression of the page is true; Playwright's own way needs eval."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never came true: {expression}"
        page.wait_for_timeout(50)
