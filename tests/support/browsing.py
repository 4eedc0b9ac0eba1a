"""Pages in a browser that do not complain, and waiting for what comes true in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

WAIT_S = 90.0
"""Longest that anything is waited for, as long as on a machine that is busy with much else."""


@contextmanager
def opener(browser: Any, server: str) -> Iterator[Callable[..., Any]]:
    """Opens the page; in the end it must not have complained, nor asked any other host."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def opened(view: str = "", **settings: Any) -> Any:
        context = browser.new_context(accept_downloads=True, **settings)
        context.set_default_timeout(1000 * WAIT_S)
        contexts.append(context)
        page = context.new_page()
        _note_complaints(page, server, complaints)
        _go(page, f"{server}/{view}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


class OneTab:
    """A tab that each test finds as if nobody had opened the page before: quicker than a new one.

    It keeps what it has loaded; cookies, stored settings, routes and other tabs go.
    Between two tests it stays on the server, at a text: to come back from elsewhere would
    take a process more.
    """

    def __init__(self, browser: Any, server: str) -> None:
        self._server = server
        self._context = browser.new_context(accept_downloads=True)
        self._context.set_default_timeout(1000 * WAIT_S)
        self._page = self._context.new_page()
        self._session = self._context.new_cdp_session(self._page)
        self._session.send("Page.enable")
        self._size = self._page.viewport_size
        self._complaints: list[str] = []
        _note_complaints(self._page, server, self._complaints)

    @contextmanager
    def opened(
        self, *, locale: str = "", viewport: dict[str, int] | None = None, script: str = ""
    ) -> Iterator[Any]:
        """The page; in the end it must not have complained, nor asked any other host.

        `locale` is the browser's language, `script` what runs before all else in each document.
        """
        self._page.set_viewport_size(viewport or self._size)
        self._page.emulate_media(color_scheme="light")
        if locale:
            self._speak(locale)
        if script:
            given = {"source": script}
            added = self._session.send("Page.addScriptToEvaluateOnNewDocument", given)
        _go(self._page, self._server)
        yield self._page
        if script:
            self._session.send("Page.removeScriptToEvaluateOnNewDocument", added)
        if locale:
            self._speak("")
        complaints = list(self._complaints)
        self._leave()
        assert complaints == []

    def close(self) -> None:
        self._context.close()

    def _speak(self, locale: str) -> None:
        """What the browser names as its language from now on; its own where it is empty."""
        self._session.send("Emulation.setLocaleOverride", {"locale": locale})
        agent = {"userAgent": "", "acceptLanguage": locale}
        self._session.send("Emulation.setUserAgentOverride", agent)

    def _leave(self) -> None:
        for page in self._context.pages:
            if page is not self._page:
                page.close()
        self._page.unroute_all(behavior="ignoreErrors")
        self._page.goto(f"{self._server}/static/main.js")
        self._context.clear_cookies()
        kept = {"origin": self._server, "storageTypes": "local_storage,indexeddb"}
        self._session.send("Storage.clearDataForOrigin", kept)
        self._complaints.clear()


def _go(page: Any, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("html[data-ready]")


def _note_complaints(page: Any, server: str, complaints: list[str]) -> None:
    def asked(request: Any) -> None:
        if not request.url.startswith((server, "data:", "about:", f"blob:{server}")):
            complaints.append(f"asked {request.url}")

    def output(message: Any) -> None:
        # A refused upload is answered with a status, which the browser itself puts on record.
        if message.type in ("error", "warning") and "status of 4" not in message.text:
            complaints.append(message.text)

    page.on("request", asked)
    page.on("console", output)
    page.on("pageerror", lambda error: complaints.append(str(error)))


def comes_true(page: Any, expression: str, seconds: float = WAIT_S) -> None:
    """Wait until an expression of the page is true; Playwright's own way needs eval."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"never came true: {expression}"
        page.wait_for_timeout(50)
