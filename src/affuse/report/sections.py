"""Parts of a report that consist of charts."""

from __future__ import annotations

from dataclasses import dataclass

from affuse.report.chart import Chart
from affuse.report.curve_charts import robustness_charts, training_chart
from affuse.report.decision_charts import confusion_charts, map_charts, reliability_chart
from affuse.report.group_charts import group_charts
from affuse.report.number_charts import scatter_charts, speaker_ccc_chart
from affuse.report.occlusion_charts import occlusion_charts
from affuse.report.reading import RunFolder
from affuse.report.results_charts import class_recall_chart, speaker_chart


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report that consists of charts.

    Attributes
    ----------
    id, title, intro : str
    charts : tuple of Chart
        None: `missing` says why and how to get it.
    missing : str
        Empty: nobody misses it.
    folded : bool
        The charts are there on demand.
    """

    id: str
    title: str
    intro: str
    charts: tuple[Chart, ...]
    missing: str = ""
    folded: bool = False


_OCCLUSION = (
    "One part of a clip at a time was hidden from the best system of each fold, which had not "
    "learned from that clip; a stretch of sound in a band by the clip's mean there, a part of the "
    "picture by its mean colour. It shows that system, not emotion in faces and voices."
)
_LEAKS = "no system was evaluated with speakers kept apart."


def emotion_sections(run: RunFolder) -> tuple[Section, ...]:
    """Parts of a report of emotions, in their order.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    tuple of Section
        With those that this run has no charts for.
    """
    recalls = _present(class_recall_chart(run), speaker_chart(run))
    return (
        _groups(run),
        Section(
            "confusion", "Confusion matrices",
            "Best system of each modality; each row adds up to 100 %.",
            confusion_charts(run), _LEAKS,
        ),
        Section(
            "recall", "Per speaker and emotion", "Best system of each modality.", recalls, _LEAKS
        ),
        Section(
            "calibration", "Calibration",
            "Clips are grouped by the probability that a system states for its own answer.",
            _present(reliability_chart(run)), _LEAKS,
        ),
        Section(
            "occlusion", "Where emotions are found", _OCCLUSION, occlusion_charts(run)
        ),
        _robustness(run),
        _training(run),
        Section(
            "map", "Feature maps",
            "Each clip by its features alone, flattened to two dimensions. Clips that cluster by "
            "speaker show why speakers must be kept apart.",
            map_charts(run), "the run folder has none: run again with this version.", folded=True,
        ),
    )  # fmt: skip


def number_sections(run: RunFolder) -> tuple[Section, ...]:
    """Parts of a report of numbers, in their order.

    Parameters
    ----------
    run : RunFolder
        Of a dimensional task.

    Returns
    -------
    tuple of Section
        With those that this run has no charts for.
    """
    return (
        _groups(run),
        Section(
            "agreement", "Predicted and true values",
            "Best system of each modality; every clip was predicted by a system that was not "
            "trained on its speaker.",
            scatter_charts(run), _LEAKS,
        ),
        Section(
            "recall", "Per speaker", "Best system of each modality.",
            _present(speaker_ccc_chart(run)), "no speaker has a CCC of its own.",
        ),
        _training(run),
    )  # fmt: skip


def _groups(run: RunFolder) -> Section:
    """Figures of the best system for each group, where groups were asked for."""
    intro = (
        "The best system on each group by itself, with 95 % intervals over the group's speakers."
    )
    return Section("groups", "Per group", intro, group_charts(run))


def _robustness(run: RunFolder) -> Section:
    return Section(
        "robustness", "Robustness", "Trained on clean clips, tested on degraded ones.",
        robustness_charts(run),
        "it was not asked for. Run with --set robustness.enabled=true, or --recipe full.",
    )  # fmt: skip


def _training(run: RunFolder) -> Section:
    intro = (
        "Loss on the training clips; the number of epochs was given, not chosen by these curves."
    )
    missing = "no network decides in this run, or its folds were finished by an older version."
    charts = _present(training_chart(run))
    return Section("training", "Training curves", intro, charts, missing, folded=True)


def _present(*charts: Chart | None) -> tuple[Chart, ...]:
    return tuple(chart for chart in charts if chart is not None)
