"""CPU seconds and time of opening the page again, in a browser that was here before.

usage: python benchmarks/page_load.py CHROMIUM [N] (default 30 times)

Starts `affuse serve` and the browser, and counts what processes of both take together, as Linux
says it. `PYTHONPATH=OTHER/src` measures another state of affuse.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

TICKS_PER_S = 100
OURS = (b"affuse\0serve", b"chromium", b"chrome", b"playwright")
"""What stands in the command lines of server, browser and its driver."""


def main(chromium: str, n_times: int = 30) -> None:
    """Print the means."""
    command = [sys.executable, "-m", "affuse", "serve", "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
            assert address is not None, "the server did not say where it is"
            cpu_s, wall_s = _opened(chromium, address[0], n_times)
        finally:
            server.send_signal(signal.SIGINT)
    print(f"{cpu_s:.2f} CPU s and {wall_s:.2f} s to open the page again, mean of {n_times}")


def _opened(chromium: str, address: str, n_times: int) -> tuple[float, float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        used: dict[tuple[str, str], int] = {}
        for number in range(n_times + 1):
            page.goto(address)
            page.wait_for_selector("html[data-ready]")
            page.goto(f"{address}/static/icon.svg")
            _note(used)
            if number == 0:  # The first fills its cache.
                before, began_s = sum(used.values()), time.monotonic()
        cpu_s, wall_s = (sum(used.values()) - before) / TICKS_PER_S, time.monotonic() - began_s
        browser.close()
    return cpu_s / n_times, wall_s / n_times


def _note(used: dict[tuple[str, str], int]) -> None:
    """Note what each process of ours has taken, by its number and start; it may end at any time."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes()
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if any(word in line for word in OURS):
            # User and system time, after the name in brackets.
            used[folder.name, fields[19]] = int(fields[11]) + int(fields[12])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1], *map(int, sys.argv[2:]))
