"""Questions about a library of made timelines: read, looked up in every video, and what is found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from make_library import made_library

from pvchat.chat.timeline import ArchiveFinding
from pvchat.library import Library
from pvchat.library.asking import _Search
from pvchat.library.titles import shelves_of
from pvchat.storage.library import connect

pytestmark = pytest.mark.weights
NOW = datetime(2026, 11, 29, 10, 30)  # a Sunday


def person(name: str, *seen: tuple[float, float], **rows: str) -> dict[str, Any]:
    """Somebody with what holds of her all the time that she is seen."""
    told, gender = [], {"Ana": "woman", "Ben": "man"}.get(name)
    for attribute, value in (({"gender": gender} if gender else {}) | rows).items():
        colour, _, plain = value.rpartition(" ")
        told.append({"attribute": attribute, "value": plain, "colour": colour} if attribute == "worn"
                    else {"attribute": attribute, "value": value})  # fmt: skip
    return {"name": name, "seen": seen, "enrolled": not name.startswith("#"), "rows": told}


def video(*people: dict[str, Any]) -> dict[str, Any]:
    """A minute of them."""
    return {"seconds": 60, "people": list(people)}


VIDEOS = [  # by number
    ("kitchen", "2026-11-16T09:10:00", video(person("Ana", (0, 30)))),
    ("kitchen", "2026-11-23T09:30:00", video(person("Ana", (5, 25), posture="sitting"), person("Ben", (15, 60)))),
    ("garden", "2026-11-23T14:00:00", video(person("Ben", (0, 20), (40, 60)))),
    ("kitchen", "2026-11-24T10:00:00", video(person("Ana", (0, 60), worn="red jacket"), person("#1", (10, 20)))),
    ("hall", "2026-11-27T08:00:00", video(person("Ben", (10, 40), deed="smiling"))),
    ("kitchen", "2026-11-27T18:15:00", video(person("Ana", (0, 20)), person("Ben", (30, 60)))),
    ("garden", "2026-11-28T22:30:00", video(person("#1", (0, 60), deed="falling"))),
    ("hall", "2026-11-29T02:00:00", video(person("Ben", (0, 15)))),
    ("kitchen", "2026-11-29T08:05:00", video(person("Ana", (20, 60), worn="blue jacket"), person("Ben", (0, 10)))),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Made once: nothing changes it."""
    with made_library(tmp_path_factory.mktemp("library"), VIDEOS) as made:
        yield made


def told(found: ArchiveFinding) -> dict[str, Any]:
    """The values of a finding: verdict, number, names in order, the videos in order."""
    values = {"verdict": found.verdict, "number": found.number, "names": list(found.names), "groups": found.groups,
              "videos": [one.video.number for one in found.seen]}  # fmt: skip
    return values if found.then is None else {**values, "then": told(found.then)}


