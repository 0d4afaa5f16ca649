"""Which small talk it is, what a wish is for, whether a mood is asked for: a few kinds, by their words.

"Thanks a lot!" is small talk of the kind "thanks"; "save this one as Bob" a wish of the kind "enroll".
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.vocabulary import word_set

KINDS = {
    "unseen": {
        "mood": word_set(
            """feel feels feeling feelings mood moods emotion emotions emotional happy happiness unhappy sad sadness
            angry mad upset cheerful glad annoyed worried scared afraid nervous excited depressed joyful miserable bored
            surprised"""
        ),
    },
    "small_talk": {
        "thanks": word_set("thanks thank thx cheers great cool nice perfect awesome wow brilliant"),
        "bye": word_set("bye goodbye later night"),
        "sorry": word_set("stupid idiot dumb useless wrong bad terrible awful rubbish garbage shut hate suck"),
        "sure": word_set("sure certain really know"),
        "who": word_set("you help name"),
        "hello": word_set("hello hi hey morning evening afternoon"),
    },
    "wish": {
        "forget": word_set("forget delete remove erase drop"),
        "rename": word_set("rename call change"),
        "enroll": word_set("save enroll enrol add remember register learn store"),
        "jump": word_set("jump go take skip play show seek rewind forward"),
    },
}


def kind_of(refusal: str, words: Sequence[str]) -> str:
    """The kind, the first whose word stands in the question; "" for none."""
    return next((kind for kind, known in KINDS[refusal].items() if known & set(words)), "")
