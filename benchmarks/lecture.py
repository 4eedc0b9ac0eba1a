"""The lecture's own experiment: 32 clips of one speaker, calm against angry, speech and song.

usage: python benchmarks/lecture.py FOLDER       (the folder is made; a second call goes on)

Prints the shapes, the parameter counts and the whole table, leaky rows marked.
"""

from __future__ import annotations

import sys
from pathlib import Path

from affuse import load_config
from affuse.cli.tables import result_text
from affuse.experiment import extractors, run
from affuse.models.cnn1d import cnn_network
from affuse.models.training import parameter_counts
from affuse.synthetic.corpus import synthesise


def main(folder: Path) -> None:
    """Make the clips, run the lecture recipe, print everything that the lecture states."""
    corpus = folder / "corpus"
    emotions, channels = ("calm", "angry"), ("speech", "song")
    paths = synthesise(corpus, speakers=1, emotions=emotions, channels=channels, jobs=None)
    config = load_config("lecture", overrides={"data.path": str(corpus)})
    audio, video = (source.shape for source in extractors(config).values())
    n_neurons = config.features.layer.n_features
    n_audio, n_video = audio[0] * audio[1], video[0] * n_neurons
    print(f"clips   {len(paths)}")
    print(f"audio   {audio[0]} x {audio[1]} = {n_audio:,}")
    print(
        f"video   {video[0]} x {n_neurons} = {n_video:,}   (trunk: {' x '.join(map(str, video))})"
    )
    print(f"early   {n_audio} + {n_video} = {n_audio + n_video:,}")
    for n_features in (n_audio, n_audio + n_video):
        total, trainable = parameter_counts(cnn_network(n_features, 2))
        print(f"1D CNN on {n_features:,} inputs   {total:,} parameters, {trainable:,} trainable")
    print()
    print(result_text(run(config)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
