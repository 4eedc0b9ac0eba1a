"""Where in sound and picture a system finds an emotion: what hiding each part of a clip takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from affuse.errors import ConfigError, FeatureError, MediaError
from affuse.evaluation.answers import masked, shared_emotions
from affuse.evaluation.fold_answers import computed_folds
from affuse.evaluation.fold_task import (
    FoldTask,
    TransformerFactories,
    fitted_alone,
    in_clip_order,
    scored_rows,
)
from affuse.evaluation.systems import System, derived_seed
from affuse.features.array import CLIP, ArrayInMemory
from affuse.features.context import RunContext
from affuse.features.decoding import AudioDecoding, decoded
from affuse.features.source import Extractor, SeesPictures, Source
from affuse.features.table import FeatureTable
from affuse.media.hidden_patches import (
    band_edges,
    pictures_with_a_part_hidden,
    sounds_with_a_patch_hidden,
)
from affuse.records import Clip, Modality
from affuse.splits.fold import Fold
from affuse.splits.protocols import Protocol
from affuse.tasks.choice import task_of
from affuse.workers.threads import libraries_on_one_thread

Drops = NDArray[np.float64]
Rows = NDArray[np.int64]
_Found = list[tuple[str, Modality, Drops]]
"""Clip, modality and map of each."""

N_BANDS, N_TIMES = 6, 10
"""Parts of a sound."""
N_PARTS = 6
"""Rows, and columns, of a picture."""
STAGE = "occlusion"
"""What progress is called by."""


@dataclass(frozen=True, slots=True, eq=False)
class Occlusion:
    """Where clips of one emotion have what a system goes by.

    Attributes
    ----------
    modality : str
    emotion : str
    n_clips : int
        Over which the map is the mean.
    rows, columns : tuple of str
        What each is: bands and stretches of the clip; of pictures, from above and from the left.
    drops : (n_rows, n_columns) float64
        Of the probability of the true emotion, where that part is hidden.
    face_share : float or None
        Side of the face, as a share of the picture's; 0 where it is no crop of a face, None of
        sound.
    """

    modality: str
    emotion: str
    n_clips: int
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    drops: Drops
    face_share: float | None = None


@dataclass(frozen=True)
class _HidingTask:
    """A fold of one system, and the test clips whose parts are hidden."""

    fold_task: FoldTask
    clips: tuple[Clip, ...]
    sources: Mapping[Modality, Source]


def can_be_hidden(source: Source) -> bool:
    """Whether parts of what a source reads can be hidden from it.

    Parameters
    ----------
    source : Source

    Returns
    -------
    bool
        False of a table of features, and of pictures that an extractor does not show.
    """
    if source.path is not None:
        return False
    extractor = source.extractor_for("")
    return isinstance(extractor.decoding, AudioDecoding) or isinstance(extractor, SeesPictures)


def occlusion_maps(
    table: FeatureTable,
    system: System,
    protocol: Protocol,
    clips: Sequence[Clip],
    sources: Mapping[Modality, Source],
    n_clips: int,
    context: RunContext | None = None,
    *,
    preparation: TransformerFactories | None = None,
) -> tuple[Occlusion, ...]:
    """Occlusion maps of clips that no fold has learned from, averaged over each emotion.

    In each fold the system is fitted once on the training clips. Then one part of a test clip at a
    time is hidden, its features are computed anew, and the drop of the probability of its true
    emotion is taken. A patch of sound is brought to the clip's mean in each frequency; a part of a
    picture, in all of the clip's, to the picture's mean.

    Parameters
    ----------
    table : FeatureTable
        Of emotions, with the features that `sources` give.
    system : System
    protocol : Protocol
        Its folds hold rows of `table`.
    clips : sequence of Clip
        Those of the table.
    sources : mapping of modality to Source
        Those to be mapped: `can_be_hidden` is true of each.
    n_clips : int
        At most so many of each emotion, drawn by the context's seed.
    context : RunContext, optional
        Its workers compute the folds, and read the clips. This process and the seed 0 by default.
    preparation : mapping of modality to (seed -> unfitted transformer), optional
        Features that are learned in the folds, as in `affuse.evaluation.crossval.out_of_fold`.

    Returns
    -------
    tuple of Occlusion
        By modality, then in the order of the emotions; none of those of which no clip could be
        read.

    Raises
    ------
    ConfigError
        No clip is to be taken, or no modality.
    ClusterError
        The workers cannot be reached any more, or die of a fold.

    Notes
    -----
    Source: Zeiler and Fergus 2014, "Visualizing and understanding convolutional networks".
    """
    if n_clips < 1 or not sources:
        raise ConfigError(
            f"{n_clips} clips of each emotion and {len(sources)} modalities were given to be "
            "mapped; expected one of each at least"
        )
    context, made = context or RunContext(), preparation or {}
    own = table.select(system.modalities)
    known = {clip.id: clip for clip in clips}
    tasks = [
        _HidingTask(
            FoldTask(own, (system,), protocol, fold, made, context.seed),
            tuple(known[clip] for clip in own.clips[rows].tolist()),
            sources,
        )
        for fold, rows in _chosen(own, system, protocol, list(sources), n_clips, context.seed)
    ]
    folds = [each.fold_task.fold for each in tasks]
    answers = computed_folds(_maps_of_fold, tasks, folds, STAGE, context)
    found = [each for answer in answers for each in answer]
    emotion_of = dict(zip(own.clips.tolist(), own.labels.tolist(), strict=True))
    made_maps = []
    for modality, source in sources.items():
        for label, emotion in enumerate(own.classes):
            maps = [m for clip, of, m in found if of == modality and emotion_of[clip] == label]
            if maps:
                made_maps.append(_averaged(source, emotion, maps))
    return tuple(made_maps)


def _averaged(source: Source, emotion: str, maps: list[Drops]) -> Occlusion:
    extractor = source.extractor_for("")
    rows, columns = _names(extractor)
    face = extractor.face_share if isinstance(extractor, SeesPictures) else None
    drops = np.mean(maps, axis=0)
    return Occlusion(source.modality, emotion, len(maps), rows, columns, drops, face)


def _names(extractor: Extractor) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What rows and columns of a map are."""
    decoding = extractor.decoding
    if not isinstance(decoding, AudioDecoding):
        parts = range(1, N_PARTS + 1)
        return (
            tuple(f"row {n} of {N_PARTS} from above" for n in parts),
            tuple(f"column {n} of {N_PARTS} from the left" for n in parts),
        )
    bands = tuple(f"band {n} of {N_BANDS} from below" for n in range(1, N_BANDS + 1))
    if decoding.sample_rate is not None:
        edges = band_edges(decoding.sample_rate, N_BANDS)
        bands = tuple(f"{low:.0f} to {high:.0f} Hz" for low, high in pairwise(edges))
    times = pairwise(np.linspace(0, 100, N_TIMES + 1))
    return bands, tuple(f"{start:.0f} to {end:.0f} % of the clip" for start, end in times)


