"""The timeline of each person of a recording, and the prediction of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from affuse.bundle.familiarity import MeasuredRows
from affuse.errors import ConfigError
from affuse.predict.evidence import WindowEvidence
from affuse.predict.found_people import FoundPeople, FoundPerson
from affuse.predict.judging import Judgement, MemberProbabilities, judge
from affuse.predict.members import Members
from affuse.predict.notes import Reasons, notes_of
from affuse.predict.observer import Signal
from affuse.predict.outputs import ask, prediction_of, segment_of, whole_of
from affuse.predict.own_voice import own_stretches, own_voice
from affuse.predict.people_names import notes_of_names, notes_of_number
from affuse.predict.pooling import supported
from affuse.predict.recording import Recording, enough_speech, main_face
from affuse.predict.settings import Settings
from affuse.predict.sound import detect_speech
from affuse.predict.timeline import explanation_of, predict_recording
from affuse.predict.windows import Span
from affuse.records import Person, Prediction, Segment, Stretch


def refuse_other_members(members: Members) -> None:
    """Refuse a bundle whose members look for a face or hear a voice by themselves.

    Parameters
    ----------
    members : Members

    Raises
    ------
    ConfigError
        One of its members takes features of whole windows or a table's row.
    """
    if members.others:
        raise ConfigError(
            f"people were asked for, and {members.bundle.title} takes features of whole windows "
            f"({', '.join(member.name for member in members.others)}), in which people are not "
            "told apart; expected a bundle of single faces and voices: leave --people out, or "
            "take the one that comes with affuse"
        )


def predict_people(
    recording: Recording, found: FoundPeople, members: Members, settings: Settings, name: str
) -> Prediction:
    """The timeline of each person, and the prediction of the whole.

    Parameters
    ----------
    recording : Recording
        Read with all faces.
    found : FoundPeople
        Its people. Where there is one at most, the answer is that of `predict_recording` for its
        largest face.
    members : Members
    settings : Settings
    name : str
        The file as it was given.

    Returns
    -------
    Prediction
        That of the whole is that of the person whose face is largest for longest, or who speaks
        longest where no face is seen.
    """
    if found.is_one:
        alone = replace(settings, people=None, names={}, face_embedding="", voice_embedding="")
        picture = recording.picture and recording.picture.of_largest()
        largest = replace(recording, picture=picture)
        return _of_one(predict_recording(largest, members, alone, name), found, settings)
    return _PeopleTimeline(recording, found, members, settings).predict(name)


def _of_one(prediction: Prediction, found: FoundPeople, settings: Settings) -> Prediction:
    """The prediction of a recording of one person, or of nobody."""
    if not found.people:
        return replace(
            prediction,
            unattributed=found.unattributed,
            notes=(
                *prediction.notes,
                *notes_of_number((), settings.people),
                *notes_of_names((), settings.names),
            ),
        )
    (person,) = found.people
    overall = Segment(
        start_s=0.0,
        end_s=prediction.duration_s,
        emotion=prediction.emotion,
        confidence=prediction.confidence,
        probabilities=prediction.probabilities,
        speech=prediction.speech,
        face_seen=prediction.face_seen,
        abstained=prediction.abstained,
        disagreement=prediction.disagreement,
        values=prediction.values,
        set=prediction.set,
        familiarity=prediction.familiarity,
        person=person.number,
    )
    people = (_record(person, overall, settings),)
    return replace(
        prediction,
        segments=tuple(replace(part, person=person.number) for part in prediction.segments),
        people=people,
        unattributed=found.unattributed,
        notes=(
            *prediction.notes,
            *notes_of_number(people, settings.people),
            *notes_of_names(people, settings.names),
        ),
    )


def _record(person: FoundPerson, overall: Segment, settings: Settings) -> Person:
    return Person(
        person.number,
        settings.names.get(person.number, ""),
        overall,
        person.turns,
        person.visible(settings.sampled_fps),
        person.portrait,
    )


@dataclass
class _PeopleTimeline:
    recording: Recording
    found: FoundPeople
    members: Members
    settings: Settings
    _reasons: Reasons = field(init=False)
    _others: dict[int, list[Stretch]] = field(init=False)
    """Number of a person -> when everybody else speaks."""

    def __post_init__(self) -> None:
        self._reasons = Reasons(self.recording, self.members, self.settings)
        people, unattributed = self.found.people, self.found.unattributed
        turns = {each.number: each.turns for each in people} | {0: unattributed}
        self._others = {
            each.number: sorted(t for n, own in turns.items() if n != each.number for t in own)
            for each in people
        }

    def predict(self, name: str) -> Prediction:
        """The prediction of the whole recording."""
        recording, members, settings = self.recording, self.members, self.settings
        voices = self._voices()
        windows = {person.number: self._windows(person, voices) for person in self.found.people}
        wholes = {
            person.number: self._whole(person, windows[person.number])
            for person in self.found.people
        }
        answers = {
            number: self._answer(part, part.probabilities) for number, part in wholes.items()
        }
        main = self._main()
        people = tuple(
            _record(person, self._segment(wholes[person.number], answers[person.number]), settings)
            for person in self.found.people
        )
        evidence = list(windows[main].values())
        segments = self._segments(windows)
        return replace(
            prediction_of(name, recording, members.bundle, wholes[main], answers[main], segments),
            notes=(
                *notes_of(recording, members, settings),
                *notes_of_number(people, settings.people),
                *notes_of_names(people, settings.names),
            ),
            explanation=explanation_of(
                recording, members, settings, evidence, self._reasons.of(wholes[main])
            )
            if settings.explain
            else None,
            people=people,
            unattributed=self.found.unattributed,
        )

    def _answer(self, part: WindowEvidence, rows: MemberProbabilities) -> Judgement:
        bundle, threshold = self.members.bundle, self.settings.threshold
        least = bundle.manifest.abstain_below if threshold is None else threshold
        return judge(bundle, rows, least, self._reasons.of(part), part.distances)

    def _main(self) -> int:
        seen = [seen for person in self.found.people for seen in person.observations]
        longest = max(self.found.people, key=lambda p: sum(end - start for start, end in p.turns))
        return main_face(seen) or longest.number

    def _windows(
        self, person: FoundPerson, voices: Mapping[tuple[int, int], MeasuredRows]
    ) -> dict[int, WindowEvidence]:
        """Evidence about one person, by number of the window; where there is none, nothing."""
        windows, duration_s = self.settings.windows, self.recording.duration_s
        found = {}
        for number in range(windows.count(duration_s)):
            part = self._evidence(person, windows.span(number, duration_s))
            if part.observations or part.speech_s:
                voice = voices.get((number, person.number))
                ask(part, self.recording, self.members, self.settings, voice)
                found[number] = part
        return found

    def _evidence(self, person: FoundPerson, span: Span) -> WindowEvidence:
        sound, picture = self.recording.sound, self.recording.picture
        return WindowEvidence(
            span,
            person.number,
            None if sound is None else person.speaks_s(span),
            None if picture is None else picture.n_sampled(span),
            () if picture is None else picture.among(person.observations, span),
            True,
            voice=self._stretches(person, span),
        )

    def _stretches(self, person: FoundPerson, span: Span) -> tuple[Stretch, ...]:
        return own_stretches(person.turns, self._others[person.number], span)

    def _whole(self, person: FoundPerson, windows: Mapping[int, WindowEvidence]) -> WindowEvidence:
        """All windows of a person as one, of which the other people's speech is no part."""
        part = whole_of(self.recording, list(windows.values()), self.members.bundle.manifest)
        spoken_s = sum(end_s - start_s for start_s, end_s in person.turns)
        speech_s = None if self.recording.sound is None else spoken_s
        return replace(part, number=person.number, speech_s=speech_s)

    def _segments(self, windows: Mapping[int, Mapping[int, WindowEvidence]]) -> tuple[Segment, ...]:
        """By start, and then by person."""
        manifest, segments = self.members.bundle.manifest, []
        for of_person in windows.values():
            n_windows = max(of_person, default=-1) + 1
            in_order = [[of_person[n]] if n in of_person else [] for n in range(n_windows)]
            for number, part in of_person.items():
                rows = supported(manifest, in_order, number, part)
                segments.append(self._segment(part, self._answer(part, rows)))
        return tuple(sorted(segments, key=lambda part: (part.start_s, part.person)))

    def _segment(self, part: WindowEvidence, judgement: Judgement) -> Segment:
        segment = segment_of(part, judgement)
        face = part.number if part.observations else 0
        return replace(segment, face=face, person=part.number)

    def _voices(self) -> dict[tuple[int, int], MeasuredRows]:
        """The voice network's output for each window and person who speaks in it."""
        member, duration_s = self.members.voice, self.recording.duration_s
        speaking = [person for person in self.found.people if person.turns]
        found: dict[tuple[int, int], MeasuredRows] = {}
        if member is None or not speaking:
            return found

        def score(number: int, signal: Signal, _: float) -> None:
            span = self.settings.windows.span(number, duration_s)
            for person in speaking:
                own = own_voice(signal, span, self._stretches(person, span))
                speech_s = person.speaks_s(span)
                if enough_speech(speech_s, span.duration_s, self.settings) and len(own):
                    found[number, person.number] = self.members.voice_output(member, own)

        detect_speech(
            self.recording.path,
            self.settings.windows,
            lambda: duration_s,
            score,
            audio_track=self.settings.audio_track,
        )
        return found
