"""Whose emotion it is: people told apart against the rule of the largest face.

usage: python benchmarks/conversation_emotions.py FOLDER [--kind KIND ...]

FOLDER is what `benchmarks/conversations.py` made. Every conversation is predicted with people told
apart, and without, when the voice counts as that of the largest face. Of each turn: whether the
emotion that is named in its middle is that of the speaker (with people: in the speaker's own
timeline), and whether the voice is given to who speaks. Of each person who is seen all the time and
shows one emotion alone: whether it is the one of all their segments. Faces are matched with people
by the place of their portrait, voices without a face by their turns. What is left undecided counts
as wrong. What is done is told on the way, on the error output.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import affuse
from affuse.predict.recogniser import Recogniser
from affuse.records import Box, Person, Prediction, Segment
from footage import TAKES

SAME_PLACE = 0.5
"""A face whose centre is nearer than this share of its width to a place is the person's there."""


@dataclass(frozen=True)
class Truth:
    """What is true of a conversation: turns (start_s, end_s, person), and where everybody is."""

    names: dict[int, str]
    turns: list[tuple[float, float, int]]
    places: dict[int, np.ndarray]

    def emotion(self, number: int) -> str:
        """Of a turn, by its number."""
        person = self.turns[number][2]
        own = [take.emotion for take in TAKES if take.person == self.names[person]]
        earlier = sum(turn[2] == person for turn in self.turns[:number])
        return own[earlier % len(own)] if own else ""

    def one_emotion(self, person: int) -> str:
        """The only emotion that a person shows; empty where there are several, or it is unknown."""
        own = {take.emotion for take in TAKES if take.person == self.names[person]}
        return own.pop() if len(own) == 1 else ""

    def who(self, time_s: float, box: Box | None) -> int:
        """Whose place a face is in; 0: nobody's."""
        if box is None:
            return 0
        nearest = (np.inf, 0)
        for person, rows in self.places.items():
            row = rows[np.abs(rows[:, 0] - time_s).argmin()]
            x, y = row[1] + row[3] / 2, row[2] + row[4] / 2
            off = np.hypot(
                (box.left + box.width / 2 - x) / row[3], (box.top + box.height / 2 - y) / row[4]
            )
            late_s = abs(row[0] - time_s)
            if off < SAME_PLACE and late_s < 0.5:
                nearest = min(nearest, (late_s + off, person))
        return nearest[1]


@dataclass
class Score:
    """Counts over the conversations of one kind: right and all."""

    by_turn: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    by_person: dict[str, list[bool]] = field(default_factory=lambda: defaultdict(list))
    n_people: list[tuple[int, int]] = field(default_factory=list)
    speaks: list[bool] = field(default_factory=list)


def read(path: Path) -> Truth:
    """The truth that lies beside a conversation."""
    known = json.loads(path.with_suffix(".json").read_text("utf-8"))
    places = {int(p): np.array(rows) for p, rows in known["places"].items() if rows}
    names = {int(p): facts["name"] for p, facts in known["people"].items()}
    return Truth(names, [tuple(turn) for turn in known["turns"]], places)


def matched(found: Prediction, truth: Truth) -> dict[int, Person]:
    """True person -> the one of those found who is longest in their place, or speaks then."""
    votes: dict[int, Counter[int]] = defaultdict(Counter)
    for each in found.people:
        seen = each.portrait
        if seen and (person := truth.who(seen.time_s, seen.box)):
            votes[person][each.number] += round(10 * each.seen_s)
    for person in truth.names:
        if person not in truth.places:
            for each in found.people:
                if not each.visible:
                    votes[person][each.number] += round(10 * overlap(each, truth, person))
    people = {each.number: each for each in found.people}
    return {p: people[count.most_common(1)[0][0]] for p, count in votes.items() if count.total()}


def overlap(person: Person, truth: Truth, number: int) -> float:
    """Seconds in which both speak."""
    own = [turn for turn in truth.turns if turn[2] == number]
    return sum(
        max(min(end, t_end) - max(start, t_start), 0.0)
        for start, end in person.turns
        for t_start, t_end, _ in own
    )


