"""
12. Pretrained encoders
=======================

A network that has seen thirty thousand faces describes a face better than one that is trained on the
few of a corpus. Such an encoder stays as it is: it turns pictures or sound into numbers, and a small
model learns what they mean. Any network in an ONNX file will do, and any checkpoint of the
``transformers`` library; this page takes two files that come with affuse.
"""

import json
import os
import shutil
from importlib.resources import files
from pathlib import Path

import pandas as pd

import affuse

EMOTIONS = ["calm", "happy", "sad", "angry"]
folder = os.environ.get("AFFUSE_LECTURE_DATA", "clips")
if folder == "clips":
    affuse.synthesise(folder, speakers=6, emotions=EMOTIONS, takes=2, difficulty=0.5)
index = affuse.read(folder).filter(speakers=range(1, 7), emotions=EMOTIONS)

# %%
# How to feed it
# --------------
# A graph says what shape it takes, not what belongs into it. A JSON file beside it does: here cut-out
# faces of 48 x 48 grey pixels from 0 to 255, twice a second. Nobody can see from weights what
# they were trained on, so that stands there too.

encoders = Path("encoders")
encoders.mkdir(exist_ok=True)
described = {
    "input": "picture",
    "view": "face",
    "size": [48, 48],
    "colour": "grey",
    "per_s": 2,
    "deviation": 1 / 255,
    "output": "embedding",
    "axes": ["window", "feature"],
}
graphs = {"people": "people/networks/face.onnx", "expressions": "pretrained/face.onnx"}
for name, graph in graphs.items():
    shutil.copy(str(files("affuse") / graph), encoders / f"{name}.onnx")
    text = json.dumps({**described, "name": name, "trained_on": ["FER2013"]})
    (encoders / f"{name}.json").write_text(text)

# %%
# Frozen numbers, a small model
# -----------------------------
# One of the two was trained to tell people apart, the other to tell expressions apart. Their numbers are
# averaged over a clip, and the same linear SVM learns from each. Speakers are kept apart.


def out_of_fold(table):
    predicted = table.labels.copy()
    for fold in affuse.leave_one_speaker_out(table.speakers):
        train, test = table.take(list(fold.train)), table.take(list(fold.test))
        system = affuse.Unimodal(affuse.model("svm_linear"), "video").fit(train)
        predicted[list(fold.test)] = system.predict(test)
    return predicted


rows = []
for name in graphs:
    for pooling in ("mean", "statistics"):
        encoder = affuse.extractor(f"onnx:encoders/{name}.onnx", pooling=pooling)
        table = affuse.extract(index, video=encoder)
        found = affuse.uar(table.labels, out_of_fold(table))
        numbers = table.arrays["video"].shape[1]
        rows.append({"encoder": name, "over time": pooling, "numbers": numbers, "UAR": found})
pd.DataFrame(rows).round(2)

# %%
# What an encoder was trained for decides what is left in its numbers: one that tells people apart was
# taught to pass over what their faces do. With ``statistics`` the deviation over time stands beside the
# mean. Frames are stored, so that the second pooling cost nothing.
#
# Has it met these people?
# ------------------------
# An encoder that was trained on the clips it is tested on gives figures that nobody can trust. affuse
# knows that of many checkpoints, and of others from what their JSON says. If these faces had been among
# those of the expressions' network, a run would mark the row as leaky.

text = json.dumps({**described, "name": "expressions", "trained_on": [index[0].corpus]})
(encoders / "expressions.json").write_text(text)
config = affuse.load_config(
    "quick",
    overrides={
        "data.path": folder,
        "data.speakers": [str(number) for number in range(1, 7)],
        "data.emotions": EMOTIONS,
        "features.audio": "none",
        "features.video": "onnx:encoders/expressions.onnx",
        "models": [{"name": "svm_linear"}],
        "folds.scheme": "leave-one-speaker-out",
        "bundle.enabled": False,
        "jobs": 1,
    },
)
affuse.run(config).results[["system", "uar", "leaky", "leak"]]

# %%
# In a terminal, with a checkpoint of speech from a folder or by its name::
#
#     affuse run clips --features audio=hf:microsoft/wavlm-base-plus \
#         --set features.settings.hf.revision=refs/pr/1 --features video=none
#
# :doc:`/encoders` has all settings, and what such an encoder costs.
shutil.rmtree(encoders)