QUESTIONS: dict[str, dict[str, Any]] = {
    "Is Ana back home?": {"videos": [9]},
    "Is Ana at home now?": {"videos": [9]},
    "Has Ben left yet?": {"videos": [9]},
    "Who came in the last 10 minutes?": {"names": []},
    "Who was in the kitchen 145 minutes ago?": {"names": ["Ana", "Ben"]},
    "Show me the stranger from Tuesday": {"videos": [4]},
    "Did Ben stay long this morning?": {"number": 10.0},
    "Who is in the kitchen right now?": {"names": []},
    "Was Ana in the kitchen or in the garden?": {"verdict": "yes", "groups": {"in the kitchen": 5, "in the garden": 0}},
    "Was Ana in both the kitchen and the garden?": {"verdict": "no"},
    "Who was in the hall but not in the garden?": {"names": []},
    "Is Ana more often in the kitchen or in the hall?": {"groups": {"in the kitchen": 5, "in the hall": 0}},
    "How often was Ben in the hall and in the garden?": {"groups": {"in the hall": 2, "in the garden": 1}},
    "When was Ben last in the hall or in the garden?": {"videos": [8]},
    "Who was here on both Monday and Tuesday?": {"names": ["Ana"]},
    "When was Ana but not Ben in the kitchen?": {"videos": [1, 4]},
    "In how many videos is Ana but not Ben?": {"number": 2},
    # only then, only there; one and another, and not a third
    "Who comes only on weekdays?": {"names": []},
    "Is Ana only here on weekdays?": {"verdict": "no", "groups": {"on weekdays": 4, "at another time": 1}},
    "Was Ben in the garden only on Monday?": {"verdict": "yes", "videos": [3]},
    "Was Ana in the kitchen only on Mondays?": {"verdict": "no"},
    "Who is only in the kitchen?": {"names": ["Ana"]},
    "Is Ben only in the hall?": {"verdict": "no", "groups": {"in the hall": 2, "elsewhere": 4}},
    "Was Ana only in the kitchen this week?": {"verdict": "yes"},
    "Is the kitchen only used in the mornings?": {"verdict": "no"},
    "Who was here on Monday or on Tuesday but not on Sunday?": {"names": []},
    "Was Ana here on Monday and on Tuesday but not on Saturday?": {"verdict": "yes"},
    "When was Ana here on Monday but not on Tuesday?": {"videos": [2]},
    "Was Ana here each day last week and this week?": {"verdict": "no", "number": 5},
    # times that lie in each other
    "How often was Ana here today or this week?": {"groups": {"today": 1, "this week": 4}},
    "In how many videos is Ana today or this week?": {"groups": {"today": 1, "this week": 4}},
    "Who was here today and this week?": {"names": ["Ben", "Ana"], "videos": [2, 3, 4, 5, 6, 7, 8, 9]},
    "Who was with Ana but not with Ben?": {"names": []},
    # of each
    "Is Ana always in the kitchen on Mondays?": {"verdict": "yes", "groups": {"in the kitchen": 2, "elsewhere": 0}},
    "Is Ben always in the kitchen on Mondays?": {"verdict": "no", "groups": {"in the kitchen": 1, "elsewhere": 1}},
    "Was Ana in the kitchen the whole time last Monday?": {"verdict": "no"},
    "Is somebody always with Ana?": {"verdict": "no"},
    "Who is never alone?": {"names": []},
    "Which day had the most people?":
        {"groups": {"2026-11-23": 2, "2026-11-27": 2, "2026-11-29": 2, "2026-11-16": 1, "2026-11-24": 1}},
    "Was Ana here every Monday?": {"verdict": "yes", "groups": {"2026-11-16": 1, "2026-11-23": 1}},
    "Was Ben here every Monday?": {"verdict": "no", "groups": {"2026-11-16": 0, "2026-11-23": 2}},
    "Who was here every Monday?": {"names": ["Ana"]},
    "Who comes on Mondays?": {"names": ["Ana", "Ben"], "videos": [1, 2, 3]},
    "Was Ana in the kitchen every day this week?": {"verdict": "no"},
    "How often a week does Ana come?": {"groups": {"2026-11-16": 1, "2026-11-23": 4}},
    "How many nights was Ben here?": {"number": 1},
    "When was the hall last used?": {"videos": [8]},
    "Was the garden empty on Saturday?": {"verdict": "no", "videos": [7]},
    "When was the last time somebody was in the hall?": {"videos": [8]},
    "Where is Ben now?": {"videos": [9]},
    "When was Ana last seen?": {"videos": [9]},
    "When was Ana first seen?": {"videos": [1]},
    "When did Ben leave?": {"videos": [9]},
    "In which videos are Ana and Ben together?": {"videos": [2]},
    "Was Ana seen in the garden?": {"verdict": "no"},
    "Was Ben in the hall last night?": {"verdict": "yes", "videos": [8]},
    "Was anybody in the garden last night?": {"verdict": "yes", "videos": [7]},
    "Who was in the kitchen this morning?": {"names": ["Ana", "Ben"], "videos": [9]},
    "Who was seen this weekend?": {"names": ["Ben", "Ana"], "videos": [7, 8, 9]},
    "How often was Ana here this week?": {"number": 4},
    "How often was Ben here last week?": {"number": 0},
    "How long was Ana in the kitchen on Tuesday?": {"number": 60},
    "In which videos is Ana sitting?": {"videos": [2]},
    "Show me Ben smiling": {"videos": [5]},
    "Was Ana seen in a red jacket?": {"verdict": "yes", "videos": [4]},
    "In which videos is somebody I don't know?": {"videos": [4, 7]},
    "How many people were in the kitchen on Monday?": {"number": 2},
    # who came first, in which order
    "Who came first on Friday, Ana or Ben?": {"names": ["Ben", "Ana"]},
    "Who came first on Sunday, Ana or Ben?": {"names": ["Ben", "Ana"]},
    "Who came last on Friday, Ana or Ben?": {"names": ["Ben", "Ana"]},  # Ben came again
    "Who left first on Monday, Ana or Ben?": {"names": ["Ana", "Ben"]},
    "Did Ana come before Ben on Friday?": {"verdict": "no"},
    "Did Ana come before Ben on Monday?": {"verdict": "yes"},
    "Did Ana come after Ben on Friday?": {"verdict": "yes"},
    "Did Ana leave before Ben came on Friday?": {"verdict": "no"},
    "Did Ben come before Ana in the garden?": {"verdict": "unknown"},
    "In which order did they come on Monday?": {"names": ["Ana", "Ben"]},
    "Who came after Ben on Friday?": {"names": ["Ana"]},
    # more often, longer
    "Was Ana here more often than Ben this week?": {"verdict": "no", "number": 6},
    "Was Ben here more often than Ana this week?": {"verdict": "yes"},
    "Who was here more often this week, Ana or Ben?": {"names": ["Ben", "Ana"], "number": 6},
    "Was Ana in the kitchen longer than Ben this week?": {"verdict": "yes", "number": 140},
    "Who was seen longest in the kitchen?": {"names": ["Ana", "Ben"]},
    "Was Ana here less often than Ben this week?": {"verdict": "yes"},
    "Which two people are most often together?": {"names": ["Ana", "Ben"], "groups": {"Ana and Ben": 1}},
    "Which two people are together longest?": {"groups": {"Ana and Ben": 10}},
    "Which two people meet most in the kitchen?": {"groups": {"Ana and Ben": 1}},
    # two times
    "Was Ana here on Monday and on Tuesday?": {"verdict": "yes", "videos": [2, 4]},
    "Was Ben here on Monday and on Tuesday?": {"verdict": "no", "groups": {"on Monday": 2, "on Tuesday": 0}},
    "Was Ben here on Monday or on Tuesday?": {"verdict": "yes", "videos": [2, 3]},
    "Who was here on Monday but not on Tuesday?": {"names": ["Ben"]},
    "Who was here on Monday and on Friday?": {"names": ["Ben", "Ana"], "videos": [2, 3, 5, 6]},
    "Was Ana here more often this week than last week?": {"verdict": "yes", "groups": {"this week": 4, "last week": 1}},
    "Was Ben here more often on Tuesday than on Monday?": {"verdict": "no"},
    "Was Ana here longer on Tuesday than on Monday?": {"verdict": "yes", "groups": {"on Tuesday": 60, "on Monday": 20}},
    "Were more people here on Monday than on Tuesday?": {"verdict": "yes", "groups": {"on Monday": 2, "on Tuesday": 1}},
    # hours of a day
    "Who was in the kitchen between 9 and 11?": {"names": ["Ana", "Ben"], "videos": [1, 2, 4]},
    "Was Ana here on Tuesday between 9 and 11?": {"verdict": "yes", "videos": [4]},
    "Was Ana here on Tuesday between 1 and 3 pm?": {"verdict": "no"},
    "Was Ben here after 5pm on Friday?": {"verdict": "yes", "videos": [6]},
    "Was Ben here before noon on Monday?": {"verdict": "yes", "videos": [2]},
    "Was anybody here at night?": {"verdict": "yes", "videos": [7, 8]},
    "Was anybody here after dark?": {"verdict": "yes", "videos": [7, 8]},
    "Does Ana come at the same time every day?": {"groups": {"09": 2, "10": 1, "18": 1, "08": 1}},
    "wich days was ben hear": {"videos": [2, 3, 5, 6, 8, 9]},
    "How long has Ana been gone?": {"videos": [9]},
    "Was there any night without Ben?": {"verdict": "no", "groups": {}},
    "Was there any night without Ana?": {"verdict": "yes", "groups": {"2026-11-28": 0}},
    "Was there a day on which Ana came twice?": {"verdict": "no"},
    "Was Ben with Ana every time he came?": {"verdict": "no"},
    "How early does Ana come?": {"groups": {"09": 2, "10": 1, "18": 1, "08": 1}},
    "Was Ana here in the evening?": {"verdict": "yes", "videos": [6]},
    "Who was here between 8 and 9 this week?": {"names": ["Ben", "Ana"], "videos": [5, 9]},
    # days
    "On how many days was Ana here?": {"number": 5},
    "On how many days was Ben in the kitchen this week?": {"number": 3},
    "On which days was Ben in the garden?": {"videos": [3]},
    "Which days was Ben in the garden?": {"videos": [3]},
    "Was Ben in the garden on Monday this week?": {"verdict": "yes", "videos": [3]},
    "Was Ben here on Tuesday last week?": {"verdict": "no"},
    "Between Monday and Wednesday last week, who was around?": {"names": ["Ana"], "videos": [1]},
    "Was Ana here more than three times?": {"verdict": "yes", "number": 5},
    "Was Ben in the hall more than twice?": {"verdict": "no", "number": 2},
    "Was Ana here on three different days?": {"verdict": "no", "number": 5},
    "Was Ben here on more than two days?": {"verdict": "yes", "number": 3},
    # who is first, or last, on each day
    "Who came first each day?": {"names": ["Ana", "Ben"], "videos": [1, 2, 4, 5, 7, 8]},
    "Who is usually the last in the kitchen?": {"names": ["Ana", "Ben"], "videos": [1, 2, 4, 6, 9]},
    "Was Ben always the first in the kitchen?": {"verdict": "no", "names": ["Ana", "Ben"]},
    "Was Ben first in the hall every day?": {"verdict": "yes", "names": ["Ben"]},
    "Did Ben come on each of the last three days?": {"verdict": "no", "videos": [5, 6, 8, 9]},
    "Is anybody in every hall video?": {"names": ["Ben"]},
    "How many people were in both the kitchen and the garden?": {"names": ["Ben"]},
    "Who was up first today?": {"names": ["Ben"]},
    "How often was Ben on TV this week?": {"number": 6},
    "Is Ben working today?": {"verdict": "yes", "videos": [8, 9]},
    # little English
    "ben he work in night?": {"verdict": "yes", "videos": [8]},
    "ben no come tuesday": {"verdict": "yes"},
    "who in kitchen now": {"names": []},
    "Was anybody in the kitchen before lunch on Friday?": {"verdict": "no"},
    "In which performance is Ben smiling?": {"videos": [5]},
    # rooms and days
    "Which room is Ana in most often?": {"groups": {"kitchen": 5}},
    "Where is Ben most of the time?": {"groups": {"kitchen": 3, "hall": 2, "garden": 1}},
    "Where does Ben spend most of his time?": {"groups": {"kitchen": 85, "hall": 45, "garden": 40}},
    "Which room is used least?": {"groups": {"garden": 2, "hall": 2, "kitchen": 5}},
    "Which rooms has Ana never been in?": {"groups": {"garden": 0, "hall": 0}},
    "How many rooms has Ben been in?": {"number": 3},
    "On which days was Ben not here this week?": {"groups": {"2026-11-24": 0, "2026-11-28": 0}},
    "On which weekday is Ana here most?": {"groups": {"Monday": 2, "Tuesday": 1, "Friday": 1, "Sunday": 1}},
    "What time does Ben usually come?": {"groups": {"08": 2, "02": 1, "09": 1, "14": 1, "18": 1}},
    "Where was Ben on Monday?": {"groups": {"kitchen": 1, "garden": 1}, "videos": [2, 3]},
    "Show me the last two videos of Ana": {"videos": [6, 9]},
    "Who was in more than five videos?": {"names": ["Ben"]},
    "What time did Ben leave the garden on Monday?": {"videos": [3]},
    "Was it Ana or Ben in the hall on Friday?": {"names": ["Ben"]},
    "Was anybody here at the weekend?": {"verdict": "yes", "videos": [7, 8, 9]},
    "Who was here on the 24th?": {"names": ["Ana"], "videos": [4]},
    "Who was here around 8 o'clock?": {"names": ["Ben", "Ana"], "videos": [5, 9]},
    # at no time, on a day; of everybody
    "Was Ana gone on Friday?": {"verdict": "no", "videos": [6]},
    "Was Ana gone on Saturday?": {"verdict": "yes", "videos": []},
    "Were Ana and Ben both away on Saturday?": {"verdict": "yes", "videos": []},
    "Was Ben missing on Sunday?": {"verdict": "no", "videos": [8, 9]},
    "Was nobody there on Saturday?": {"verdict": "no", "videos": [7]},
    "Did nobody smile on Friday?": {"verdict": "no", "videos": [5]},
    "Did nobody smile on Saturday?": {"verdict": "unknown", "videos": []},
    "Was there no music on Friday?": {"verdict": "unknown", "videos": []},
    "Does everybody smile?": {"verdict": "unknown", "names": ["Ben"]},
    "Was everybody there on Friday?": {"verdict": "yes", "names": ["Ben", "Ana"]},
    "Was everybody there on Tuesday?": {"verdict": "no", "names": ["Ana"]},
    "Was everyone except Ana there on Saturday?": {"verdict": "no", "names": []},
    "Was everyone except Ana there on Friday?": {"verdict": "yes", "names": ["Ben"]},
    "Does everyone except Ana smile?": {"verdict": "yes", "names": ["Ben"]},
    "Was Ana away all day on Friday?": {"verdict": "no", "videos": [6]},
    "Was Ana away all day on Saturday?": {"verdict": "yes", "videos": []},
    "Who was never there?": {"names": [], "number": 0},
    # the most of videos
    "Which video has the most people?": {"number": 2, "videos": [2, 4, 6, 9]},
    "Which video has the fewest people?": {"number": 1, "videos": [1, 3, 5, 7, 8]},
    "Show me the longest video of Ana.": {"number": 60, "videos": [1, 2, 4, 6, 9]},
    "When was Ben here longest?": {"number": 45, "videos": [2]},
    "Which video is Ana in the longest?": {"number": 60, "videos": [4]},
    "In which video was Ben longest?": {"number": 45, "videos": [2]},
    "Which is the longest video where Ben is smiling?": {"number": 60, "videos": [5]},
    "What was the longest time Ben was in the hall?": {"number": 30, "videos": [5]},
    "What's the shortest time Ana was in the kitchen?": {"number": 20, "videos": [2, 6]},
    "In which video are most people sitting?": {"number": 1, "videos": [2]},
    "Which video did most people smile in?": {"number": 1, "videos": [5]},
    "The last three videos of Ben": {"videos": [6, 8, 9]},
    # hours with the part of the day
    "Was Ben here at 2 at night?": {"verdict": "yes", "videos": [8]},
    "Who was there before 8 in the morning?": {"names": ["Ben"], "videos": [8]},
    "Who came after 6 in the evening?": {"names": ["Ana", "Ben"], "videos": [6, 7]},
    # who is never there, nobody, how many at once
    "Who has never been in the garden?": {"names": ["Ana"], "videos": []},
    "Who hasn't been in the hall?": {"names": ["Ana"]},
    "Who was not in the kitchen on Tuesday?": {"names": ["Ben"]},
    "List the videos with nobody I know in them": {"videos": [7]},
    "In which videos is nobody I know?": {"videos": [7]},
    "Which videos have at least two people?": {"videos": [2, 4, 6, 9]},
    "Which videos have more than two people?": {"videos": []},
    # in other words
    "Who is Ana usually with?": {"names": ["Ben"]},
    "Who turns up more often this week, Ana or Ben?": {"names": ["Ben", "Ana"], "number": 6},
    "Ana's visits in order please": {"videos": [1, 2, 4, 6, 9]},
    # who is there without whom, at any time of a video; several people, places, times
    "Has anybody been in both the kitchen and the garden?": {"verdict": "yes", "names": ["Ben"]},
    "How many times did Ana come without Ben?": {"number": 2, "videos": [1, 4]},
    "Was Ana in the kitchen only with Ben?": {"verdict": "yes", "videos": [2, 6, 9]},
    "Videos with strangers only": {"videos": [7]},
    "Which videos show only Ana?": {"videos": [1]},
    "Videos without Ana": {"videos": [3, 5, 7, 8]},
    "Were Ana and Ben both here on Friday?": {"verdict": "yes", "videos": [5, 6]},
    "Were Ana and Ben ever in the same video?": {"verdict": "yes", "videos": [2, 6, 9]},
    "Do Ana and Ben always come together?": {"verdict": "no"},
    "Has Ben been in every room?": {"verdict": "yes"},
    "Who has been in more than one room?": {"names": ["Ben"]},
    "How many videos show just one person?": {"number": 5},
    "When did Ana last see Ben?": {"videos": [2]},
    "How often was Ben in the hall, and how often in the garden?": {"number": 2, "then": {"number": 1}},
    # so many times, the nth, each person, each place
    "Who was in the garden only once?": {"names": ["Ben"]},
    "Who was in the hall exactly twice?": {"names": ["Ben"]},
    "Ana's 2nd visit - date n time?": {"videos": [1, 2, 4, 6, 9]},
    "On which days was more than one video recorded?": {"groups": {"2026-11-23": 2, "2026-11-27": 2, "2026-11-29": 2}},
    "Is there a room that both Ana and Ben have been in?": {"verdict": "yes", "groups": {"kitchen": 5}},
    "Does Ana always come in the morning?": {"verdict": "no"},
    "Is Ana always in the kitchen?": {"verdict": "yes"},
    "Is Ben never in the garden?": {"verdict": "no"},
    "Does Ana usually come in the morning?": {"verdict": "yes"},
    "What is the newest video, and who is in it?": {"then": {"names": ["Ana", "Ben"]}},
    "ana kitchen when": {"videos": [1, 2, 4, 6, 9]},
    # two questions
    "When was Ana last seen and what was she wearing?": {"videos": [9], "then": {"videos": [9]}},
    "What was Ana wearing on Tuesday?": {"videos": [4]},
    "When and where was Ana last seen?": {"videos": [9]},
    "What was Ana wearing on Tuesday and today?": {"videos": [4], "then": {"videos": [9]}},
    "Who came first and who came last on Monday?": {"names": ["Ana"], "then": {"names": ["Ben"]}},
    "Where was Ben the first time and the last time?": {"videos": [2], "then": {"videos": [9]}},
    "Was Ana in the hall today, and if not, when did she last come?": {"verdict": "no", "then": {"videos": [9]}},
    "Was Ana here on Monday and was Ben here on Friday?":
        {"verdict": "yes", "videos": [2], "then": {"verdict": "yes", "videos": [5, 6]}},
    # in each video, in the last one
    "Is Ana in every video?": {"verdict": "no"},
    "Is Ben in all videos in the hall?": {"verdict": "yes"},
    "Are Ana and Ben in every video?": {"verdict": "no"},
    "Who is in every video?": {"names": []},
    "Who is in every video in the hall?": {"names": ["Ben"]},
    "Who is in the latest video?": {"names": ["Ana", "Ben"], "videos": [9]},
    "Is Ana in the last video in the hall?": {"verdict": "no", "videos": []},
    "What was Ana wearing in the newest video?": {"videos": [9]},
    # in hers, in one of a place's, which is named as its videos are
    "What was Ana wearing in her third video?": {"videos": [4]},
    "Who was in the second video of Ana?": {"names": ["Ben"], "videos": [2]},
    "Who was in Ana's last but one video?": {"names": ["Ben"], "videos": [6]},
    "Who was with Ana in her video before last?": {"names": [], "videos": []},
    "Who was in the last hall video?": {"names": ["Ben"], "videos": [8]},
    "Is there a hall without Ben?": {"verdict": "no", "videos": []},
    "Which halls is Ana in?": {"videos": []},
    "Which performances began after 10 in the evening?": {"videos": [7]},
    "When was the hall last used by Ben?": {"videos": [8]},
    # places held against each other by how often anybody is there, or by how many people are
    "Is the garden used more than the hall?": {"verdict": "no", "groups": {"in the garden": 2, "in the hall": 2}},
    "Which is used less, the kitchen or the hall?": {"groups": {"in the hall": 2, "in the kitchen": 5}},
    "Is the kitchen used more on Monday or on Friday?": {"groups": {"on Monday": 1, "on Friday": 1}},
    "Is the hall quieter than the kitchen?": {"verdict": "yes", "groups": {"in the hall": 1, "in the kitchen": 2}},
    "Was the kitchen or the hall busier?": {"groups": {"in the kitchen": 2, "in the hall": 1}},
    "Is the kitchen busier on Monday or on Tuesday?": {"groups": {"on Monday": 2, "on Tuesday": 1}},
    "Where is Ben more often, the garden or the hall?": {"groups": {"in the hall": 2, "in the garden": 1}},
    "Is the kitchen used more by Ana or by Ben?": {"names": ["Ana", "Ben"]},
    "Are more people in the kitchen than in the hall?": {"groups": {"in the kitchen": 2, "in the hall": 1}},
    # whether any one of them came so often
    "Did anybody come twice on Friday?": {"verdict": "yes", "names": ["Ben"]},
    "Did anybody come twice on Tuesday?": {"verdict": "no", "names": []},
    "Was the garden ever used by strangers only?": {"verdict": "yes", "videos": [7]},
}  # fmt: skip
FOLLOWED = {
    "Was Ana in the kitchen on Monday? → And Ben?": {"verdict": "yes", "videos": [2]},
    "Was Ana in the kitchen on Monday? → And on Tuesday?": {"verdict": "yes", "videos": [4]},
    "Was Ben in the kitchen on Monday? → And in the garden?": {"verdict": "yes", "videos": [3]},
    "Was Ben in the kitchen on Monday? → And in the garden? → And on Friday?": {"verdict": "no"},
    "When was Ana last here? → And the time before that?": {"videos": [1, 2, 4, 6, 9]},
    "When was Ben first in the kitchen? → Who was with him?": {"names": ["Ana"], "videos": [2]},
    "How often was Ana here this week? → And Ben?": {"number": 6},
    "How often was Ana here this week? → And last week?": {"number": 1},
    "When was Ana last seen in the kitchen? → And Ben?": {"videos": [9]},
    "Was Ben here on Friday? → And was he smiling?": {"verdict": "yes", "videos": [5]},
    "Who was in the hall on Friday? → Who was in the kitchen?": {"names": ["Ana", "Ben"], "videos": [1, 2, 4, 6, 9]},
    "How long was Ana in the kitchen on Tuesday? → What about Ben?": {"number": 0},
    "Was anybody in the kitchen on Monday? → Who?": {"names": ["Ana", "Ben"], "videos": [2]},
    "Who was in the garden on Monday? → When was that?": {"videos": [3]},
    "How many people were here on Monday? → Who were they?": {"names": ["Ben", "Ana"], "videos": [2, 3]},
    "Who was in the garden on Monday? → How long was he there?": {"number": 40, "videos": [3]},
    "Who was in the garden on Monday? → Were they together?": {"verdict": "no"},
    "Who was in the garden on Monday? → How often was Ben there?": {"number": 1, "videos": [3]},
    "Did anybody smile on Friday? → Who?": {"names": ["Ben"], "videos": [5]},
    "Was Ana with anybody on Monday? → Who was it?": {"names": ["Ben"], "videos": [2]},
    "Was Ana in the kitchen on Monday? → Where was she on Tuesday?": {"videos": [4]},
    "Was Ben in the kitchen on Monday? → Was he ever in the garden?": {"verdict": "yes", "videos": [3]},
    "Was Ben in the kitchen or in the hall? → And in the garden?": {"verdict": "yes", "videos": [3]},
    "When was Ben last in the kitchen? → Was Ana there too?": {"verdict": "yes", "videos": [9]},
    "When was Ben last in the hall? → Was Ana there too?": {"verdict": "no"},
    "When was Ana last here? → Who else was there?": {"names": ["Ben"], "videos": [9]},
    "Was Ana here on Monday? → Was anybody else?": {"verdict": "yes", "videos": [2, 3]},
    "Who was in the garden on Monday? → At what time?": {"videos": [3]},
    "When was Ben last here? → Was Ana there too? → And a stranger?": {"verdict": "no"},
    "Who was the last person seen in the hall? → When was that?": {"videos": [8]},
    "Which video has the fewest people? → Who was there?": {"names": ["Ana"], "videos": [1]},
    "When was Ana first here? → Where?": {"videos": [1]},
    "When was Ana last here? → How often was she here?": {"videos": [1, 2, 4, 6, 9]},
    "Who came first on Friday, Ana or Ben? → And on Monday?": {"names": ["Ana", "Ben"]},
    "Was Ana here more often than Ben this week? → And last week?": {"verdict": "yes"},
    "Who was in the kitchen between 9 and 10 on Monday? → And on Tuesday?": {"names": [], "videos": []},
    "Who was in the kitchen on Tuesday? → In the evening?": {"videos": []},
    "Was Ben here on Monday? → And the Friday after?": {"verdict": "yes", "videos": [5, 6]},
    "Was Ana here on Monday? → And a week earlier?": {"verdict": "yes", "videos": [1]},
    "When was Ben last in the hall? → And before that? → Was Ana there too?": {"verdict": "no", "videos": []},
    "When was Ben last in the garden? → Was Ana in the kitchen that day?": {"verdict": "yes", "videos": [2]},
    "How many rooms has Ben been in? → Which?": {"groups": {"kitchen": 3, "garden": 1, "hall": 2}},
    "Who did Ana meet? → And Ben?": {"names": ["Ana"], "videos": [2]},
    "Who came first on Friday? → And last?": {"names": ["Ben"]},
    "Where was Ana on Tuesday? → Who else was there?": {"names": [], "videos": [4]},
    "Where is Ana now? → And Ben?": {"videos": [9]},
    "Was Ben here on Saturday? → And the day before?": {"verdict": "yes", "videos": [5, 6]},
    "Was Ben here on Saturday? → And one day before?": {"verdict": "yes", "videos": [5, 6]},
    "Was Ben here last week on Friday evening?": {"verdict": "no", "videos": []},
    # a sighting, or the videos that were found, holds on
    "When was Ben last in the garden? → And the week before?": {"videos": [], "names": []},
    "When was Ana last here? → And two days before?": {"videos": [6]},
    "When was Ana first here? → Who was with her the second time?": {"names": ["Ben"], "videos": [2]},
    "When was Ana first here? → Who was with her? → And then?": {"names": ["Ben"], "videos": [2]},
    "When was Ana last here? → Was Ben there the time before?": {"verdict": "yes", "videos": [6]},
    "When was Ben last in the garden? → Who was in the kitchen that day?": {"names": ["Ana", "Ben"], "videos": [2]},
    "In which videos is Ana with Ben? → Was Ben in the garden that day?": {"verdict": "yes", "videos": [3]},
    "When was Ben last in the garden? → Where was Ana the day after?": {"videos": [4]},
    "Was anybody here on Friday? → How often did Ben come then?": {"number": 2, "videos": [5, 6]},
    "Who was with Ana on Monday? → And without her?": {"names": ["Ben"], "videos": [3]},
    "Who came first on Monday? → And then?": {"names": ["Ben"], "videos": [3]},
    "When was Ben last in the garden? → Was Ana in the kitchen the next day?": {"verdict": "yes", "videos": [4]},
    "Was Ben in the hall on Friday morning? → And the evening before?": {"verdict": "no"},
    "When was Ana last here? → And Ben? → And the time before?": {"videos": [2, 3, 5, 6, 8, 9]},
    "Who is in the newest video? → And in the oldest?": {"names": ["Ana"], "videos": [1]},
    "When was Ana last here? → And the kitchen?": {"videos": [9]},
    "Which is the longest video in the hall? → Where was it recorded?": {"videos": [5, 8]},
    "In which videos is Ana? → Only those with Ben": {"videos": [2, 6, 9]},
    "In which videos is Ana? → And more than one person?": {"videos": [2, 4, 6, 9]},
    "Who was in the hall on Friday? → When was he last here?": {"videos": [9]},
    "Was Ana here last week? → Who was in the kitchen that day?": {"names": ["Ana"], "videos": [1]},
    "In which videos is Ana? → Was Ben there each time?": {"verdict": "no", "number": 3},
    "In which videos is Ana with Ben? → Who is in them?": {"names": ["Ana", "Ben"], "videos": [2]},
    "In which videos is Ana? → How many of them are in the kitchen?": {"videos": [1, 2, 4, 6, 9]},
    "In which videos is Ana with Ben? → And without him?": {"videos": [1, 4]},
    "Was Ana here on Monday? → Who is she usually with?": {"names": ["Ben"]},
    "When was Ana last here? → Play it → Where was that?": {"videos": [9]},
    "Who was in the garden on Monday? → Show me that": {"videos": [3]},
    "When was Ana last here? → When was she with Ben?": {"videos": [2]},
    "When was Ben last here? → Is he still there?": {"videos": [9]},
    "Who was in the hall on Friday? → How many different people is that?": {"number": 1, "videos": [5]},
    "When was Ana last here? → With how many others?": {"number": 0},
    # whoever was found and is a man, or a woman
    "Who was in the kitchen on Monday? → What was he doing?": {"videos": [2], "names": ["Ben"]},
    "Who was in the kitchen on Monday? → When did the woman leave?": {"videos": [2], "names": ["Ana"]},
    "Who was in the kitchen on Monday? → Was the woman sitting? → And the man?": {"verdict": "unknown"},
    "Who was with Ana on Monday? → Was the man here on Friday?": {"videos": [5, 6], "names": ["Ben"]},
    "Was Ana with anybody on Monday? → Was he here on Friday?": {"videos": [5, 6], "names": ["Ben"]},
    "Was Ana with anybody on Monday? → How often was the woman here?": {"names": ["Ana"], "number": 1},
    "Who was in the kitchen on Monday? → Were those two together?": {"verdict": "yes", "videos": [2]},
    "Was Ana here on Tuesday? → With anybody? → Was Ben here on Monday? → With whom? → When was she last here?":
        {"videos": [9], "names": ["Ana"]},
    # again, at other times and places, in all
    "Was Ben in the kitchen on Monday? → Was he there again?": {"verdict": "yes", "videos": [6, 9]},
    "Was Ben in the kitchen on Monday? → Anywhere else?": {"verdict": "yes", "videos": [3]},
    "Was Ben in the kitchen on Monday? → Any other day? → And in the garden?": {"verdict": "no"},
    "Was Ben in the kitchen on Monday? → Any other day? → And on Friday?": {"verdict": "yes", "videos": [6]},
    "Was Ana here on Friday? → That morning?": {"verdict": "no"},
    "When was Ben last in the garden? → Was Ana here that evening?": {"verdict": "no"},
    "Was Ana in the kitchen on Monday? → How often in all?": {"number": 5},
    "When was Ben last in the garden? → What happened after that?": {"videos": [7]},
    "Was Ana here on Tuesday? → Has she been here since?": {"verdict": "yes", "videos": [6, 9]},
    "Did Ben smile on Friday? → Did he smile again?": {"verdict": "unknown"},
    "Was Ben in the hall this week? → Had he been there before?": {"verdict": "no"},
    "When did Ben last smile? → Has he been here since?": {"verdict": "yes", "videos": [6, 8, 9]},
    "When was Ben last in the hall? → On which day?": {"videos": [8]},
    "When was Ben last in the kitchen? → Who was with him on Monday? → And on Friday?": {"names": []},
    "Was Ben here on Friday? → Was he here again? → Had he been here before?": {"verdict": "yes", "videos": [2, 3]},
    "Was Ana here on Monday? → And the Monday before? → And the one before that?": {"verdict": "no", "videos": []},
    "Did Ben come on Monday? → The last time → How long was he here in total?": {"number": 85},
    "When was Ana last here? → And the time before? → What was she wearing? → And on Tuesday?": {"videos": [4]},
    "Was a stranger here on Tuesday? → Was he here on Saturday?": {"videos": [], "names": []},
    "Were Ana and Ben together on Monday? → Was Ben with her?": {"verdict": "yes", "videos": [2]},
    "Is Ben more often in the hall or in the kitchen? → And Ana?": {"groups": {"in the kitchen": 5, "in the hall": 0}},
    "Who was in the hall? → Who first?": {"names": ["Ben"], "videos": [5]},
    "Was Ben in the hall on Friday? → Always smiling?": {"verdict": "yes"},
    "When did Ben last smile? → Where was he?": {"videos": [5]},
    "Was anybody in the garden on Saturday? → Was that person here before?": {"videos": [], "names": []},
    "Was Ana alone in the kitchen this month? → What was she wearing?": {"videos": [1]},
    "Was Ana with Ben this week? → What was she wearing? → And on Tuesday?": {"videos": [4]},
    "Was Ben in the kitchen on Friday? → Was he there again? → And before?": {"verdict": "yes", "videos": [2]},
    "Was Ana here on Tuesday? → What was Ana wearing?": {"videos": [4]},
    # corrections
    "Was Ana here on Saturday? → Sorry, Monday → No, in the garden → I meant Ben": {"verdict": "yes", "videos": [3]},
    "Was Ana in the hall? → No, the kitchen → Not Ana, Ben": {"verdict": "yes", "videos": [2, 6, 9]},
    "Was Ana in the kitchen today? → Not today, Friday": {"verdict": "yes", "videos": [6]},
    # one of those that were found
    "In which videos is Ben? → Which of them are in the kitchen? → Only with Ana": {"videos": [2]},
    "In which videos is Ben? → How many is that?": {"number": 6},
    "Who was most often in the hall? → When was he last there?": {"videos": [8]},
    "Was a stranger here on Tuesday? → Where? → Was he here again?": {"videos": [], "names": []},
    "Who was here on Monday? → Which of them was here again?": {"names": ["Ben", "Ana"], "videos": [4, 5, 6, 8, 9]},
    "When was Ana here this week? → The first one → Who was with her? → And the second?": {"names": [], "videos": [4]},
    "When was Ana here? → Which of those was on a Monday? → The last of them → Who was with her?":
        {"names": ["Ben"], "videos": [2]},
}  # fmt: skip
REFUSED = {
    "How long was Ana away on Monday?": "I can tell when, where, how often",
    "Is Ana with Ben more often than with a stranger?": "I can tell when, where, how often",
    "Is Ana more often with Ben than with a stranger?": "I can tell when, where, how often",
    "Is Ana with a stranger more often than with Ben?": "I can tell when, where, how often",
    "Do you exist?": "ask me who is in your videos",
    "Was Ana with her sister?": "I can't tell that; ask me who",
    "Was Ana up before breakfast?": "I can't read the times",
    "Who was nearest to the camera?": "I can tell when, where, how often",
    "Do Ana and Ben wear the same colour?": "I can tell when, where, how often",
    "What was Ana wearing on Monday and Ben on Friday?": "Ask about one, such as “on Tuesday”",
    "Who was here after 30?": "I can't read the times",
    "Was Zoe here before Ana?": "Zoe is not enrolled; I know Ana and Ben.",
    "In which videos is Mrs. Smith?": "Mrs. Smith is not enrolled; I know Ana and Ben.",
}


