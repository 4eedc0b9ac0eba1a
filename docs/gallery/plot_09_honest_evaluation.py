"""
9. Honest evaluation
====================

How well would it work for somebody new? Everything on this page serves that question: who is tested
on what, how far a figure can be trusted, and whether one system is better than another.
"""

import os
import textwrap

import pandas as pd

import affuse

EMOTIONS = ["calm", "happy", "sad", "angry"]
folder = os.environ.get("AFFUSE_LECTURE_DATA", "clips")
if folder == "clips":
    affuse.synthesise(folder, speakers=6, emotions=EMOTIONS, takes=2, difficulty=0.5)
index = affuse.read(folder).filter(speakers=range(1, 7), emotions=EMOTIONS)
table = affuse.extract(index, audio="mfcc")
X, y = table.flat(), table.labels

# %%
# The same model, divided in two ways
# -----------------------------------
# At random, clips of one person stand on both sides, and a model may learn the person. Speakers kept
# apart answer the question.


def out_of_fold(folds):
    predicted, rated = y.copy(), [None] * len(y)
    for fold in folds:
        train, test = list(fold.train), list(fold.test)
        model = affuse.model("lda").fit(X[train], y[train], groups=table.speakers[train])
        predicted[test] = model.predict(X[test])
        for row, probabilities in zip(test, model.predict_proba(X[test]), strict=True):
            rated[row] = probabilities
    return predicted, rated


ways = {
    "at random": affuse.random_folds(y.tolist(), 6, seed=0),
    "speakers kept apart": affuse.leave_one_speaker_out(table.speakers),
}
found = {way: out_of_fold(folds) for way, folds in ways.items()}
for way, (predicted, _) in found.items():
    print(f"{way}: UAR {affuse.uar(y, predicted):.0%}")

# %%
# How far the figure can be trusted
# ---------------------------------
# Clips of one speaker resemble each other, so speakers are drawn anew, not clips. With few of them the
# interval is wide, and says so.

predicted, rated = found["speakers kept apart"]
interval = affuse.speaker_interval(y, predicted, table.speakers)
print(f"UAR {affuse.uar(y, predicted):.0%} [{interval.low:.0%}, {interval.high:.0%}], chance 25 %")

# %%
# Which emotions are confused, and whether a probability of 70 % is right in 70 of 100 cases:

affuse.plot.confusion(affuse.confusion(y, predicted, len(EMOTIONS)), table.classes)

# %%
affuse.plot.reliability(y, rated, n_bins=5)

# %%
# Per speaker: the mean hides for whom it works.

right = pd.Series(predicted == y).groupby(table.speakers).mean()
right.rename("share right").to_frame().T.round(2)

# %%
# All of it in one call
# ---------------------
# ``affuse run`` does the same for every model and fusion: learned features, scaling, temperatures and
# choices are fitted within the training clips, identical clips stay together, and systems are compared
# in pairs over speakers. The row of LDA on sound is the figure from above, fold for fold.

config = affuse.load_config(
    "quick",
    overrides={
        "data.path": folder,
        "data.speakers": [str(number) for number in range(1, 7)],
        "data.emotions": EMOTIONS,
        "features.vgg_face.frame_step": int(os.environ.get("AFFUSE_LECTURE_STEP", 30)),
        "features.layer.batch_size": 16,
        "models": [{"name": "lda"}],
        "fusion.decision": ["product"],
        "folds.scheme": "leave-one-speaker-out",
        "jobs": 1,
    },
)
result = affuse.run(config)
result

# %%
result.results[["system", "modality", "uar", "uar_low", "uar_high", "leaky"]].round(3)

# %%

of_run = result.results.set_index("system")["uar"]["audio, LDA"]
print(f"LDA on sound: {affuse.uar(y, predicted):.3f} by hand, {of_run:.3f} by affuse.run")

# %%
# The table in sentences, made from its figures:

for sentence in result.reading():
    print(textwrap.fill(sentence, 88))
