"""Pages that are written when the site is built: from the program, and from files beside docs/."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

WIDTH = 88
NOTE = "<!-- Written when the site is built; changes are lost. -->"
DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
COPIED = {
    ROOT / "CHANGELOG.md": DOCS / "changelog.md",
    ROOT / "CONTRIBUTING.md": DOCS / "contributing.md",
    ROOT / "src/affuse/pretrained/MODEL_CARD.md": DOCS / "model-card.md",
}
"""File outside of docs/ -> the page that it becomes."""

_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:\s]+)(#[^)\s]*)?\)")


def setup(app: Any) -> dict[str, Any]:
    """Write the pages before Sphinx looks for pages; mend links that lead out of docs/."""
    app.connect("builder-inited", lambda app: write_pages(), 400)
    app.connect("source-read", _mend)
    app.connect("autodoc-skip-member", _skip)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages() -> None:
    """All pages, each only where it differs: what has not changed is not built again."""
    for page, text in pages().items():
        if not page.is_file() or page.read_text("utf-8") != text:
            page.write_text(text, "utf-8")


def pages() -> Mapping[Path, str]:
    """Every page that is written, and its text."""
    reference = DOCS / "reference"
    copied = {
        page: f"{NOTE}\n\n{with_links_within(file.read_text('utf-8'), file, page)}"
        for file, page in COPIED.items()
    }
    program = {"commands.md": commands_page(), "settings.md": settings_page()}
    return copied | {reference / name: text for name, text in program.items()}


def with_links_within(text: str, file: Path, page: Path) -> str:
    """The text of a file as that of a page: links lead to pages, other files are named."""

    def mended(match: re.Match[str]) -> str:
        words, target, place = match.group(1), match.group(2), match.group(3) or ""
        found = (file.parent / target).resolve()
        found = COPIED.get(found, found)
        if not found.is_relative_to(ROOT) or not (found.exists() or found in COPIED.values()):
            return match.group()
        if found.is_relative_to(DOCS):
            return f"[{words}]({os.path.relpath(found, page.parent)}{place})"
        named = found.relative_to(ROOT).as_posix()
        return f"`{named}`" if words.strip("`") in named else f"{words} (`{named}`)"

    return _LINK.sub(mended, text)


def _mend(app: Any, name: str, source: list[str]) -> None:
    page = Path(app.env.doc2path(name))
    if page.suffix == ".md":
        source[0] = with_links_within(source[0], page, page)


def _skip(app: Any, what: str, name: str, member: Any, skip: bool, options: Any) -> bool | None:
    """What scikit-learn says of its own, and how bundles are written, is left out."""
    of_sklearn = str(getattr(member, "__module__", "")).startswith("sklearn")
    return True if of_sklearn or "to_graph" in name else None


def commands_page() -> str:
    """What every command prints for ``--help``."""
    parts = [
        NOTE,
        "# Commands",
        "Each command prints its part of this page for `--help`. An error is one line that says "
        "what was given, what was expected and what to do; the exit code is 2 then.",
    ]
    for name, text in help_texts():
        level = "#" * min(2 + max(name.count(" ") - 1, 0), 3)
        parts.append(f"{level} `{name}`\n\n```text\n{text.strip()}\n```")
    return "\n\n".join(parts) + "\n"


def help_texts() -> Iterator[tuple[str, str]]:
    """Name and help of every command, groups before their commands."""
    import typer.main

    from affuse.cli.app import app

    yield from _help_of(typer.main.get_command(app), "affuse", None)


def _help_of(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str]]:
    # As `click` does, with the width of the page in the place of the terminal's.
    context = command.make_context(
        name.rpartition(" ")[2], [], parent=parent, resilient_parsing=True,
        terminal_width=WIDTH, max_content_width=WIDTH,
    )  # fmt: skip
    yield name, command.get_help(context)
    for sub in getattr(command, "commands", {}).values():
        if not sub.hidden:
            yield from _help_of(sub, f"{name} {sub.name}", context)


def settings_page() -> str:
    """Every setting in the order of the configuration, a table for each group."""
    from affuse.config.described import recipes, settings

    parts = [
        NOTE,
        "# Settings",
        "A recipe, `--set NAME=VALUE` and `affuse.load_config` change them; `affuse settings` "
        "prints this page. Every default stands here.",
    ]
    groups: dict[str, list[str]] = {}
    for one in settings():
        group = one.name.rpartition(".")[0]
        row = (f"`{one.name}`", f"`{one.default}`" if one.default else "", one.allowed, one.meaning)
        groups.setdefault(group, []).append(_row(row))
    head = _row(("setting", "default", "allowed", "meaning")) + "\n|---|---|---|---|"
    for group, rows in groups.items():
        title = f"`{group}`" if group else "The run"
        parts.append("\n".join([f"## {title}\n", head, *rows]))
    parts.append("## Recipes")
    for recipe in recipes():
        text = f"### `{recipe.name}`\n\n{recipe.meaning}\n\n```toml\n{recipe.text.strip()}\n```"
        parts.append(text)
    return "\n\n".join(parts) + "\n"


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
