"""The type of a question: its text with every name masked as "Alex" in, one of five types out.

Rules decide first, in their order; then an ellipsis ("and Ben?") takes the type of the question before; what is left
goes to a sentence encoder (MiniLM), which takes the type of the nearest prototype questions; without one it is `other`.
"""

from __future__ import annotations

import re

from pvchat.chat.sentences import Encode, nearest_type
from pvchat.chat.vocabulary import MASK
from pvchat.schemas import QuestionType

ELLIPSIS = re.compile(
    r"^(so (?=what|how))?(and|what about|how about|or|but|also|(the )?same (question )?(for|about|with))\b"
)
_GARMENT = (
    r"jackets?|shirts?|t-?shirts?|dress|dresses|ties?|coats?|suits?|trousers|pants|jeans|skirts?|shoes?|uniforms?|scrubs"
    r"|(?<!on )(?<!the )tops?|blouses?|sweaters?|hoodies?|hats?|caps?|masks?|glasses|sunglasses|spectacles|scarf"
    r"|jewel(le)?ry|accessor(y|ies)"
)
_AGENT = rf"({MASK.lower()}|he|she|they|who|(any|some|every) ?(one|body)|people|man|woman|person)"
_NOT_DEEDS = (
    r"thing|something|anything|nothing|everything|during|king|morning|evening|being|building|ceiling|ring|string|spring|wedding"
    r"|meeting|painting|missing|existing|appearing|showing|featuring|starring|participating|according|including|recording|going"
)
_WEAR = (
    r"wear(s|ing)?|worn|wore|clothes|clothing|clothed|outfits?|dressed|attire|apparel|garments?|garb|costumes?|wardrobe"
)
_BESIDE = r"next to|beside|alongside|near|close to|behind|in front of|between|opposite"
_PLACE = (
    r"position\w*|placed?|located|location|whereabouts|sides?|background|backdrop|foreground|settings?|surround\w*"
    r"|environment|venue|scenery|indoors?|outdoors?|inside|outside|corner|cent(re|er)|middle|edge"
)
_DEED = (
    r"doing|activit(y|ies)|actions?|gestur\w+|behav\w+|happen\w*|going on|busy|engaged|occup(ied|ying)|mov(e|es|ed|ing)"
    r"|movements?|motions?|perform\w*|hold(s|ing)?|carry|carries|carrying|up to|hands?"
)
_SHOWN = (
    r"present|visible|appear(s|ed|ing|ance)?|(show|pop|turn)(s|ed|n|ing)? up|see|seen|saw|spot(ted)?|find|found"
    r"|detect(ed)?|recogni[sz]e[ds]?|identif(y|ied)|notice[ds]?|features?|featured|featuring|signs?|traces?|glimpses?|contains?"
    r"|includes?|included|exists?|participat\w+|absent|missing|anywhere|somewhere|cameo|starring|shown|enter(s|ed)?|arriv(e|es|ed)"
    r"|(comes?|came) in(?! (a|the|his|her)\b)"
)
_TIME = r"when|how (long|often|many)|(what|which) (time|seconds?|minutes?|moments?)|at what point"
_ABOUT = (
    r"describe|description|tell me (more |something |everything )?about|summar\w+|introduce|know about|(say|tell) about"
    r"|(all|everything|anything|whatever|what) (that )?you (can )?(see|know|find|notice|tell|have) (about|of|on)"
)
_SOMEBODY = r"who|any ?one|any ?body|some ?one"
_BE = r"is|are|was|were|isn't|aren't|be|will|there|got|has|have|who|who's"
# In this order, first match decides. Each entry: type, pattern on the masked lower-case text.
_RULES: tuple[tuple[QuestionType, re.Pattern[str]], ...] = (
    (
        "other",
        re.compile(rf"\b({_WEAR}|look like)\b.* and .*\b(doing|does|do|where)\b|\b(doing|where)\b.* and .*\bwear"),
    ),
    ("location", re.compile(r"\b(place|room|surroundings|environment|background|scenery) looks? like\b")),
    ("existence", re.compile(rf"\ba crowd or\b|\b{MASK.lower()} happens? to be (in|on|here|there|at)\b")),
    ("location", re.compile(r"\bwhere(abouts|'s)?\b")),
    ("location", re.compile(rf"^what(?:'s| is| was) (?:there )?(?:behind|around) (?:{MASK.lower()}|him|her|them)\W*$")),
    ("appearance", re.compile(rf"\b({_WEAR})\b")),
    ("appearance", re.compile(r"\b(looks?|looking|looked) like\b|(?<!make )(?<!makes )(?<!an )\bappearance\b")),
    ("appearance", re.compile(r"\b(have|has|having|got|had) on\b|\bhow (do|does|did) .*\b(look|appear)\b(?! at)")),
    ("action", re.compile(rf"\b({_DEED})\b|\bwhat (does|do|did|will|can|is|are) .*\bdo\b")),
    ("location", re.compile(rf"\b(whom|{_AGENT[1:-1]})\b.*\b({_BESIDE})\b")),
    ("location", re.compile(rf"\b({_BESIDE}) whom?\b")),
    ("location", re.compile(rf"\bwith whom\b|\bwho\b.*\b{MASK.lower()} with\b")),
    ("location", re.compile(rf"\b({_SOMEBODY})( is|'s)?( there| standing| sitting)? with\b")),
    ("location", re.compile(rf"\b({_PLACE})\b|\b(the|on|to|far) (left|right)\b|\bleft or right\b")),
    ("location", re.compile(r"\b(what|which|kind of|sort of|describe the) (room|scene|spot|area|part|half|end)\b")),
    ("appearance", re.compile(rf"\b(hair\w*|beard(ed)?|moustache|mustache|bald|blonde?|colou?rs?|{_GARMENT})\b")),
    ("existence", re.compile(rf"\b({_TIME})\b")),
    ("other", re.compile(rf"\b({_ABOUT})\b|\bwho('s| is| was) {MASK.lower()}\W*$|\bmood\b|\bfeel(s|ing)?\b")),
    ("existence", re.compile(rf"\b({_SHOWN})\b")),
    ("action", re.compile(rf"\b{_AGENT}\b(?! (in|on|at|here|there)\b).*?\b(?!({_NOT_DEEDS})\b)\w{{2,}}ing\b")),
    ("action", re.compile(r"\b(expressions?|pose|posture|react\w*|smiles?|talks?)\b")),
    ("existence", re.compile(rf"\b({_BE})\b.*\b(in|within|on|part of|here|there|around|{MASK.lower()})\b")),
    ("existence", re.compile(r"\b(else|here|there)\W*$")),
)


def question_type(
    masked: str, encode: Encode | None = None, previous: QuestionType | None = None, asks_who: bool = False
) -> QuestionType:
    """The type of a question whose names are masked as "Alex": rules, then ellipsis, then nearest prototypes."""
    lower = masked.lower()
    by_rule = next((kind for kind, pattern in _RULES if pattern.search(lower)), None)
    if by_rule is not None:
        return by_rule
    if previous is not None and ELLIPSIS.search(lower):
        return previous
    if asks_who:
        return "existence"
    return nearest_type(masked, encode) if encode is not None else "other"
