"""Run folders beside the server, and their reports."""

from __future__ import annotations

import base64
import hashlib
import math
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from urllib.parse import quote

from affuse.errors import DatasetError
from affuse.serve.inside import open_inside
from affuse.serve.replies import BestReply, Refused, RunReply
from affuse.storage.csv_rows import rows_of
from affuse.storage.run_files import REPORT, RESULTS

MOST_RUNS = 200
MOST_BYTES = 100 * 10**6
"""Of a report, or of a run's results."""

_INLINE = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)


def list_runs(folder: Path, place: str = "runs") -> list[RunReply]:
    """Run folders in a folder, newest first, `MOST_RUNS` at most; what is none is left out.

    A link counts as long as it leads to a place inside the folder.

    Parameters
    ----------
    folder : Path
    place : str
        First part of the addresses of their reports.

    Returns
    -------
    list of RunReply
    """
    described = (_described(folder, name, place) for name in _newest_first(folder))
    return list(islice((run for run in described if run is not None), MOST_RUNS))


def report_of(folder: Path, name: str) -> tuple[bytes, str]:
    """A run's report, and the Content-Security-Policy under which it is safe to show.

    Parameters
    ----------
    folder : Path
        That of all runs.
    name : str
        Of the run's folder in it.

    Returns
    -------
    tuple of bytes and str

    Raises
    ------
    Refused
        No run of that name has one inside the folder.
    """
    try:
        if name not in _names(folder):
            raise FileNotFoundError(name)
        with open_inside(folder, name, REPORT) as file:
            page = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise Refused(
            404,
            f"there is no report of a run {name[:80]!r}; expected a run folder with {REPORT} in "
            "the folder of --runs (links out of it are not followed): make it with affuse report",
        ) from error
    if len(page) > MOST_BYTES:
        raise Refused(
            404,
            f"the report of the run {name[:80]!r} is larger than {MOST_BYTES / 1e6:.0f} MB; "
            "expected one that a browser can show: open the file itself",
        )
    return page, report_policy(page.decode("utf-8", "replace"))


def report_policy(page: str) -> str:
    """What a report may do: show itself, with the scripts and styles that it came with.

    Parameters
    ----------
    page : str
        HTML.

    Returns
    -------
    str
        Value of a Content-Security-Policy.

    Examples
    --------
    >>> report_policy("<style>a{}</style>").split("; ")[1]
    "style-src-elem 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='"
    """
    hashes: dict[str, list[str]] = {"script": [], "style": []}
    for kind, content in _INLINE.findall(page):
        # Browsers hash what their parser sees: every line end is a line feed.
        seen = content.replace("\r\n", "\n").replace("\r", "\n").encode()
        digest = base64.b64encode(hashlib.sha256(seen).digest()).decode()
        hashes[kind.lower()].append(f"'sha256-{digest}'")
    scripts = " ".join(dict.fromkeys(hashes["script"])) or "'none'"
    styles = " ".join(dict.fromkeys(hashes["style"])) or "'none'"
    rules = (
        "default-src 'none'",
        f"style-src-elem {styles}",
        # Drawings carry their colours as attributes; these load and run nothing.
        "style-src-attr 'unsafe-inline'",
        f"script-src {scripts}",
        "img-src data:",
        "font-src data:",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "sandbox allow-scripts",
    )
    return "; ".join(rules)


def _names(folder: Path) -> list[str]:
    """Of what lies in a folder, those that the web can say."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [name for name in names if name.isprintable()]


def _newest_first(folder: Path) -> list[str]:
    """Names of what looks like run folders."""
    times_s: dict[str, float] = {}
    for name in _names(folder):
        with suppress(OSError):
            times_s[name] = (folder / name / RESULTS).stat().st_mtime
    return sorted(times_s, key=times_s.__getitem__, reverse=True)


def _described(folder: Path, name: str, place: str) -> RunReply | None:
    """What stands in a run's results; None: it has none, or none that can be read."""
    try:
        with open_inside(folder, name, RESULTS) as file:
            changed_s = os.fstat(file.fileno()).st_mtime
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            return None
        rows = [row.cells for row in rows_of(content, RESULTS, "system,uar").rows]
    except (OSError, DatasetError):
        return None
    n_clips = max((int(_number(row, "n_clips")) for row in rows), default=0)
    return RunReply(
        name=name,
        title=name.replace("_", " "),
        created=datetime.fromtimestamp(changed_s, UTC).isoformat(timespec="seconds"),
        n_clips=n_clips,
        best=_best(rows),
        report=f"/{place}/{quote(name, safe='')}/{REPORT}" if _has_report(folder, name) else None,
    )


def _has_report(folder: Path, name: str) -> bool:
    try:
        open_inside(folder, name, REPORT).close()
    except OSError:
        return False
    return True


def _best(rows: Sequence[Mapping[str, str]]) -> BestReply | None:
    honest = [row for row in rows if row.get("leaky") != "True" and _number(row, "uar") > 0]
    if not honest:
        return None
    # Figures of further protocols are of other test clips: the first is the run's own.
    honest = [row for row in honest if row.get("protocol") == honest[0].get("protocol")]
    best = max(honest, key=lambda row: _number(row, "uar"))
    return BestReply(system=best.get("system", ""), uar=_number(best, "uar"))


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        number = float(row.get(column) or 0)
    except (ValueError, TypeError):
        return 0.0
    return number if math.isfinite(number) else 0.0
