"""What tells the people of a recording apart, gathered while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from affuse.media.dense import DenseFrame
from affuse.media.faces import Image
from affuse.media.tracking import TrackedFace
from affuse.people.envelope import SoundEnvelope
from affuse.people.face_embedding import crop_for, face_embedder
from affuse.people.identity import people_of
from affuse.people.mouths import MouthReader, mouths_of_people
from affuse.people.records import FaceLook, Speech, Turn
from affuse.people.shots import ShotDetector
from affuse.people.speaking import attribute
from affuse.people.voice_embedding import open_voice_embedder
from affuse.people.voices import VoiceStream
from affuse.predict.found_people import FoundPeople, TrackedPeople, joined_people
from affuse.predict.observer import Signal
from affuse.predict.recording import Recording
from affuse.predict.settings import Settings

_BATCH = 32
"""Faces that are embedded at once."""


class PeopleObserver:
    """Gathers a few numbers of each face and of the voice; pictures and sound are not kept.

    Parameters
    ----------
    settings : Settings
        With `people`.

    Raises
    ------
    ConfigError, WeightsError
        A network that is to tell faces or voices apart cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder = face_embedder(settings.face_embedding)
        self._voices = VoiceStream(open_voice_embedder(settings.voice_embedding))
        self._envelope = SoundEnvelope()
        self._mouths = MouthReader()
        self._shots = ShotDetector()
        self._found: list[FaceLook] = []
        self._pending: list[tuple[FaceLook, Image]] = []
        self._faces: Sequence[TrackedFace] = ()

    def see(self, time_s: float, image: Image, faces: Sequence[TrackedFace]) -> None:
        """One sampled picture.

        Parameters
        ----------
        time_s : float
        image : (height, width, 3) uint8
        faces : sequence of TrackedFace
            As in `Observer`.
        """
        self._shots.see(time_s, image)
        self._faces = faces
        for face in faces:
            found = FaceLook(time_s, face.number, face.box)
            crop = crop_for(self._embedder, image, face.box, face.roll_deg)
            self._pending.append((found, crop))
        if len(self._pending) >= _BATCH:
            self._embed()

    def see_between(self, frame: DenseFrame) -> None:
        """A picture for the mouths alone.

        Parameters
        ----------
        frame : DenseFrame
            As in `Observer`.
        """
        self._mouths.see(frame.time_s, frame, self._faces)

    def take(self, piece: Signal) -> None:
        """The next piece of the sound.

        Parameters
        ----------
        piece : (n_samples,) float32
            As in `Observer`.
        """
        self._voices.take(piece)
        self._envelope.take(piece)

    def people(self, recording: Recording) -> FoundPeople:
        """The people of the recording, once it has been read.

        Parameters
        ----------
        recording : Recording

        Returns
        -------
        FoundPeople
        """
        self._embed()
        n_people = self._settings.people or None
        persons = people_of(
            self._found, self._shots.cuts_s, n_people, threshold=self._embedder.threshold
        )
        speech = Speech(())
        if recording.sound is not None:
            turns = self._turns(recording.sound.speech, is_seen=recording.picture is not None)
            mouths = mouths_of_people(self._mouths.tracks(), self._found, persons.tolist())
            speech = attribute(mouths, self._envelope.values(), turns)
        observations = [] if recording.picture is None else recording.picture.observations
        return joined_people(observations, TrackedPeople(self._found, persons), speech)

    def _turns(self, speech: NDArray[np.bool_], *, is_seen: bool) -> list[Turn]:
        """The voices; where their number is known, so many, or fewer where some may be silent."""
        turns, n_people = self._voices.turns(speech), self._settings.people
        n_voices = len({turn.voice for turn in turns})
        if n_people and (n_voices > n_people or (n_voices < n_people and not is_seen)):
            return self._voices.turns(speech, n_people)
        return turns

    def _embed(self) -> None:
        """Embed the faces that wait for it."""
        if not self._pending:
            return
        embedded = self._embedder.embed([crop for _, crop in self._pending])
        # An hour of two faces has 36,000 of them; cosines change by less than a thousandth.
        rows = embedded.astype(np.float16)
        self._found += [
            replace(face, embedding=row) for (face, _), row in zip(self._pending, rows, strict=True)
        ]
        self._pending = []
