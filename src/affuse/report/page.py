"""Templates -> one self-contained page, and the page -> its file, written whole."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from affuse.bundle.permitted_use import REGULATION
from affuse.errors import MissingDependency, OutputError
from affuse.report.grid import grid_of
from affuse.storage.plain_text import counted, printable
from affuse.storage.whole import atomic_file, check_file

if TYPE_CHECKING:
    from jinja2 import Environment

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""No character of a page, and a command to a terminal on which somebody reads it."""


def check_report() -> None:
    """Raise `MissingDependency` where no report can be made; to be called before a long run."""
    _environment()


def check_page(target: Path) -> None:
    """Refuse a name under which no page can be written; to be called before the page is made.

    Parameters
    ----------
    target : Path

    Raises
    ------
    OutputError
        The name stands for a folder or a device, or its folder cannot be written.
    """
    if target.exists() and not target.is_file():
        raise OutputError(
            f"{target} is no file that a page could replace; expected a new file, or an older "
            "page: name another with --out"
        )
    # A link goes on leading to its page.
    check_file(Path(os.path.realpath(target)))


def write_page(text: str, target: Path) -> Path:
    """Write a page whole or not at all; an existing one is replaced.

    Parameters
    ----------
    text : str
        HTML.
    target : Path
        A link is followed.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    OutputError
        The name stands for a folder or a device, or cannot be written.
    """
    check_page(target)
    with atomic_file(Path(os.path.realpath(target))) as temporary:
        temporary.write_text(_CONTROL.sub(lambda found: printable(found.group()), text), "utf-8")
    return target


def render(template: str, **values: Any) -> str:
    """A page made from one of the templates, with inline style and script.

    Parameters
    ----------
    template : str
        File name among the package's templates.
    **values : object
        What the template names.

    Returns
    -------
    str
        HTML.
    """
    style, script = _asset("page.css"), _asset("page.js")
    return (
        _environment()
        .get_template(template)
        .render(
            style=style,
            script=script,
            policy=_policy(style, script),
            version=metadata.version("affuse"),
            regulation=REGULATION,
            **values,
        )
    )


@cache
def _environment() -> Environment:
    """The templates, each compiled once per process."""
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
    except ModuleNotFoundError as error:
        raise MissingDependency("jinja2", "report") from error
    made = Environment(
        loader=PackageLoader("affuse.report", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"counted": counted, "grid_of": grid_of}
    return made


def _asset(name: str) -> str:
    return (resources.files("affuse.report") / "templates" / name).read_text("utf-8")


def _policy(style: str, script: str) -> str:
    """Content security policy: nothing external, and only the script that was put in."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'"
    )
