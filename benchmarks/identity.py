"""Whose face is whose over cuts, in films joined from clips of single people.

usage: python benchmarks/identity.py FOLDER [FOLDER ...] [--embedder onnx:FILE ...] [--films 3]
                                     [--fit] [--crowd] [--shots]

FOLDERs hold clips of one person each; clips of the same person are named in PEOPLE. For each way of
telling people apart: share of the looks in a person that are of its commonest true one (purity),
share of a true person's looks that are in one person (coverage), people found and true, looks
that are nobody's, and the same where the number of people is given. Thresholds are fitted
anew for each film on people who are not in it; the embedder's own is used with --own.
--fit: print the threshold that serves best over all. --crowd: thirty faces, nobody, one picture.
--shots: cuts found in the films, and in each clip, where there are none.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from affuse.media.small_pictures import one_thread
from affuse.media.tracking import FaceTracker
from affuse.media.video import sample_frames
from affuse.people.face_embedding import FaceEmbedder, crop_for, face_embedder
from affuse.people.identity import people_of
from affuse.people.records import FaceLook
from affuse.people.shots import ShotDetector
from affuse.records import Box
from identity_candidates import candidates
from identity_films import (
    Film,
    Portrait,
    crowd,
    films_of,
    harder_films,
    read_portraits,
    write_film,
)

PEOPLE = {
    "01-01-03-01-01-02-05": "actor 5", "01-01-06-02-01-01-05": "actor 5",
    "02-01-08-01-02-01-05": "actor 5", "stranger_3": "stranger 3", "stranger_4": "stranger 3",
    "M030_level_3_angry_016": "M030",
    **{f"MEAD_{who}_front_{what}_001": who for who in ("M030", "W009") for what in (
        "angry_level3", "contempt_level3", "disgusted_level3", "fear_level3", "happy_level3",
        "neutral_level1", "sad_level3", "surprised_level3")},
}  # fmt: skip
ENDS = ("no_face", "three_people", "face_then_none")
"""No clips of one person throughout."""

PER_S = 5.0
PIECE = 5
"""Looks of a piece in the fit of a threshold: a second."""

Ints = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in one film: looks by each embedder, whose they are, and cuts."""

    film: Film
    looks: Mapping[str, list[FaceLook]]
    truth: list[str]
    cuts_s: tuple[float, ...]
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class Score:
    """How people were told apart in one film, or in several."""

    purity: float
    coverage: float
    n_found: float
    n_true: float
    nobody: float

    def line(self, title: str) -> str:
        """One line of the table."""
        return (
            f"{title:<46}{self.purity:>8.1%}{self.coverage:>9.1%}{self.n_found:>7.1f}"
            f"{self.n_true:>6.1f}{self.nobody:>8.1%}"
        )


HEAD = f"{'':<46}{'purity':>8}{'coverage':>9}{'found':>7}{'true':>6}{'nobody':>8}"


