"""Questions that nothing seen can answer: thoughts, ages, names of employers, yesterday, the colour of eyes.

In: a question in lower case. Out: yes or no. Without this a question about somebody whose words mean nothing to the
rules ("What does Ana want?") was answered with what she wears, as if that were an answer. Here stand words that no
camera sees; and, since a list of those is never whole, the other way round what may be asked for by a noun: "What is
Ana's shoe size?" asks for none of it.
"""

from __future__ import annotations

import re

from pvchat.chat.guard import COLOURS
from pvchat.chat.vocabulary import MASK, word_set

_WHY = r"^(?:and |but |so |then )?(?:why|how come|what (?:makes|made)|for what reason)\b"
_MIND = (
    r"\b(?:thinks?|thinking|thoughts?|dream\w*|feels?|feeling|feelings|wants?|wish\w*|hop(?:es?|ing)|believes?"
    r"|remember\w*|loves?|loved|hates?|fears?|afraid|opinions?|favou?rite|on (?:\w+|\w+'s) mind)\b"
    r"|\b(?:does|do|did|would) \w+ like\b"
)
_MOOD = (
    r"\b(?:looks?|looking|seems?|seeming|appears?) (?:\w+ )?(?:angry|mad|sad|unhappy|upset|tired|worried|nervous"
    r"|anxious|scared|surprised|shocked|bored|proud|serious|confused|drunk|ill|sick|healthy|friendly|smart|rich|old|young)\b"
)
_LIFE = (
    r"\b(?:(?:last|first|full|middle|maiden) name|surname|ages?|how (?:old|tall|heavy|rich)|height|weighs?|weight|born"
    r"|birthday|nationality|religion|phone number|e-?mail|address|job|profession|occupation|salary|earns?|income|money"
    r"|boss|employer|married|spouse|husband|wife|girlfriend|boyfriend|school|college|university|degree|lives?)\b"
    r"|\bhow many (?:children|kids|friends|brothers|sisters)\b"
    rf"|\bhow many (?!times\b|seconds\b|minutes\b|hours\b|shots\b|people\b|spans\b)\w+ (?:does|do|did) {MASK.lower()}"
    r" (?:have|get|own|need|want)\b"
)
_SOUND = (
    r"\b(?:what|which|how)\b(?:(?! can| could| do you).)*\b(?:say|says|said|saying|tells?|told|sounds?|sings?)\b"
    r"|\b(?:voice|language|accent|smells?|tastes?)\b|\bwhat (?:music|song)\b"
)
_OTHER_TIMES = (
    r"\b(?:yesterday|tomorrow|(?:last|next) (?:week|night|year|month)|(?:this|in the) morning|tonight|after this"
    r"|before this|in the future|about to)\b|\bnext\W*$|\bwhat (?:will|would)\b"
    r"|\bhappen(?:s|ed|ing)?\b.* (?:before|after|until|once)\b"
    r"|\b(?:did|has) \w+ (?:just )?(?:eat|eaten|drink|buy|win|lose|say|get|go|study|learn|meet|marry|leave)\b"
)
_ELSEWHERE = (
    r"\b(?:pockets?|wallet|inside (?:the|his|her|their) (?:bag|box|car))\b"
    rf"|^(?:and |but |so )?what(?:'s| is| was| are| were)? in(?:side)? {MASK.lower()}'s (?!(?:\w+ )?hands?\b)"
)
_CLIP = (
    r"\b(?:weather|season|(?:what|which) (?:year|month|date|day|camera)"
    r"|time of (?:the )?year|whose|president|capital)\b"
    r"|\bwho (?:filmed|recorded|shot|made|took|directed|paid)\b"
)
_COLOUR = rf"(?:colou?r|{'|'.join(sorted(COLOURS))})"  # of drawn eyes, too, one in three was right on footage
_EYES = (
    rf"\b{_COLOUR}\b(?:(?!\b(?:wear|eyes?)).)*\beyes?\b"
    rf"|\b(?:what|how) about (?:her|his|their|{MASK.lower()}'s) eyes\W*$"
    rf"|\beyes?(?: (?:have|has|got|is|are|a|what|which))* (?:{_COLOUR}|like)\b"
)
_NEED = (
    r"\bneeds? (?:\w+ )?(?:help|assistance|care|attention|a (?:doctor|nurse|hand)|anything|something)\b"
    r"|\bin (?:danger|pain|trouble|distress)\b|\b(?:hurt|injured|unwell|breathing|unconscious)\b"
)
_PRICE = r"\bfor a living\b|\bhow much\b(?! (?:time|longer|of (?:the|this)))|\bcosts?\b"
_SEEN = word_set(
    """clothes clothing clothings outfit outfits attire garment garments apparel garb costume dress dresses shirt
    shirts t-shirt tshirt top tops blouse jacket coat suit suits trousers pants jeans skirt shoes shoe tie ties
    uniform scrubs sweater hoodie hat cap mask glasses sunglasses scarf headgear headwear accessory accessories
    jewellery jewelry hair haircut hairstyle hairdo beard face look looks appearance style kind sort type colour
    color colours colors gender sex pose posture position stance place location whereabouts surroundings
    surrounding environment background backdrop setting scene room spot side part half area corner end direction
    way activity activities action actions gesture gestures movement movements motion behaviour behavior conduct
    expression smile hand hands thing things object objects item items time times second seconds minute minutes
    moment moments point frame frames picture image video clip description summary company neighbour neighbor
    neighbours neighbors people persons person others one ones else exactly now then precisely actually"""
)  # nouns that something measured speaks to, and words that may stand in their place
_ASKED_NOUN = re.compile(
    rf"^(?:and |but |so )?(?:what|which)(?:'s| is| are| was| were)? (?:the )?{MASK.lower()}'s (?P<owned>[\w' -]+?)"
    r"(?: (?:like|of|in|on|at|here|there|right|today|now|do|does|doing|look|looks)\b.*)?\W*$"
    r"|^(?:and |but |so )?(?:what|which) (?!(?:'s|is|are|was|were|does|did|do|has|have|had|can|could|will|would)\b)"
    rf"(?P<bare>[\w' -]+?) (?:is|are|was|were|does|did|do|has|have|had|can|will|would) (?:{MASK.lower()}|he|she|they)\b"
)
_DEED = re.compile(r"\b(?:doing|wearing|holding|carrying)\b")
_GOES = word_set(
    "stand sit stay appear be show pop turn go walk run look move lie hide wait point find see enter leave head"
)  # what somebody may do somewhere in a clip
_WHERE = re.compile(
    rf"\bwhere (?:does|did|do|will|would|can) (?:{MASK.lower()}|he|she|they)(?:(?:,| and)+ {MASK.lower()})*"
    r" (?P<verb>\w+)"
)
# What is said, or thought, by whoever is asked: nothing of what is asked about.
_ASIDE = re.compile(r"\b(?:would|do|can|could) you (?:say|think|believe|guess|suppose|reckon)\b")
_UNSEEN = re.compile("|".join((_WHY, _MIND, _MOOD, _LIFE, _SOUND, _OTHER_TIMES, _ELSEWHERE, _NEED, _PRICE)))
_OF_CLIP = re.compile(f"{_CLIP}|{_EYES}")
EYES = re.compile(_EYES)
NEED = re.compile(_NEED)


def is_unseen(lower: str, named: bool) -> bool:
    """Whether no camera sees what is asked.

    Args:
        lower: the question, names masked.
        named: whether it is about somebody; of the whole clip only a few things are known to be unseen.
    """
    lower = _ASIDE.sub("", lower)
    return bool(_OF_CLIP.search(lower)) or named and (bool(_UNSEEN.search(lower)) or _asks_for_more(lower))


def _asks_for_more(lower: str) -> bool:
    """Whether a noun of somebody is asked for, or where somebody does something, that no measurement speaks to."""
    where = _WHERE.search(lower)
    if where is not None and where["verb"] not in _GOES:
        return True
    asked = _ASKED_NOUN.match(lower)
    if asked is None or _DEED.search(lower):
        return False
    words = re.findall(r"[\w-]+", (asked["owned"] or asked["bare"]).split(" of ")[0])
    return not words or words[-1] not in _SEEN