def holds(expected: dict[str, Any], found: ArchiveFinding) -> bool:
    """Whether a finding has these values."""
    values = told(found)
    then = expected.get("then")
    plain = {name: values[name] for name in expected if name != "then"}
    return plain == {name: expected[name] for name in plain} and (
        then is None or found.then is not None and holds(then, found.then)
    )


def test_who_stays_before_a_camera_came_once(tmp_path: Path) -> None:
    """Its clips last a minute at most."""
    stays = [
        ("hall", f"2026-11-29T08:{minute:02}:00", video(person("Ana", (0, 20), (22, 60)))) for minute in (5, 6, 7, 30)
    ]
    days = [("shed", "2026-11-29", video(person("Ben", (0, 60)))) for _ in range(2)]  # nobody knows at which hour
    with made_library(tmp_path, [*stays, *days]) as library:
        told = library.ask("How often was Ana here today?", now=NOW)
        assert (told.finding.number, told.finding.times) == (4, 2)
        assert "in four videos, of six videos today, twice in all." in told.answer
        assert library.ask("How often was Ben here today?", now=NOW).finding.times == 2


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_found(library: Library, question: str) -> None:
    found = library.ask(question, now=NOW).finding
    assert holds(QUESTIONS[question], found), (told(found), found.query)


@pytest.mark.parametrize("turns", FOLLOWED)
def test_time_and_place_hold_on(library: Library, turns: str) -> None:
    *before, question = turns.split(" → ")
    found = library.ask(question, before, now=NOW).finding
    assert holds(FOLLOWED[turns], found), (told(found), found.query)


