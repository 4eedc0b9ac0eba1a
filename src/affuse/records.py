"""Frozen records that travel between the stages, and the sets of emotions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Literal

Modality = Literal["audio", "video"]
MODALITIES: tuple[Modality, ...] = ("audio", "video")

RAVDESS_EMOTIONS = (
    "neutral",
    "calm",
    "happy",
    "sad",
    "angry",
    "fearful",
    "disgust",
    "surprised",
)
"""The eight emotions of RAVDESS in the order of its file names (code 01 is neutral)."""

FER2013_EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The seven emotions of FER2013 under its own names, in the order of its labels."""


@dataclass(frozen=True, slots=True)
class Clip:
    """One labelled recording of one utterance by one speaker.

    Attributes
    ----------
    id : str
        Unique within an index. For RAVDESS the take key: the file name without its first
        field, so that a take's audio-only, video-only and audio-video files are one clip.
    emotion, speaker : str
        What was expressed, and by whom.
    audio, video : Path or None
        The files to take sound and picture from; often the same file, None where the
        modality is absent.
    start_s, end_s : float or None
        The stretch of the files that belongs to the clip, in seconds; None: to the end.
    attributes : mapping of str to str
        What else is known: channel, intensity, statement, repetition, and under these names in
        every corpus: sex (female, male), age (whole years), language (ISO 639-1).
    corpus : str
        Name of the corpus it is of; a speaker is known by corpus and name together.
    targets : mapping of str to float
        Dimension -> value, such as valence, arousal, dominance, intensity.
    votes : mapping of str to int
        Emotion -> number of people who voted for it, where votes are the target; empty otherwise.

    Examples
    --------
    >>> clip = Clip("a", "calm", "Ann", audio=Path("a.wav"))
    >>> clip.source("audio"), clip.source("video")
    (PosixPath('a.wav'), None)
    """

    id: str
    emotion: str
    speaker: str
    audio: Path | None = None
    video: Path | None = None
    start_s: float | None = None
    end_s: float | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    corpus: str = ""
    targets: Mapping[str, float] = field(default_factory=dict)
    votes: Mapping[str, int] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """Its files, sound first, each once."""
        return tuple(path for path in dict.fromkeys((self.audio, self.video)) if path is not None)

    def source(self, modality: Modality) -> Path | None:
        """File that holds a modality of this clip, None where it is absent.

        Parameters
        ----------
        modality : Modality

        Returns
        -------
        Path or None
        """
        return self.audio if modality == "audio" else self.video


@dataclass(frozen=True, slots=True)
class Skipped:
    """One file or clip that was left out, and the reason in one sentence."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Box:
    """Where a face is: left, top, width, height, as shares of the upright picture, in [0, 1]."""

    left: float
    top: float
    width: float
    height: float


Probabilities = Mapping[str, float]
"""Emotion -> probability, in the order of the recogniser's classes; sums to 1."""


Stretch = tuple[float, float]
"""Start and end of a part of a recording, in seconds."""

