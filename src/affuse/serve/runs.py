"""Run folders beside the server, and their reports."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from affuse.errors import DatasetError
from affuse.serve.replies import BestReply, Refused, RunReply
from affuse.storage.csv_rows import read_rows

MOST_RUNS = 200
REPORT = "report.html"

_RESULTS = "results.csv"
_INLINE = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1\s*>", re.DOTALL | re.IGNORECASE)


def list_runs(folder: Path) -> list[RunReply]:
    """Run folders in a folder, newest first, `MOST_RUNS` at most; what is none is left out."""
    if not folder.is_dir():
        return []
    inside = [path for path in folder.iterdir() if (path / _RESULTS).is_file()]
    inside.sort(key=lambda path: (path / _RESULTS).stat().st_mtime, reverse=True)
    told = (_described(path) for path in inside[:MOST_RUNS])
    return [reply for reply in told if reply is not None]


def report_of(folder: Path, name: str) -> tuple[bytes, str]:
    """A run's report, and the Content-Security-Policy under which it is safe to show.

    Raises
    ------
    Refused
        No run of that name has one.
    """
    # The name is looked for among those that are there: it never becomes part of a path.
    known = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    report = known[name] / REPORT if name in known else None
    if report is None or not report.is_file():
        raise Refused(
            404,
            f"there is no report of a run {name[:80]!r}; expected a run folder with {REPORT} in "
            "the folder of --runs: make it with affuse report",
        )
    page = report.read_bytes()
    return page, report_policy(page.decode("utf-8", "replace"))


def report_policy(page: str) -> str:
    """What a report may do: show itself, with the scripts and styles that it came with.

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


def _described(run: Path) -> RunReply | None:
    results = run / _RESULTS
    created = datetime.fromtimestamp(results.stat().st_mtime, UTC).isoformat(timespec="seconds")
    try:
        rows = [row.cells for row in read_rows(results, "system,uar").rows]
    except DatasetError:
        return None
    n_clips = max((int(_number(row, "n_clips")) for row in rows), default=0)
    return RunReply(
        name=run.name,
        title=run.name.replace("_", " "),
        created=created,
        n_clips=n_clips,
        best=_best(rows),
        report=f"/runs/{quote(run.name, safe='')}/{REPORT}" if (run / REPORT).is_file() else None,
    )


def _best(rows: Sequence[Mapping[str, str]]) -> BestReply | None:
    honest = [row for row in rows if row.get("leaky") != "True" and _number(row, "uar") > 0]
    if not honest:
        return None
    best = max(honest, key=lambda row: _number(row, "uar"))
    return BestReply(system=best.get("system", ""), uar=_number(best, "uar"))


def _number(row: Mapping[str, str], column: str) -> float:
    try:
        return float(row.get(column) or 0)
    except ValueError:
        return 0.0