def at(segments: Sequence[Segment], time_s: float) -> Segment | None:
    """The segment whose middle is nearest to a time that it covers."""
    there = [part for part in segments if part.start_s <= time_s <= part.end_s]
    return min(there, key=lambda p: abs((p.start_s + p.end_s) / 2 - time_s), default=None)


def mean_emotion(segments: Sequence[Segment]) -> str:
    """The most probable emotion over several segments."""
    rows = [part.probabilities["fused"] for part in segments if "fused" in part.probabilities]
    if not rows:
        return ""
    return max(rows[0], key=lambda name: sum(row[name] for row in rows))


def add(score: Score, truth: Truth, path: Path, recogniser: Recogniser) -> None:
    """Predict a conversation in both ways and count."""
    found = recogniser.predict(path, people=True)
    each_face = recogniser.predict(path, faces="all")
    largest = recogniser.predict(path)
    people = matched(found, truth)
    score.n_people.append((len(found.people), len(truth.names)))
    for number, (start_s, end_s, person) in enumerate(truth.turns):
        wanted, middle_s = truth.emotion(number), (start_s + end_s) / 2
        own = people.get(person)
        spoken = own is not None and any(a <= middle_s <= b for a, b in own.turns)
        score.speaks.append(spoken)
        if not wanted:
            continue
        mine = [] if own is None else [s for s in found.segments if s.person == own.number]
        for name, segments in (("people", mine), ("largest", largest.segments)):
            part = at(segments, middle_s)
            score.by_turn[name].append(part is not None and part.emotion == wanted)
    for person, rows in truth.places.items():
        wanted = truth.one_emotion(person)
        if not wanted or len(rows) / 5 < 0.9 * found.duration_s:
            continue
        own = people.get(person)
        score.by_person["people"].append(own is not None and own.overall.emotion == wanted)
        faces = [
            s for s in each_face.segments if truth.who((s.start_s + s.end_s) / 2, s.box) == person
        ]
        score.by_person["largest"].append(mean_emotion(faces) == wanted)


def conversations(folder: Path, kinds: Sequence[str]) -> Iterator[tuple[str, Path]]:
    """Kind and file of each conversation."""
    for path in sorted(folder.glob("*.mp4")):
        kind = path.stem.split("_")[0]
        if not kinds or kind in kinds:
            yield kind, path


def percent(found: Sequence[bool]) -> str:
    """Share of those that are right."""
    return f"{100 * float(np.mean(found)):.0f}" if found else "-"


def main() -> None:
    """Print a line for each kind, and one for all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", nargs="*", default=[])
    given = parser.parse_args()
    scores: dict[str, Score] = defaultdict(Score)
    recogniser = affuse.load()
    for kind, path in conversations(given.folder, given.kind):
        own = Score()
        add(own, read(path), path, recogniser)
        print(f"{path.stem}: voice given {percent(own.speaks)}", file=sys.stderr, flush=True)
        for score in (scores[kind], scores["all"]):
            for name in ("people", "largest"):
                score.by_turn[name] += own.by_turn[name]
                score.by_person[name] += own.by_person[name]
            score.n_people += own.n_people
            score.speaks += own.speaks
    print(f"{'':14} films turns  voice   emotion of turns   emotion of people   people found")
    print(f"{'':14}              given   people  largest    people  largest     right number")
    for kind in [*sorted(set(scores) - {"all"}), "all"]:
        score = scores[kind]
        right = [found == true for found, true in score.n_people]
        print(
            f"{kind:14} {len(score.n_people):5} {len(score.speaks):5}  {percent(score.speaks):>5}"
            f"   {percent(score.by_turn['people']):>6}  {percent(score.by_turn['largest']):>7}"
            f"    {percent(score.by_person['people']):>6}  {percent(score.by_person['largest']):>7}"
            f"     {sum(right)} of {len(right)}"
        )


if __name__ == "__main__":
    main()
