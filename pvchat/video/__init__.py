"""Video: a file in, evenly spread RGB frames out. Nothing outside this package decodes pictures of users' files.

    files.py       only regular local files, size limits, kind by content
    keys.py        content keys, hashed once a file
    containers.py  hostile video containers, read by PyAV under limits; packets.py counts before anything is decoded
    pictures.py    hostile photos and animations, read by Pillow under limits
    copies.py      our own normalised H.264 copy: written by PyAV, read by decord or PyAV, deleted
    shots.py       hard cuts, found in every decoded picture
    clips.py       probe → sample → copy → `Clip`
    parts.py       a long video → `Part`s, a few dozen pictures at a time
    moments.py     pictures of a video at a few moments
    sound.py       its sound, as one channel
    dates.py       when a file was recorded
    streams.py     cameras, and recordings in the making
    ahead.py       the next part is read while the last is looked at

Inputs are hostile until normalised; decord (FFmpeg of 2018, see docs/adr/0001-video-decoding.md) only ever sees our
copy. PyAV, Pillow and decord are imported when they are first needed.
"""

from pvchat.video.ahead import ahead
from pvchat.video.clips import Clip, load, probe
from pvchat.video.copies import CLIP_OPTIONS, Encoder, backend_in_use, save_clip
from pvchat.video.dates import Recorded, recorded
from pvchat.video.files import Probe
from pvchat.video.keys import ContentKeys, content_key
from pvchat.video.moments import pictures_at
from pvchat.video.parts import Part, part_at, read_parts
from pvchat.video.streams import Address, Link, Picture, is_address, live_pictures, read_address

__all__ = [
    "CLIP_OPTIONS", "Address", "Clip", "ContentKeys", "Encoder", "Link", "Part", "Picture", "Probe", "Recorded",
    "ahead", "backend_in_use", "content_key", "is_address", "live_pictures", "load", "part_at", "pictures_at", "probe",
    "read_address", "read_parts", "recorded", "save_clip",
]  # fmt: skip
