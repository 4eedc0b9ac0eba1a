"""The site says what the program is: no page, command, setting or name is missing from it."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path

import pytest
import typer.main

import affuse
from affuse.cli.app import app
from affuse.config.described import settings

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
WRITTEN = {
    *(DOCS / name for name in ("changelog.md", "contributing.md", "model-card.md")),
    *(DOCS / "reference" / name for name in ("commands.md", "settings.md")),
}
"""Pages that are there only once the site was built."""
PAGES = [
    page
    for folder in (".", "decisions", "reference")
    for page in sorted((DOCS / folder).glob("*.md"))
    if page not in WRITTEN
]
LECTURE = sorted((DOCS / "gallery").glob("plot_*.py"))
MOST_LINES = 100


@pytest.fixture(scope="module")
def site_pages():
    spec = importlib.util.spec_from_file_location("site_pages", DOCS / "extensions/site_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def commands(command, name):
    """Every command with its whole name."""
    yield name, command
    for sub in getattr(command, "commands", {}).values():
        yield from commands(sub, f"{name} {sub.name}")


COMMANDS = dict(commands(typer.main.get_command(app), "affuse"))


def test_every_command_and_option_is_in_the_reference(site_pages):
    texts = dict(site_pages.help_texts())
    assert set(texts) == {name for name, command in COMMANDS.items() if not command.hidden}
    for name, text in texts.items():
        shown = [param for param in COMMANDS[name].params if not getattr(param, "hidden", False)]
        options = [option for param in shown for option in param.opts if option.startswith("--")]
        assert [option for option in options if option not in text] == []
    headings = re.findall(r"^##+ `(.*)`$", site_pages.commands_page(), re.MULTILINE)
    assert headings == list(texts)


def test_every_setting_is_in_the_reference(site_pages):
    page = site_pages.settings_page()
    assert [one.name for one in settings() if f"| `{one.name}` |" not in page] == []


def told_commands(text):
    """Command lines in a text, as words; where a terminal is shown, those after its prompt."""
    for block in re.findall(r"(?:^ {4}.*\n?)+", text, re.MULTILINE):
        lines = [line[4:] for line in block.splitlines()]
        prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        yield from (line.split() for line in prompted or lines if line.startswith("affuse "))
    yield from (line.split() for line in re.findall(r"`(affuse [a-z][^`\n#]*)`", text))


def test_output_of_a_command_is_no_command():
    text = (
        "    $ affuse run DATA\n    affuse was here\n\n`affuse run --help`, or\n\n    affuse demo\n"
    )
    assert list(told_commands(text)) == [
        ["affuse", "run", "DATA"],
        ["affuse", "demo"],
        ["affuse", "run", "--help"],
    ]


def known(words):
    """The command that words begin with, and its options."""
    found = "affuse"
    for word in words[1:]:
        if f"{found} {word}" not in COMMANDS:
            break
        found = f"{found} {word}"
    return found, {option for param in COMMANDS[found].params for option in param.opts}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_command_lines_on_a_page_are_those_of_the_program(page):
    wrong = []
    for words in told_commands(page.read_text("utf-8")):
        name, options = known(words)
        unknown_command = name == "affuse" and not words[1].startswith("-")
        asked = {word.partition("=")[0].rstrip(".,;:)") for word in words if word.startswith("--")}
        if unknown_command or asked - options - {"--help"}:
            wrong.append(" ".join(words))
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    there = {*PAGES, *WRITTEN}
    there |= {path.with_suffix("") for path in there} | {DOCS / "lecture/index"}
    targets = re.findall(r"\]\(([^)#:\s]+)(?=[)#])", page.read_text("utf-8"))
    found = {target: (page.parent / target).resolve() for target in targets}
    assert [t for t, path in found.items() if path not in there and not path.exists()] == []


def test_pages_that_are_written_are_known(site_pages):
    assert set(site_pages.pages()) == WRITTEN


def test_every_page_is_in_a_list_of_pages():
    listed = set()
    for page in [*PAGES, DOCS / "decisions/index.md"]:
        for toctree in re.findall(r"```\{toctree\}(.*?)```", page.read_text("utf-8"), re.DOTALL):
            listed |= {line.strip() for line in toctree.splitlines()}
    pages = {page.stem for page in PAGES if page.parent == DOCS} - {"index"}
    assert pages - listed == set(), "name these pages in docs/guide.md or docs/about.md"


def test_links_that_lead_out_of_the_pages_are_named(site_pages):
    page = DOCS / "corpora.md"
    mended = site_pages.with_links_within(
        "[a](tables.md#one) [b](../CHANGELOG.md) [the record](../src/affuse/records.py) [c](x.md)",
        page,
        page,
    )
    assert mended == (
        "[a](tables.md#one) [b](changelog.md) the record (`src/affuse/records.py`) [c](x.md)"
    )


def test_every_public_name_is_in_the_reference():
    page = (DOCS / "reference/api.md").read_text("utf-8")
    listed = set(re.findall(r"^   (\w+)$", page, re.MULTILINE)) | {"PUBLISHED_FOLDS"}
    assert "affuse.PUBLISHED_FOLDS" in page
    assert set(affuse.__all__) - {"__version__", "plot"} == listed
    pictures = (DOCS / "reference/plot.md").read_text("utf-8")
    assert set(re.findall(r"^   (\w+)$", pictures, re.MULTILINE)) == set(affuse.plot.__all__)


@pytest.mark.parametrize("page", LECTURE, ids=lambda page: page.stem)
def test_a_page_of_the_lecture_uses_public_names_alone_and_is_short(page):
    text = page.read_text("utf-8")
    tree = ast.parse(text)
    imported = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert "affuse" in imported
    assert not re.search(r"(from|import) affuse\.", text)
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "affuse"
    }
    assert used - set(affuse.__all__) == set()
    docstring_lines = (ast.get_docstring(tree) or "").count("\n") + 2
    code = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(code) - docstring_lines < MOST_LINES


def test_a_notebook_installs_nothing_by_a_name_that_is_not_ours():
    found = ast.parse((DOCS / "conf.py").read_text("utf-8")).body
    told = [line for node in found for line in ast.unparse(node).split("\\n") if "%pip" in line]
    assert told
    assert all(line.startswith("# %pip") and "/affuse" in line for line in told), told
