"""
5. A one-dimensional convolutional network
==========================================

The lecture's network slides 32 filters of width 3 along the row of features, keeps the larger of two
neighbours, does both once more, and ends in a layer of 128 neurons.
"""

import os

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import affuse

EMOTIONS = ["calm", "happy", "sad", "angry"]
folder = os.environ.get("AFFUSE_LECTURE_DATA", "clips")
if folder == "clips":
    affuse.synthesise(folder, speakers=6, emotions=EMOTIONS, takes=2, difficulty=0.5)
index = affuse.read(folder).filter(speakers=range(1, 7), emotions=EMOTIONS)
table = affuse.extract(index, audio="mfcc")
X, y = table.flat(), table.labels
fold = affuse.speaker_folds(table.speakers, n_folds=3)[0]
train, test = list(fold.train), list(fold.test)

# %%
# What it is made of
# ------------------
# Fitted for one epoch on two emotions, to count its parameters as the lecture had them.

two = [row for row in train if y[row] < 2]
small = affuse.CNN1D(epochs=1, random_state=0).fit(X[two], y[two])
small.network_

# %%
# Nearly all of the parameters lie between the flattened features and the 128 neurons. Statistics of
# batch normalisation that are kept, not learned, are counted apart. Early fusion, which has twice the
# features, has nearly twice the parameters.

for features in (X, np.hstack([X, X])):
    network = affuse.CNN1D(epochs=1, random_state=0).fit(features[two], y[two]).network_
    learned = sum(part.numel() for part in network.parameters())
    kept = sum(part.numel() for part in network.buffers() if part.ndim)
    n_features = features.shape[1]
    print(f"{learned:,} learned and {kept:,} kept: {learned + kept:,} on {n_features:,} features")

# %%
# Learning
# --------
# Millions of parameters and few clips: the training loss can go to nothing whatever the features
# are worth. What it has learned shows on speakers who were kept apart.

network = affuse.model("cnn1d", epochs=15, random_state=0).fit(X[train], y[train])
figure, axes = plt.subplots(figsize=(6, 2.6), layout="constrained")
axes.plot(range(1, 16), network[-1].losses_, marker="o")
axes.set(xlabel="epoch", ylabel="training loss", ylim=(0, None))
for name, rows in (("training clips", train), ("new speakers", test)):
    print(f"{name}: {affuse.uar(y[rows], network.predict(X[rows])):.0%} (UAR)")

# %%
# The seed decides
# ----------------
# The same network, the same clips, other random weights at the start. A single figure of a network on
# few clips is one draw of many.

rows = []
for seed in range(4):
    again = affuse.model("cnn1d", epochs=8, random_state=seed).fit(X[train], y[train])
    rows.append({"seed": seed, "UAR": affuse.uar(y[test], again.predict(X[test]))})
pd.DataFrame(rows).set_index("seed").round(2).T

# %%
# The embedding
# -------------
# The 128 neurons are what late fusion takes of each modality. Two of their principal axes, drawn for
# all clips: see whether new speakers stand apart as clearly as those that it was trained on.

embedding = network[-1].embed(network[:-1].transform(X))
centred = embedding - embedding.mean(axis=0)
principal = centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T
figure, axes = plt.subplots(figsize=(5, 4), layout="constrained")
for label, emotion in enumerate(table.classes):
    for rows, marker in ((train, "o"), (test, "x")):
        own = [row for row in rows if y[row] == label]
        name = f"{emotion}, {'trained on' if marker == 'o' else 'new'}"
        axes.scatter(*principal[own].T, marker=marker, color=f"C{label}", label=name)
axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
axes.set(xticks=[], yticks=[])
