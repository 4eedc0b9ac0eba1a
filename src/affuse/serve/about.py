"""Information about a server: what it can do, and its API on one page."""

from __future__ import annotations

import html
import json
from importlib import metadata
from pathlib import Path
from typing import Any

from affuse.predict.settings import Settings
from affuse.serve import exports, rolling
from affuse.serve.judging import members_of
from affuse.serve.replies import FiguresReply, FormatReply, InfoReply, LimitsReply, LiveReply
from affuse.serve.sample import EXAMPLES
from affuse.serve.settings import ServerSettings

LANGUAGES = Path(__file__).parent / "static" / "languages"


def info_of(settings: ServerSettings) -> InfoReply:
    """What a server is, and its limits.

    Parameters
    ----------
    settings : ServerSettings

    Returns
    -------
    InfoReply

    Raises
    ------
    BundleError
        The bundle cannot be used.
    """
    members, limits = members_of(settings.bundle_dir), settings.limits
    windows = Settings().windows
    return InfoReply(
        version=metadata.version("affuse"),
        recogniser=members.bundle.title,
        classes=list(members.bundle.manifest.classes),
        formats=[
            FormatReply(name=name, label=form.label, suffix=form.suffix, annotators=form.annotators)
            for name, form in exports.downloads().items()
        ],
        limits=LimitsReply(
            max_bytes=limits.max_bytes,
            max_duration_s=limits.max_duration_s,
            max_jobs=limits.max_jobs,
            max_queue=limits.max_queue,
            keep_s=limits.keep_s,
        ),
        window_s=windows.window_s,
        hop_s=windows.hop_s,
        threshold=members.bundle.manifest.abstain_below,
        live=LiveReply(
            frame_interval_s=rolling.FRAME_INTERVAL_S,
            sample_rate=48_000,
            window_s=rolling.WINDOW_S,
            hop_s=rolling.HOP_S,
        ),
        examples=list(EXAMPLES),
        languages=languages(),
        figures=[
            FiguresReply.model_validate(figures.model_dump(include=set(FiguresReply.model_fields)))
            for figures in members.bundle.manifest.figures
        ],
    )


def languages() -> dict[str, str]:
    """Languages that the page speaks: one for each table in ``static/languages``.

    Returns
    -------
    dict of str to str
        Code -> its own name, English first.

    Examples
    --------
    >>> languages()["en"]
    'English'
    """
    tables = sorted(LANGUAGES.glob("*.json"), key=lambda path: (path.stem != "en", path.stem))
    return {path.stem: json.loads(path.read_text("utf-8"))["language.name"] for path in tables}


def api_page(schema: dict[str, Any]) -> str:
    """An OpenAPI schema as a page without any script.

    Parameters
    ----------
    schema : mapping
        OpenAPI, as JSON.

    Returns
    -------
    str
        HTML.
    """
    rows = "".join(
        f"<tr><td><code>{method.upper()}</code></td><td><code>{html.escape(path)}</code></td>"
        f"<td>{html.escape(answer.get('description', ''))}</td></tr>"
        for path, methods in schema["paths"].items()
        for method, answer in methods.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>affuse: HTTP API</title>'
        '<meta name="viewport" content="width=device-width">'
        '<link rel="stylesheet" href="/static/page.css"></head><body><main><h1>HTTP API</h1>'
        '<p>Schema: <a href="/api/openapi.json">/api/openapi.json</a>.</p>'
        f"<table><thead><tr><th>Method</th><th>Path</th><th>What it does</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></main></body></html>"
    )
