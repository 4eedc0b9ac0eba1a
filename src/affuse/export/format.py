"""What an export format is; each file of `affuse.export.formats` has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Format:
    """How one format is written.

    Attributes
    ----------
    label : str
        How a person knows it.
    write : callable
        Its arguments depend on `holds`.
    holds : {"many", "one", "linked", "folder"}
        ``many``: write(predictions) -> text of one document for all. ``one``: write(prediction) ->
        text of a document for each. ``linked``: write(prediction, folder) -> the same with links
        that count from the folder where it will lie. ``folder``: write(predictions, path, folder)
        makes one folder `path` for all, which will become `folder`.
    suffix : str
        Of its files; empty for a folder.
    media_type : str
        Of what the web page sends, where a folder is packed as a zip.
    check : callable, optional
        check(paths of the clips) refuses, before a long run, what could not be written at its end.
    needs : str
        Package of the extra ``interop`` without which it is not offered.
    on_page : bool
        Whether the web page offers it.
    numbers : bool
        Whether it holds predictions of numbers, and not of emotions alone.
    explains : bool
        Whether it holds what an answer rests on.
    annotators : bool
        Whether it says which labels of a corrected timeline are a person's.
    """

    label: str
    write: Callable[..., Any]
    holds: Literal["many", "one", "linked", "folder"]
    suffix: str = ""
    media_type: str = "text/plain; charset=utf-8"
    check: Callable[[Sequence[str]], None] | None = None
    needs: str = ""
    on_page: bool = True
    numbers: bool = False
    explains: bool = False
    annotators: bool = False
