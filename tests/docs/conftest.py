"""The fixtures of `small_extractors`."""

from small_extractors import *  # noqa: F403
