"""Held-out faces and voices, and the networks' outputs for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from affuse.bundle.bundle import Bundle
from affuse.bundle.member import Familiarity, Member
from affuse.bundle.writer import make_bundle
from affuse.corpora.fer2013 import FaceSet, read_fer2013
from affuse.corpora.registry import read
from affuse.media.audio import read_audio
from affuse.models.graphs.builder import EMBEDDING
from affuse.predict.face_quality import face_quality
from affuse.predict.members import Members
from affuse.predict.voices import averaged_voice
from affuse.pretraining.calibration import HeldOutClips, joined_clips
from affuse.pretraining.degraded_faces import DEGRADATIONS, degraded
from affuse.pretraining.distances import centres_of, distance_graph, distances, quantiles
from affuse.pretraining.voice_figures import fit_shares
from affuse.records import FER2013_EMOTIONS, Clip

Floats = NDArray[np.float64]

MOST_CLIPS = 40
"""Of one emotion of one corpus, so that no large corpus decides alone."""

RATE = 16_000
FACE_DISTANCE, VOICE_DISTANCE = "face-distance.onnx", "voice-distance.onnx"
_N_FACES = 3000
"""Of the training, from which means and covariance are estimated."""
_BATCH = 32


def held_out_faces(bundle: Bundle, faces: Path, first: int = 0) -> HeldOutClips:
    """Outputs of the member ``face`` for every second face of FER2013's public test part.

    Parameters
    ----------
    bundle : Bundle
    faces : Path
        FER2013: folder or zip with its `val` part.
    first : int
        0 for those that the bundle is fitted on, 1 for the others.

    Returns
    -------
    HeldOutClips
        As the graph says; the corpus of all is FER2013.
    """
    return _of_faces(bundle, _second_faces(faces, first), "FER2013")


def degraded_faces(bundle: Bundle, faces: Path, first: int = 0, seed: int = 0) -> HeldOutClips:
    """What the member ``face`` says of the same faces, made worse in each of several ways.

    Parameters
    ----------
    bundle : Bundle
    faces : Path
        FER2013: folder or zip with its `val` part.
    first : int
        As in `held_out_faces`.
    seed : int
        Of the strengths, which differ from face to face.

    Returns
    -------
    HeldOutClips
        As the graph says; the corpus of each is what befell it.
    """
    shown = _second_faces(faces, first)
    parts = []
    for name in DEGRADATIONS:
        worse = degraded(shown.images, name, np.random.default_rng([seed, crc32(name.encode())]))
        parts.append(_of_faces(bundle, replace(shown, images=worse), name))
    return joined_clips(parts)


def _second_faces(faces: Path, first: int) -> FaceSet:
    shown = read_fer2013(faces, "val")
    return shown.take(np.arange(first, len(shown), 2))


def _of_faces(bundle: Bundle, shown: FaceSet, corpus: str) -> HeldOutClips:
    plain = uncalibrated(bundle)
    member = plain.manifest.member("face")
    found = Members(plain).face_outputs(member, list(shown.images))
    labels = [member.classes.index(FER2013_EMOTIONS[label]) for label in shown.labels]
    return HeldOutClips(
        found.probabilities,
        np.array(labels),
        np.full(len(labels), corpus),
        found.distances,
        face_quality(shown.images),
    )


def with_face_distances(bundle: Bundle, faces: Path) -> Bundle:
    """The bundle with distances of faces from the face network's training faces.

    Parameters
    ----------
    bundle : Bundle
        Unchanged where its face network gives no embedding, or knows already.
    faces : Path
        FER2013: `train` and `val`.

    Returns
    -------
    Bundle
    """
    member = bundle.manifest.member("face")
    if member.familiarity is not None:
        return bundle
    if EMBEDDING not in [each.name for each in bundle.session(member.graph).get_outputs()]:
        return bundle
    known, new = read_fer2013(faces, "train"), read_fer2013(faces, "val")
    known = known.take(np.sort(np.random.default_rng(0).permutation(len(known))[:_N_FACES]))
    centres = centres_of(_face_embeddings(bundle, member, known), known.labels)
    new = new.take(np.arange(0, len(new), 2))
    far = distances(centres, _face_embeddings(bundle, member, new))
    content = distance_graph(centres)
    return with_distances(bundle, "face", FACE_DISTANCE, content, quantiles(far))


def with_distances(
    bundle: Bundle, name: str, file: str, graph: bytes, usual: tuple[float, ...]
) -> Bundle:
    """The bundle with distances of clips from the training clips of one member.

    Parameters
    ----------
    bundle : Bundle
    name : str
        Of the member.
    file : str
        Name of the graph of distances.
    graph : bytes
    usual : tuple of float
        Distances of clips of people kept apart from training, at even ranks.

    Returns
    -------
    Bundle
    """
    known = Familiarity(graph=file, distances=usual)
    members = tuple(
        m.model_copy(update={"familiarity": known}) if m.name == name else m
        for m in bundle.manifest.members
    )
    changed: dict[str, object] = {
        "members": members,
        "format": max(bundle.manifest.format, 4),
        "files": {},
    }
    return make_bundle(bundle.manifest.model_copy(update=changed), {**bundle.files, file: graph})


def uncalibrated(bundle: Bundle) -> Bundle:
    """The bundle without the calibration of its members.

    Parameters
    ----------
    bundle : Bundle

    Returns
    -------
    Bundle
    """

    def plain(member: Member) -> Member:
        known = member.familiarity
        trusted = None if known is None else known.model_copy(update={"decline": 0.0})
        bare = {"temperature": 1.0, "doubt": 0.0, "familiarity": trusted, "image_quality": None}
        return member.model_copy(update=bare)

    members = tuple(plain(member) for member in bundle.manifest.members)
    return Bundle(bundle.manifest.model_copy(update={"members": members}), bundle.files)


def held_out_voices(bundle: Bundle, tables: Sequence[Path], seed: int) -> HeldOutClips:
    """Outputs of the member ``voice`` for corpora that it was not trained on.

    Parameters
    ----------
    bundle : Bundle
    tables : sequence of Path
        Folders of corpora, or CSV files of clips, one a corpus. Emotions that the bundle does not
        know are left out, and of each corpus at most 40 clips of one emotion are used.
    seed : int

    Returns
    -------
    HeldOutClips
        As the graph says.
    """
    plain = uncalibrated(bundle)
    member, members = plain.manifest.member("voice"), Members(plain)
    clips = [
        (clip, str(table))
        for table in tables
        for clip in _some_of(table, bundle.manifest.classes, seed)
    ]
    rows = np.array([averaged_voice(_signal(c), partial(_row, members, member)) for c, _ in clips])
    n, far = len(member.classes), None
    if member.familiarity is not None:
        far = rows[:, n]
    labels = np.array([member.classes.index(clip.emotion) for clip, _ in clips])
    return HeldOutClips(rows[:, :n], labels, np.array([corpus for _, corpus in clips]), far)


def left_out_voices(folder: Path) -> Callable[[str], HeldOutClips]:
    """Outputs of a training's networks for the corpora that each was trained without.

    Parameters
    ----------
    folder : Path
        That `pretrain_voice` wrote.

    Returns
    -------
    callable
        Corpus -> clips of all corpora; nothing was fitted on that corpus. "" for the shares of the
        graph that is shipped.
    """
    facts = json.loads((folder / "voice.json").read_text("utf-8"))
    with np.load(folder / "voice-out-of-fold.npz") as arrays:
        stored = {name: arrays[name] for name in arrays.files}
    network, linear, labels = stored["heard"], stored["told"], stored["labels"]
    corpora = stored["corpora"]

    def without(corpus: str) -> HeldOutClips:
        others = corpora != corpus
        shares = facts["shares"]
        if corpus:
            shares = fit_shares(network[others], linear[others], labels[others])
        joint = softmax(shares[0] * network + shares[1] * linear, axis=1)
        return HeldOutClips(joint, labels, corpora, stored.get("distances"))

    return without


def with_voice_distances(bundle: Bundle, folder: Path) -> Bundle:
    """The bundle with distances of utterances from the voice network's training clips.

    Parameters
    ----------
    bundle : Bundle
    folder : Path
        That `pretrain_voice` wrote; one of a former version knows no distances, and the bundle
        stays as it is.

    Returns
    -------
    Bundle
    """
    path = folder / VOICE_DISTANCE
    if not path.is_file():
        return bundle
    with np.load(folder / "voice-out-of-fold.npz") as arrays:
        usual = quantiles(arrays["known_distances"])
    return with_distances(bundle, "voice", VOICE_DISTANCE, path.read_bytes(), usual)


def few_of_each(
    labels: NDArray[np.int64], corpora: NDArray[np.str_], seed: int = 0
) -> NDArray[np.bool_]:
    """Which clips to fit on: at most 40 of one emotion of one corpus, at random.

    Parameters
    ----------
    labels : (n_clips,) int64
    corpora : (n_clips,) str
    seed : int

    Returns
    -------
    (n_clips,) bool
    """
    rng = np.random.default_rng(seed)
    chosen = np.zeros(len(labels), bool)
    for corpus in np.unique(corpora):
        for label in np.unique(labels):
            own = np.flatnonzero((corpora == corpus) & (labels == label))
            chosen[rng.permutation(own)[:MOST_CLIPS]] = True
    return chosen


def _face_embeddings(bundle: Bundle, member: Member, faces: FaceSet) -> Floats:
    (given,) = [each.name for each in bundle.session(member.graph).get_inputs()]
    blocks = []
    for first in range(0, len(faces), _BATCH):
        batch = faces.images[first : first + _BATCH][:, None].astype(np.float32)
        blocks.append(bundle.run(member.graph, {given: batch}, EMBEDDING))
    return np.concatenate(blocks)


def _signal(clip: Clip) -> NDArray[np.float32]:
    assert clip.audio is not None
    return read_audio(clip.audio, sample_rate=RATE).signal


def _row(members: Members, member: Member, signal: NDArray[np.float32]) -> Floats:
    """Probabilities, followed by the distance where it is known."""
    found = members.voice_output(member, signal)
    far = [] if found.distances is None else [found.distances[0]]
    return np.append(found.probabilities[0], far)


def _some_of(table: Path, emotions: Sequence[str], seed: int) -> Iterator[Clip]:
    rng = np.random.default_rng(seed)
    index = read(table)
    for emotion in emotions:
        own = [clip for clip in index if clip.emotion == emotion and clip.audio is not None]
        yield from (own[n] for n in rng.permutation(len(own))[:MOST_CLIPS])