@pytest.mark.parametrize("question", REFUSED)
def test_what_many_videos_cannot_tell_says_what_can_be_asked(library: Library, question: str) -> None:
    assert REFUSED[question] in library.ask(question, now=NOW).answer


def test_who_was_there_at_one_time_and_not_at_another_is_said_first(library: Library) -> None:
    but_not = library.ask("Who was here on Monday but not on Tuesday?", now=NOW).answer
    assert but_not.startswith("Ben (two videos). That is of three videos on Monday but not on Tuesday.")
    assert library.ask("Was Ana here more often this week than last week?", now=NOW).answer.startswith("Yes. Ana: this")


def test_that_there_is_no_such_video_is_said_of_videos(library: Library) -> None:
    empty = library.ask("How many videos have no people?", now=NOW).answer
    assert empty == "Somebody is in each of nine videos."
    without = library.ask("How many videos are without Ana on Tuesday?", now=NOW).answer
    assert without == "Ana is in the one video on Tuesday."
    longer = library.ask("Which videos last longer than one minute?", now=NOW).answer
    assert longer == "No video of such a length is among nine videos."


def test_of_a_long_video_the_time_that_is_meant_is_looked_at_and_told(tmp_path: Path) -> None:
    looked = []

    def look(path: str, question: str, *, between: tuple[float, float]) -> SimpleNamespace:
        looked.append(between)
        return SimpleNamespace(answer="Ben walks.")

    with made_library(tmp_path, VIDEOS[2:3]) as made, made._open() as tables:  # Ben, at 0:00 and again at 0:40
        tables.execute("UPDATE clips SET long = 1")
        made.chat.ask = look  # type: ignore[method-assign, assignment]
        asked = [made.ask(f"What was Ben doing {when}?", now=NOW).answer
                 for when in ("when he was last seen", "when he was first seen")]  # fmt: skip
    assert looked == [(40.0, 60.0), (0.0, 20.0)]
    assert [one.split("(")[1] for one in asked] == ["1.mp4 at 0:40): Ben walks.", "1.mp4 at 0:00): Ben walks."]


