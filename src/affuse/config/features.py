"""Settings of how much of a clip is read, and of what is computed of it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from affuse.config.fields import List, Positive, Settings, Source

VGG_CONVOLUTIONS = 13


class MediaConfig(Settings):
    """How much of a clip is read, and at what size."""

    duration_s: float = Field(4.0, gt=0, description="Seconds of a clip that are read.")
    height: int = Field(128, ge=32, description="Pixels; the width follows the picture.")
    fps: float = Field(30.0, gt=0, description="Frames per second.")


class MfccConfig(Settings):
    """Mel-frequency cepstral coefficients."""

    preset: Literal["librosa", "lecture"] = Field(
        "librosa", description="Whose numbers: those of librosa, or of the lecture."
    )
    n_mfcc: int = Field(40, ge=1, le=128, description="Coefficients.")
    sample_rate: int = Field(8000, ge=1000, description="Hz that sound is brought to.")


class VoiceStatisticsConfig(Settings):
    """Statistics of the whole utterance."""

    limit_s: float = Field(30.0, gt=0, description="Seconds after which a longer clip is cut.")


class VoiceNetworkConfig(Settings):
    """The voice network, trained anew in every fold."""

    n_folds: int = Field(3, ge=2, description="Folds of speakers within the training clips.")
    epochs: int = Field(40, ge=1, description="Epochs over the training clips.")


class VggFaceConfig(Settings):
    """The VGG16 trunk."""

    weights: str = Field(
        "untrained",
        description="vgg-face (downloaded), untrained (He weights), or path of a Keras file.",
    )
    preprocessing: Literal["vgg-face", "imagenet"] = Field(
        "vgg-face", description="The weights whose channel means are subtracted."
    )
    frame_step: int = Field(1, ge=1, description="Every n-th frame is used.")
    crop: Literal["none", "centre", "face"] = Field(
        "none",
        description="What it sees: the whole frame, the square in its centre, the largest face.",
    )
    precision: Literal["fp32", "int8"] = Field(
        "fp32", description="Of its arithmetic; int8 is about three times as quick."
    )
    ranges: List[Positive] = Field(
        (),
        description="For int8: largest activation of each of 13 convolutions; none: measured on "
        "the clips.",
    )
    device: Literal["cpu", "cuda"] = Field("cpu", description="What computes it.")
    seed: int = Field(0, ge=0, description="Of untrained weights.")

    @field_validator("ranges")
    @classmethod
    def _one_for_each_convolution(cls, ranges: tuple[float, ...]) -> tuple[float, ...]:
        if len(ranges) not in (0, VGG_CONVOLUTIONS):
            raise ValueError(f"expected {VGG_CONVOLUTIONS} numbers, or none to measure them")
        return ranges


class FeatureLayerConfig(Settings):
    """The lecture's learned feature layer on top of the frozen trunk."""

    n_features: int = Field(21, ge=1, description="Neurons.")
    epochs: int = Field(20, ge=1, description="Epochs over the training frames.")
    batch_size: int = Field(128, ge=2, description="Frames in a step.")
    learning_rate: float = Field(1e-4, gt=0, description="Of Adam.")


class FeaturesConfig(Settings):
    """One extractor (or CSV file) per modality, and the settings of each extractor."""

    audio: Source = Field("mfcc", description="Extractor of the sound, or a CSV; none: without.")
    video: Source = Field(
        "vgg_face", description="Extractor of the picture, or a CSV; none: without."
    )
    mfcc: MfccConfig = MfccConfig()
    voice_statistics: VoiceStatisticsConfig = VoiceStatisticsConfig()
    voice_network: VoiceNetworkConfig = VoiceNetworkConfig()
    vgg_face: VggFaceConfig = VggFaceConfig()
    layer: FeatureLayerConfig = FeatureLayerConfig()
    normalise: Literal["none", "corpus"] = Field(
        "none",
        description="corpus: features of each corpus to mean 0 and deviation 1, by its own clips "
        "and without labels; scaling is otherwise fitted on training clips.",
    )
    settings: dict[str, dict[str, Any]] = Field(
        {}, description="Settings of extractors that bring their own, a table for each."
    )
