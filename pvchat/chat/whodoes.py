"""Of whom of several something holds: "Who is wearing red?", "How many women have glasses on?", "Who isn't sitting?".

In: a question in lower case, names masked. Out: an `Asked`, or None where it asks something else. The answers are
`holders.py`'s.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pvchat.chat.headcounts import MEN, WOMEN
from pvchat.chat.predicates import Predicate, read_predicate

_OF = r"(?:of (?:the|these|those|all(?: the)?|my) (?:two |three |four |five )?)?"
_KIND = (
    rf"(?:{_OF}(?:other )?(?:(?P<women{{0}}>{WOMEN})|(?P<men{{0}}>{MEN})|people|persons|characters"
    r"|participants|attendees|guests))"
)
_ANY = r"(?:any ?one|any ?body|some ?one|some ?body|no ?body|no one|(?:any|some|one|none) of (?:them|us|the people))"
_SEEN = r"(?: (?:do|can|did) (?:you|we|i) (?:see|count|spot|find))?"
_PLAIN = (
    r"(?:wear|sit|stand|talk|speak|smile|wave|walk|look|hold|raise|nod|eat|drink|read|sleep|dance|laugh|run|point|clap"
    r"|kneel)"
)
_PAST = {
    "raised": "raise", "waved": "wave", "smiled": "smile", "talked": "talk", "spoke": "speak", "nodded": "nod",
    "walked": "walk", "stood": "stand", "sat": "sit", "wore": "wear", "held": "hold", "carried": "carry",
    "looked": "look", "pointed": "point", "laughed": "laugh", "danced": "dance", "ran": "run", "slept": "sleep",
}  # fmt: skip
_VERBS = rf"(?:{'|'.join(_PAST)}|{_PLAIN}s?|has|have|carry|carries|lies?)\b"
_NOT = r"(?P<not{0}> not|n't)?"
_IS = rf"(?:'s| is| are| was| were){_NOT.format(1)}|(?: does| do| did)(?P<not2> not|n't)|(?= {_VERBS})"
_WHO_DOES = re.compile(
    rf"^(?:and |so )?(?:(?:who(?: of [^?]*?)?|which {_KIND.format(1)}"
    r"|which (?:person|ones?|of (?:them|us|the people|[^?]*?))|what people"
    rf"|how many (?:{_KIND.format(2)}|of (?:them|us)){_SEEN})"
    rf"(?:{_IS}|(?= (?:wearing|with|in|holding|carrying|sitting|standing) ))"
    r"(?: (?:there|the (?:two |three |four )?(?:people|person|ones?|man|woman|men|women))"
    r"(?: (?:who|that) (?:is|are|has|have))?)?"
    rf"|(?:is|are|does|do) (?:there )?(?:{_ANY}|(?:any|some) {_KIND.format(3)}"
    rf"|an? (?:(?P<woman>woman|lady)|(?P<man>man))){_NOT.format(3)}) (?P<rest>.+)$"
)
_DENIABLE = ("worn", "looks", "pose", "deed", "shot")  # kinds of which it is told who isn't so
_THIRD = re.compile(rf"^({_PLAIN}|lie)s\b")


@dataclass(frozen=True)
class Asked:
    """What is asked of several.

    Attributes:
        predicate: what may hold of them.
        counts: how many they are is asked.
        gender: "man" or "woman", where only men or women are meant.
        denied: of whom it doesn't hold is asked.
    """

    predicate: Predicate
    counts: bool = False
    gender: str = ""
    denied: bool = False


def read_who_does(lower: str) -> Asked | None:
    """Read a question; None where it asks something else, or for what is never measured."""
    found = _WHO_DOES.match(" ".join(lower.split()))
    if found is None:
        return None
    rest, but, instead = found["rest"].partition(" but ")  # "who isn't sitting but standing?"
    said = {key.rstrip("123") for key, value in found.groupdict().items() if value} - ({"not"} if but else set())
    predicate = read_predicate(_plain(instead or rest))
    gender = "woman" if said & {"women", "woman"} else "man" if said & {"men", "man"} else ""
    if predicate.kind in ("unknown", "beside") or "not" in said and predicate.kind not in _DENIABLE:
        return None
    counts = re.match(r"(?:and |so )?how many\b", found[0]) is not None
    return Asked(predicate, counts, gender, "not" in said)


def _plain(rest: str) -> str:
    """What is said with its verb in the plain form."""
    verb, _, objects = _THIRD.sub(r"\1", rest.strip(" ?!.,")).partition(" ")
    return f"{_PAST.get(verb, 'carry' if verb == 'carries' else verb)} {objects}".strip()
