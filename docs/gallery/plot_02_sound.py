"""
2. Sound, step by step
======================

A waveform has tens of thousands of numbers, and where each of them stands depends on the
millisecond at which somebody began to speak. Mel-frequency cepstral coefficients (MFCC) keep what
matters of a voice: how its power is spread over frequencies, and how that changes.
"""

import os

import matplotlib.pyplot as plt
import numpy as np

import affuse

folder = os.environ.get("AFFUSE_LECTURE_DATA", "clips")
if folder == "clips":
    emotions = ["calm", "happy", "sad", "angry"]
    affuse.synthesise(folder, speakers=6, emotions=emotions, takes=2, difficulty=0.5)
clip = affuse.read(folder).filter(emotions=["angry"])[0]
sound = affuse.read_audio(clip.audio, sample_rate=8000, duration_s=4)
steps = affuse.mfcc_steps(sound.signal, sound.sample_rate, n_mfcc=13, preset="lecture")

# %%
# Pre-emphasis
# ------------
# High frequencies carry less power; each sample loses 97 % of the one before it, which raises them.

figure, axes = plt.subplots(2, 1, figsize=(8, 3.2), sharex=True, layout="constrained")
affuse.plot.waveform(sound, axes=axes[0]).set(title="as recorded", xlabel="")
affuse.plot.waveform(affuse.Sound(steps.emphasised, 8000), axes=axes[1]).set(title="emphasised")

# %%
# Frames and window
# -----------------
# Within 25 ms a voice hardly changes. Such frames are taken every 10 ms, so that they overlap, and
# faded out at both ends: a hard edge would look like a click of all frequencies.

middle = int(np.argmax(np.square(steps.frames).sum(axis=1)))
figure, axes = plt.subplots(figsize=(8, 2.4), layout="constrained")
axes.plot(steps.frames[middle], label="frame", alpha=0.5)
axes.plot(steps.windowed[middle], label="times the window")
axes.set(xlabel="sample", title=f"{len(steps.frames)} frames of {steps.frames.shape[1]} samples")
axes.legend()

# %%
# Fourier transform and mel bands
# -------------------------------
# The power of each frequency, then its sum in 40 bands that are narrow where hearing is fine and
# wide where it is not.

figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
left.semilogy(steps.frequencies_hz, steps.power[:, middle])
left.set(xlabel="Hz", title="power of that frame")
right.plot(steps.frequencies_hz, steps.bands[::4].T)
right.set(xlabel="Hz", title="every fourth of the mel bands")

# %%
# Logarithm and cosine transform
# ------------------------------
# Loudness is heard by ratios, hence the logarithm. Neighbouring bands rise and fall together; the
# discrete cosine transform sorts that: the first coefficients say the coarse shape of a spectrum,
# which is the shape of the mouth, and the fine ones, the pitch, are left out.

figure, axes = plt.subplots(3, 1, figsize=(8, 6), sharex=True, layout="constrained")
pictures = {
    "power in dB": 10 * np.log10(np.maximum(steps.power, 1e-10)),
    "log power of 40 mel bands": steps.log_mel,
    "13 MFCCs": steps.mfcc[1:],
}
for panel, (title, picture) in zip(axes, pictures.items(), strict=True):
    panel.imshow(picture, origin="lower", aspect="auto", cmap="magma")
    panel.set_title(title)
axes[-1].set_xlabel("frame")

# %%
# The numbers of the lecture
# --------------------------
# The lecture took the defaults of librosa and 40 coefficients: four seconds give 40 x 63, which is
# 2,520 numbers a clip. The extractor adds silence to a clip that is shorter.

extractor = affuse.extractor("mfcc")
coefficients = extractor.extract(sound)
print(extractor.label, coefficients.shape, coefficients.size)