def main() -> None:
    """Make the films, tell people apart, print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--embedder", action="append", default=[], help="onnx:FILE")
    parser.add_argument("--films", type=int, default=3, help="casts of two, three and four people")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--own", action="store_true", help="thresholds as the embedders have them")
    parser.add_argument("--crowd", action="store_true")
    parser.add_argument("--shots", action="store_true")
    asked = parser.parse_args()
    paths = [p for folder in asked.folders for p in sorted(folder.iterdir())]
    paths = [p for p in paths if p.suffix in (".mp4", ".mov") and p.stem not in ENDS]
    portraits = read_portraits(paths, PEOPLE)
    embedders = {"own": face_embedder(), **candidates()}
    embedders.update({name: face_embedder(name) for name in asked.embedder})
    pieces = {name: piece_means(portraits, embedder) for name, embedder in embedders.items()}
    if asked.fit:
        fit(pieces)
    with tempfile.TemporaryDirectory() as folder, one_thread():
        if asked.crowd:
            crowds(portraits, Path(folder))
        found = [analysed(film, embedders, Path(folder)) for film in films(portraits, asked.films)]
    if asked.shots:
        shots(found, portraits)
    for name, embedder in embedders.items():
        report(name, embedder, found, pieces[name], own=asked.own)


def films(portraits: Sequence[Portrait], n_casts: int) -> Iterator[Film]:
    """Films with two, three, four people ..., drawn by chance."""
    by_person: dict[str, list[Portrait]] = {}
    for portrait in portraits:
        by_person.setdefault(portrait.person, []).append(portrait)
    rng = np.random.default_rng(0)
    several = [name for name, own in by_person.items() if len(own) > 1]
    for number in range(n_casts):
        names = list(rng.permutation(list(by_person))[: 2 + number % 3])
        names[0] = several[number % len(several)]
        if len(set(names)) == len(names):
            yield from films_of([by_person[name] for name in names], number)
    for number in range(n_casts // 2):
        names = rng.permutation(list(by_person))[:8]
        yield from harder_films([by_person[name] for name in names], number)


def analysed(film: Film, embedders: Mapping[str, FaceEmbedder], folder: Path) -> Found:
    """A film, written, read and looked through as a recording is."""
    path = folder / "film.mp4"
    write_film(path, film.pictures())
    tracker, shots = FaceTracker(), ShotDetector()
    looks: dict[str, list[FaceLook]] = {name: [] for name in embedders}
    truth: list[str] = []
    began = time.process_time()
    for frame in sample_frames(path, per_s=PER_S, short_side=360):
        shots.see(frame.time_s, frame.image)
        for face in tracker.update(frame.time_s, frame.image):
            if not face.found:
                continue
            truth.append(film.person_at(frame.time_s, face.box.left + face.box.width / 2))
            for name, embedder in embedders.items():
                crop = crop_for(embedder, frame.image, face.box, face.roll_deg)
                row = embedder.embed([crop])[0]
                looks[name].append(FaceLook(frame.time_s, face.number, face.box, row))
    cpu_ms = 1000 * (time.process_time() - began) / max(len(truth), 1)
    return Found(film, looks, truth, shots.cuts_s, cpu_ms)


def score(numbers: Ints, truth: Sequence[str]) -> Score:
    """Purity and coverage of the looks whose person is known."""
    pairs = [(int(n), name) for n, name in zip(numbers, truth, strict=True) if name]
    both = Counter(pairs)
    named = [(n, name) for n, name in pairs if n]
    purest = {n: max(c for (m, _), c in both.items() if m == n) for n, _ in named}
    widest = {
        name: max((c for (n, m), c in both.items() if m == name and n), default=0)
        for _, name in pairs
    }
    return Score(
        sum(purest.values()) / max(len(named), 1),
        sum(widest.values()) / max(len(pairs), 1),
        len(purest),
        len(widest),
        1 - len(named) / max(len(pairs), 1),
    )


def mean(scores: Sequence[Score]) -> Score:
    """Of several films."""
    rows = [[s.purity, s.coverage, s.n_found, s.n_true, s.nobody] for s in scores]
    return Score(*np.mean(rows, axis=0))


def report(
    name: str,
    embedder: FaceEmbedder,
    found: Sequence[Found],
    pieces: Mapping[str, list[NDArray[np.float64]]],
    *,
    own: bool,
) -> None:
    """One table: a line for each kind of film, all, and all with the number of people given."""
    print(f"\n{name}\n{HEAD}")
    kinds: dict[str, list[Score]] = {}
    given: list[Score] = []
    n_right = 0
    for each in found:
        others = {who: rows for who, rows in pieces.items() if who not in each.film.people}
        threshold = embedder.threshold if own else fitted(others)
        looks = each.looks[name]
        one = score(people_of(looks, each.cuts_s, threshold=threshold), each.truth)
        kinds.setdefault(each.film.name.split(":")[0], []).append(one)
        n_right += one.n_found == one.n_true
        n_people = len(each.film.people)
        numbers = people_of(looks, each.cuts_s, n_people, threshold=threshold)
        given.append(score(numbers, each.truth))
    for kind, scores in kinds.items():
        print(mean(scores).line(kind))
    everything = [one for scores in kinds.values() for one in scores]
    print(mean(everything).line(f"all {len(everything)} films"))
    print(mean(given).line("all, number of people given"))
    print(f"number of people right in {n_right} of {len(found)} films")


def piece_means(
    portraits: Sequence[Portrait], embedder: FaceEmbedder
) -> dict[str, list[NDArray[np.float64]]]:
    """Mean embeddings of a second of film each, by person; a list for each clip."""
    means: dict[str, list[NDArray[np.float64]]] = {}
    for portrait in portraits:
        tracker = FaceTracker()
        crops = []
        for at in range(0, len(portrait.pictures), 2):
            image = portrait.pictures[at]
            crops += [
                crop_for(embedder, image, face.box, face.roll_deg)
                for face in tracker.update(at / 10, image)
                if face.found and face.number == 1
            ]
        rows = embedder.embed(crops).astype(np.float64)
        parts = [rows[at : at + PIECE].mean(axis=0) for at in range(0, len(rows) - 2, PIECE)]
        if parts:
            units = np.stack(parts) / np.linalg.norm(parts, axis=1, keepdims=True)
            means.setdefault(portrait.person, []).append(units)
    return means


def fitted(pieces: Mapping[str, list[NDArray[np.float64]]]) -> float:
    """The cosine with as large a share of same people below it as of others above it.

    Each person, and each pair of people, counts as much as any other.
    """
    same, other = _likeness(pieces)
    grid = np.linspace(-0.2, 0.999, 600)
    missed = np.mean([[(row < t).mean() for t in grid] for row in same], axis=0)
    taken = np.mean([[(row >= t).mean() for t in grid] for row in other], axis=0)
    errors = missed + taken
    # In the middle of the range that is as good.
    return float(np.median(grid[errors <= errors.min() + 1e-3]))


def _likeness(
    pieces: Mapping[str, list[NDArray[np.float64]]],
) -> tuple[list[NDArray[np.float64]], list[NDArray[np.float64]]]:
    """Cosines of pieces of one person, of two clips where there are, and of pairs of people."""
    same, other = [], []
    for clips in pieces.values():
        pairs = [(a @ b.T).ravel() for a, b in combinations(clips, 2)]
        pairs = pairs or [(a @ a.T)[np.triu_indices(len(a), 1)] for a in clips if len(a) > 1]
        same += [np.concatenate(pairs)] if pairs else []
    for one, two in combinations(pieces.values(), 2):
        other.append((np.concatenate(one) @ np.concatenate(two).T).ravel())
    return same, other


def fit(pieces: Mapping[str, Mapping[str, list[NDArray[np.float64]]]]) -> None:
    """Print thresholds fitted on all people, and the errors of pieces of a second."""
    print(f"{'':<24}{'threshold':>10}{'without one person':>22}{'parted':>8}{'mixed':>8}")
    for name, rows in pieces.items():
        best = fitted(rows)
        left_out = [fitted({k: v for k, v in rows.items() if k != who}) for who in rows]
        same, other = _likeness(rows)
        parted = np.mean([(row < best).mean() for row in same])
        mixed = np.mean([(row >= best).mean() for row in other])
        spread = f"{min(left_out):.3f} to {max(left_out):.3f}"
        print(f"{name[-24:]:<24}{best:>10.3f}{spread:>22}{parted:>8.1%}{mixed:>8.1%}")


def shots(found: Sequence[Found], portraits: Sequence[Portrait]) -> None:
    """Cuts that were found, and such as are none."""
    hits: dict[bool, list[bool]] = {True: [], False: []}
    n_false = 0
    for each in found:
        near = [any(abs(cut - one) <= 0.25 for one in each.cuts_s) for cut in each.film.cuts_s]
        for hit, between in zip(near, each.film.is_between_people, strict=True):
            hits[between].append(hit)
        n_false += max(len(each.cuts_s) - sum(near), 0)
    people, same = hits[True], hits[False]
    print(f"\ncuts between people: {sum(people)} of {len(people)} found")
    print(f"other cuts: {sum(same)} of {len(same)} found; {n_false} false in {len(found)} films")
    n_pictures = n_cuts = 0
    for portrait in portraits:
        detector = ShotDetector()
        for at in range(0, len(portrait.pictures), 2):
            detector.see(at / 10, portrait.pictures[at])
        n_pictures, n_cuts = n_pictures + len(portrait.pictures) // 2, n_cuts + len(detector.cuts_s)
    print(f"{n_cuts} false in {n_pictures} pictures of single shots")


def crowds(portraits: Sequence[Portrait], folder: Path) -> None:
    """Many faces, none, one picture."""
    embedder = {"own": face_embedder()}
    for film in (crowd(portraits, 30, 3.0), crowd(portraits, 0, 3.0), crowd(portraits, 2, 0.2)):
        found = analysed(film, embedder, folder)
        looks = found.looks["own"]
        numbers = people_of(looks, found.cuts_s, threshold=embedder["own"].threshold)
        tracks = len({look.track for look in looks})
        print(f"{film.name}: {tracks} tracks, {len(set(numbers) - {0})} people")
    for length_s in (300, 600, 1200):
        began = time.process_time()
        n_people = int(people_of(*drawn_faces(30, length_s), threshold=0.6).max())
        cpu_s = time.process_time() - began
        print(f"30 faces, a cut every second, {length_s} s: {n_people} people, {cpu_s:.1f} CPU s")


def drawn_faces(n_people: int, length_s: int) -> tuple[list[FaceLook], list[float]]:
    """Embeddings drawn by chance around one for each person, and a cut every second."""
    rng = np.random.default_rng(0)
    middles = np.linalg.qr(rng.normal(size=(64, n_people)))[0].T
    looks = []
    for at in range(round(PER_S * length_s)):
        rows = middles + rng.normal(scale=0.05, size=middles.shape)
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
        for who, row in enumerate(rows):
            track = n_people * (at // round(PER_S)) + who
            looks.append(FaceLook(at / PER_S, track, Box(0.03 * who, 0.4, 0.03, 0.05), row))
    return looks, [float(second) for second in range(1, length_s)]


if __name__ == "__main__":
    main()
