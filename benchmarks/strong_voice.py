"""Action units with the voice networks of the folds, beside recipe `strong`, on the same clips.

usage: python benchmarks/strong_voice.py RAVDESS ACTION_UNITS.csv VOICE

VOICE is the folder of `affuse train voice`. Six folds of three speakers each, those of its
training: what a voice network says of a clip comes from the fold that has not met the speaker,
nor does the logistic regression of action units know that one. The product of both is formed
without a weight, so that nothing is fitted on what is tested; the shares of network and linear
model within the voice come from corpora without RAVDESS. Differences are paired, with Holm's
correction.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.special import softmax

import affuse
from affuse.evaluation.comparison import compare_with, row_name
from affuse.evaluation.scores import scores
from affuse.evaluation.systems import OutOfFold
from affuse.features.table import FeatureTable
from affuse.records import RAVDESS_EMOTIONS

FOLDS = [[first, first + 1, first + 2] for first in range(1, 19, 3)]


def main(ravdess: str, action_units: str, voice: str) -> None:
    """Run the recipe, put the networks' answers in the place of its voice, print the table."""
    config = affuse.load_config(
        "strong",
        overrides={
            "data.path": ravdess,
            "features.video": action_units,
            "folds.speakers": FOLDS,
            "bundle.enabled": False,
        },
    )
    result = affuse.run(config)
    rows = [each.out_of_fold for each in result.honest]
    video = next(row for row in rows if row.system.modality == "video")
    recipe = next(row for row in rows if row.system.fusion == "decision product")
    own = _of_networks(video, result.table, Path(voice))
    fused = replace(
        own,
        system=replace(own.system, name="product, voice networks", modality="audio+video"),
        outputs=affuse.combine([own.outputs, video.outputs], "product"),
    )
    for row in (fused, own, video, recipe):
        figures = scores(row, result.table)
        low, high = figures.interval
        print(
            f"{row_name(row):<44}{100 * figures.headline:>6.1f} [{100 * low:.1f}, {100 * high:.1f}]"
        )
    for found in compare_with(fused, [own, video, recipe], result.table):
        print(
            f"{found.better} beats {found.other} by {100 * found.difference:.1f} points "
            f"[{100 * found.low:.1f}, {100 * found.high:.1f}], p = {found.p_holm:.3f} (Holm)"
        )


def _of_networks(video: OutOfFold, table: FeatureTable, voice: Path) -> OutOfFold:
    """What the networks of the folds say of the clips, in the order of a row of the result."""
    shares = json.loads((voice / "voice.json").read_text("utf-8"))["shares"]
    answers: dict[str, np.ndarray] = {}
    for path in sorted(voice.glob("voice-fold-?-outputs.npz")):
        with np.load(path) as stored:
            names = json.loads(stored["__meaning__"].tobytes())["clips"]
            logits = shares[0] * stored["network"] + shares[1] * stored["linear"]
        own = [number for number, name in enumerate(names) if name.startswith("RAVDESS/")]
        answers |= {names[number].partition("/")[2]: logits[number] for number in own}
    order = [RAVDESS_EMOTIONS.index(name) for name in table.classes]
    logits = np.array([answers[table.clips[row]] for row in video.rows])[:, order]
    system = replace(video.system, name="voice networks", modality="audio")
    return replace(video, system=system, outputs=softmax(logits, axis=1))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