PERSON, RECOGNISER = "person", "recogniser"
"""Whose label a stretch of a corrected timeline has."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a timeline, and its prediction.

    Attributes
    ----------
    start_s, end_s : float
        Seconds from the file's common origin of sound and picture.
    emotion : str or None
        None where the recogniser abstained.
    confidence : float or None
        Calibrated probability of the most probable emotion, also where it was too small for the
        emotion to be named; None where there was no evidence.
    probabilities : mapping of str to mapping of str to float
        ``"audio"``, ``"video"`` and ``"fused"``, each emotion -> probability; a modality without
        evidence in this stretch is absent.
    speech : float or None
        Share of the stretch with speech in it, in [0, 1]; None: the file has no sound.
    face_seen : float or None
        Share of the sampled frames in which this face was found; None: the file has no picture.
    face : int
        Number of the face, from 1 in order of appearance; 0 where there is none.
    box : Box or None
        Where the face is, on average over the stretch.
    abstained : str
        Why `emotion` is None, in words; empty otherwise.
    disagreement : str
        What voice and face say where they contradict each other, such as "voice calm, face
        happy"; empty otherwise.
    values : mapping of str to float
        Target -> number, of a recogniser that gives numbers: then there is no emotion.
    set : tuple of str
        Emotions among which the true one is with the coverage of the recogniser's bundle, in the
        order of its classes; empty where the bundle makes no sets, or there was nothing to go by.
    familiarity : mapping of str to float
        ``"audio"`` and ``"video"`` -> share of the clips kept apart from training that lie farther
        from it than this stretch, in [0, 1]: 1 is as near as any, 0.02 farther than 98 of 100. A
        modality is absent where the bundle does not know, or there was nothing to go by.
    annotator : str
        Whose label it is in a timeline that somebody has corrected: "person" or "recogniser". Empty
        in one that nobody has.
    person : int
        Number of the person whose stretch it is, from 1, where people were asked for; 0 elsewhere.
    """

    start_s: float
    end_s: float
    emotion: str | None
    confidence: float | None
    probabilities: Mapping[str, Probabilities]
    speech: float | None = None
    face_seen: float | None = None
    face: int = 0
    box: Box | None = None
    abstained: str = ""
    disagreement: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    set: tuple[str, ...] = ()
    familiarity: Mapping[str, float] = field(default_factory=dict)
    annotator: str = ""
    person: int = 0


@dataclass(frozen=True, slots=True)
class Portrait:
    """Where the face of a person is seen best: a time in seconds, and the face's box."""

    time_s: float
    box: Box


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a recording: a face, a voice, or both.

    Attributes
    ----------
    number : int
        From 1, in the order in which people are first seen or first speak.
    name : str
        As it was given; empty where none was.
    overall : Segment
        The prediction for all that the person shows and speaks, from the first to the last of it.
    turns : tuple of (start_s, end_s)
        When the person speaks, by time; empty for a face without a voice.
    visible : tuple of (start_s, end_s)
        When the face is seen, by time; empty for a voice without a face.
    portrait : Portrait or None
        None: the face is never seen.
    """

    number: int
    name: str
    overall: Segment
    turns: tuple[Stretch, ...] = ()
    visible: tuple[Stretch, ...] = ()
    portrait: Portrait | None = None

    @property
    def title(self) -> str:
        """The name, or the number where there is none."""
        return self.name or f"person {self.number}"

    @property
    def speaks_s(self) -> float:
        """Seconds in which the person speaks."""
        return sum(end_s - start_s for start_s, end_s in self.turns)

    @property
    def seen_s(self) -> float:
        """Seconds in which the face is seen."""
        return sum(end_s - start_s for start_s, end_s in self.visible)


@dataclass(frozen=True, slots=True)
class TellingMoment:
    """When one modality tells most for or against an emotion.

    Attributes
    ----------
    start_s, end_s : float
        A second of speech; a frame of the face, which stands until the next one is sampled; or a
        window, where the recogniser goes by features of whole windows.
    probability : float
        Of the emotion by this modality alone: in the frame, in the window that the second is in,
        or in the window.
    without : float or None
        The same when the moment is left out: in the other frames, in the window with this second
        silent, or in the other windows. None: there is nothing else.
    box : Box or None
        Where the face is in the frame.
    against : bool
        It tells against the emotion: the modality moved the answer away from it.
    """

    start_s: float
    end_s: float
    probability: float
    without: float | None = None
    box: Box | None = None
    against: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """Explanation of the prediction of a whole recording.

    Attributes
    ----------
    emotion : str or None
        The one that is explained: the named one, or the most probable one where none is named;
        None: there was nothing to go by.
    chance : float or None
        Its probability with neither voice nor face: the same for all emotions.
    contributions : mapping of str to float
        Modality -> its exact Shapley value, in probability. With `chance` they sum to the fused
        probability of the emotion. Empty where no modality can be left out.
    moments : mapping of str to TellingMoment
        Modality -> when it tells most for the emotion, or against it. A modality is absent where no
        moment stands out.
    reason : str
        Why there are no contributions, in words; empty otherwise.
    """

    emotion: str | None
    chance: float | None = None
    contributions: Mapping[str, float] = field(default_factory=dict)
    moments: Mapping[str, TellingMoment] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A recogniser's prediction of one media file.

    Attributes
    ----------
    path : str
        The file as it was given.
    duration_s : float
        Of what could be read.
    emotion, confidence, probabilities, speech, face_seen, abstained, disagreement, values
    set, familiarity
        Of the whole file, as in `Segment`; of its main face where there are several.
    segments : tuple of Segment
        The timeline, by start and then by face.
    classes : tuple of str
        Emotions the recogniser knows, in its order; none of one that gives numbers.
    recogniser : str
        Name and hash of the bundle.
    notes : tuple of str
        Notes, such as that the file is cut short.
    explanation : Explanation or None
        What the answer rests on, where that was asked for; not in the text of the record.
    people : tuple of Person
        By number, where people were asked for: then each segment is of one of them, and the whole
        is that of the one whose face is largest for longest.
    unattributed : tuple of (start_s, end_s)
        Speech of which it cannot be told who of the people speaks.

    Examples
    --------
    >>> import affuse
    >>> prediction = affuse.load().predict("holiday.mp4", window_s=2)   # doctest: +SKIP
    >>> prediction.emotion, [segment.emotion for segment in prediction.segments]  # doctest: +SKIP
    ('happy', ['happy', 'happy', 'surprised'])
    """

    path: str
    duration_s: float
    emotion: str | None
    confidence: float | None
    probabilities: Mapping[str, Probabilities]
    segments: tuple[Segment, ...]
    classes: tuple[str, ...]
    recogniser: str
    speech: float | None = None
    face_seen: float | None = None
    abstained: str = ""
    notes: tuple[str, ...] = ()
    disagreement: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    set: tuple[str, ...] = ()
    familiarity: Mapping[str, float] = field(default_factory=dict)
    explanation: Explanation | None = None
    people: tuple[Person, ...] = ()
    unattributed: tuple[Stretch, ...] = ()

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {number:.2f}" for name, number in self.values.items())
        sure = "" if self.confidence is None else f" {self.confidence:.0%}"
        found = numbers or f"{self.emotion or 'undecided'}{sure}"
        parts = f"{len(self.segments)} segment{'s' * (len(self.segments) != 1)}"
        return f"<Prediction: {found}; {self.path}, {self.duration_s:.1f} s, {parts}>"

    @property
    def faceless(self) -> float | None:
        """Share of the sampled frames without a face; None if the file has no picture."""
        return None if self.face_seen is None else 1.0 - self.face_seen


