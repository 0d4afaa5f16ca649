"""Pictures for an answer: frames of the clip with a box around a person, and faces that can be pointed at.

In: a clip of a session, its analysis, presences. Out: `EvidencePicture`s and links of faces, with JPEG files in the
session's folder. Analyses keep no frames, so the clip is decoded again after the first answer's text (of a long video
only the moments that are shown); the frames are kept for further questions. Also makes a copy of a clip that a browser
can't play (avi, mkv, HEVC …): a short mp4 of the sampled frames.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from pvchat import video
from pvchat.config import VideoConfig
from pvchat.identity.corrections import shows_somebody
from pvchat.schemas import ClipAnalysis, FloatArray, PersonPresence, Track
from pvchat.storage.stores import is_sealed
from pvchat.video import Probe
from pvchat_app.conversation import EvidencePicture, SessionClip, Turn
from pvchat_app.sessions import Session
from pvchat_app.wording import exact_time, percent

SIZE = (288, 216)  # pixels of a picture
CONTEXT = 2.6  # a picture is this many times as tall as the box on it, where the frame has so much
PICTURES_EACH = 3  # pictures a person
MAX_PICTURES = 12  # pictures an answer
MAX_FACES = 12  # that can be pointed at for one person
COLOURS = {"present": (34, 160, 90), "unsure": (225, 150, 20)}
_MEDIA = {  # (FFmpeg's or Pillow's container, codecs that every current browser plays in it, media type)
    "mov": (("h264", "av1", "vp9"), "video/mp4"),  # FFmpeg's one name for mov and mp4
    "matroska": (("vp8", "vp9", "av1"), "video/webm"),  # and for mkv and webm
    "jpeg": (("jpeg",), "image/jpeg"),
    "png": (("png",), "image/png"),
    "gif": (("gif",), "image/gif"),
    "webp": (("webp",), "image/webp"),
}


def illustrate(session: Session, clip: SessionClip, turn: Turn, config: VideoConfig) -> None:
    """Add the pictures of the people whom a turn is about, unless it or its clip is gone."""
    if turn not in session.turns:
        return
    made = pictures(session, clip, turn.evidence_people, config)
    with session.lock:
        turn.pictures = made if turn.clip is clip else []


def pictures(
    session: Session, clip: SessionClip, found: Sequence[PersonPresence], config: VideoConfig
) -> list[EvidencePicture]:
    """Frames of an analysed clip that show the people of `found` who are present or may be."""
    analysis = clip.analysis
    shown = [p for p in found if p.track is not None and p.decision != "absent"]
    if analysis is None or not shown:
        return []
    each = 1 if clip.probe.kind == "photo" else max(1, min(PICTURES_EACH, MAX_PICTURES // len(shown)))
    chosen = [
        (person, row)
        for person in shown[:MAX_PICTURES]
        for row in best_sightings(analysis.tracks[person.track or 0], each, analysis.times, person.spans)
    ]
    numbers = [int(analysis.tracks[person.track or 0].frames[row]) for person, row in chosen]
    keep_frames(clip, analysis, numbers, config)
    rows = zip(chosen, numbers, strict=True)
    return [_picture(session, clip, *one, analysis) for one, number in rows if clip.frames[number].exists()]


def best_sightings(track: Track, count: int, times: FloatArray, spans: Sequence[tuple[float, float]] = ()) -> list[int]:
    """Indices into a track's sightings: the clearest of each of `count` equal parts, in order of time.

    `times`: [T] of the clip's samples, seconds; `spans`: only sightings within these, where there are any.
    """
    at = times[track.frames]
    inside = np.zeros(len(at), bool)
    for start, end in spans:
        inside |= (at >= start) & (at <= end)
    rows = np.flatnonzero(inside) if inside.any() else np.arange(len(track))
    parts = [part for part in np.array_split(rows, min(count, len(rows))) if len(part)]
    return [int(part[np.argmax(track.quality[part] + 0.1 * track.scores[part])]) for part in parts]


def keep_frames(clip: SessionClip, analysis: ClipAnalysis, wanted: Sequence[int], config: VideoConfig) -> None:
    """Fill `clip.frames` with JPEG files in the order of `ClipAnalysis.times`; of a long video only the wanted ones."""
    folder = clip.path.parent
    if len(clip.frames) != len(analysis.times):
        clip.frames = [folder / f"frame-{number:05d}.jpg" for number in range(len(analysis.times))]
    missing = sorted({number for number in wanted if not clip.frames[number].exists()})
    if not missing:
        return
    if analysis.scenes:
        by_time = {float(analysis.times[number]): number for number in missing}
        for time, image in video.pictures_at(clip.path, clip.probe, by_time, config):
            _save(Image.fromarray(image), clip.frames[by_time[time]], 85)
        return
    for path, image in zip(clip.frames, video.load(clip.path, config).images, strict=False):
        _save(Image.fromarray(image), path, 85)


def _save(image: Image.Image, path: Path, quality: int) -> None:
    """Write a JPEG in one step, since another question about the clip may look for it meanwhile."""
    draft = path.with_name(f"{secrets.token_hex(8)}.part")
    image.save(draft, "JPEG", quality=quality)
    draft.replace(path)


def faces_of(session: Session, turn: Turn) -> dict[str, dict[int, str]]:
    """Links of the faces that a reader can point at as "that is her", for each person a turn is about, by name.

    By the numbers of their tracks, from 1.

    Tracks of her kind: where she is known by her face, faces. The likest comes first, then those seen longest.
    """
    clip = turn.clip
    analysis = clip.analysis if clip is not None else None
    if clip is None or analysis is None or not clip.path.exists():  # deleted because somebody was forgotten
        return {}
    tracks = analysis.tracks
    shown = [n for n, track in enumerate(tracks) if track.thumbnail and shows_somebody(track)]
    offered = {}
    for person in turn.evidence_people:
        near = person.nearest
        likest = tracks[near] if near is not None and near < len(tracks) else None
        own = [n for n in shown if likest is not None and tracks[n].kind == likest.kind]
        own.sort(key=lambda n: (tracks[n] is not likest, -len(tracks[n].shown_in)))
        offered[person.name] = {n + 1: _face(session, clip, n + 1, tracks[n]) for n in own[:MAX_FACES]}
    return offered


def _face(session: Session, clip: SessionClip, number: int, track: Track) -> str:
    path = clip.path.parent / f"face-{number:03d}.jpg"
    if not path.exists():
        path.write_bytes(track.thumbnail)
    return session.link(path, "image/jpeg")


def playable(path: Path, probe: Probe, config: VideoConfig, folder: Path) -> tuple[Path, str]:
    """A file that a browser can play, and its media type: the clip itself, else a small copy of its sampled frames.

    The media type comes from the content, never from the file's name.
    """
    codecs, media = _MEDIA.get(probe.container, ((), ""))
    if probe.codec in codecs and not probe.rotation and not is_sealed(path):
        return path, media
    decoded = video.load(path, config)
    if probe.kind == "photo":
        copy = folder / "preview.jpg"
        Image.fromarray(decoded.images[0]).save(copy, "JPEG", quality=85)
        return copy, "image/jpeg"
    copy = folder / "preview.mp4"
    video.save_clip(copy, decoded.images, len(decoded.images) / max(decoded.duration_s, 0.01))
    return copy, "video/mp4"


def _picture(
    session: Session, clip: SessionClip, person: PersonPresence, sighting: int, analysis: ClipAnalysis
) -> EvidencePicture:
    track = analysis.tracks[person.track or 0]
    frame = int(track.frames[sighting])
    with Image.open(clip.frames[frame]) as file:
        image = file.convert("RGB")
    colour = COLOURS.get(person.decision, COLOURS["unsure"])
    box = [float(v) * side for v, side in zip(track.boxes[sighting], (*image.size, *image.size), strict=True)]
    wide, tall = image.width - 1, image.height - 1
    left, top = min(max(box[0], 0), wide), min(max(box[1], 0), tall)
    drawn = [left, top, max(left, min(box[2], wide)), max(top, min(box[3], tall))]  # inside, its corners in order
    ImageDraw.Draw(image).rectangle(drawn, outline=colour, width=max(2, round((box[3] - box[1]) / 40)))
    image = image.resize(SIZE, Image.Resampling.LANCZOS, box=surroundings(box, image.size))
    path = clip.path.parent / f"evidence-{len(session.turns)}-{person.track}-{frame}-{person.decision}.jpg"
    _save(image, path, 82)
    time = float(analysis.times[frame])
    doubt = "perhaps " if person.decision == "unsure" else ""
    words = f"{doubt}{person.name} at {exact_time(time)}, probability {percent(person.probability)}"
    url, sure = session.link(path, "image/jpeg"), person.decision == "present"
    return EvidencePicture(url, path, person.name, time, words, sure)


def surroundings(box: Sequence[float], size: tuple[int, int]) -> tuple[float, float, float, float]:
    """The part of a frame that a picture shows, in pixels: a box and its surroundings, in the picture's aspect."""
    aspect = SIZE[0] / SIZE[1]
    tall = max(CONTEXT * (box[3] - box[1]), CONTEXT * (box[2] - box[0]) / aspect)
    tall = min(tall, size[1], size[0] / aspect)
    wide = tall * aspect
    left = min(max((box[0] + box[2] - wide) / 2, 0), size[0] - wide)
    top = min(max((box[1] + box[3] - tall) / 2, 0), size[1] - tall)
    return left, top, left + wide, top + tall
