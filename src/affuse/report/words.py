"""Sentences of a report that are made from its numbers, and names as a reader has them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from affuse.errors import DatasetError
from affuse.evaluation.sentences import floor_text
from affuse.explain.shapley import shapley_values
from affuse.records import MODALITIES
from affuse.report.reading import RunFolder
from affuse.report.results_charts import FUSED_MODALITY, MODALITY_NAMES
from affuse.storage.csv_rows import read_rows
from affuse.storage.plain_text import counted
from affuse.storage.run_files import INDEX
from affuse.tasks.figures import p_text, points
from affuse.tasks.headline import Headline
from affuse.tasks.significance import SIGNIFICANT

FROM = {
    "audio": "from the voice",
    "video": "from the face",
    FUSED_MODALITY: "from voice and face",
}


def percent(share: float) -> str:
    """A share as a percentage with one decimal.

    Parameters
    ----------
    share : float
        0 to 1.

    Returns
    -------
    str
        Such as ``58.0 %``.
    """
    return f"{points(share)} %"


def joined_names(names: Sequence[str]) -> str:
    """Names as a sentence has them.

    Parameters
    ----------
    names : sequence of str

    Returns
    -------
    str
        Such as ``valence, arousal and dominance``.
    """
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def gain_of_fusion(run: RunFolder) -> str:
    """What the best fusion gains over the better single modality; empty where there is none.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    str
        A sentence.
    """
    headline = run.task.headline
    singles = {m: name for m, name in run.best.items() if m != FUSED_MODALITY}
    if FUSED_MODALITY not in run.best or not singles:
        return ""
    figures = run.honest.set_index("system")[headline.column]
    modality, single = max(singles.items(), key=lambda item: float(figures[item[1]]))
    fused, pairs = run.best[FUSED_MODALITY], run.table("comparisons")
    shown = headline.value(figures[single]) + (" %" if headline.scale == 100 else "")
    text = f"The better single modality is {modality} with {shown}; "
    both = [fused, single]
    pair = pairs[pairs["better"].isin(both) & pairs["other"].isin(both)] if len(pairs) else pairs
    if len(pair):
        return f"{text}{_gain(pair.iloc[0], fused, len(pairs), headline)}."
    amount = headline.value(float(figures[fused] - figures[single]), signed=True)
    return f"{text}fusing differs from it by {amount} {headline.unit}."


def contributions(run: RunFolder) -> str:
    """What each modality contributes to the best fusion; empty where not each stands alone too.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    str
        A sentence.
    """
    headline = run.task.headline
    singles = {m: name for m, name in run.best.items() if m != FUSED_MODALITY}
    if FUSED_MODALITY not in run.best or len(singles) < len(MODALITIES):
        return ""
    figures = run.honest.set_index("system")[headline.column].astype(float).to_dict()
    fused = run.best[FUSED_MODALITY]
    chances = run.honest.get("chance", pd.Series([0.0]))
    chance, whole = float(chances.iloc[0]), figures[fused]
    worth: dict[frozenset[str], float] = {frozenset(): chance, frozenset(singles): whole}
    worth |= {frozenset({m}): figures[name] for m, name in singles.items()}
    shares = shapley_values(list(singles), lambda some: worth[frozenset(some)])
    each = joined_names([f"{m} contributes {headline.value(s)}" for m, s in shares.items()])
    above = headline.amount(whole - chance)
    return (
        f"Of the {above} that {fused} is above chance, {each} (Shapley values, by the best "
        "system of each modality alone)."
    )


def _gain(row: pd.Series, fused: str, n_pairs: int, headline: Headline) -> str:
    """How much fusing gains, with its interval, and how sure that is among so many pairs."""
    bounds = headline.bounds(row["low"], row["high"], before=" ")
    amount = headline.amount(row["difference"])
    if headline.is_nothing(row["difference"]):
        return f"fusing is level with it: {amount}{bounds}"
    text = f"fusing {'gains' if row['better'] == fused else 'loses'} {amount}{bounds}"
    corrected = f"{p_text(row['p_holm'])}{f' as one of {n_pairs} comparisons' * (n_pairs > 1)}"
    if row["p_holm"] < SIGNIFICANT:
        return f"{text}, more than chance explains ({corrected})"
    if row["p"] < SIGNIFICANT:
        return (
            f"{text}, more than chance explains were it the one comparison "
            f"({p_text(row['p'])}), but not surely so ({corrected})"
        )
    return f"{text}, which these speakers cannot tell from none ({corrected})"


def floor(run: RunFolder) -> str:
    """A caution on permutations of whole speakers, where these are too few; else empty.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    str
        One sentence.
    """
    pairs = run.table("comparisons")
    if "p_swap_least" not in pairs or not len(pairs):
        return ""
    first = pairs.iloc[0]
    return floor_text(first["p_swap_least"], int(first["n_speakers"]), len(pairs))


def modality_name(modality: str) -> str:
    """Name of a modality for readers.

    Parameters
    ----------
    modality : str
        ``audio``, ``video`` or ``audio+video``.

    Returns
    -------
    str
    """
    return MODALITY_NAMES.get(modality, modality)


def heading_of(run: RunFolder) -> str:
    """Heading of a report: corpora, what was predicted, and from what.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    str
        Such as ``RAVDESS: 8 emotions from voice and face``.
    """
    what = joined_names(run.targets) if run.targets else counted(len(run.classes), "emotion")
    modalities = set(run.results["modality"])
    modality = modalities.pop() if len(modalities) == 1 else FUSED_MODALITY
    return f"{data_name(run)}: {what} {FROM[modality]}"


def data_name(run: RunFolder) -> str:
    """Names of the corpora of a run's index; of its folders where that names none.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    str
        Such as ``RAVDESS`` or ``EMO-DB + EMOVO``.
    """
    try:
        index = read_rows(run.path / INDEX)
    except DatasetError:
        return run.title
    named = (row["corpus"] for row in index.rows) if "corpus" in index.columns else ()
    return " + ".join(name for name in dict.fromkeys(named) if name) or run.title