def test_how_many_days_ago_and_in_order(library: Library) -> None:
    assert "at 1:00), six days ago" in library.ask("How long ago was Ben last seen in the garden?", now=NOW).answer
    lines = library.ask("Ben's visits on Friday in order", now=NOW).answer.splitlines()[1:]
    assert ["08:00" in lines[0], "18:15" in lines[1]] == [True, True]


def test_a_question_that_many_people_answer_names_their_number(library: Library) -> None:
    assert library.ask("Which videos have at least two people?", now=NOW).answer.startswith("At least two people: in ")
    assert library.ask("List the videos with nobody I know in them", now=NOW).answer.startswith("Nobody I know: in one")
    assert library.ask("Who has never been in the hall?", now=NOW).answer.startswith("Ana was not seen in any of two")


def test_that_somebody_was_there_names_strangers_too(library: Library) -> None:
    anybody = library.ask("Was anybody in the kitchen on Tuesday?", now=NOW).answer
    assert ": Ana and somebody I don't know." in anybody


def test_when_whoever_asks_was_out_is_not_known(library: Library) -> None:
    for question in ("Did anybody come while we were out?", "Was Ana here while nobody was home?"):
        assert library.ask(question, now=NOW).answer.startswith("I don't know when that was")
    assert library.ask("Who came before dawn?", now=NOW).answer.startswith("I can't read the times")
    for question in ("Was it the same man in the morning and at night?", "Did that stranger come again?"):
        assert library.ask(question, now=NOW).answer.startswith("I can't tell whether strangers")


