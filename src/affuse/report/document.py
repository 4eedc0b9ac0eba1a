"""Run folder -> report.html."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata, resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from affuse.bundle.permitted_use import REGULATION
from affuse.errors import MissingDependency, OutputError
from affuse.evaluation.emotion_sets import SHORT
from affuse.report.chart import Chart
from affuse.report.curve_charts import robustness_charts, training_chart
from affuse.report.decision_charts import confusion_charts, map_charts, reliability_chart
from affuse.report.examples import examples
from affuse.report.group_charts import group_charts
from affuse.report.numbers_report import number_values
from affuse.report.reading import RunFolder, read_run
from affuse.report.results_charts import (
    class_recall_chart,
    paired_charts,
    speaker_chart,
    systems_chart,
)
from affuse.report.stored_groups import with_groups
from affuse.report.words import findings, floor, interval, modality_name, percent
from affuse.splits.protocols import ACROSS_CORPORA
from affuse.storage.plain_text import printable
from affuse.storage.run_files import REPORT
from affuse.storage.whole import atomic_file, check_file
from affuse.tasks.figures import p_value, points

if TYPE_CHECKING:
    from jinja2 import Environment

PAIRS_SHOWN = 40
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""No character of a page, and a command to a terminal on which somebody reads it."""


@dataclass(frozen=True)
class Section:
    """A part of the report that consists of charts.

    Attributes
    ----------
    id, title, intro : str
    charts : tuple of Chart
        None: `missing` says why and how to get it.
    missing : str
    """

    id: str
    title: str
    intro: str
    charts: tuple[Chart, ...]
    missing: str = ""


def write_report(folder: str | Path, out: str | Path | None = None, by: Sequence[str] = ()) -> Path:
    """Write the report of a run.

    Parameters
    ----------
    folder : str or Path
        Run folder.
    out : str or Path, optional
        File; ``report.html`` in the run folder by default.
    by : sequence of str
        Groups to give figures for, in the place of those that the run was made with.

    Returns
    -------
    Path
        The file: it needs nothing else and asks nothing of any network.

    Raises
    ------
    OutputError
        Not a run folder, or the file cannot be written.
    ConfigError
        No clip says what `by` asks for.
    MissingDependency
        The extra ``report`` is not installed.
    """
    target = Path(out) if out is not None else Path(folder) / REPORT
    check_page(target)
    text = report_html(with_groups(read_run(folder), by))
    return write_page(text, target)


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


def report_html(run: RunFolder) -> str:
    """The report as one page of HTML.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    str
        It needs no other file and no network.
    """
    if run.targets:
        return render("numbers.html.j2", **_common(run), **number_values(run))
    return render(
        "report.html.j2",
        **_common(run),
        findings=findings(run),
        systems=systems_chart(run),
        honest=result_rows(run.honest, run.leaks),
        others=_by_protocol(run),
        leaky=result_rows(run.leaky, run.leaks),
        corpora=_corpora(run),
        sets=_sets(run),
        references=_records(run.table("references")),
        paired=paired_charts(run),
        pairs=_pair_rows(run),
        floor=floor(run),
        sections=_sections(run),
        examples=examples(run),
        data=_data(run),
    )


def _common(run: RunFolder) -> dict[str, Any]:
    """Values that every report needs, whatever its task."""
    return {
        "run": run,
        "title": f"{run.title}: affuse report",
        "notes": run.notes,
        "protocols": _protocols(run),
        "settings": flat_settings(run.config),
        "settings_text": _toml(run.config),
        "environment": flat_settings(run.environment),
        "skipped": _records(run.table("skipped")),
        "again": f"affuse run {' '.join(run.data)} --recipe config.toml",
    }


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
    made.filters |= {
        "percent": percent,
        "points": points,
        "p_value": p_value,
        "fused_name": modality_name,
    }
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


def _by_protocol(run: RunFolder) -> list[tuple[str, list[dict[str, Any]], str]]:
    """Rows of each further protocol that keeps speakers apart, with its description."""
    groups = run.others.groupby("protocol", sort=False)
    return [
        (str(name), result_rows(rows, run.leaks), _ACROSS if name in ACROSS_CORPORA else _OWN)
        for name, rows in groups
    ]


_ACROSS = (
    "What is tested is of other corpora than what is trained on; answers are the emotions that "
    "both show."
)
_OWN = "Speakers are kept apart, in folds that affuse made."


