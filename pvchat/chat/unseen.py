"""Questions that nothing seen can answer: thoughts, ages, names of employers, yesterday. A question in lower case in.

Without this a question about somebody whose words mean nothing to the rules ("What does Ana want?") was answered with
what she wears, as if that were an answer. Here stand the words that no camera sees, not those that ours can't measure.
"""

from __future__ import annotations

import re

_WHY = r"^(?:and |but |so |then )?(?:why|how come|what (?:makes|made)|for what reason)\b"
_MIND = (
    r"\b(?:thinks?|thinking|thoughts?|dream\w*|feels?|feeling|feelings|wants?|wish\w*|hop(?:es?|ing)|believes?"
    r"|remember\w*|loves?|loved|hates?|fears?|afraid|opinions?|favou?rite|on (?:\w+|\w+'s) mind)\b"
    r"|\b(?:does|do|did|would) \w+ like\b"
)
_LIFE = (
    r"\b(?:(?:last|first|full|middle|maiden) name|surname|ages?|how (?:old|tall|heavy|rich)|height|weighs?|weight|born"
    r"|birthday|nationality|religion|phone number|e-?mail|address|job|profession|occupation|salary|earns?|income|money"
    r"|boss|employer|married|spouse|husband|wife|girlfriend|boyfriend|school|college|university|degree|lives?)\b"
    r"|\bhow many (?:children|kids|friends|brothers|sisters)\b"
)
_SOUND = (
    r"\b(?:what|which|how)\b(?:(?! can| could| do you).)*\b(?:say|says|said|saying|tells?|told|sounds?|sings?)\b"
    r"|\b(?:voice|language|accent|smells?|tastes?)\b|\bwhat (?:music|song)\b"
)
_OTHER_TIMES = (
    r"\b(?:yesterday|tomorrow|(?:last|next) (?:week|night|year|month)|(?:this|in the) morning|tonight|after this"
    r"|before this|in the future|about to)\b|\bnext\W*$|\bwhat (?:will|would)\b"
    r"|\b(?:did|has) \w+ (?:just )?(?:eat|eaten|drink|buy|win|lose|say|get|go|study|learn|meet|marry|leave)\b"
)
_ELSEWHERE = r"\b(?:pockets?|wallet|inside (?:the|his|her|their) (?:bag|box|car))\b"
_CLIP = (
    r"\b(?:weather|season|(?:what|which) (?:year|month|date|day|camera)"
    r"|time of (?:the )?year|whose|president|capital)\b"
    r"|\bwho (?:filmed|recorded|shot|made|took|directed|paid)\b"
)
# What is said, or thought, by whoever is asked: nothing of what is asked about.
_ASIDE = re.compile(r"\b(?:would|do|can|could) you (?:say|think|believe|guess|suppose|reckon)\b")
_UNSEEN = re.compile("|".join((_WHY, _MIND, _LIFE, _SOUND, _OTHER_TIMES, _ELSEWHERE)))
_OF_CLIP = re.compile(_CLIP)


def is_unseen(lower: str, named: bool) -> bool:
    """Whether no camera sees what is asked.

    Args:
        lower: the question, names masked.
        named: whether it is about somebody; of the whole clip only a few things are known to be unseen.
    """
    lower = _ASIDE.sub("", lower)
    return bool(_OF_CLIP.search(lower)) or named and bool(_UNSEEN.search(lower))