def test_what_is_like_the_name_of_a_place_is_none(tmp_path: Path) -> None:
    with made_library(tmp_path, [("front door", "2026-11-28T22:30:00", video(person("#1", (0, 60))))]) as made:
        assert made.ask("Was anybody at the door?", now=NOW).answer.startswith("Yes, somebody is in the one video at")
        assert made.ask("Was anybody at the back door?", now=NOW).answer.startswith("I know no place")


def test_that_everybody_is_there_says_who_is_meant(library: Library) -> None:
    everybody = library.ask("Was everybody there on Friday?", now=NOW).answer
    assert everybody.startswith("Yes, everybody I know. Seen: Ana (one video) and Ben (two videos). That is of two")
    nobody = library.ask("Who was never there?", now=NOW).answer
    assert nobody == "Nobody: everybody I know was seen at least once in nine videos."
    alone = library.ask("Who is never alone?", now=NOW).answer
    assert alone == "Nobody: everybody I see is alone at least once in nine videos."


def test_who_alone_may_be_meant_in_a_video_is_not_found_there(library: Library) -> None:
    for question in ("When was the doctor there?", "When was the man with a hat there?"):
        found = library.ask(question, now=NOW).finding
        assert (found.seen, found.untold > 0) == ((), True)


def test_of_whoever_isnt_there_nothing_is_always_so(library: Library) -> None:
    sits = library.ask("Was Ana always sitting in the garden?", now=NOW).answer
    assert sits == "Ana was not seen in any of two videos in the garden."


def test_that_nobody_is_nowhere_says_that_somebody_is_in_each(library: Library) -> None:
    assert (
        library.ask("When was nobody in the hall?", now=NOW).answer == "Somebody is in each of two videos in the hall."
    )


def test_a_sighting_is_one_video(library: Library) -> None:
    there = library.ask("Was Ana there too?", ["When was Ben last in the hall?"], now=NOW).answer
    assert there == "No. Ana was not seen in that video."
    assert library.ask("How long was Ben's first visit?", now=NOW).answer.startswith(
        "Ben: for 45 seconds, in that video."
    )


def test_who_doubts_an_answer_hears_what_it_rests_on(library: Library) -> None:
    sure = library.ask("Are you sure?", ["Was Ana here on Tuesday?"], now=NOW).answer
    assert sure.startswith(
        "I looked at the one video on Tuesday. Ana is recognised by what was enrolled in one video ("
    )
    never = library.ask("Really?", ["Was Ana in the garden?", "Why?"], now=NOW).answer
    assert "not recognised in any of them. Whoever is half hidden or far away I may miss." in never
    turns = ["Was Ana in the garden?", "Are you sure?"]
    assert library.ask("And Ben?", turns, now=NOW).answer.startswith("Yes, Ben is in one of two videos in the garden.")


def test_one_video_is_not_counted(library: Library) -> None:
    assert library.ask("Who was in today?", now=NOW).answer.splitlines()[0].endswith("That is of two videos today.")
    assert " in the one video on Tuesday." in library.ask("Was Ana here tuesday?", now=NOW).answer


def test_the_times_after_the_first_are_counted(library: Library) -> None:
    turns = ["When was Ana first here?"]
    for word in ("for the second time", "for the third time", "for the fourth time", "for the fifth time"):
        told = library.ask("And then?", turns, now=NOW).answer
        assert told.startswith(f"Ana was seen {word} on "), told
        turns.append("And then?")
    assert library.ask("And then?", turns, now=NOW).answer == "Ana was not seen for the 6th time in any of nine videos."


def test_in_how_many_videos_somebody_is(library: Library) -> None:
    assert library.ask("In which videos is Ana?", now=NOW).answer.startswith("Ana is in five of nine videos.\n")
    assert library.ask("When was Ana here tuesday?", now=NOW).answer.startswith("Ana is in the one video on Tuesday.\n")


