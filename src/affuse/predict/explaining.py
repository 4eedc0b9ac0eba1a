"""Explanation of a prediction: contributions of voice and face, and their telling moments."""

from __future__ import annotations

from affuse.bundle.manifest import Manifest
from affuse.bundle.tables import tables_of
from affuse.errors import ConfigError
from affuse.explain.shapley import shapley_values
from affuse.messages import message
from affuse.predict.evidence import RecordingEvidence, WindowEvidence
from affuse.predict.judging import Floats, MemberProbabilities
from affuse.predict.telling import telling_moments
from affuse.records import Explanation

JOINED_BEFORE = message(
    "joined.before",
    "this recogniser joins voice and face before it decides: neither can be left out, so how much "
    "each moved the answer is not known",
)


def refuse_unexplained(manifest: Manifest) -> None:
    """Refuse a bundle of numbers, or one that takes features from a table.

    Parameters
    ----------
    manifest : Manifest

    Raises
    ------
    ConfigError
        It has no probability that voice and face could have moved, or nobody knows of which
        moments of the recording a table tells.
    """
    for modality in tables_of(manifest):
        raise ConfigError(
            f"an explanation was asked of a bundle that takes its {modality} features from a "
            "table, which has no moments; expected one that reads recordings: leave --explain out"
        )
    if manifest.targets:
        raise ConfigError(
            f"an explanation was asked of a bundle that gives numbers "
            f"({', '.join(manifest.targets)}); expected one that names emotions: leave --explain "
            "out"
        )


def explained(evidence: RecordingEvidence, nothing: str) -> Explanation:
    """The explanation of a prediction.

    Parameters
    ----------
    evidence : RecordingEvidence
    nothing : str
        Why there is nothing to go by, should there be nothing.

    Returns
    -------
    Explanation
    """
    whole = evidence.answer([window.probabilities for window in evidence.windows])
    fused = whole.probabilities.get("fused")
    if fused is None:
        return Explanation(None, reason=nothing)
    emotion = whole.emotion or max(fused, key=lambda name: fused[name])
    chance = 1 / len(fused)
    contributions = _contributions(evidence, emotion, chance)
    return Explanation(
        emotion,
        chance,
        contributions,
        telling_moments(evidence, emotion, contributions),
        reason="" if contributions else JOINED_BEFORE,
    )


def _contributions(evidence: RecordingEvidence, emotion: str, chance: float) -> dict[str, float]:
    """Shapley value of each modality; none where no modality can decide without the others."""
    answered: dict[frozenset[str], bool] = {}

    def value(modalities: frozenset[str]) -> float:
        kept = [_of_modalities(evidence, window, modalities) for window in evidence.windows]
        fused = evidence.answer(kept).probabilities.get("fused")
        answered[modalities] = fused is not None
        return chance if fused is None else fused[emotion]

    players = evidence.modalities
    values = shapley_values(players, value)
    parts = [some for some in answered if 0 < len(some) < len(players)]
    return values if not parts or any(answered[some] for some in parts) else {}


def _of_modalities(
    evidence: RecordingEvidence, window: WindowEvidence, modalities: frozenset[str]
) -> MemberProbabilities:
    """Members' outputs for a window if only these modalities were there."""
    kept: dict[str, Floats] = {}
    partly = False
    for member in evidence.members.bundle.manifest.members:
        row = window.probabilities.get(member.name)
        used = set(member.modalities) & evidence.present(window)
        if row is not None and used <= modalities:
            kept[member.name] = row
        elif row is not None:
            partly |= bool(used & modalities) and not member.needs_all
    if not partly:
        return kept
    span = evidence.recording.readable(window.span)
    present = [m for m in evidence.present(window) if m in modalities]
    track = evidence.settings.audio_track
    anew = evidence.members.feature_rows(evidence.recording.path, span, present, track)
    return {**anew, **kept}
