"""A bundle that is ready to predict recordings, faces and voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affuse.bundle.bundle import Bundle
from affuse.bundle.named import bundle_folder
from affuse.bundle.reader import read_bundle
from affuse.errors import BundleError, ConfigError
from affuse.extractors.networks.shipped import shipped_folder
from affuse.media.video import DECODING_THREADS
from affuse.predict.analysis import analyse
from affuse.predict.crops import face_images
from affuse.predict.members import Members
from affuse.predict.settings import Faces, Settings, settings_of
from affuse.predict.tables import Tables, read_tables
from affuse.predict.voices import averaged_voice, checked_signal
from affuse.records import FER2013_EMOTIONS, RAVDESS_EMOTIONS, Modality, Prediction
from affuse.storage.remote import local_copy, local_path
from affuse.workers.threads import libraries_on_one_thread

SHIPPED = shipped_folder()
"""The bundle that comes with affuse."""


def load(
    bundle_dir: str | Path | None = None,
    *,
    features: Mapping[Modality, str | Path | None] | None = None,
) -> Recogniser:
    """A recogniser of emotion from face and voice.

    Parameters
    ----------
    bundle_dir : str or Path, optional
        Folder of a bundle, such as ``bundle/`` in a run folder, or the name of one that comes with
        affuse: ``"shipped"`` (the default), or ``"open"``, which may be used commercially too.
    features : mapping of modality to str, Path or None, optional
        For a bundle of a run that took a modality from a table: a CSV with the same columns and a
        row for each recording, or None to do without.

    Returns
    -------
    Recogniser

    Raises
    ------
    BundleError
        No bundle, damaged, altered, or of a newer affuse; it asks for a table of features.
    ConfigError
        Features are given for a modality that the bundle takes from no table.
    FeatureError
        A table of features cannot be read, or lacks a column.

    Examples
    --------
    >>> recogniser = load()                                             # doctest: +SKIP
    >>> recogniser.predict("holiday.mp4").emotion                       # doctest: +SKIP
    'happy'
    """
    bundle = read_bundle(SHIPPED if bundle_dir is None else bundle_folder(bundle_dir))
    return Recogniser(bundle, read_tables(bundle, {} if features is None else features))


class Recogniser:
    """Predicts recordings with the members of a bundle; see `load`.

    Parameters
    ----------
    bundle : Bundle
    tables : mapping of modality to Precomputed or None, optional
        Those that `load` reads.

    Examples
    --------
    >>> import affuse
    >>> affuse.load().classes[:3]
    ('neutral', 'calm', 'happy')
    """

    def __init__(self, bundle: Bundle, tables: Tables | None = None) -> None:
        self.bundle = bundle
        self._members = Members(bundle, tables)

    def __repr__(self) -> str:
        return f"Recogniser({self.bundle.title}: {', '.join(self.classes)})"

    @property
    def classes(self) -> tuple[str, ...]:
        """Emotions that it distinguishes, in its order."""
        return self.bundle.manifest.classes

    def predict(
        self,
        path: str | Path,
        *,
        window_s: float | None = None,
        hop_s: float | None = None,
        faces: Faces = "largest",
        threshold: float | None = None,
        audio_track: int | None = None,
        max_duration_s: float | None = None,
        explain: bool = False,
        people: bool | int | None = None,
        names: Mapping[int, str] | None = None,
        face_embedding: str = "",
        voice_embedding: str = "",
    ) -> Prediction:
        """The emotion of a recording, and its timeline.

        Streams: memory does not grow with the length of the file.

        Parameters
        ----------
        path : str or Path
            Anything with sound or picture that FFmpeg opens.
        window_s, hop_s : float, optional
            Length and distance of the windows, in seconds; 5, and half a window.
        faces : {"largest", "all"}
            ``all``: a segment for each face. The emotion of the whole stays that of the largest.
        threshold : float, optional
            Probability below which no emotion is named; the bundle's own by default.
        audio_track : int, optional
            Number of the audio track, from 1; by default the one that the file marks as
            default, else the first.
        max_duration_s : float, optional
            A longer recording is refused.
        explain : bool
            Find out what the answer rests on: how much voice and face moved it, and when each
            tells most. Costs a fraction of a second more.
        people : bool or int, optional
            Tell the people of the recording apart, and who of them speaks: True for as many as
            there are, or their number. Each has a timeline then.
        names : mapping of int to str, optional
            Number of a person -> name.
        face_embedding, voice_embedding : str
            What tells faces and voices apart: ``onnx:FILE``; by default the networks that come
            with affuse.

        Returns
        -------
        Prediction
            With an `explanation` and `people` where they were asked for.

        Raises
        ------
        MediaError
            Not a media file, longer than allowed, or nothing in it can be decoded. One that is cut
            short is judged as far as it goes, and the notes say so.
        FeatureError
            The bundle takes features from a table, which has no row for it.
        ConfigError
            A setting is out of range, or an explanation is asked of a bundle that gives numbers.

        Examples
        --------
        >>> import affuse
        >>> affuse.load().predict("holiday.mp4").emotion                # doctest: +SKIP
        'happy'
        """
        settings = settings_of(
            window_s,
            hop_s,
            faces=faces,
            threshold=threshold,
            audio_track=audio_track,
            max_duration_s=max_duration_s,
            explain=explain,
            people=people,
            names=names,
            face_embedding=face_embedding,
            voice_embedding=voice_embedding,
        )
        return self.judge(path, settings)

    def judge(
        self, path: str | Path, settings: Settings, n_threads: int = DECODING_THREADS
    ) -> Prediction:
        """`predict` with all settings in one record.

        Parameters
        ----------
        path : str or Path
            As in `predict`.
        settings : Settings
        n_threads : int
            What decodes the picture.

        Returns
        -------
        Prediction
        """
        from affuse.media.tracking import FaceTracker

        if settings.explain:
            self._refuse_unexplained()
        if settings.faces == "all" and self._members.tables:
            raise ConfigError(
                f"faces = all was given for {self.bundle.title}, which takes features from a table "
                "of one row a recording; expected largest"
            )
        with local_copy(local_path(str(path))) as file:
            members = self._members.of_file(str(path))
            analysis = analyse(file, members, FaceTracker(), settings, None, n_threads)
            return analysis.prediction(members, settings, str(path))

    def faces(self, images: Sequence[ArrayLike] | NDArray[np.uint8]) -> NDArray[np.float64]:
        """Probabilities of emotions for crops of faces, each averaged with its mirror image.

        Parameters
        ----------
        images : (n, h, w) or (n, h, w, 3) uint8, or a sequence of such images of any sizes
            Grey or RGB, cropped tightly: from the brows to the chin.

        Returns
        -------
        (n, 7) float64
            In the order of `affuse.records.FER2013_EMOTIONS`; rows sum to 1.

        Raises
        ------
        FeatureError
            Not such images.
        BundleError
            The bundle has no network for faces.
        """
        member = self._members.face
        if member is None or set(member.classes) != set(FER2013_EMOTIONS):
            raise self._lacks("a network for single faces with the seven classes of FER2013")
        crops = face_images(images)
        mirrored = [np.ascontiguousarray(crop[:, ::-1]) for crop in crops]
        rows = (
            self._members.face_rows(member, crops) + self._members.face_rows(member, mirrored)
        ) / 2
        return rows[:, [member.classes.index(name) for name in FER2013_EMOTIONS]]

    def voices(self, signal: ArrayLike, sample_rate: int) -> NDArray[np.float64]:
        """Probabilities of emotions for one recording of a voice.

        Parameters
        ----------
        signal : (n_samples,) float
            Mono, in [-1, 1]. What is longer than two windows is judged window by window, and the
            mean taken.
        sample_rate : int
            Hz; brought to 16 kHz.

        Returns
        -------
        (8,) float64
            In the order of `affuse.records.RAVDESS_EMOTIONS`; they sum to 1.

        Raises
        ------
        FeatureError
            Not such a signal.
        BundleError
            The bundle has no network for voices.
        """
        member = self._members.voice
        if member is None or set(member.classes) != set(RAVDESS_EMOTIONS):
            raise self._lacks("a network for voices with the eight classes of RAVDESS")
        samples = checked_signal(signal, sample_rate)
        with libraries_on_one_thread("blas"):
            row = averaged_voice(samples, lambda part: self._members.voice_row(member, part))
        return row[[member.classes.index(name) for name in RAVDESS_EMOTIONS]]

    def _refuse_unexplained(self) -> None:
        from affuse.predict.explaining import refuse_unexplained

        refuse_unexplained(self.bundle.manifest)

    def _lacks(self, what: str) -> BundleError:
        members = self.bundle.manifest.members
        named = ", ".join(f"{m.name} ({' and '.join(m.modalities)})" for m in members)
        return BundleError(
            f"bundle {self.bundle.title} has no {what.removeprefix('a ')}, but {named}; expected "
            "one: affuse.load() without argument has it"
        )
