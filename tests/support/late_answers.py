"""Answers of the server that a test lets come late, or not at all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from browsing import comes_true

ANSWERED_MS = 180_000
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
"""The page asks for its list anew."""


class Held:
    """What the server has answered and the page does not have yet."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._answers: list[tuple[Any, Any]] = []

    def take(self, route: Any) -> None:
        self._answers.append((route, route.fetch(timeout=ANSWERED_MS)))

    def wait(self) -> None:
        """Until the server has answered."""
        for _ in range(1200):
            if self._answers:
                return
            self._page.wait_for_timeout(50)
        raise AssertionError("nothing was asked for")

    def release(self) -> None:
        """Let the page have it, and take it in."""
        self.wait()
        for route, answer in self._answers:
            route.fulfill(response=answer)
        settled(self._page)


@contextmanager
def held(page: Any, url: str, method: str = "GET") -> Iterator[Held]:
    """The first answer to what is asked for meanwhile stays away until it is released."""
    late, asked = Held(page), itertools.count()

    def hold(route: Any) -> None:
        if route.request.method == method and next(asked) == 0:
            late.take(route)
        else:
            route.continue_()

    page.route(url, hold)
    try:
        yield late
    finally:
        page.unroute(url, hold)


def is_kept(answer: Any) -> bool:
    """Whether it is the server's answer to corrections that it is to keep."""
    return answer.request.method == "PUT" and answer.url.endswith("/corrections")


def settled(page: Any) -> None:
    """The page has had the time of another answer to take in the one before."""
    page.evaluate(
        "() => { window.settled = false; setTimeout(() => { window.settled = true; }, 200); }"
    )
    comes_true(page, "window.settled")
