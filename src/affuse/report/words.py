"""The first paragraph of a report: the findings, in words made from the numbers."""

from __future__ import annotations

import pandas as pd

from affuse.evaluation.sentences import floor_text
from affuse.report.reading import RunFolder
from affuse.report.results_charts import MODALITY_NAMES
from affuse.storage.plain_text import counted
from affuse.tasks.figures import bounds, p_text, points
from affuse.tasks.significance import SIGNIFICANT


def findings(run: RunFolder) -> str:
    """One paragraph.

    Parameters
    ----------
    run : RunFolder

    Returns
    -------
    str
        Sentences.
    """
    if not len(run.honest):
        return _joined(
            run.drawn,
            "No system was evaluated with speakers kept apart, so nothing here says how well new "
            "people would be recognised. Every figure below leaks: see the reason beside it.",
        )
    return _joined(
        run.drawn,
        _best(run),
        _against_chance(run),
        _fusion(run),
        _people(run),
        _speakers(run),
        _leaky(run),
    )


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


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


def interval(low: float, high: float) -> str:
    """Bounds in percent; empty where there are none.

    Parameters
    ----------
    low, high : float
        Shares; NaN where there are none.

    Returns
    -------
    str
        Such as ``[41.2, 58.0]``.
    """
    return bounds(low, high)


def _best(run: RunFolder) -> str:
    best = run.honest.iloc[0]
    kind = {
        "audio": "from the voice",
        "video": "from the face",
        "audio+video": "from voice and face together",
    }
    bounds = interval(best["uar_low"], best["uar_high"])
    text = f" (95 % interval over speakers {bounds})" if bounds else " (one speaker: no interval)"
    return (
        f"On {int(best['n_clips']):,} clips of {counted(int(best['n_speakers']), 'speaker')}, each "
        f"tested by a system that had not met the speaker, the best system, {best['system']}, "
        f"recognises {len(run.classes)} emotions {kind[best['modality']]} with a mean recall "
        f"(UAR) of {percent(best['uar'])}{text}."
    )


def _against_chance(run: RunFolder) -> str:
    best = run.honest.iloc[0]
    above = pd.isna(best["uar_low"]) or best["uar_low"] > best["chance"]
    return (
        f"Chance is {percent(best['chance'])}."
        if above
        else f"That is not surely above chance ({percent(best['chance'])})."
    )


def _fusion(run: RunFolder) -> str:
    singles = {m: run.best[m] for m in ("audio", "video") if m in run.best}
    by_name = run.honest.set_index("system")["uar"]
    if "audio+video" not in run.best or not singles:
        return ""
    modality, single = max(singles.items(), key=lambda item: float(by_name[item[1]]))
    fused = run.best["audio+video"]
    pairs = run.table("comparisons")
    gain = float(by_name[fused] - by_name[single])
    text = f"The better single modality is {modality} with {percent(by_name[single])}; "
    both = [fused, single]
    pair = pairs[pairs["better"].isin(both) & pairs["other"].isin(both)] if len(pairs) else pairs
    if not len(pair):
        return f"{text}fusing differs from it by {points(gain, signed=True)} points."
    return f"{text}{_gain(pair.iloc[0], fused, len(pairs))}."


def _gain(row: pd.Series, fused: str, n_pairs: int) -> str:
    """The gain from fusing, with its interval and its significance among so many pairs."""
    if points(row["difference"]) == "0.0":
        return f"fusing is level with it: 0.0 points{bounds(row['low'], row['high'], before=' ')}"
    moves = "gains" if row["better"] == fused else "loses"
    amount = f"fusing {moves} {points(row['difference'])} points"
    text = f"{amount}{bounds(row['low'], row['high'], before=' ')}"
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


def _people(run: RunFolder) -> str:
    references = run.table("references")
    if not len(references):
        return ""
    best = run.honest.iloc[0]
    people = references[
        (references["kind"] == "people") & (references["modality"] == best["modality"])
    ]
    if not len(people):
        return ""
    row = people.iloc[0]
    return (
        f"People who judged these recordings reached an {row['metric']} of {percent(row['value'])}."
    )


def _speakers(run: RunFolder) -> str:
    table = run.table("speakers")
    if not len(table):
        return ""
    own = table[table["system"] == run.honest.iloc[0]["system"]].set_index("speaker")["uar"]
    if len(own) < 2:
        return ""
    return (
        f"It depends on who speaks: from {percent(own.min())} (speaker {own.idxmin()}) to "
        f"{percent(own.max())} (speaker {own.idxmax()})."
    )


def _leaky(run: RunFolder) -> str:
    if not len(run.leaky):
        return ""
    highest = run.leaky["uar"].max()
    return (
        f"{counted(len(run.leaky), 'row')} marked leaky, up to {percent(highest)}, must not be "
        "compared with these: they know something of the clips they are tested on."
    )


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
