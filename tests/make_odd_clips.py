"""Clips that are odd rather than bad, or bad in rare ways: made on the spot, as those of make_clips.py."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
from make_clips import COUNT, FPS, HEIGHT, WIDTH, encode, grey_frames, matroska, mov


def trimmed(path: Path) -> Path:
    """An MP4 of two seconds of which an edit list shows the second one, as phones trim."""
    stamps = [index / FPS - 1.0 for index in range(COUNT)]
    return encode(path, grey_frames(), stamps=stamps, options={"bf": "0"}, container="mp4")


def unknown_codec(path: Path) -> Path:
    """A Matroska in a codec that no FFmpeg knows."""
    matroska(path)
    path.write_bytes(path.read_bytes().replace(b"V_MPEG4/ISO/AVC", b"V_MPEG9/ISO/AVC"))
    return path


def beyond_any_end(path: Path) -> Path:
    """A fragmented MP4 whose first fragment claims that its samples lie farther away than files are long."""
    options = {"movflags": "frag_keyframe+empty_moov"}
    encode(path, grey_frames(), container="mp4", container_options=options, options={"g": "12"})
    data = bytearray(path.read_bytes())
    at = data.index(b"tfhd") + 12  # ISO/IEC 14496-12 §8.8.7: flags and track, then where the data begins
    data[at : at + 8] = struct.pack(">q", 1 << 62)
    path.write_bytes(data)
    return path


def first_picture_only(path: Path) -> Path:
    """A MOV of which only the first picture was left whole."""
    mov(path)
    data = path.read_bytes()
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    for packet in packets[1:]:
        data = data.replace(packet, bytes(len(packet)))
    path.write_bytes(data)
    return path


def left_out(path: Path) -> Path:
    """An AVI of two seconds of whose frames every third was left out, as recorders do that can't keep up."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", FPS, options={"q": "3", "b": "2000000"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index, image in enumerate(grey_frames()):
            frame = av.VideoFrame.from_ndarray(image, "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            if index % 3 != 1:
                out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
