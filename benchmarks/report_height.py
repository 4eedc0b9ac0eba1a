"""How tall a report is, as it opens and with everything unfolded, and whether it fits its screen.

usage: python benchmarks/report_height.py PAGE [PAGE ...] [--pictures DIR]

PAGE is a report.html. Needs playwright and a chromium on the path. One row a page, width and theme:
height in pixels as the page opens and with all parts unfolded, by how many pixels the page and its
widest part then reach beyond the screen (0: no scrolling sideways), and the size of the file. With
--pictures each page is photographed as it opens.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from shutil import which
from typing import Any

from playwright.sync_api import sync_playwright

SCREENS = ((1280, 900), (390, 844))
THEMES = ("light", "dark")
UNFOLD = "document.querySelectorAll('details').forEach((d) => { d.open = true; })"
HEIGHT = "document.documentElement.scrollHeight"
BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SCROLLED = """[...document.querySelectorAll("main *")].filter((e) => !e.closest("svg"))
  .filter((e) => e.clientWidth && ["auto", "scroll"].includes(getComputedStyle(e).overflowX))
  .reduce((most, e) => Math.max(most, e.scrollWidth - e.clientWidth), 0)"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path)
    parser.add_argument("--pictures", type=Path)
    given = parser.parse_args()
    print(f"{'page':40}{'width':>6}{'theme':>7}{'height':>8}{'unfolded':>9}{'beyond':>7}{'MB':>6}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=which("chromium"), args=["--no-sandbox"]
        )
        for page in given.pages:
            for screen in SCREENS:
                for theme in THEMES:
                    _row(browser, page, screen, theme, given.pictures)
        browser.close()


def _row(
    browser: Any, file: Path, screen: tuple[int, int], theme: str, pictures: Path | None
) -> None:
    width, height = screen
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=theme)
    page.goto(file.resolve().as_uri())
    closed = page.evaluate(HEIGHT)
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        name = f"{file.resolve().parent.name}-{file.stem}-{width}-{theme}"
        page.screenshot(path=pictures / f"{name}.png", full_page=True)
        page.screenshot(path=pictures / f"{name}-first.png")
    page.evaluate(UNFOLD)
    beyond = max(page.evaluate(BEYOND), page.evaluate(SCROLLED))
    size = file.stat().st_size / 1e6
    print(
        f"{str(file)[-38:]:40}{width:6}{theme:>7}{closed:8}{page.evaluate(HEIGHT):9}"
        f"{beyond:7}{size:6.1f}"
    )
    page.close()


if __name__ == "__main__":
    main()