def _chosen(
    table: FeatureTable,
    system: System,
    protocol: Protocol,
    modalities: Sequence[Modality],
    n_clips: int,
    seed: int,
) -> Iterator[tuple[Fold, Rows]]:
    """Folds with those of their test clips that are taken."""
    fold_of: dict[int, int] = {}
    for place, fold in enumerate(protocol.folds):
        rows = scored_rows(table, system, np.asarray(fold.test, np.int64))
        rows = rows[np.all([table.present[m][rows] for m in modalities], axis=0)]
        if protocol.across_corpora:
            rows = rows[shared_emotions(table, fold)[table.labels[rows]]]
        for row in rows.tolist():
            fold_of.setdefault(row, place)
    tested = in_clip_order(table, list(fold_of))
    rng = np.random.default_rng(derived_seed(seed, STAGE))
    taken = [
        rng.permutation(tested[table.labels[tested] == label])[:n_clips]
        for label in range(len(table.classes))
    ]
    rows = in_clip_order(table, np.concatenate(taken))
    places = np.array([fold_of[row] for row in rows.tolist()], np.int64)
    for place in np.unique(places).tolist():
        yield protocol.folds[place], rows[places == place]


def _maps_of_fold(task: _HidingTask) -> _Found:
    """Maps of the clips that can be read."""
    found: _Found = []
    with libraries_on_one_thread():
        fitted = fitted_alone(task.fold_task)
        for clip in task.clips:
            for modality, source in task.sources.items():
                try:
                    features = _features(clip, source.extractor_for(clip.speaker))
                except (MediaError, FeatureError):
                    continue
                found.append((clip.id, modality, _drops(task, fitted, clip, modality, features)))
    return found


def _drops(
    task: _HidingTask,
    fitted: tuple[FeatureTable, Any, Mapping[str, Any]],
    clip: Clip,
    modality: Modality,
    features: ArrayInMemory,
) -> Drops:
    """Drop of the probability of a clip's true emotion, for each of its hidden parts."""
    test, estimator, layers = fitted
    one = test.take(test.clips == clip.id)
    learned = layers[modality].transform(features) if modality in layers else features
    hidden = one.take(np.zeros(len(features), np.int64)).with_arrays({modality: learned})
    before, after = (_probabilities(task, estimator, clips) for clips in (one, hidden))
    shape = (N_BANDS, N_TIMES) if modality == "audio" else (N_PARTS, N_PARTS)
    return (before - after).reshape(shape)


def _probabilities(task: _HidingTask, estimator: Any, clips: FeatureTable) -> Drops:
    """Of the true emotion of each clip."""
    own = task.fold_task
    outputs = task_of(own.table).outputs(estimator, clips)
    if own.protocol.across_corpora:
        can_be = shared_emotions(own.table, own.fold)
        outputs = masked(outputs, np.broadcast_to(can_be, outputs.shape))
    return np.asarray(outputs[np.arange(len(clips)), clips.labels])


def _features(clip: Clip, extractor: Extractor) -> ArrayInMemory:
    """Features of a clip with each of its parts hidden: a row for each part."""
    file = clip.source(extractor.modality)
    if file is None:
        raise FeatureError(f"{clip.id} has no {extractor.modality} file")
    media = decoded(file, extractor.decoding, clip.start_s, clip.end_s)
    made = [each.astype(extractor.dtype) for each in _hidden(extractor, media)]
    return ArrayInMemory(np.stack(made), (CLIP, *extractor.axes))


def _hidden(extractor: Extractor, media: Any) -> Iterator[NDArray[np.floating[Any]]]:
    if isinstance(extractor, SeesPictures):
        pictures = extractor.seen(media)
        for hidden in pictures_with_a_part_hidden(pictures, N_PARTS, N_PARTS):
            yield extractor.described(hidden)
        return
    for sound in sounds_with_a_patch_hidden(media, N_BANDS, N_TIMES):
        yield extractor.extract(sound)
