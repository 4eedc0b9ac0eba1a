"""The live mode, with a clip before the browser's camera and microphone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Until = Callable[..., None]

JUDGED_MS = 180_000
ENCODED = """async () => {
    const { message } = await import("/static/live.js");
    return Array.from(message(2, 1.5, new Int16Array([1, -2]).buffer));
}"""
SHARES = """() => Array.from(document.querySelectorAll("#live-moment .fill"),
    (fill) => fill.style.getPropertyValue("--share")).join()"""


def test_a_message_is_kind_time_and_payload(page: Any) -> None:
    encoded = bytes(page.evaluate(ENCODED))
    assert encoded == b"\x02" + bytes.fromhex("000000000000f83f") + b"\x01\x00\xfe\xff"


@pytest.mark.slow
def test_values_change_while_it_runs(page: Any, until: Until) -> None:
    page.click("nav a[href='#live']")
    page.click("#live-toggle")
    page.wait_for_selector("#live-word .swatch", timeout=JUDGED_MS)
    for _ in range(3):
        shown = page.evaluate(SHARES)
        until(f"({SHARES})() !== '{shown}'")
    assert "s behind" in page.inner_text("#live-state")
    page.click("#live-toggle")
    assert page.inner_text("#live-state") == "Not running"
    assert page.evaluate("document.getElementById('live-preview').srcObject") is None


@pytest.mark.slow
def test_leaving_the_view_lets_the_camera_go(page: Any, until: Until) -> None:
    page.click("nav a[href='#live']")
    page.click("#live-toggle")
    page.wait_for_selector("#live-preview:visible")
    page.click("nav a[href='#about']")
    until("document.getElementById('live-preview').srcObject === null")
    assert page.inner_text("#view-about h1") == "About"
