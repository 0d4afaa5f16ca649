"""A library whose timelines are written down, to ask it without any footage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from make_analysis import make_analysis
from make_studio import open_chat, open_studio
from make_written import written

from pvchat import PVChat
from pvchat.chat.timeline import Timeline
from pvchat.library import Library, recognise, records
from pvchat.schemas import Sound
from pvchat.video import Recorded

Videos = Sequence[tuple[str, str, Timeline | dict[str, Any]]]


@contextmanager
def made_library(folder: Path, videos: Videos) -> Iterator[Library]:
    """`stored` with Ana and Ben enrolled, in a home of its own below the folder, as long as the context lasts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PVCHAT_HOME", str(folder / "home"))
        yield stored(open_chat(open_studio(folder, patch)), folder, videos)


def stored(chat: PVChat, folder: Path, videos: Videos) -> Library:
    """A library with clips: their places, the times at which they begin, and their timelines (also as JSON)."""
    library = chat.library
    (folder / "videos").mkdir()
    library.add([folder / "videos"])
    library.follow()
    with library._open() as tables:
        who = {one.name: recognise._numbers(tables)[one.version] for one in chat.people.snapshot().people}
        for number, (place, recorded, told) in enumerate(videos, 1):
            timeline = told if isinstance(told, Timeline) else written(told)
            source = tables.execute("INSERT OR IGNORE INTO sources(path, place) VALUES (?, ?)", (f"/{place}", place))
            source = tables.execute("SELECT id FROM sources WHERE path = ?", (f"/{place}",)).fetchone()[0]
            sound = Sound(timeline.sound) if timeline.sound else None
            analysis = replace(make_analysis(), key=str(number), duration_s=timeline.end_s, sound=sound)
            dated = Recorded(datetime.fromisoformat(recorded), "name" if "T" in recorded else "day")
            clip = records.write_clip(tables, analysis, dated)
            whole = records.packed(
                {"span": timeline.whole, "looked_for": [], "still": False, "at_least": False, "sound": timeline.sound}
            )
            tables.execute("UPDATE clips SET timeline = ?, stale = 0 WHERE id = ?", (whole, clip))
            tables.execute("INSERT INTO files VALUES (?, ?, 1, 1, ?, '')", (f"/{place}/{number}.mp4", source, clip))
            for one in timeline.entities:
                if one.decision != "absent":
                    row = recognise._appearance(one, clip, who, (), ())
                    tables.execute("INSERT INTO appearances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
            facts = [(clip, i, *recognise._fact(one, who)) for i, one in enumerate(timeline.rows)]
            tables.executemany(f"INSERT INTO facts VALUES ({', '.join('?' * 12)})", facts)
    return library