def result_rows(table: pd.DataFrame, leaks: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of results as the templates take them.

    Parameters
    ----------
    table : DataFrame
        Rows of ``results.csv``.
    leaks : mapping of str to str
        As `RunFolder.leaks`.

    Returns
    -------
    list of dict
        A row each: its columns, and ``interval``, ``why`` (it is leaky) and ``kind`` in words.
    """
    rows = _records(table)
    for row in rows:
        row["interval"] = interval(row["uar_low"], row["uar_high"])
        row["why"] = leaks[row["protocol"]] if row["leaky"] else ""
        row["kind"] = modality_name(row["modality"])
    return rows


def _corpora(run: RunFolder) -> list[dict[str, Any]]:
    """Figures of speaker-independent systems on each corpus, best first."""
    table = run.table("corpora")
    if not {"system", "uar"} <= set(table):
        return []
    honest = table["system"].isin(run.honest["system"])
    return [
        row | {"interval": interval(row["uar_low"], row["uar_high"])}
        for row in _records(table[honest])
    ]


def _sets(run: RunFolder) -> list[dict[str, Any]]:
    """Coverage of each system's sets, on all clips and on each corpus."""
    return [
        row
        | {
            "interval": interval(row["coverage_low"], row["coverage_high"]),
            "sizes": f"{row['size']:.2f} of {row['n_emotions']}",
            "short": SHORT if row["short"] else "",
        }
        for row in _records(run.table("sets"))
    ]


def _pair_rows(run: RunFolder) -> list[dict[str, Any]]:
    rows = _records(run.table("comparisons")[:PAIRS_SHOWN])
    for row in rows:
        row["interval"] = interval(row["low"], row["high"])
    return rows


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]


def _sections(run: RunFolder) -> tuple[Section, ...]:
    recalls = _present(class_recall_chart(run), speaker_chart(run))
    return (
        *_groups(run),
        Section(
            "confusion", "What is taken for what",
            "Best system of each modality; each row adds up to 100 %, and the stronger a cell's "
            "colour, the larger its share.",
            confusion_charts(run), "no system was evaluated with speakers kept apart.",
        ),
        Section(
            "recall", "Whom and what it knows best",
            "Recall of each emotion, and mean recall on each speaker, by the best system of each "
            "modality.",
            recalls, "no system was evaluated with speakers kept apart.",
        ),
        Section(
            "reliability", "Can its probabilities be trusted",
            "Clips are grouped by the probability that a system states for its own answer.",
            _present(reliability_chart(run)), "no system was evaluated with speakers kept apart.",
        ),
        _robustness(run),
        Section(
            "training", "How the networks learned",
            "Loss on the training clips; the number of epochs was given, not chosen by these "
            "curves.",
            _present(training_chart(run)),
            "no network decides in this run, or its folds were finished by an older version.",
        ),
        Section(
            "map", "How the clips lie",
            "Each clip by its features alone, flattened to two dimensions. Clips that cluster by "
            "speaker show why speakers must be kept apart.",
            map_charts(run), "the run folder has none: run again with this version.",
        ),
    )  # fmt: skip


def _robustness(run: RunFolder) -> Section:
    return Section(
        "robustness",
        "When sound or picture is bad",
        "Trained on clean clips, tested on degraded ones.",
        robustness_charts(run),
        "it was not asked for. Run with --set robustness.enabled=true, or --recipe full.",
    )


def _groups(run: RunFolder) -> tuple[Section, ...]:
    """Figures of the best system for each group, where groups were asked for."""
    charts = group_charts(run)
    intro = (
        "The best system on each group by itself, with 95 % intervals over the group's speakers."
    )
    return (Section("groups", "For whom it works", intro, charts),) if charts else ()


def _present(*charts: Chart | None) -> tuple[Chart, ...]:
    return tuple(chart for chart in charts if chart is not None)


def _data(run: RunFolder) -> dict[str, Any]:
    clips = run.table("predictions").drop_duplicates("clip")
    counts = pd.crosstab(clips["emotion"], clips["speaker"]).reindex(
        list(run.classes), fill_value=0
    )
    return {
        "n_clips": len(clips),
        "n_speakers": clips["speaker"].nunique(),
        "emotions": [(name, int((clips["emotion"] == name).sum())) for name in run.classes],
        "per_speaker": (int(counts.sum().min()), int(counts.sum().max())) if len(clips) else (0, 0),
    }


def _protocols(run: RunFolder) -> list[dict[str, Any]]:
    folds = run.table("folds")
    protocols = []
    for name, rows in folds.groupby("protocol", sort=False):
        speakers = [
            (number, sorted(set(own["speaker"]), key=lambda s: (len(s), s)), len(own))
            for number, own in rows.groupby("fold")
        ]
        protocols.append({"name": name, "leak": run.leaks.get(str(name), ""), "folds": speakers})
    return protocols


def flat_settings(settings: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Settings as rows: full name, value as text.

    Parameters
    ----------
    settings : mapping of str to object
        Nested.
    prefix : str
        Before each name.

    Returns
    -------
    list of (str, str)
    """
    rows: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            rows += flat_settings(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", _value_text(value)))
    return rows


def _value_text(value: object) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_value_text(item) for item in value) or "all"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k} = {_value_text(v)}" for k, v in value.items()) + "}"
    return str(value)


def _toml(config: Mapping[str, Any]) -> str:
    import tomli_w

    return tomli_w.dumps(dict(config))
