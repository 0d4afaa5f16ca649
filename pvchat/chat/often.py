"""How often somebody does something: "How many times does Ana wave?". Deeds are measured, but not how often.

In: a question in lower case, names masked. Out: what is asked to be counted; None where it is how often somebody is
seen, comes or goes, which is told by the spans.
"""

from __future__ import annotations

import re

from pvchat.chat.predicates import Predicate, read_predicate
from pvchat.chat.vocabulary import MASK

_HOW_OFTEN = re.compile(
    r"(?:and |so |but )?how (?:often|many times) (?:does|do|did|is|are|was|were|has|have)"
    rf" (?:{MASK.lower()}|he|she|they)(?:(?:,? and |, ){MASK.lower()})* (?P<rest>[\w'].*)"
)
_COMES = re.compile(
    r"(?:been |be |being |actually |really |ever )*"
    r"(?:(?:appear|come|came|coming|leave|leaving|left|go|goes|going|gone|enter|exit|return|reappear|feature|occur|disappear"
    r"|vanish|visit|pass|seen|visible|there|here|present|shown|featured|filmed|captured|caught|recorded|spotted"
    r"|detected|found|away|absent|missing|alone|together|apart|back|with|without|next|in|on|not)(?:s|es|ed)?\b"
    r"|(?:show|turn|pop|crop|walk|step|get|got|move|run|look)(?:s|ed)? (?:up|in|into|out|past|by|back|on|onto|off|away"
    r"|through)\b)"
)


def read_often(lower: str) -> Predicate | None:
    """What is to be counted, `UNKNOWN` for a deed that is never measured; None where it isn't a deed."""
    found = _HOW_OFTEN.fullmatch(" ".join(lower.split()))
    return None if found is None or _COMES.match(found["rest"]) else read_predicate(found["rest"])
