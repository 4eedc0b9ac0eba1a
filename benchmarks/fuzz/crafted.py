"""Files made to hurt: few bytes that claim much time, many pixels, odd rates, or other files."""

from __future__ import annotations

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import numpy as np
from benchmarks.fuzz.seeds import FPS, HEIGHT, WIDTH, Format, write_clip

_RATES_HZ = (0, 1, 7, 999, 3_999, 192_001, 2**31 - 1, 2**32 - 1)
_ASPECTS = (Fraction(2**30, 1), Fraction(1, 2**30), Fraction(1000, 1), Fraction(1, 1000))
_SIDES = ((60_000, 1), (1, 60_000), (16_384, 1_024), (6_000, 6_000), (2**31 - 1, 2**31 - 1))
_FAR_S = (1e3, 1e5, 1e8)
_MKV = Format("mkv", "libx264", "libopus")

_LISTS = {
    "list.m3u8": b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n",
    "list.ffconcat": b"ffconcat version 1.0\nfile /etc/hostname\n",
    "list.mp4": b"#EXTM3U\n#EXTINF:9,\nmp4.mp4\n",
    "call.sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    "nothing.wav": b"",
    "one_byte.mp4": b"\x00",
    "zeros.mp4": bytes(4096),
    "words.wav": b"this is a letter, and no recording at all\n" * 50,
    "deep.json": b'{"a":' * 100_000,
    "deep.bundle": b"[" * 100_000,
    "nul.csv": b"path,emotion,speaker\n\x00\x00,happy,anna\n",
    "wide.csv": b"clip," + b",".join(b"f%d" % n for n in range(3_000)) + b"\nmp4\n",
    "quote.csv": b'path,emotion,speaker\n"mp4.mp4,happy,anna\n',
}


def make_crafted(folder: Path) -> list[Path]:
    """Write all of them."""
    for name, content in _LISTS.items():
        (folder / name).write_bytes(content)
    for rate in _RATES_HZ:
        (folder / f"rate_{rate}.wav").write_bytes(_wav(rate, n_channels=1))
    for n_channels in (0, 64, 65_535):
        (folder / f"channels_{n_channels}.wav").write_bytes(_wav(16_000, n_channels))
    (folder / "nan.wav").write_bytes(_float_wav(np.nan))
    (folder / "inf.wav").write_bytes(_float_wav(np.inf))
    for width, height in _SIDES:
        (folder / f"size_{width}x{height}.png").write_bytes(_png(width, height))
    _write_clips(folder)
    return sorted(folder.iterdir())


def _write_clips(folder: Path) -> None:
    pictures = [np.full((HEIGHT, WIDTH, 3), 90 + 20 * number, np.uint8) for number in range(4)]
    second = np.float32(0.3) * np.sin(np.arange(48_000) / 20).astype(np.float32)
    for number, aspect in enumerate(_ASPECTS):
        write_clip(folder / f"aspect_{number}.mp4", _MP4, pictures, second, aspect=aspect)
    for far_s in _FAR_S:
        stamps_s = (0.0, 1 / FPS, far_s, far_s + 1 / FPS)
        write_clip(folder / f"picture_{far_s:.0e}.mkv", _MKV, pictures, second, stamps_s)
        late = folder / f"sound_{far_s:.0e}.mkv"
        write_clip(late, _MKV, pictures, second, sound_from_s=far_s)


_MP4 = Format("mp4", "libx264", "aac")


def _wav(sample_rate: int, n_channels: int) -> bytes:
    """180 kB of 16-bit sound whose header says what it likes."""
    samples = (3000 * np.sin(np.arange(90_000) / 8)).astype("<i2").tobytes()
    return _riff(1, sample_rate, n_channels, 16, samples)


def _float_wav(value: float) -> bytes:
    samples = (0.3 * np.sin(np.arange(24_000) / 8)).astype("<f4")
    samples[100:105] = value
    return _riff(3, 16_000, 1, 32, samples.tobytes())


def _riff(kind: int, sample_rate: int, n_channels: int, n_bits: int, samples: bytes) -> bytes:
    block = n_channels * n_bits // 8 % 2**16
    bytes_per_s = sample_rate * block % 2**32
    form = struct.pack("<HHIIHH", kind, n_channels, sample_rate, bytes_per_s, block, n_bits)
    chunks = b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(samples)) + samples
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def _png(width: int, height: int) -> bytes:
    """A grey picture of any claimed size; its pixels are there up to 40 million of them."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = min(height, 40_000_000 // (width + 1))
    pixels = zlib.compress(bytes((width + 1) * rows), 9) if rows else b""
    parts = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