ProgressCallback = Callable[[str, int, int], None]
"""``(stage, done, total)``: called as a long stage gets on."""


def sentences(prediction: Prediction) -> list[str]:
    """All that a prediction says in words, the reason of an explanation last.

    Parameters
    ----------
    prediction : Prediction

    Returns
    -------
    list of str
        Why it abstains, the notes, why each segment and each person abstains, and the reason: empty
        where there is none.
    """
    reason = prediction.explanation.reason if prediction.explanation else ""
    parts = (*prediction.segments, *(person.overall for person in prediction.people))
    abstained = (part.abstained for part in parts)
    return [prediction.abstained, *prediction.notes, *abstained, reason]


def with_sentences(prediction: Prediction, words: Iterable[str]) -> Prediction:
    """The same in other words.

    Parameters
    ----------
    prediction : Prediction
    words : iterable of str
        As many as `sentences` gives, in its order.

    Returns
    -------
    Prediction
    """
    left = iter(words)

    def worded(part: Segment) -> Segment:
        return replace(part, abstained=next(left))

    return replace(
        prediction,
        abstained=next(left),
        notes=tuple(islice(left, len(prediction.notes))),
        segments=tuple(map(worded, prediction.segments)),
        people=tuple(replace(one, overall=worded(one.overall)) for one in prediction.people),
        explanation=prediction.explanation and replace(prediction.explanation, reason=next(left)),
    )
