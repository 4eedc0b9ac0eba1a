"""
13. Attention over time
=======================

Early, late and decision fusion join what each modality says of a whole clip. Some things are told by
neither clip: only by what one modality does at the moment the other one points at. This page makes such
a task, shows which fusion can learn it, and how to see that it did.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import affuse

# %%
# A task that only time tells
# ---------------------------
# The voice is loud at one of twelve moments, the face smiles or frowns at each, and the label is what
# the face does at the loud one. The voice alone says nothing of it, nor does the face. The two have
# different rates, as in real clips: 24 steps of sound, 12 of pictures.

N_CLIPS, N_SOUND, N_PICTURE = 360, 24, 12
rng = np.random.default_rng(0)
rows = np.arange(N_CLIPS)
signs = rng.choice([-1, 1], (N_CLIPS, N_PICTURE))
picture = 1.5 * signs[:, :, None] + 0.5 * rng.standard_normal((N_CLIPS, N_PICTURE, 3))
sound = 0.5 * rng.standard_normal((N_CLIPS, N_SOUND, 3))
moment = rng.integers(0, N_PICTURE, N_CLIPS)
sound[rows, np.rint(moment / (N_PICTURE - 1) * (N_SOUND - 1)).astype(int)] += 2
emotions = np.where(signs[rows, moment] > 0, "happy", "sad")
index = affuse.Index(
    tuple(
        affuse.Clip(f"{row:03}", emotion, f"speaker {row % 12}")
        for row, emotion in enumerate(emotions)
    )
)
table = affuse.FeatureTable.from_arrays(index, audio=sound, video=picture)
print(table)

# %%
# One clip: what the sound says, and what the picture says when it says it.

figure, axes = plt.subplots(2, 1, figsize=(6, 2.6), sharex=True, layout="constrained")
axes[0].step(np.linspace(0, 1, N_SOUND), sound[0].mean(axis=1), where="mid")
axes[0].set_ylabel("loudness")
axes[1].bar(np.linspace(0, 1, N_PICTURE), picture[0].mean(axis=1), width=0.06)
axes[1].set(ylabel="smile", xlabel=f"share of the clip: {emotions[0]}")

# %%
# Which fusion can learn it
# -------------------------
# A classifier on all numbers side by side; a gate for each number of the clips' means; and attention, in
# which each step of one modality looks for what it needs among the steps of the other.

fold = affuse.speaker_folds(table.speakers, n_folds=3)[0]
train, test = table.take(list(fold.train)), table.take(list(fold.test))
systems = {
    "early fusion, SVM": affuse.EarlyFusion(affuse.model("svm_rbf")),
    "gated": affuse.NetworkFusion("gated", epochs=20, random_state=0),
    "cross-attention": affuse.NetworkFusion("cross_attention", epochs=20, random_state=0),
}
found = {}
for name, system in systems.items():
    found[name] = affuse.uar(test.labels, system.fit(train).predict(test))
pd.Series(found, name="UAR of new speakers").to_frame().round(2)

# %%
# What stays above one half without attention is the face's mean: the sign at one moment is part of it.
#
# Does it really look at the moment?
# ----------------------------------
# Exchanging the pictures of each clip in time leaves all their means as they are, and takes away the one
# thing that tells. A system that rests on the alignment falls back to what means tell; one that rests on
# means cannot notice.

exchanged = rng.permuted(picture, axis=1)
out_of_step = affuse.FeatureTable.from_arrays(index, audio=sound, video=exchanged)
out_of_step = out_of_step.take(list(fold.test))
pd.DataFrame(
    {
        "as recorded": found,
        "pictures exchanged in time": {
            name: affuse.uar(test.labels, system.predict(out_of_step))
            for name, system in systems.items()
        },
    }
).round(2)

# %%
# Does it help with people?
# -------------------------
# Only where moments matter. On the speech of 18 real speakers, with one vector for each clip's voice and
# face, the product of two logistic regressions is ahead of every network of this kind
# (:doc:`/fusion`, with intervals). ``affuse run`` compares them on any clips, speakers kept apart::
#
#     affuse run clips --features audio=mfcc --features video=expression \
#         --set 'fusion.also=["cross_attention", "gated"]'
