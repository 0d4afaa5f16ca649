"""Video: the only package that decodes users' files, under limits, since they may be made to harm.

In: the path of a video, an animation or a photo; or a camera's address. Out: evenly spread RGB frames, and sound.
Whatever can't be used, or breaks a limit, is a VideoReadError that names the reason.

    clip = load("party.mp4", VideoConfig())       clip.images [T,H,W,3], clip.times [T], clip.cuts, clip.key

`load` (clips.py: open it first) asks `probe` what the file holds, decodes it (containers.py), keeps the pictures at
evenly spread times, writes these into a copy of our own (copies.py) and reads that. `parts.py` does the same for a long
video, part by part and without a copy, and for a few moments, `streams.py` for cameras, `sound.py` for sound.

    files.py                     only regular local files, size limits, kind by content
    containers.py                video files, read by PyAV; packets are counted before anything is decoded
    pictures.py                  photos and animations, read by Pillow; small JPEGs of pictures
    copies.py                    our own normalised H.264 copy: written by PyAV, read by decord or PyAV, deleted
    shots.py, dates.py, keys.py  hard cuts; when a file was recorded; content keys, hashed once a file

decord (FFmpeg of 2018, see docs/adr/0001-video-decoding.md) only ever sees our copy. PyAV, Pillow and decord are
imported when they are first needed.
"""

from pvchat.video.clips import Clip, load, probe
from pvchat.video.copies import CLIP_OPTIONS, Encoder, backend_in_use, save_clip
from pvchat.video.dates import Recorded, recorded
from pvchat.video.files import Probe
from pvchat.video.keys import ContentKeys, content_key
from pvchat.video.parts import ahead, part_at, pictures_at, read_parts
from pvchat.video.pictures import jpeg_of
from pvchat.video.streams import Address, Link, Picture, is_address, live_pictures, read_address

__all__ = [
    "CLIP_OPTIONS", "Address", "Clip", "ContentKeys", "Encoder", "Link", "Picture", "Probe", "Recorded",
    "ahead", "backend_in_use", "content_key", "is_address", "jpeg_of", "live_pictures", "load", "part_at",
    "pictures_at", "probe", "read_address", "read_parts", "recorded", "save_clip",
]  # fmt: skip