def test_questions_before_are_only_answered_where_one_asks_whom_they_found(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, answer = list[str](), _Search.answer
    monkeypatch.setattr(_Search, "answer", lambda search: asked.append(search.asked.text) or answer(search))
    turns = ["Who was in the hall on Friday?", "Who was in the garden on Monday?"]
    library.ask("Was Ana here on Friday?", turns, now=NOW)
    assert len(asked) == 1
    assert library.ask("How long was he there?", turns, now=NOW).answer.startswith("Ben")
    assert len(asked) == 3


def test_two_places_and_a_second_question(library: Library) -> None:
    both = library.ask("Was Ben in the garden or in the hall?", ["Was Ben in the kitchen?"], now=NOW).answer
    assert library.ask("And in the garden or in the hall?", ["Was Ben in the kitchen?"], now=NOW).answer == both
    twice = library.ask("Was Ben in the kitchen or in the hall, and how often was Ana here?", now=NOW).answer
    assert twice.count("Ana:") == 1
    assert "Ana: in five videos, of nine videos." in twice
    when = library.ask("Was Ben in the garden or in the hall, and when was he there?", now=NOW).answer
    assert "nine videos" not in when
    both_rooms = library.ask("Who was in both the kitchen and the hall?", now=NOW).answer
    assert both_rooms.startswith("Ben (five videos). That is of seven")


def test_whom_i_do_not_know_and_who_comes_first(library: Library) -> None:
    came = library.ask("When did the person I don't know come by?", now=NOW).answer
    assert came.startswith("Somebody I don't know: in two of nine videos")
    more = library.ask("Was Ana seen more this week than last week?", now=NOW).answer
    assert more.startswith("Yes. Ana: this week (four videos)")
    days = library.ask("On which days were there people I don't know?", now=NOW).answer
    assert days.startswith("Somebody I don't know: on Tuesday 24 November 2026 (one video) and on Saturday 28")
    first = library.ask("When did the stranger first show up?", now=NOW).answer
    assert first.startswith("Somebody I don't know was first seen on Tuesday 24 November")
    often = library.ask("Is Ana more often in the kitchen than in the hall?", now=NOW).answer
    assert often.startswith("Yes. Ana: in the kitchen (five videos). Not in the hall.")
    which = library.ask("Is Ana more often in the hall or in the kitchen?", now=NOW).answer
    assert which.startswith("More often in the kitchen. Ana: in the kitchen (five")
    assert library.ask("When was the last time nobody was with Ana?", now=NOW).answer.startswith(
        "Ana is alone: last on"
    )


def test_each_day_names_the_days_and_those_that_are_left(library: Library) -> None:
    each_day = library.ask("Was Ben here each day this week?", now=NOW).answer
    assert each_day.startswith("No. Ben: on Monday 23 November 2026 (two videos), on Friday 27 November 2026 (two")
    assert " Not on Tuesday 24 November 2026 or on Saturday 28 November 2026." in each_day
    assert library.ask("Is Ana here every Monday?", now=NOW).answer.startswith("Yes, on each day. Ana: on Monday 16")


def test_who_was_found_is_who_is_meant_next(library: Library) -> None:
    turns = ["Who was in the garden on Monday?", "How long was he there?"]
    assert library.ask("And on Friday?", turns, now=NOW).answer.startswith("There is no video on Friday in the garden")
    assert library.ask("And in the hall?", turns, now=NOW).answer.startswith("There is no video on Monday in the hall")
    which = library.ask("Which of them is the longest?", ["In which videos is Ben smiling?"], now=NOW).answer
    assert which.startswith("That video lasts 1 minute")
    before = library.ask("And before?", ["Who was in the garden since Friday?"], now=NOW).answer
    assert before.startswith("Ben (one video).")


def test_a_day_without_a_video_is_no_day_on_which_nobody_came(library: Library) -> None:
    nobody = library.ask("On which days was nobody here since Friday?", now=NOW).answer
    assert nobody == "Somebody was seen on each day. That is of five videos since Friday."
    hall = library.ask("On which days was nobody in the hall since Friday?", now=NOW).answer
    assert "There was no video since Friday in the hall on Saturday 28 November 2026." in hall


def test_of_a_week_its_days_without_a_video_are_told(library: Library) -> None:
    told = library.ask("On which days of this week was nobody here?", now=NOW).answer
    assert "no video of this week on Wednesday 25 November 2026 or on Thursday 26 November 2026." in told
    last = library.ask("On which days of last week was nobody here?", now=NOW).answer
    assert {day for day in range(17, 23) if f" {day} November" in last} == {*range(17, 23)}


def test_how_much_later_somebody_came_back_is_told(library: Library) -> None:
    told = library.ask("How many days after her first visit did Ana come back?", now=NOW).answer.splitlines()
    assert "on Monday 16 November" in told[0]
    assert told[1].endswith(", seven days later.")


def test_another_one_is_another_stranger(library: Library) -> None:
    turns = ["When was a stranger first seen?"]
    assert told(library.ask("Was there another one after that?", turns, now=NOW).finding)["videos"] == [7]


def test_who_does_so_as_often_has_the_same_place(library: Library) -> None:
    assert library.ask("Who came second most often?", now=NOW).answer.startswith("Ana (five videos)")
    most = library.ask("Which day had the most people?", now=NOW).answer.split("\n")
    assert " and on Sunday 29 November 2026 (two people each), then on Monday 16 November 2026 and on" in most[0]
    assert len(most) == 1 + 6  # the videos of those days that had most


@pytest.fixture(scope="module")
def shelves(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Videos in folders below one source without a place."""
    files = ("Ward 3/round.mp4", "Ward 3/dressing_change.mp4", "Films/Big Bang/sofa.mp4", "new/red/2026/in.mp4",
             "Ana's party! (old)/S01E02 - The Cake.mp4", "Look!/hall.mp4")  # fmt: skip
    shown = [video(person("Ana", (0, 30))), video(person("Ben", (0, 30))), video(person("Ana", (0, 9)))] * 2
    videos = [("shelf", f"2026-11-2{at}T09:10:00", shown[at]) for at in range(len(files))]
    with made_library(tmp_path_factory.mktemp("shelves"), videos) as made:
        with made._open() as tables:
            tables.execute("UPDATE sources SET place = '' WHERE place = 'shelf'")
            for number, file in enumerate(files, 1):
                tables.execute("UPDATE files SET path = ? WHERE clip = ?", (f"/shelf/{file}", number))
        yield made


@pytest.mark.parametrize(
    ("text", "videos"),
    [
        ("Who was on Ward 3?", [1, 2]),
        ("Have Ana and Ben ever been on Ward 3 together?", []),
        ("In which episodes of Big Bang is Ana?", [3]), ("Which films is Ana in?", [3]),
        ("Who is in the dressing change video?", [2]), ('Who is in "sofa"?', [3]), ("Who is in round.mp4?", [1]),
        ("Who was here in 2026?", [1, 2, 3, 4, 5, 6]),  # words that a folder is called, too
        ("Who is in the folder 2026?", [4]),
        ("Who was at Ana's party?", [5]),  # also by a part of a name
        ("Was Ben at her party?", [5]), ("Who is in the cake video?", [5]), ("Who is in S01E02?", [5]),
        ("Is Ana in Look! without Ben?", [6]), ("Who is in sofa.mp4 and in.mp4?", [3, 4]),
    ],
)  # fmt: skip
def test_folders_and_files_are_places_where_they_are_said_so(shelves: Library, text: str, videos: list[int]) -> None:
    assert [one.video.number for one in shelves.ask(text, now=NOW).finding.seen] == videos


@pytest.fixture(scope="module")
def seasons(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """Episodes of two shows, of which only the days are known, and of Christmas and Easter."""
    files = ("Heroes/Season 01/Heroes.S01E01.mkv", "Heroes/Season 01/Heroes.S01E02.mkv",
             "Heroes/Season 02/Heroes.S02E01.mkv", "The Club (2007)/Series 1/The Club 1x01.avi",
             "tapes/tape_04.avi", "tapes/b.avi", "tapes/c.avi")  # fmt: skip
    days = ("2012-04-25", "2012-05-02", "2013-04-24", "2007-09-24", "2024-12-25", "2025-12-26", "2026-04-05T10:00:00")
    ana, ben, both = video(person("Ana", (0, 30))), video(person("Ben", (0, 20))), [person("Ben", (0, 20))]
    shown = [ana, video(*both, person("Ana", (30, 39))), video(*both, person("Ana", (9, 39))), ben, ana, ana, ben]
    made = [("tv", day, one) for day, one in zip(days, shown, strict=True)]
    with made_library(tmp_path_factory.mktemp("seasons"), made) as library:
        with library._open() as tables:
            tables.execute("UPDATE sources SET place = '' WHERE place = 'tv'")
            for number, file in enumerate(files, 1):
                tables.execute("UPDATE files SET path = ? WHERE clip = ?", (f"/tv/{file}", number))
        yield library


@pytest.mark.parametrize(
    ("text", "videos"),
    [
        ("Who is in season 2?", [3]), ("Who is in Heroes season one?", [1, 2]),
        ("Was Ben in the first season of Heroes?", [2]), ("Who is in episode 1 of The Club?", [4]),
        ("Who is in season 1 episode 2?", [2]), ("Who is in S02E01?", [3]), ("Is Ben in The Club 1x01?", [4]),
        ("Who is in tape 4?", [5]),
        ("Who was in both season 1 and season 2 of Heroes?", [4, 1, 2, 3]),
        ("Who is in both series?", [4, 1, 2, 3]),
        ("Which episodes are in season 2?", [3]),
        ("How many episodes does Heroes have?", [1, 2, 3]),
        ("Who is in the last two episodes of Heroes?", [2, 3]),
        ("In which episodes of Heroes are Ana and Ben never together?", [2]),
        ("Was Ana there every Christmas?", [5, 6]),
        ("Was Ana there at Christmas each year?", [5, 6]),
        ("Who was there at Easter?", [7]),
        ("Who was there between Christmas and New Year 2025?", [5]),
        ("Was Ana there at Easter 2025?", []),
        ("Who was there at Christmas last year?", [6]),
        ("Who was there this year at Easter?", [7]),
    ],
)  # fmt: skip
def test_seasons_episodes_and_feasts(seasons: Library, text: str, videos: list[int]) -> None:
    assert [one.video.number for one in seasons.ask(text, now=NOW).finding.seen] == videos


def test_of_seasons_and_episodes_is_told(seasons: Library) -> None:
    assert seasons.ask("In which season of Heroes is Ben?").finding.groups == {"/Season 01": 1.0, "/Season 02": 1.0}
    assert seasons.ask("Who is in both series?", now=NOW).finding.names == {"Ben": 3}
    club = seasons.ask("And in season 1?", ["Who is in The Club?"])
    assert (club.place, club.finding.names) == ("The Club (2007)/Season 1", {"Ben": 1})
    assert seasons.ask("Who only appears in one episode of Heroes?").finding.names == {}
    last = seasons.ask("What happens in the last episode of Heroes?").answer
    assert last.startswith(
        "On Wednesday 24 April 2013 (Heroes.S02E01.mkv at 0:00): Ana is in that video, and so is Ben."
    )
    longest = seasons.ask("Who has most screen time in Heroes?").answer
    assert longest == "Ana (for 1 minute 9 seconds, in three videos), of three videos in “Heroes”."
    else_in = seasons.ask("Who else is in it?", ["Who is in the last episode of The Club?"]).answer
    assert else_in == "Nobody else was seen in that video."
    missing = seasons.ask("Who is in season 5 of Heroes?").answer
    assert missing.startswith("I know no place, folder or file called season 5; asked without it: Ana (three videos)")
    assert seasons.ask("In which episodes of The Club are Ana and Ben never together?").answer.startswith("In none of")


def test_hours_are_of_videos_whose_hour_is_known(seasons: Library) -> None:
    usual = seasons.ask("What time does Ben usually come?")
    assert usual.finding.groups == {"10": 1.0}
    assert usual.answer.endswith("Videos of which I know only the day are left out.")
    assert seasons.ask("What time?", ["Was Ben there at Easter?"], now=NOW).finding.query.select == "when"


def test_names_are_gone_through_once_for_each_state(shelves: Library) -> None:
    with closing(connect(shelves.root)) as tables:
        kept = shelves_of(tables)
        assert shelves_of(tables) is kept
        tables.execute("UPDATE files SET path = replace(path, '.mp4', '.mkv')")
        assert shelves_of(tables) is not kept
        tables.execute("UPDATE files SET path = replace(path, '.mkv', '.mp4')")


def test_of_two_copies_the_one_that_is_there_is_named(tmp_path: Path) -> None:
    with made_library(tmp_path, [("hall", "2026-11-23T09:10:00", video(person("Ana", (0, 30))))]) as made:
        with made._open() as tables:
            here = tmp_path / "videos/1.mp4"
            here.touch()
            source = tables.execute("SELECT id FROM sources WHERE path = ?", (str(here.parent),)).fetchone()[0]
            tables.execute("INSERT INTO files VALUES (?, ?, 1, 1, 1, '')", (str(here), source))
            tables.execute("UPDATE files SET path = '/a/1.mp4' WHERE source <> ?", (source,))
        (one,) = made.ask("Where is Ana?", now=NOW).finding.seen
        assert one.video.path == made.file_of(1) == str(here)


def test_a_place_or_somebody_that_is_not_read_is_said_so(shelves: Library) -> None:
    assert shelves.ask("Did everybody in Films wear a mask?").place == "Films"
    assert "pvchat library add FOLDER --place NAME" in shelves.ask("Which room is Ana in most often?").answer
    assert shelves.ask("Was Ana on Ward 5?", now=NOW).answer.startswith(
        "I know no place, folder or file called Ward 5;"
    )
    told = shelves.ask("Was Ana in the wedding video?", now=NOW).answer
    assert told.startswith("I know no place, folder or file called wedding; asked without it: Yes")
    assert "called wedding" in shelves.ask("How long is the wedding video?", now=NOW).answer
    assert "called" not in shelves.ask("Who is in the last video?", now=NOW).answer
    assert shelves.ask("And in sofa9.mp4?", ["Was Ana on Ward 3?"]).answer.endswith("file called sofa9.mp4.")
    assert shelves.ask("Is Ana in any film with Ben?", now=NOW).answer.startswith("No.")
    assert "enrolled" not in shelves.ask("How many episodes of Cheers is Ana in?", now=NOW).answer


def test_videos_are_listed_and_have_a_length_and_a_folder(shelves: Library) -> None:
    assert shelves.ask("How long is round.mp4?").answer.startswith("The one video in “round.mp4” lasts 1 minute.")
    assert shelves.ask("How long is it?", ["Who is in the last video?"]).answer.startswith("That video lasts")
    assert shelves.ask("Which videos are on Ward 3?").answer.startswith("Two videos in “Ward 3”.")
    assert shelves.ask("When was round.mp4 filmed?").answer.startswith("The one video in “round.mp4”.")
    assert shelves.ask("In which folders is Ben?").finding.groups == {"/Ward 3": 1.0, "/Ana's party! (old)": 1.0}


def test_what_is_only_perhaps_is_said_of_days_and_of_who_is_compared(tmp_path: Path) -> None:
    unsure = {**person("Ben", (0, 30)), "decision": "unsure"}
    shown = [video(unsure), video(person("#1", (0, 30))), video(person("Ana", (0, 30)))]
    videos = [("hall", f"2026-11-2{3 + at}T09:10:00", one) for at, one in enumerate(shown)]
    with made_library(tmp_path, videos) as made:
        assert "Ben: on one day, perhaps: on" in made.ask("On how many days was Ben seen?").answer
        compared = made.ask("Who was seen in more videos on Monday, Ana or Ben?", now=NOW).answer
        assert compared.startswith("I am not sure: perhaps Ben in one video; of the one video on Monday. Ana was not")
        strange = made.ask("On which days was Ana not seen?").answer
        assert "on Tuesday 24 November 2026 somebody unrecognised was seen, perhaps Ana." in strange
        assert made.ask("When was Anna last seen?").answer == "Anna is not enrolled; did you mean Ana?"


def test_places_without_a_video_are_named_where_it_is_asked_which_were_empty(library: Library) -> None:
    for question in ("Which room was empty on Monday?", "Which rooms were not used on Monday?"):
        told = library.ask(question, now=NOW).answer
        assert told.startswith(
            "Somebody was seen at each place of which there is a video. There was no video on Monday"
        )
        assert "on Monday in the hall." in told


def test_a_place_with_a_number_is_told_without_an_article(tmp_path: Path) -> None:
    with made_library(tmp_path, [("ward 3", "2026-11-24T09:10:00", video(person("Ana", (0, 30))))]) as made:
        assert made.ask("Where was Ana?").answer.startswith("Ana: on ward 3 (one video).")


def test_the_days_on_which_somebody_was_not_seen_are_counted(library: Library) -> None:
    told = library.ask("On how many days was Ben not seen?", now=NOW).answer
    assert told.startswith("Ben was not seen on two days: on Monday 16 November 2026 and on Tuesday 24 November 2026.")


def test_a_video_of_which_only_the_day_is_known_is_of_no_hour(tmp_path: Path) -> None:
    shown = [("hall", at, video(person("Ana", (0, 30)))) for at in ("2026-11-23T21:10:00", "2026-11-24")]
    with made_library(tmp_path, shown) as made:
        assert "last seen on Tuesday 24 November 2026, in the hall" in made.ask("When was Ana last seen?").answer
        assert [one.video.number for one in made.ask("Was Ana seen at night?", now=NOW).finding.seen] == [1]
        assert [one.video.number for one in made.ask("Was Ana seen on 24 November?", now=NOW).finding.seen] == [2]


def test_what_was_after_a_sighting_and_anywhere_on_that_day(library: Library) -> None:
    after = library.ask("Did anybody come after that?", ["When was Ana last seen on Monday?"], now=NOW).finding
    assert {one.video.number for one in after.seen} == {2, 3, 4, 5, 6, 7, 8, 9}
    here = library.ask("Was Ana here that day?", ["Was Ben in the garden on Monday?"], now=NOW)
    assert here.answer.startswith("Yes, Ana is in one of two videos on Monday.")
    assert library.ask("ana?", ["Who was in the kitchen on Monday?"], now=NOW).finding.looked_at == 1


def test_who_may_be_who_is_asked_about_is_told_of(library: Library) -> None:
    nurse = library.ask("Did a nurse come to the kitchen?", now=NOW).answer
    assert nurse == "I can't tell whether the nurse is there in any of five videos in the kitchen."
    fell = library.ask("Did Ana fall this week?", now=NOW).answer
    assert "But somebody I don't know is falling: in one of" in fell
    assert " But " not in library.ask("Did Ana smile this week?", now=NOW).answer  # Ben, who is known, does
