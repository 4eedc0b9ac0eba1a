"""
10. Your own recordings
=======================

affuse comes with two networks, for voices and for faces, so that it can say something of any
recording right after installation. They are for research: see :doc:`their card </model-card>` for what they
were trained on and whom they fail.
"""

import os
from pathlib import Path

import pandas as pd

import affuse

folder = os.environ.get("AFFUSE_LECTURE_DATA", "clips")
if folder == "clips":
    emotions = ["calm", "happy", "sad", "angry"]
    affuse.synthesise(folder, speakers=6, emotions=emotions, takes=2, difficulty=0.5)
clip = affuse.read(folder).filter(emotions=["happy"])[0]

# %%
# One recording
# -------------
# Anything with sound or picture that FFmpeg opens. What comes back names an emotion, or says why it
# names none. The networks learned from real people: what they say of a drawn one need not be right.

recogniser = affuse.load()
prediction = recogniser.predict(clip.video, window_s=1.5, hop_s=0.5)
print("emotion:   ", prediction.emotion or f"none: {prediction.abstained}")
print("confidence:", f"{prediction.confidence:.0%}")
pd.DataFrame(prediction.probabilities).round(2)

# %%
# Over time
# ---------
# A recording is looked at in windows; the strip along the bottom has the colour of the emotion that
# was named in each.

affuse.plot.recording(affuse.read_audio(clip.audio), prediction)

# %%
# A face, a voice
# ---------------
# The networks can be asked by themselves: pictures of faces that were cut out already, or a signal.

sound = affuse.read_audio(clip.audio)
voice = recogniser.voices(sound.signal, sound.sample_rate)
pd.Series(voice, index=recogniser.classes[: len(voice)], name="voice").round(2).to_frame().T

# %%
# Clips of your own
# -----------------
# With labels, affuse trains and evaluates on them. A table names the files, what they show, and who
# speaks; any other column is kept, and can group the figures.

paths = sorted(Path(folder).resolve().rglob("*.mp4"))[:4]
lines = ["path,emotion,speaker,room"]
lines += [
    f"{path},{'calm' if place < 2 else 'happy'},anna,kitchen" for place, path in enumerate(paths)
]
Path("mine.csv").write_text("\n".join(lines))
mine = affuse.read_table("mine.csv")
print(mine, mine[0].attributes)
Path("mine.csv").unlink()

# %%
# From here it is the same as on the pages before, or one line in a terminal::
#
#     affuse run mine.csv
#
# whose run folder holds a bundle that recognises with what it has learned::
#
#     affuse predict holiday.mp4 --bundle runs/.../bundle
#
# Whom you record, and whether they agreed, is yours to answer for: that a system can say something of
# a face does not mean that it may.
