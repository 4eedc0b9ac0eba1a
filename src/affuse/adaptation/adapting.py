"""A bundle and labelled clips -> the bundle adapted to them, with its figures before and after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from affuse.adaptation.figures import Change, change_of_strangers, changes, held_out
from affuse.adaptation.fitting import Fitted, fit_decisions
from affuse.adaptation.labelled import labelled_clips
from affuse.adaptation.making import adapted_bundle, loss_text, points_text
from affuse.adaptation.outputs import ClipOutputs, outputs_of_clips
from affuse.bundle.bundle import Bundle
from affuse.bundle.named import bundle_folder
from affuse.bundle.provenance import known_speakers
from affuse.bundle.reader import read_bundle
from affuse.bundle.tables import refuse_without_tables
from affuse.bundle.writer import write_bundle
from affuse.corpora.registry import AUTO
from affuse.errors import BundleError, DatasetError
from affuse.records import Clip, ProgressCallback, Skipped
from affuse.storage.plain_text import counted

LEAST_OF_EACH = 2
"""Clips of an emotion: with a single one, none is left to measure on."""


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """An adapted bundle, and how its figures changed.

    Attributes
    ----------
    bundle, before : Bundle
        Adapted to all clips; as it was.
    data : str
        What the clips are called.
    emotions : mapping of str to int
        Clips of each emotion that were fitted to.
    n_speakers, n_folds : int
    changes : tuple of Change
        Figures before and after, on clips that were not fitted to; the answer first.
    decisive : Change or None
        The change that decides whether it helps: of the answer, on people outside the bundle's
        training. None: it was trained on all of them, or on all but one.
    shrinkages : mapping of str to float
        Shrinkage by member; infinite: nothing was changed.
    reasons : tuple of str
        Why it is not known to help, in sentences; empty: it helps.
    notes : tuple of str
        Notes on the figures.
    skipped : tuple of Skipped
        Clips that were not used.

    Examples
    --------
    >>> found = adapt("shipped", "mine.csv")                            # doctest: +SKIP
    >>> found.helps, found.changes[0].before, found.changes[0].after    # doctest: +SKIP
    """

    bundle: Bundle
    before: Bundle
    data: str
    emotions: Mapping[str, int]
    n_speakers: int
    n_folds: int
    changes: tuple[Change, ...]
    decisive: Change | None
    shrinkages: Mapping[str, float]
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def helps(self) -> bool:
        """Whether the adapted bundle does better than before, by more than chance."""
        return not self.reasons

    def write(self, folder: str | Path) -> Path:
        """Write the adapted bundle.

        Parameters
        ----------
        folder : str or Path
            Must not exist, or be empty.

        Returns
        -------
        Path

        Raises
        ------
        OutputError
            The folder is in use or cannot be written.
        """
        return write_bundle(self.bundle, folder)


def adapt(
    bundle: str | Path,
    data: str | Path | Sequence[str | Path],
    *,
    corpus: str = AUTO,
    emotions: Sequence[str] | None = None,
    jobs: int | None = None,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> Adaptation:
    """Fit how a bundle decides to a few labelled clips of one's own; its networks stay as they are.

    Parameters
    ----------
    bundle : str or Path
        Folder of a bundle, or the name of one that comes with affuse: ``"shipped"``, ``"open"``.
    data : str or Path, or a sequence of them
        Whatever `affuse.read` reads: a CSV of ``path,emotion,speaker``, annotations, a corpus.
    corpus : str
        As `affuse.read` takes it.
    emotions : sequence of str, optional
        Only clips of these are used; all by default.
    jobs : int, optional
        Processes that read the clips; one per core by default.
    seed : int
        Of the folds and of the bootstrap.
    progress : callable, optional
        Called with ``(stage, n_done, n_all)``.

    Returns
    -------
    Adaptation
        Nothing is written: see `Adaptation.helps` and `Adaptation.write`.

    Raises
    ------
    BundleError
        No bundle, one of numbers, or one that takes features from a table.
    DatasetError
        Clips of emotions that the bundle does not know, or of fewer than two emotions; none with
        enough speech or a face in it.

    Notes
    -----
    Every member's probabilities are recalibrated (a ridge logistic regression on their logarithms,
    shrunk to what the bundle says), then the members' weights are fitted anew. The shrinkage is
    chosen on inner folds; the figures are those of clips of people who took no part in either.

    Examples
    --------
    >>> adaptation = adapt("shipped", "mine.csv")                       # doctest: +SKIP
    >>> if adaptation.helps:                                            # doctest: +SKIP
    ...     adaptation.write("adapted")
    """
    folder = bundle_folder(bundle)
    before = read_bundle(folder)
    _refuse_numbers(before)
    refuse_without_tables(before)
    mine = labelled_clips(data, before.manifest.classes, corpus, emotions)
    _refuse_too_few(mine.clips, mine.name)
    outputs = outputs_of_clips(folder, mine.clips, jobs=jobs, progress=progress)
    _refuse_too_few(outputs.clips, mine.name, outputs.skipped)
    fitted = fit_decisions(before, outputs, seed)
    found = held_out(before, outputs, seed, progress)
    classes = before.manifest.classes
    measured = changes(found, outputs, classes, seed)
    skipped = (*mine.skipped, *outputs.skipped)
    met = known_speakers(before.manifest.trained_on, outputs.clips)
    decisive = change_of_strangers(found, outputs, classes, met, seed) if met else measured[0]
    made = Adaptation(
        bundle=before,
        before=before,
        data=mine.name,
        emotions=_emotions(outputs, classes),
        n_speakers=_n_speakers(outputs),
        n_folds=found.n_folds,
        changes=(*measured, decisive) if met and decisive else measured,
        decisive=decisive,
        shrinkages=fitted.shrinkages,
        notes=(*mine.notes, *_notes(outputs, met, skipped)),
        skipped=skipped,
    )
    made = replace(made, reasons=tuple(_reasons(made, fitted)))
    return replace(made, bundle=_bundle(made, fitted, outputs, met))


def _refuse_numbers(bundle: Bundle) -> None:
    targets = bundle.manifest.targets
    if targets:
        raise BundleError(
            f"{bundle.title} gives numbers ({', '.join(targets)}); expected a bundle of emotions, "
            "which alone can be adapted"
        )


def _refuse_too_few(clips: Sequence[Clip], data: str, skipped: Sequence[Skipped] = ()) -> None:
    shown = sorted({clip.emotion for clip in clips})
    if len(shown) > 1:
        return
    others = f" ({len(skipped)} others cannot; the first: {skipped[0].reason})" if skipped else ""
    of = f", all of {shown[0]}" if shown else ""
    raise DatasetError(
        f"{data} has {counted(len(clips), 'clip')} that can be used{of}{others}; expected "
        "clips of at least two emotions, better ten of each: add some"
    )


def _emotions(outputs: ClipOutputs, classes: Sequence[str]) -> dict[str, int]:
    """Number of clips of each emotion that occurs, in the order of the classes."""
    counts = Counter(clip.emotion for clip in outputs.clips)
    return {name: counts[name] for name in classes if counts[name]}


def _n_speakers(outputs: ClipOutputs) -> int:
    return len({clip.speaker for clip in outputs.clips})


def _notes(outputs: ClipOutputs, met: Sequence[str], skipped: Sequence[Skipped]) -> Iterator[str]:
    if met:
        yield (
            f"The bundle was trained on {len(met)} of the {_n_speakers(outputs)} speakers: the "
            "figures flatter it, before and after."
        )
    if skipped:
        n, first = len(skipped), skipped[0]
        were = "clip was" if n == 1 else "clips were"
        yield f"{n} {were} left out; {first.name}: {first.reason}."


def _reasons(made: Adaptation, fitted: Fitted) -> Iterator[str]:
    """Why the adaptation is not known to help."""
    if made.n_speakers < 2:
        yield "all clips are of one speaker, who says nothing about others"
    rare = [f"{n} of {name}" for name, n in made.emotions.items() if n < LEAST_OF_EACH]
    if rare:
        yield f"clips: {' and '.join(rare)}; expected {LEAST_OF_EACH} of each emotion or more"
    answer = made.decisive
    if not fitted.changed:
        yield "nothing that could be fitted did better on clips left out than changing nothing"
    elif answer is None:
        yield (
            "what fits people whom the bundle was trained on need not fit others; expected two "
            "speakers or more that are unseen in its training"
        )
    elif not answer.real:
        yield (
            f"the difference may be chance: {points_text(answer)} points of UAR, "
            f"{loss_text(answer)} of log loss"
        )


def _bundle(made: Adaptation, fitted: Fitted, outputs: ClipOutputs, met: Sequence[str]) -> Bundle:
    leak = f"the bundle was trained on {len(met)} of the {made.n_speakers} speakers" if met else ""
    if made.n_speakers < 2:
        leak = "clips of one speaker are on both sides"
    caveat = [f"It is not known to help: {'; '.join(made.reasons)}."] if made.reasons else []
    return adapted_bundle(
        made.before,
        fitted.manifest,
        data=made.data,
        clips=outputs.clips,
        emotions=made.emotions,
        changes=made.changes,
        n_folds=made.n_folds,
        leak=leak,
        remarks=[*caveat, *made.notes],
    )
