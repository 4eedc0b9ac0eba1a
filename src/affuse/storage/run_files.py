"""The files of a run folder: every name, and the columns of every table."""

from __future__ import annotations

from dataclasses import dataclass, replace

CONFIG = "config.toml"
ENVIRONMENT = "environment.json"
SUMMARY = "summary.json"
INDEX = "index.csv"
BUNDLE = "bundle"
TRANSFER, TRANSFER_JSON = "transfer.csv", "transfer.json"
"""What `affuse transfer` writes in the place of a run's tables."""
REPORT = "report.html"
"""The last thing that a run writes."""


@dataclass(frozen=True, slots=True)
class RunTable:
    """One table of a run folder.

    Attributes
    ----------
    name : str
    columns : tuple of str
        That it has in every run; others follow from the clips, such as ``p_<emotion>``.
    needed : bool
        Every run has it, and no report can be made without it and its columns. Others come from
        runs that asked for them, or whose clips allow them.
    """

    name: str
    columns: tuple[str, ...]
    needed: bool = False

    @property
    def file(self) -> str:
        """Name of its file in the folder."""
        return f"{self.name}.csv"


TABLES = (
    RunTable(
        "results",
        ("system", "modality", "protocol", "leaky", "uar", "uar_low", "uar_high", "chance"),
        needed=True,
    ),
    RunTable("predictions", ("clip", "speaker", "emotion", "system", "predicted"), needed=True),
    RunTable("folds", ("clip", "speaker", "protocol", "fold"), needed=True),
    RunTable(
        "references",
        ("kind", "name", "modality", "metric", "value", "protocol", "source", "leak"),
    ),
    RunTable("skipped", ("name", "reason")),
    RunTable("speakers", ("speaker", "uar", "accuracy", "n_clips", "n_emotions", "system")),
    RunTable("recalls", ("emotion", "recall", "n_clips", "taken_for", "taken_for_share", "system")),
    RunTable("reliability", ("low", "high", "confidence", "accuracy", "n_clips", "system")),
    RunTable(
        "robustness",
        (
            "system", "modality", "fusion", "model", "protocol", "condition", "degraded", "level",
            "uar", "uar_low", "uar_high", "n_clips", "reason",
        ),
    ),
    RunTable(
        "comparisons",
        (
            "better", "other", "difference", "low", "high", "p", "p_holm", "n_clips", "n_speakers",
            "p_swap", "p_swap_least", "n_comparisons",
        ),
    ),
    RunTable(
        "calibration",
        (
            "system", "ece", "brier", "log_loss", "ece_calibrated", "brier_calibrated",
            "log_loss_calibrated",
        ),
    ),
    RunTable("corpora", ("system", "corpus", "n_clips", "n_speakers")),
    RunTable(
        "sets",
        (
            "system", "corpus", "asked", "coverage", "coverage_low", "coverage_high", "size",
            "size_low", "size_high", "one", "n_emotions", "n_clips", "n_speakers", "short",
        ),
    ),
    RunTable("votes", ("clip", "majority", "n_votes")),
    RunTable("by", ("system", "by", "group", "compared", "n_clips", "n_speakers")),
    RunTable(
        "gaps",
        (
            "system", "by", "higher", "lower", "higher_value", "lower_value", "gap", "gap_low",
            "gap_high", "n_emotions", "n_pairs",
        ),
    ),
    RunTable("importance", ("system", "group", "drop", "drop_low", "drop_high")),
    RunTable(
        "occlusion",
        ("system", "modality", "emotion", "n_clips", "row", "column", "drop", "face_share"),
    ),
    RunTable("training", ("system", "fold", "epoch", "loss")),
    RunTable(
        "trials",
        ("system", "fold", "trial", "rung", "settings", "epochs", "loss", "seconds", "chosen"),
    ),
    RunTable("map", ("clip", "modality", "method", "x", "y")),
    RunTable("contents", ("clip", "content")),
)  # fmt: skip

_OF_NUMBERS = {
    "results": (
        "system", "modality", "protocol", "leaky", "ccc", "ccc_low", "ccc_high", "pearson", "rmse",
        "chance",
    ),
    "predictions": ("clip", "speaker", "system"),
    "speakers": ("speaker", "ccc", "pearson", "rmse", "n_clips", "system"),
}  # fmt: skip
"""Columns of a dimensional run where they are others; each target and its prediction follow."""


def tables_of(task: str) -> tuple[RunTable, ...]:
    """Tables of a run with the columns that they have under a task.

    Parameters
    ----------
    task : str
        ``classification`` or ``dimensional``.

    Returns
    -------
    tuple of RunTable
    """
    if task != "dimensional":
        return TABLES
    return tuple(
        replace(table, columns=_OF_NUMBERS.get(table.name, table.columns)) for table in TABLES
    )


RESULTS = TABLES[0].file
TEXT_COLUMNS = (
    "clip", "corpus", "speaker", "emotion", "system", "predicted", "set", "name", "by", "group",
    "higher", "lower", "majority",
)  # fmt: skip
"""Columns whose cells are text, whatever they look like: a speaker may be called 01 or NA."""

WRITTEN = frozenset(
    {
        CONFIG,
        ENVIRONMENT,
        SUMMARY,
        INDEX,
        BUNDLE,
        TRANSFER,
        TRANSFER_JSON,
        *(table.file for table in TABLES),
    }
)  # fmt: skip
"""All that a run may have written before its report."""
