"""What the trained reader tells of a question: the tags of its words and the heads of its sentence.

"same" is what the question before asked, "next" who comes after its answer; a P-pronoun ("does Ben wear one, too?") is
the condition before, an F-pronoun ("who is there then?") the time before.

A tag is "O" (nothing) or ROLE-TYPE, "S-name", with "+" before it where a second value of the same tag begins, and "!"
after it where the condition is denied: "who is not wearing a hat" has hat as "P-worn!".
"""

from __future__ import annotations

import re

ROLES: dict[str, str] = {
    "S": "whom the question is about, with what narrows them",
    "P": "what is asked of them, or looked for",
    "O": "who stands in a relation to them",
    "V": "whom they are held against",
    "X": "who is left out",
    "E": "whom an event is about",
    "F": "what happens in it",
}
TYPES: tuple[str, ...] = (
    "name", "unknown", "pronoun", "gender", "stranger", "worn", "colour", "hair", "deed", "posture", "holding", "near",
    "side", "place", "setting", "light", "thing", "shot_size", "present", "with", "alone", "beside", "left_of",
    "right_of", "nth", "number",
)  # fmt: skip
HEADS: dict[str, tuple[str, ...]] = {  # the first value of each is what it is where nothing is said
    "select": (
        "exists", "who", "count", "when", "how_long", "how_often", "attribute", "describe", "compare", "order", "shots",
        "length", "why", "refuse", "same",
    ),
    "attribute": (
        "none", "worn", "hair", "gender", "deed", "posture", "side", "place", "setting", "light", "background",
        "beside", "with", "holding", "near", "thing", "shot_size", "looks",
    ),
    "form": ("wh", "polar", "choice", "command"),
    "quantifier": ("any", "all", "none", "only", "both", "either"),
    "join": ("and", "or"),
    "known": ("any", "known", "strangers"),
    "relation": ("none", "while", "before", "after", "until", "since"),
    "event_nth": ("any", "first", "second", "third", "last"),
    "rank": ("none", "time", "long", "often", "left", "right", "near", "big"),
    "end": ("first", "last", "next"),
    "nth_by": ("left", "right", "time", "near"),
    "bound": ("none", "exactly", "at_least", "at_most", "more_than", "fewer_than"),
    "throughout": ("no", "yes", "ever"),
    "follow": ("none", "ellipsis", "correction", "why"),
    "if_so": ("no", "yes"),
    "refusal": ("unseen", "sound", "camera", "small_talk", "wish", "foreign", "unclear"),
}  # fmt: skip
WORD = re.compile(r"'s\b|[^\W_]+(?:-[^\W_]+|'(?!s\b)[^\W_]+)*'?(?<!')|[^\s\w]")
