"""Times of the calendar: in words of a question (`chat/reader/dates.py`), and of a file (`video/dates.py`)."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from pvchat.chat.reader.dates import beyond, dated, held_on
from pvchat.config import VideoConfig
from pvchat.errors import SettingsError
from pvchat.video import load, recorded

NOW = datetime(2026, 11, 29, 10, 30)  # a Sunday
WORDS = {
    "on Tuesday": ("2026-11-24T00:00", "2026-11-25T00:00"), "last Sunday": ("2026-11-22T00:00", "2026-11-23T00:00"),
    "on Sunday": ("2026-11-29T00:00", "2026-11-30T00:00"),
    "yesterday evening": ("2026-11-28T18:00", "2026-11-29T00:00"),
    "this morning": ("2026-11-29T04:00", "2026-11-29T12:00"),
    "last night": ("2026-11-28T18:00", "2026-11-29T06:00"),  # and yesterday evening
    "on 31/10": ("2026-10-31T00:00", "2026-11-01T00:00"), "on 2.11.": ("2026-11-02T00:00", "2026-11-03T00:00"),
    "on 10/31": ("2026-10-31T00:00", "2026-11-01T00:00"),
    "on Monday, 2/11": ("2026-11-02T00:00", "2026-11-03T00:00"),
    "on Friday evening last week": ("2026-11-20T18:00", "2026-11-21T00:00"),
    "on Tuesday morning": ("2026-11-24T04:00", "2026-11-24T12:00"),
    "in the morning of 3 May": ("2026-05-03T04:00", "2026-05-03T12:00"),
    "this week": ("2026-11-23T00:00", "2026-11-30T00:00"), "last week": ("2026-11-16T00:00", "2026-11-23T00:00"),
    "last weekend": ("2026-11-21T00:00", "2026-11-23T00:00"), "last month": ("2026-10-01T00:00", "2026-11-01T00:00"),
    "in May": ("2026-05-01T00:00", "2026-06-01T00:00"), "in December": ("2025-12-01T00:00", "2026-01-01T00:00"),
    "in May 2024": ("2024-05-01T00:00", "2024-06-01T00:00"), "at Christmas": ("2025-12-24T00:00", "2025-12-27T00:00"),
    "at Christmas 2024": ("2024-12-24T00:00", "2024-12-27T00:00"),
    "on Christmas morning": ("2025-12-25T04:00", "2025-12-25T12:00"),
    "on New Year's Eve": ("2025-12-31T00:00", "2026-01-01T00:00"),
    "in 2025": ("2025-01-01T00:00", "2026-01-01T00:00"),
    "on 3 May": ("2026-05-03T00:00", "2026-05-04T00:00"),
    "on December 24": ("2025-12-24T00:00", "2025-12-25T00:00"),
    "on May 3rd, 2024": ("2024-05-03T00:00", "2024-05-04T00:00"),
    "on Sunday, 22 November": ("2026-11-22T00:00", "2026-11-23T00:00"),
    "on 2026-02-28": ("2026-02-28T00:00", "2026-03-01T00:00"),
    "two days ago": ("2026-11-27T00:00", "2026-11-28T00:00"),
    "in the last three days": ("2026-11-26T10:30", "2026-11-29T10:30"),
    "between Monday and Wednesday": ("2026-11-23T00:00", "2026-11-26T00:00"),
    "between Monday and Wednesday this week": ("2026-11-23T00:00", "2026-11-26T00:00"),
    "between Monday and Wednesday last week": ("2026-11-16T00:00", "2026-11-19T00:00"),
    "on Tuesday of last week": ("2026-11-17T00:00", "2026-11-18T00:00"),
    "since May": ("2026-05-01T00:00", None), "after Tuesday": ("2026-11-25T00:00", None),
    "before 2026-05-03": (None, "2026-05-03T00:00"), "by Friday": (None, "2026-11-28T00:00"),
    "this weekend": ("2026-11-28T00:00", "2026-11-30T00:00"),
    "between 9 and 11 on Tuesday": ("2026-11-24T09:00", "2026-11-24T11:00"),
    "between 2 and 4 pm yesterday": ("2026-11-28T14:00", "2026-11-28T16:00"),
    "from 9:30 to noon on 3 May": ("2026-05-03T09:30", "2026-05-03T12:00"),
    "after 5pm yesterday": ("2026-11-28T17:00", "2026-11-29T00:00"),
    "at the beginning of November": ("2026-11-01T00:00", "2026-11-11T00:00"),
    "at about 5 pm on Monday": ("2026-11-23T16:30", "2026-11-23T18:00"),
    "at the end of last week": ("2026-11-21T00:00", "2026-11-23T00:00"),
    "at 8:20 on Friday": ("2026-11-27T08:10", "2026-11-27T08:30"),
    "at 10 today": ("2026-11-29T10:00", "2026-11-29T11:00"),
    "around 8 yesterday": ("2026-11-28T07:30", "2026-11-28T09:00"),
    "after 8 on Friday": ("2026-11-27T08:00", "2026-11-28T00:00"),
    "two Fridays ago": ("2026-11-20T00:00", "2026-11-21T00:00"),
    "on the weekend of the 14th": ("2026-11-14T00:00", "2026-11-16T00:00"),
    "after 8 on Friday evening": ("2026-11-27T20:00", "2026-11-28T00:00"),
    "at 8 o'clock on Monday evening": ("2026-11-23T20:00", "2026-11-23T21:00"),
    "before 10 on Monday morning": ("2026-11-23T04:00", "2026-11-23T10:00"),
    "after 11 last night": ("2026-11-28T23:00", "2026-11-29T06:00"),
    "at 2 last night": ("2026-11-29T02:00", "2026-11-29T03:00"),
    "at night on Friday": ("2026-11-27T20:00", "2026-11-28T06:00"),
    "during the day yesterday": ("2026-11-28T06:00", "2026-11-28T20:00"),
    "in early May": ("2026-05-01T00:00", "2026-05-11T00:00"),
    "since the beginning of the month": ("2026-11-01T00:00", None),
    "last evening": ("2026-11-28T18:00", "2026-11-29T00:00"),
    "after 5pm and before 9pm on Monday": ("2026-11-23T17:00", "2026-11-23T21:00"),
    "last summer": ("2026-06-01T00:00", "2026-09-01T00:00"),
    "in winter 2024": ("2024-12-01T00:00", "2025-03-01T00:00"),
    "of 2025": ("2025-01-01T00:00", "2026-01-01T00:00"),
    "two years ago": ("2024-01-01T00:00", "2025-01-01T00:00"),
    "three weeks ago": ("2026-11-02T00:00", "2026-11-09T00:00"),
    "the week before last": ("2026-11-09T00:00", "2026-11-16T00:00"),
    "the night before last": ("2026-11-27T20:00", "2026-11-28T06:00"),
    "two weeks ago on Monday": ("2026-11-09T00:00", "2026-11-10T00:00"),
    "in the past few days": ("2026-11-24T10:30", "2026-11-29T10:30"),
}  # fmt: skip
NONE = (
    "last", "this time", "with Ben", "in the sun", "with Frieda", "after 3 of them left", "after 8 people",
    "at 1:03:20", "between 10 and 20 seconds", "on 31 February", "on 31/2", "on 40/50", "with 1.80. in all",
    "with 1/2 of a cake", "in the second half",
)  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_words_for_a_time(words: str) -> None:
    rest, (dates,) = dated(f"Was Ana seen {words}?", NOW)
    assert rest == "Was Ana seen?"
    assert tuple(at and at.isoformat(timespec="minutes") for at in (dates.since, dates.until)) == WORDS[words]
    assert dates.said == words
    assert dated(f"{words[0].upper()}{words[1:]}, was Ana seen?", NOW)[0] == "was Ana seen?"


@pytest.mark.parametrize(
    ("words", "as_if"),
    [
        ("on wed", "on Wednesday"), ("thurs", "on Thursday"), ("last fri", "last Friday"), ("on sun", "on Sunday"),
        ("on wensday", "on Wednesday"), ("Yesturday", "yesterday"), ("this wk", "this week"),
        ("last nite", "last night"), ("friday", "on Friday"), ("the 16th", "on the 16th"),
        ("in novemebr", "in November"),
        ("17-20 November", "from 17 November to 20 November"),
        ("between 17 and 20 November", "between 17 November and 20 November"),
        ("from the 17th to 20 november 2025", "from 17 november 2025 to 20 November 2025"),
    ],
)  # fmt: skip
def test_short_words_for_a_time(words: str, as_if: str) -> None:
    rest, dates = dated(f"Was Ana seen {words}?", NOW)
    assert (rest, dates) == dated(f"Was Ana seen {as_if}?", NOW)
    assert rest == "Was Ana seen?"


def test_two_days_of_one_month() -> None:
    rest, dates = dated("Was Ana seen on 17 and 20 November?", NOW)
    assert (rest, [one.said for one in dates]) == ("Was Ana seen?", ["on 17 November", "on 20 November"])


@pytest.mark.parametrize(
    ("words", "weekdays", "each", "said"),
    [
        ("on Mondays", (0,), "", "on Mondays"), ("every Monday", (0,), "day", "on Mondays"),
        ("each week", (), "week", ""), ("daily", (), "day", ""), ("on weekends", (5, 6), "", "on weekends"),
        ("every single evening", (), "day", "in the evenings"), ("every night", (), "night", "at night"),
        ("every weekend", (5, 6), "week", "on weekends"), ("on Monday mornings", (0,), "", "on Monday mornings"),
        ("on Mondays and Fridays", (0, 4), "", "on Mondays and Fridays"),
    ],
)  # fmt: skip
def test_days_that_come_again(words: str, weekdays: tuple[int, ...], each: str, said: str) -> None:
    rest, (dates,) = dated(f"Was Ana seen {words}?", NOW)
    assert rest == "Was Ana seen?"
    assert (dates.weekdays, dates.each, dates.said) == (weekdays, each, said)


def test_days_that_come_again_in_a_time() -> None:
    _, (dates,) = dated("Was Ana seen every morning this week?", NOW)
    assert (dates.each, dates.said) == ("day", "in the mornings this week")
    assert dates.hours is not None
    assert dates.since == datetime(2026, 11, 23)
    assert dated("Which mornings was Ana here?", NOW)[0] == "Which days was Ana here?"
    assert dated("How often a week is Ana here?", NOW)[1][0].each == "week"


def test_somebody_called_like_a_day() -> None:
    assert dated("Was Wed seen on Fri?", NOW, ["Wed", "Fri"]) == ("Was Wed seen on Fri?", ())


@pytest.mark.parametrize("words", NONE)
def test_words_for_no_time(words: str) -> None:
    text = f"Was Ana seen {words}?"
    assert dated(text, NOW) == (text, ())


def test_a_fall_is_no_autumn_where_somebody_falls() -> None:
    for deed in ("When did Ana last fall?", "When did anybody last fall?", "When was the last fall?",
                 "Who came after the fall?", "Was Ana's last fall seen?"):  # fmt: skip
        assert dated(deed, NOW, ["Ana"]) == (deed, ())
    assert dated("Did Ana come last fall?", NOW, ["Ana"])[1]


def test_somebody_called_may() -> None:
    assert dated("Was Ben seen since May?", NOW, ["May"]) == ("Was Ben seen since May?", ())
    assert dated("Was May seen on 3 May?", NOW, ["May"])[0] == "Was May seen?"
    assert dated("First appearance of Jan", NOW, ["Jan"]) == ("First appearance of Jan", ())


@pytest.mark.parametrize(
    ("words", "hours"),
    [
        ("between nine and eleven", ("09:00", "11:00")), ("before seven am", ("00:00", "07:00")),
        ("between 9 and 11", ("09:00", "11:00")), ("at night", ("20:00", "06:00")), ("after 5pm", ("17:00", "00:00")),
        ("in the mornings", ("04:00", "12:00")), ("before noon this week", ("00:00", "12:00")),
        ("from 10 o'clock to midnight in May", ("10:00", "00:00")), ("at 2 at night", ("02:00", "03:00")),
        ("after 11 at night", ("23:00", "06:00")), ("after midnight", ("00:00", "06:00")),
        ("at 12 at night", ("00:00", "01:00")), ("during the night", ("20:00", "06:00")),
        ("between 9 and 5", ("09:00", "17:00")), ("between 22 and 6", ("22:00", "06:00")),

        ("between 11 at night and 3 in the night", ("23:00", "03:00")), ("until 24", ("00:00", "00:00")),
        ("between 10 and 2 at night", ("22:00", "02:00")), ("between 2 and 4 pm", ("14:00", "16:00")),
        ("between 11 and 2 pm", ("11:00", "14:00")), ("between 9 and 5 pm", ("09:00", "17:00")),
        ("between 11 and 2 am", ("23:00", "02:00")), ("between 2 and 2:30 pm", ("14:00", "14:30")),
        ("after 5pm and before 9pm", ("17:00", "21:00")), ("after 5 but before 9 pm", ("17:00", "21:00")),
        ("in the evening after 8", ("20:00", "00:00")), ("at night after 2", ("02:00", "06:00")),
        ("at night before 2", ("20:00", "02:00")), ("in the morning, before 9", ("04:00", "09:00")),
        ("in the evening between 6 and 8", ("18:00", "20:00")), ("in the afternoon around 3", ("14:30", "16:00")),
    ],
)  # fmt: skip
def test_hours_of_each_day(words: str, hours: tuple[str, str]) -> None:
    rest, (dates,) = dated(f"Was Ana seen {words}?", NOW)
    assert rest == "Was Ana seen?"
    assert dates.hours is not None
    assert tuple(one.isoformat(timespec="minutes") for one in dates.hours) == hours


@pytest.mark.parametrize(
    ("words", "hours", "said"),
    [
        ("at quarter past two", ("14:05", "14:25"), "at 2:15 pm"),
        ("at a quarter to nine", ("08:35", "08:55"), "at 8:45"),
        ("at half past 11 at night", ("23:20", "23:40"), "at 11:30 at night"),
        ("after five", ("17:00", "00:00"), "after 5 pm"),
        ("at two in the morning", ("02:00", "03:00"), "at 2 in the morning"),
    ],
)
def test_times_as_a_clock_shows_them(words: str, hours: tuple[str, str], said: str) -> None:
    [one] = dated(f"Who was here {words}?", NOW)[1]
    assert one.hours is not None
    assert (tuple(f"{end:%H:%M}" for end in one.hours), one.said) == (hours, said)


def test_a_night_ends_on_the_next_day() -> None:
    _, (night,) = dated("Was Ana seen at night?", NOW)
    for at in (datetime(2026, 11, 28, 22), datetime(2026, 11, 29, 2)):
        assert night.on(at) == (datetime(2026, 11, 28, 20), datetime(2026, 11, 29, 6))


@pytest.mark.parametrize(
    ("words", "joints"),
    [
        ("today or yesterday", ["", "or"]), ("on Monday and on Friday", ["", "and"]),
        ("this week than last week", ["", "than"]), ("on Monday, Tuesday or Friday", ["", "and", "or"]),
        ("on both Monday and Friday", ["", "both"]), ("both in May and in June", ["", "both"]),
        ("on Monday but not on Friday", ["", "but not"]), ("on weekends but not on weekdays", ["", "but not"]),
        ("on Mondays or on weekends", ["", "or"]), ("in the morning or in the evening", ["", "or"]),
        ("between 9 and 11 on Monday or on Friday", ["", "or"]), ("yesterday at 9 or at 11", ["", "or"]),
    ],
)  # fmt: skip
def test_several_times(words: str, joints: list[str]) -> None:
    rest, dates = dated(f"Was Ana here {words}?", NOW)
    assert rest == "Was Ana here?"
    assert [one.joint for one in dates] == joints


@pytest.mark.parametrize(("words", "said"), [("last today", "today"), ("last on Monday", "on Monday")])
def test_last_is_no_part_of_a_day(words: str, said: str) -> None:
    rest, (dates,) = dated(f"Who was seen {words}?", NOW)
    assert (rest, dates.said) == ("Who was seen last?", said)


@pytest.mark.parametrize(
    ("words", "how", "unit", "ends"),
    [
        ("on Monday evening", "before", "day", ("2026-11-22T00:00", "2026-11-23T00:00")),
        ("in November", "before", "month", ("2026-10-01T00:00", "2026-11-01T00:00")),
        ("at Christmas", "before", "year", ("2024-12-24T00:00", "2024-12-27T00:00")),
        ("in November", "after", "", ("2026-12-01T00:00", None)),
        ("on Monday", "before", "night", ("2026-11-22T20:00", "2026-11-23T06:00")),
        ("on Monday", "after", "night", ("2026-11-23T20:00", "2026-11-24T06:00")),
        ("on Monday night", "after", "night", ("2026-11-24T20:00", "2026-11-25T06:00")),
        ("on Monday night", "after", "day", ("2026-11-24T00:00", "2026-11-25T00:00")),
        ("on Monday", "after", "week", ("2026-11-30T00:00", "2026-12-07T00:00")),
        ("on Monday", "before", "friday", ("2026-11-20T00:00", "2026-11-21T00:00")),
        ("on Monday", "later", "1 week", ("2026-11-30T00:00", "2026-12-01T00:00")),
        ("on Monday", "before", "3 day", ("2026-11-20T00:00", "2026-11-23T00:00")),
        ("in the last 24 hours", "before", "24 hour", ("2026-11-27T10:30", "2026-11-28T10:30")),
    ],
)
def test_the_time_next_to_a_time(words: str, how: str, unit: str, ends: tuple[str, str | None]) -> None:
    count = int(unit.split()[0]) if " " in unit else 0
    found = beyond(dated(f"Was Ana seen {words}?", NOW)[1], how, unit.split()[-1] if unit else "", count)
    assert found is not None
    assert tuple(at and at.isoformat(timespec="minutes") for at in (found.since, found.until)) == ends


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("between 8 and 9 on Monday", "on Tuesday", "between 8 and 9 on Tuesday"),
        ("on Tuesday", "in the evening", "in the evening on Tuesday"),
        ("this morning", "in the evening", "in the evening that day"),
        ("yesterday evening", "today", "today"), ("at night", "during the day", "during the day"),
    ],
)  # fmt: skip
def test_hours_or_a_day_hold_on(before: str, after: str, said: str) -> None:
    one, other = (dated(f"Was Ana seen {words}?", NOW)[1] for words in (after, before))
    assert [found.said for found in held_on(one, other)] == [said]


def test_what_has_no_end_has_no_time_next_to_it() -> None:
    assert beyond(dated("Was Ana seen at night?", NOW)[1], "before", "") is None
    assert beyond(dated("Was Ana seen after Monday?", NOW)[1], "after", "day") is None


def test_times_that_share_a_day_or_hours() -> None:
    for words in ("between 9 and 11 on Monday or on Friday", "on Monday or on Friday between 9 and 11"):
        _, both = dated(f"Was Ana here {words}?", NOW)
        assert [one.since for one in both] == [datetime(2026, 11, 23, 9), datetime(2026, 11, 27, 9)]
    _, both = dated("Was Ana here yesterday at 9 or at 11?", NOW)
    assert [one.since for one in both] == [datetime(2026, 11, 28, 9), datetime(2026, 11, 28, 11)]


def test_times_that_are_not_joined_are_refused() -> None:
    with pytest.raises(SettingsError, match="several times"):
        dated("Was Ana here today and was Ben here on Friday?", NOW)


@pytest.mark.parametrize("text", ["Who was here after 30?", "Who was here between 9 and 25?"])
def test_an_hour_that_no_day_has_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="such an hour"):
        dated(text, NOW)


@pytest.mark.parametrize(
    ("name", "at"),
    [
        ("VID_20260503_101500.mp4", "2026-05-03T10:15:00"), ("2026-05-03 10.15.00.mov", "2026-05-03T10:15:00"),
        ("Screen 2026-05-03 at noon.mp4", "2026-05-03T00:00:00"), ("20260503.mp4", "2026-05-03T00:00:00"),
        ("2026-05-03/kitchen.mp4", "2026-05-03T00:00:00"), ("Show 1x02 (03.05.2026).avi", "2026-05-03T00:00:00"),
        ("Show 2026 05 03.mkv", "2026-05-03T00:00:00"),
    ],
)  # fmt: skip
def test_a_name_tells_when_it_was_recorded(tmp_path: Path, name: str, at: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"")
    assert (recorded(path).at.isoformat(), recorded(path).by) == (at, "day" if at.endswith("T00:00:00") else "name")


def test_a_second_time_may_say_what_the_first_one_means() -> None:
    rest, (dates,) = dated("Was Ana here at night, say between 10 pm and 6 am?", NOW)
    assert (rest, dates.said) == ("Was Ana here?", "between 10 pm and 6 am")
    assert [one.said for one in dated("Was Ana here last week, I mean on Thursday?", NOW)[1]] == ["on Thursday"]


@pytest.mark.parametrize("name", ["clip-1234567890123.mp4", "movie 12345678.mp4", "2026-13-45.mp4"])
def test_other_numbers_are_no_dates(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    os.utime(path, (0, 1_790_000_000))
    assert (recorded(path).at, recorded(path).by) == (datetime.fromtimestamp(1_790_000_000), "file")


def test_a_container_tells_when_it_was_recorded(tmp_path: Path) -> None:
    path, made = tmp_path / "clip.mp4", "2026-05-03T10:15:00.000000Z"
    with av.open(str(path), "w") as out:
        out.metadata["creation_time"] = made
        stream = out.add_stream("mpeg4", rate=5)
        stream.width = stream.height = 256
        noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
        for _ in range(5):  # 180 kB, the index behind them, as cameras write
            out.mux(stream.encode(av.VideoFrame.from_ndarray(noise, "rgb24")))
        out.mux(stream.encode(None))
    local = datetime.fromisoformat(made).astimezone().replace(tzinfo=None)
    assert (recorded(path).at, recorded(path).by) == (local, "container")
    other = path.rename(tmp_path / "2026-01-01.mp4")  # whoever named it knows better
    assert recorded(other).at == datetime(2026, 1, 1)


def test_a_photo_tells_when_it_was_taken(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = "2026:05:03 10:15:00"
    Image.new("RGB", (32, 32)).save(tmp_path / "photo.jpg", exif=exif)
    assert recorded(tmp_path / "photo.jpg").at == datetime(2026, 5, 3, 10, 15)


@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_a_photo_with_damaged_exif_is_used_and_has_the_files_date(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"photo.{kind}"
    Image.new("RGB", (32, 32), "red").save(path, exif=b"Exif\0\0XX*\0\0\0\0\0")
    assert recorded(path).by == "file"
    assert load(path, VideoConfig()).images.shape[1:] == (32, 32, 3)


@pytest.mark.parametrize(
    ("zone", "stamp"), [("America/New_York", "0001-01-01T00:00:00Z"), ("Asia/Tokyo", "9999-12-31T23:59:59Z")]
)
def test_a_containers_date_beyond_the_calendar_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: str, stamp: str
) -> None:
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:  # kept as it is written
        container.metadata["creation_time"] = stamp
        stream = container.add_stream("libx264", 25)
        container.mux([*stream.encode(av.VideoFrame(640, 480, "yuv420p")), *stream.encode(None)])
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert recorded(path).by == "file"
    finally:
        monkeypatch.undo()
        time.tzset()
