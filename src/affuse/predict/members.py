"""Outputs of a bundle's members: of faces, of a voice, of an extractor's features."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.decision import member_outputs
from affuse.bundle.familiarity import MeasuredRows, measured_probabilities
from affuse.bundle.member import Member
from affuse.bundle.tables import refuse_without_tables
from affuse.errors import BundleError, CutShort, FeatureError
from affuse.predict.face_quality import face_quality
from affuse.predict.tables import Tables, row_of
from affuse.predict.windows import Span
from affuse.records import Modality

if TYPE_CHECKING:
    from affuse.features.source import Extractor

Floats = NDArray[np.float64]
Features = NDArray[np.floating[Any]]

FACE_CROPS = "face_crops"
"""Source of features: every face that is classified, (n, 1, 48, 48) grey levels from 0 to 255."""

VOICE = "voice_utterance"
"""Source of features: `affuse.features.voices.voice_input` of a stretch: ``log_mel``
(1, n_frames, 64) and, where the graph asks for them, ``statistics`` (1, 519)."""

FACE_SIZE = 48
_BATCH = 8


class Members:
    """The members of a bundle, each with the input it needs.

    Parameters
    ----------
    bundle : Bundle
    tables : mapping of modality to Precomputed or None, optional
        Of each modality that the bundle takes from a table; None: it is done without.

    Attributes
    ----------
    face, voice : Member or None
        The one that takes crops of faces, and the one that takes stretches of voice.
    others : tuple of Member
        Those that take features of an extractor, or a table's row.
    rows : mapping of modality to (n_features,) array
        The tables' features of the file that is predicted, the same for all of it.
    modalities : frozenset of {"audio", "video"}
        What the members need.

    Raises
    ------
    BundleError
        The bundle takes features from a table that is not there.
    """

    def __init__(self, bundle: Bundle, tables: Tables | None = None) -> None:
        self.bundle = bundle
        self.tables: Tables = tables or {}
        self.rows: Mapping[Modality, Features] = {}
        refuse_without_tables(bundle, self.tables)
        self.face = self._of("video", FACE_CROPS)
        self.voice = self._of("audio", VOICE)
        direct = (self.face, self.voice)
        self.others = tuple(m for m in bundle.manifest.members if m not in direct)
        # All members of a bundle take a modality from one extractor.
        self._extractors: dict[Modality, Extractor] = {}
        self.modalities: frozenset[Modality] = frozenset(
            m for member in bundle.manifest.members for m in member.modalities
        )

    def only(self, modality: Modality) -> Members:
        """The same members, of which those answer that need nothing but one modality.

        Parameters
        ----------
        modality : {"audio", "video"}

        Returns
        -------
        Members
            They share their graphs with these.
        """
        kept = copy(self)
        kept.modalities = self.modalities & {modality}
        kept.face = self.face if modality == "video" else None
        kept.voice = self.voice if modality == "audio" else None
        kept.others = tuple(
            member
            for member in self.others
            if member.modalities == (modality,)
            or (modality in member.modalities and not member.needs_all)
        )
        return kept

    def of_file(self, name: str) -> Members:
        """The same members, with what their tables say of one file.

        Parameters
        ----------
        name : str
            The file as it was given.

        Returns
        -------
        Members

        Raises
        ------
        FeatureError
            A table has no row for it, or one that does not fit.
        """
        if not self.tables:
            return self
        own = copy(self)
        tables = {m: table for m, table in self.tables.items() if table is not None}
        found = {m: row_of(table, name) for m, table in tables.items()}
        own.rows = {m: row for m, row in found.items() if row is not None}
        return own

    def face_rows(self, member: Member, crops: Sequence[NDArray[np.uint8]]) -> Floats:
        """Probabilities of the face network for crops, each (48, 48): (n, n_own_classes).

        Parameters
        ----------
        member : Member
        crops : sequence of (48, 48) uint8
            As in `face_outputs`.

        Returns
        -------
        (n, n_own_classes) float64
        """
        return self.face_outputs(member, crops).probabilities

    def face_outputs(self, member: Member, crops: Sequence[NDArray[np.uint8]]) -> MeasuredRows:
        """The face network's outputs for crops, with their distances and how clear they are.

        Parameters
        ----------
        member : Member
            One whose graph takes crops of faces.
        crops : sequence of (48, 48) uint8
            Grey levels; may be empty.

        Returns
        -------
        MeasuredRows
            Of n rows.
        """
        blocks = [np.zeros((0, len(member.classes)))]
        far, weights = [np.zeros(0)], [np.zeros(0)]
        (name,) = self._graph_inputs(member, {"faces"})
        for first in range(0, len(crops), _BATCH):
            batch = np.stack(crops[first : first + _BATCH])
            quality = None if member.image_quality is None else face_quality(batch)
            inputs = {name: batch[:, None].astype(np.float32)}
            found = measured_probabilities(self.bundle, member.name, inputs, quality)
            blocks.append(found.probabilities)
            far += [] if found.distances is None else [found.distances]
            weights += [] if found.weights is None else [found.weights]
        return MeasuredRows(
            np.concatenate(blocks),
            None if member.familiarity is None else np.concatenate(far),
            None if member.image_quality is None else np.concatenate(weights),
        )

    def voice_row(self, member: Member, signal: NDArray[np.float32]) -> Floats:
        """Probabilities of the voice network for a signal at 16 kHz: (n_own_classes,).

        Parameters
        ----------
        member : Member
        signal : (n_samples,) float32
            As in `voice_output`.

        Returns
        -------
        (n_own_classes,) float64
        """
        return np.asarray(self.voice_output(member, signal).probabilities[0])

    def voice_output(self, member: Member, signal: NDArray[np.float32]) -> MeasuredRows:
        """The voice network's output for a signal, with its distance from its training clips.

        Parameters
        ----------
        member : Member
            One whose graph takes stretches of voice.
        signal : (n_samples,) float32
            Mono, at 16 kHz.

        Returns
        -------
        MeasuredRows
            Of one row.
        """
        from affuse.features.voices.voice_input import voice_input

        given = voice_input(signal)
        rows = {"log_mel": given.log_mel[None], "statistics": given.statistics[None]}
        inputs = {name: rows[name] for name in self._graph_inputs(member, set(rows))}
        return measured_probabilities(self.bundle, member.name, inputs)

    def feature_rows(
        self,
        path: Path,
        span: Span,
        present: Collection[Modality],
        audio_track: int | None = None,
    ) -> dict[str, Floats]:
        """Probabilities of `others` for a stretch of a file, each (n_own_classes,), by name.

        A member with nothing to go by is left out: a modality that it needs is not `present`, or
        the stretch is too short for its extractor.

        Parameters
        ----------
        path : Path
        span : Span
        present : collection of {"audio", "video"}
            Modalities in which there is enough to go by; of those of `tables`, their rows say.
        audio_track : int, optional
            As in `affuse.media.audio.read_audio`.

        Returns
        -------
        mapping of str to (n_own_classes,) float64
        """
        rows: dict[str, Floats] = {}
        features = {m: row for m, row in self.rows.items() if m in self.modalities}
        read = self.modalities & set(present) - set(self.tables)
        for member in self.others:
            for modality in set(member.modalities) & read - set(features):
                with suppress(FeatureError, CutShort):
                    features[modality] = self._features(member, modality, path, span, audio_track)
            available = set(member.modalities) & set(features)
            if available and (available == set(member.modalities) or not member.needs_all):
                inputs: dict[str, ArrayLike] = {
                    m: _batch_of_one(member, m, features.get(m)) for m in member.modalities
                }
                rows[member.name] = member_outputs(self.bundle, member.name, inputs)[0]
        return rows

    def _features(
        self, member: Member, modality: Modality, path: Path, span: Span, audio_track: int | None
    ) -> Features:
        from affuse.bundle.extractors import extractor_of
        from affuse.features.decoding import decoded

        if modality not in self._extractors:
            self._extractors[modality] = extractor_of(member.features[modality], modality)
        extractor = self._extractors[modality]
        media = decoded(path, extractor.decoding, span.start_s, span.end_s, audio_track=audio_track)
        return np.asarray(extractor.extract(media))

    def _graph_inputs(self, member: Member, known: Collection[str]) -> list[str]:
        """Inputs of a member's graph.

        Raises
        ------
        BundleError
            It takes something that is not known here.
        """
        names = [graph_input.name for graph_input in self.bundle.session(member.graph).get_inputs()]
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


def _batch_of_one(member: Member, modality: Modality, features: Features | None) -> Features:
    """Features as input of the graph, (1, ...); NaN for an absent modality."""
    if features is None:
        return np.full((1, *member.features[modality].shape), np.nan, np.float32)
    return features[None]
