"""What each member of a bundle says: of faces, of a voice, of the features of an extractor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.decision import member_probabilities
from affuse.bundle.manifest import Member
from affuse.bundle.reading import Bundle
from affuse.errors import BundleError, CutShort, FeatureError
from affuse.predict.windows import Span
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.features.registry import Extractor

Floats = NDArray[np.float64]

FACE_CROPS = "face_crops"
"""Source of features: every face that is looked at, (n, 1, 48, 48) grey levels from 0 to 255."""

VOICE = "voice_utterance"
"""Source of features: `affuse.features.voice_input` of a stretch: ``log_mel`` (1, n_frames, 64)
and, where the graph asks for them, ``statistics`` (1, 519)."""

FACE_SIZE = 48
_BATCH = 32


class Members:
    """The members of a bundle, each asked in its own way.

    Attributes
    ----------
    bundle : Bundle
    face, voice : Member or None
        Judges single crops of faces; judges a stretch of voice.
    others : tuple of Member
        Judge the features that an extractor of affuse makes of a stretch.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.face = self._of("video", FACE_CROPS)
        self.voice = self._of("audio", VOICE)
        direct = (self.face, self.voice)
        self.others = tuple(m for m in bundle.manifest.members if m not in direct)
        self._extractors: dict[tuple[str, Modality], Extractor] = {}

    @property
    def modalities(self) -> frozenset[Modality]:
        """What the bundle goes by."""
        return frozenset(m for member in self.bundle.manifest.members for m in member.modalities)

    def face_rows(self, member: Member, crops: Sequence[NDArray[np.uint8]]) -> Floats:
        """What the face network says of crops, each (48, 48): (n, n_own_classes)."""
        blocks = [np.zeros((0, len(member.classes)))]
        (name,) = self._asked(member, {"faces"})
        for first in range(0, len(crops), _BATCH):
            batch = np.stack(crops[first : first + _BATCH])[:, None].astype(np.float32)
            blocks.append(member_probabilities(self.bundle, member.name, {name: batch}))
        return np.concatenate(blocks)

    def voice_row(self, member: Member, signal: NDArray[np.float32]) -> Floats:
        """What the voice network says of a signal at 16 kHz: (n_own_classes,)."""
        from affuse.features.voice_input import voice_input

        given = voice_input(signal)
        rows = {"log_mel": given.log_mel[None], "statistics": given.statistics[None]}
        inputs = {name: rows[name] for name in self._asked(member, set(rows))}
        return np.asarray(member_probabilities(self.bundle, member.name, inputs)[0])

    def feature_row(
        self, member: Member, path: Path, span: Span, present: Collection[Modality]
    ) -> Floats | None:
        """What a member says of a stretch of a file, from its extractors: (n_own_classes,).

        None where it has nothing to go by: a modality that it needs is not `present`, or too short
        for its extractor.
        """
        told = {modality for modality in member.modalities if modality in present}
        if not told or (member.needs_all and told != set(member.modalities)):
            return None
        try:
            inputs: dict[str, ArrayLike] = {
                modality: self._features(member, modality, path, span)[None]
                if modality in told
                else np.full((1, *member.features[modality].shape), np.nan)
                for modality in member.modalities
            }
        except (FeatureError, CutShort):
            return None
        return np.asarray(member_probabilities(self.bundle, member.name, inputs)[0])

    def _features(
        self, member: Member, modality: Modality, path: Path, span: Span
    ) -> NDArray[np.floating[Any]]:
        from affuse.features.decoding import decoded

        key = (member.name, modality)
        if key not in self._extractors:
            self._extractors[key] = _extractor(member, modality)
        extractor = self._extractors[key]
        media = decoded(path, extractor.decoding, span.start_s, span.end_s)
        return np.asarray(extractor.extract(media))

    def _asked(self, member: Member, known: Collection[str]) -> list[str]:
        """Inputs of a member's graph.

        Raises
        ------
        BundleError
            It takes something that is not known here.
        """
        names = [each.name for each in self.bundle.session(member.graph).get_inputs()]
        if not set(names) <= set(known):
            raise BundleError(
                f"{member.graph} takes {', '.join(names)}; expected {' and '.join(sorted(known))} "
                f"for member {member.name!r}: get the bundle anew, or a newer affuse"
            )
        return names

    def _of(self, modality: Modality, source: str) -> Member | None:
        for member in self.bundle.manifest.members:
            if member.modalities == (modality,) and member.features[modality].name == source:
                return member
        return None


def _extractor(member: Member, modality: Modality) -> Extractor:
    """The extractor that made the features in training, made again.

    Raises
    ------
    BundleError
        This affuse makes other features.
    """
    from affuse.config import Config
    from affuse.features.registry import EXTRACTORS, make_extractor

    source = member.features[modality]
    if source.name not in EXTRACTORS:
        raise BundleError(
            f"member {member.name!r} goes by {source.name!r}, which affuse cannot make from a "
            f"recording; expected one of {', '.join(sorted(EXTRACTORS))}: predict with a bundle "
            "of a run whose features affuse extracts itself"
        )
    extractor = make_extractor(source.name, modality, Config.model_validate(source.config))
    assert not hasattr(extractor, "of_clips")
    made = {"version": extractor.version, "settings": dict(extractor.settings())}
    made["decoding"] = asdict(extractor.decoding)
    given = {"version": source.version, "settings": source.settings, "decoding": source.decoding}
    if made != given:
        raise BundleError(
            f"member {member.name!r} learned from {source.name} with {given}; this affuse makes "
            f"{made}: train the bundle again, or install the affuse that made it"
        )
    return extractor
