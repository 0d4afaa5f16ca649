"""Questions that ask for what another asks for: "Is Ana in red or blue?" is told as "What colour is Ana wearing?" is.

In: patterns for whole questions, names and capitals as they are typed. Out: the question in their place; of two things
that are asked for neither is a yes. `wordings.py` puts them to use.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pvchat.chat.guard import COLOURS
from pvchat.chat.vocabulary import IN_CLIP

_COLOUR = "|".join(sorted(COLOURS))
_END = r"(?:there |here |present )?(?:until|till|to|at) the (?:very )?end"
_STAYS = re.compile(
    rf"^(?:and |so )?(?:does|do|did) (?P<who>.+?) (?:stay|remain|last) {_END}(?P<rest>.*)$", re.IGNORECASE
)
_WORN = (
    r"(?:glasses|sunglasses|spectacles|hats?|caps?|masks?|helmets?|ties?|beards?|moustaches?|scarf|scarves|hair|jackets?"
    rf"|coats?|shirts?|suits?|uniforms?|dress|dresses|tops?|aprons?|{_COLOUR})"
)
_STAYED = re.compile(
    r"^(?P<lead>(?:and |so )?(?:for )?how long) (?:does|do|did) (?P<who>[^,?]+?)"
    r" (?:stay|remain|stick around|hang around)"
    r"(?: (?:there|here|for|in (?:the|this) \w+))*\W*$",
    re.IGNORECASE,
)
_COMES_OFTEN = re.compile(
    r"^(?P<lead>(?:and |so )?(?:how often|how many times)) (?:does|do|did|has|have) (?P<who>[^,?]+?) (?:come|came"
    r"|go|went|gone|leave|left|enter|entered|exit|return|(?:walk|step)(?= (?:in|into|out|by|past)\b))"
    r"(?: (?:in|into|out|back|by|past|away|of|to|the|this|room|house|picture|frame|scene|shot))*\W*$",
    re.IGNORECASE,
)
_LIST_WHO = re.compile(
    r"^(?:please )?(?:list|name|show|give|tell)(?: me)? (?:every ?one|every ?body|all(?: the| those)?(?: people)?"
    r"|the people|people|those)(?: here| there)? (?:who|that)(?P<are>(?: is| are)?) (?=\w)",
    re.IGNORECASE,
)
_ONLY_ONE = re.compile(
    r"^(?:and |so )?(?:is|was) (?P<who>[^,?]+?) the only (?P<what>woman|man|lady|guy)"
    r"(?: (?:here|there|in (?:the|this) \w+))?\W*$",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(
    r"^(?P<lead>(?:and |so )?how many)(?P<who> of them| people| persons| women| ladies| men| guys)(?: are there)?"
    rf" (?:with|w/|wearing|(?P<in>in)) (?P<what>(?:[\w-]+ )*?{_WORN})(?: (?:are|is) there| (?:do|can) you see)?"
    rf"{IN_CLIP}?\W*$",
    re.IGNORECASE,
)
_HOW_MANY_ARE = re.compile(
    r"^((?:and |so )?how many)(?: of them)?(?= (?:are (?!there\b|known\b|unknown\b|familiar\b|in\b|you\b|here\b)"
    r"|(?:wear|have|sit|stand|talk|speak|smile|wave|walk|look|raise|hold|carry|wore|raised|waved|smiled|talked|spoke"
    r"|nodded|walked|stood|sat|held|carried)\b))",
    re.IGNORECASE,
)
_OR = rf"(?:an? |the )?(?:{_COLOUR}) or (?:an? |the )?(?:{_COLOUR})"
_EITHER_COLOUR = re.compile(
    rf"^(?:and |so )?(?:is|are|was|do|does) (?P<who>[^,?]+?) (?:wear|wearing|(?:dressed )?in) {_OR}(?: [a-z-]+)?\W*$",
    re.IGNORECASE,
)
_EITHER_HAIR = re.compile(
    r"^(?:and |so )?(?:(?:does|do|did|has|have) (?P<who>[^,?]+?) (?:have |got )(?:\w+ )?\w+ or (?:\w+ )?\w+ hair"
    r"|(?:is|was) (?P<whose>[^,?]+?)'s hair (?:\w+ )?\w+ or \w+(?: \w+)?)\W*$",
    re.IGNORECASE,
)
_EITHER_HELD = re.compile(
    r"^(?:and |so )?(?P<is>is|are|was|were) (?P<who>(?:(?! is | are )[^,?])+?) (?:holding|carrying)"
    r" (?:an? |the )?[\w ]+? or (?:an? |the )?[\w ]+\W*$",
    re.IGNORECASE,
)
_INSIDE = re.compile(
    r"^(?:and |so )?(?:(?:is|was) (?:it|this|that) )?(?:an? )?(?:interior|indoors?|inside|in)(?: shot| scene)?"
    r" or (?:an? )?(?:exterior|outdoors?|outside|out)(?: shot| scene)?\W*$"
    r"|^(?:and |so )?(?:(?:is|was) (?:it|this|that) )?(?:an? )?(?:exterior|outdoors?|outside)(?: shot| scene)?"
    r" or (?:an? )?(?:interior|indoors?|inside)(?: shot| scene)?\W*$",
    re.IGNORECASE,
)
_TIMES_OF = re.compile(
    r"^(?:the |all )?(?:times|timecodes?|timestamps?|time codes?) (?:for|of) (?P<who>every ?one|every ?body|all)\W*$",
    re.IGNORECASE,
)
_SHOWN_WHEN = re.compile(
    r"^(?:(?:please )?(?:show|list|give|tell|find)(?: me)? )?(?:all )?(?:the )?(?:appearances|sightings|occurrences"
    r"|scenes|parts|moments|times|timecodes|timestamps) (?:of|with|showing|for) (?P<who>[^,?]+?)(?:,? please)?\W*$"
    r"|^(?:which|what) (?:parts?|scenes?|moments?)(?: of (?:the|this) (?:video|clip|film|movie|footage))?"
    r" (?:(?:shows?|have|has|contains?|features?) (?P<one>[^,?]+?)|(?:is|are) (?P<inside>[^,?]+?) in)\W*$",
    re.IGNORECASE,
)
_BOTH_ENDS = re.compile(
    r"^(?:when (?:is|was) (?P<who>[^,?]+?) first and last (?:seen|there|visible|shown)"
    r"|(?:the )?first and last (?:sightings?|appearances?|times?) of (?P<one>[^,?]+?))\W*$",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"^how (?:long|much time) (?:until|till|before) (?P<who>[^,?]+?) (?:shows? up|appears?|comes?(?: in)?|arrives?"
    r"|is seen|enters?)\W*$",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"^(?:is|are) (?:any ?one|any ?body|some ?one|some ?body)(?: (?:who |that |whom )?(?:i|we) know)?"
    r" (?:missing|absent|not (?:there|here))\W*$",
    re.IGNORECASE,
)
_WHOSE = re.compile(
    rf"^whose (?P<what>{_WORN}) (?:is|are) (?:an? )?(?P<colour>(?:(?:dark|light) )?(?:{_COLOUR}))\W*$", re.IGNORECASE
)
_GENDER = re.compile(
    r"^(?:and |so )?(?:what|which) (?:gender|sex) (?:is|does|has) (?P<who>[^,?]+?)(?: (?:have|got))?\W*$"
    r"|^(?:and |so )?what(?:'s| is) (?P<whose>[^,?]+?)'s (?:gender|sex)\W*$",
    re.IGNORECASE,
)
_DIFFERENCE = re.compile(
    r"^(?:compare|what(?:'s| is| are) (?:the differences?|different) (?:between|in)"
    r"|how (?:do|does|are) (?:they )?differ) "
    r"(?P<one>[^,?]+?) (?:and|with|to) (?P<other>[^,?]+?)\W*$",
    re.IGNORECASE,
)
_EACH = re.compile(r"^who(?:'s| is) \w+ing and who(?:'s| is) \w+ing\W*$", re.IGNORECASE)
_WHO_IS_HE = re.compile(
    r"^(?:the )?(?P<whom>(?:man|woman|person|one|guy|lady|girl|boy) .+?)(?: ?[-–:,]+| ?\.+)? ?"
    r"who(?:'s| is) (?:he|she|it|that|this)\W*$",
    re.IGNORECASE,
)
_PERSON = r"(?:man|woman|person|one|guy|lady|girl|boy)"
_SIDE_FIRST = re.compile(
    rf"\b(?:the )?(?P<side>left|right|middle)(?P<most>most|-hand| hand)? (?P<who>{_PERSON})\b(?! (?:for|to|of|next)\b)",
    re.IGNORECASE,
)
_OF_WHOM = re.compile(
    rf"^(?:the )?(?P<whom>{_PERSON} (?:on|at|in|to|next|beside|between|nearest|closest)\b[^,?:]*?)[,:]?(?: [-–])? "
    r"(?P<asks>(?:what|where|how|is|does|has)\b.*?)\b(?:he|she|they)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_NTH = r"(?P<nth>second|third|fourth|2nd|3rd|4th)"
_TO_NAME = (  # words of a question that asks for a name alone
    r"who(?:'s|m|se)?|which|what(?:'s)?|is|are|was|it|that|this|he|she|they|the|a|an|one|person|individual|somebody|i|you|we"
    r"|names?|called|of|from|on|in|at|and|so|please|can|could|tell|me|identify|when|if|count(?:ing|ed)?|start(?:ing|ed)?"
    r"|begin(?:ning)?|go(?:ing)?|stand(?:s|ing)?|sit(?:s|ting)?|row|line|position|place|hand|side"
)
_SO_MANIETH = re.compile(
    rf"^(?=.*\b{_NTH}\b)(?=.*?\b(?:from|on|at)(?: the)? (?P<side>left|right)\b|.*?\b(?P<row>left|right) to )"
    rf"(?:(?:{_TO_NAME}|second|third|fourth|2nd|3rd|4th|left(?: to(?: the)? right)?|right(?: to(?: the)? left)?)"
    r"\b\W*)+$",
    re.IGNORECASE,
)
_OTHERS, _FIRST = r"(?P<b>[^,?]{1,60}?) and (?P<c>[^,?]{1,60}?)", r"(?P<a>[^,?]{1,60}?)"
_TRUE = r"(?:,? (?:right|correct|yes|isn't (?:he|she)))?\W*$"
_STATED = r"^(?!(?:and |so )?(?:who|what|where|when|which|how|is|are|was|were|does|do|did|has|have|can|the|any|some)\b)"
_IN_BETWEEN = tuple(
    re.compile(form + _TRUE, re.IGNORECASE)
    for form in (
        rf"^(?:is|was) {_FIRST} (?:(?:standing|sitting|placed) )?in the (?:middle|cent(?:re|er)) of {_OTHERS}",
        rf"^(?:are|were|do|did) {_OTHERS} (?:stand|sit|standing|sitting)? ?(?:on|at|to) (?:either|both|each) sides?"
        rf" of {_FIRST}",
        rf"^(?:does|did|has) {_FIRST} (?:have |got )?(?P<b>[^,?]{{1,60}}?) (?:on|at|to) (?:one|the one|his|her|their)"
        r"(?: left| right)? ?(?:side|hand)?,? and (?P<c>[^,?]{1,60}?) (?:on|at|to) (?:the|his|her|their)"
        r" (?:other|left|right)(?: side| hand)?",
        rf"{_STATED}{_OTHERS} (?:have|had|has|with) {_FIRST} (?:in the (?:middle|cent(?:re|er))|between them)",
        rf"{_STATED}{_FIRST} (?:is|was|stands|sits) (?:(?:standing|sitting|placed|right) )*(?:in )?between"
        rf" {_OTHERS}",
    )
)
_GARMENT = r"(?:jacket|coat|shirt|t-shirt|top|sweater|jumper|hoodie|suit|dress|skirt|hat|cap|tie|scarf|uniform)"
_SHADE = rf"(?:(?:dark|light) )?(?:{_COLOUR})"
_SO_COLOURED = re.compile(
    rf"\b(?P<what>{_GARMENT}) (?:that(?:'s| is| was)|which is|of) (?P<colour>{_SHADE})(?: colou?r)?\b(?! (?:and|or)\b)",
    re.IGNORECASE,
)
_WHOSE_IS = re.compile(
    rf"^(?:and |so )?(?:whom? do(?:es)? (?:the|this|that) (?P<what>{_SHADE} {_GARMENT}) belong(?:s)? to"
    rf"|whose is (?:the|this|that) (?P<one>{_SHADE} {_GARMENT})"
    rf"|(?:the |this |that )?(?P<it>{_SHADE} {_GARMENT})[,:]? (?:who|whose)(?:'s| is| has| wears)"
    r" (?:it|that|this|he|she|in it|wearing it)(?: on)?)\W*$",
    re.IGNORECASE,
)
_GONE_WHEN = re.compile(
    r"^(?:and |so )?(?:when|once|by the time|as soon as) (?P<b>[^,?]{1,60}?) (?:comes?|came|arrives?d?|enters?|entered"
    r"|appears?|appeared|(?:shows?|turns?) up|gets? (?:there|here))(?: in)?,? (?:is|was|has|had)? ?(?P<a>[^,?]{1,60}?)"
    r" (?:(?:is|was|has|had) )?(?:already )?(?:gone|left|away|not (?:there|here))(?: already| any ?more| any longer)?"
    + _TRUE,
    re.IGNORECASE,
)
_BEFORE_ALL = re.compile(
    r"^(?P<who>(?:and |so )?(?:who|which (?:one|person|of (?:them|us)))\b[^,?]*?) (?:before|ahead of)"
    r" (?:(?:every|any) ?(?:one|body)(?: else)?|(?:all )?the (?:others|rest))(?: (?:does|did|do|is|was))?\W*$",
    re.IGNORECASE,
)
_MOMENT = r"(?:second|frame|moment|minute|shot)"
_THROUGHOUT = re.compile(
    rf"\b(?:right )?from (?:the )?(?:very )?(?:start|beginning|first {_MOMENT}) (?:right )?(?:to|till|until|through to)"
    rf" (?:the )?(?:very )?(?:end|last(?: {_MOMENT}| one)?)\b",
    re.IGNORECASE,
)
_WHO_WEARING = re.compile(r"^(?P<who>(?:and |so )?who) (?=wearing\b)", re.IGNORECASE)
_WHICH_FIRST = re.compile(
    r"^(?P<lead>(?:and |so )?)which (?:one )?of (?P<one>[^,?]+?) (?:and|or) (?P<other>[^,?]+?)"
    r" (?P<rest>(?:is seen|was seen|appear(?:s|ed)|comes?|came|arriv(?:es|ed)|leaves?|left|enter(?:s|ed))(?: in| up)?"
    r" (?:first|last|earlier|later))\W*$",
    re.IGNORECASE,
)
_WENT = re.compile(r"^(?P<when>(?:and )?when (?:does|do|did)) (?P<who>[^,?]+?) go(?: away)?\W*$", re.IGNORECASE)
_SINCE = re.compile(r"^(?P<lead>(?:and )?)(?:since|from) when\W*$", re.IGNORECASE)
_ON_BODY = re.compile(
    r"^(?:and )?what(?:'s| is| has| does)(?: (?:he|she))?(?: (?:have|got))? (?:around|on) (?P<whose>[\w' -]+?) "
    r"(?:neck|head|face|feet|wrists?|hands?)\W*$",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"^(?:(?:and |so )?(?:is|was|are) (?:there )?)?(?:any|some) ?(?:one|body)(?: here| there)? without (?:any )?"
    r"(?P<what>(?:(?:a|an) )?(?:face mask|mask|glasses|hat|cap|helmet|coat|white coat|tie|jacket|gloves|apron"
    r"|uniform))\W*$",
    re.IGNORECASE,
)
_FIRST_OF_ALL = re.compile(r"^(?:and )?what happen(?:s|ed) first\W*$", re.IGNORECASE)
_EXACTLY = re.compile(r"\b(?P<asks>when|where|at what time|how long) (?:exactly|precisely)\b", re.IGNORECASE)


def _worn_there(m: re.Match[str]) -> str:
    """What somebody wears, for "what's around her neck?"."""
    whose = m["whose"].lower()
    who = {"his": "he", "her": "she", "their": "they"}.get(whose) or re.sub(r"'s?$", "", m["whose"])
    return f"what {'are' if who == 'they' else 'is'} {who} wearing?" if who != m["whose"] else m[0]


def _so_manieth(m: re.Match[str]) -> str:
    """Who is so many from a side; as it is where both sides are named."""
    sides = re.findall(r"\b(?:left|right)\b", m[0].lower())
    if m["row"] is None and len(set(sides)) > 1:
        return m[0]
    return f"who is {m['nth'].lower()} from the {(m['row'] or m['side']).lower()}?"


def _whom(who: str) -> str:
    return "people" if who.lower() == " of them" else who.strip()


SYNONYMS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_EXACTLY, r"\g<asks>"),
    (_WHICH_FIRST, r"\g<lead>who \g<rest>, \g<one> or \g<other>?"),
    (_WENT, r"\g<when> \g<who> leave?"),
    (_SINCE, r"\g<lead>when?"),
    (_ON_BODY, _worn_there),
    (_WITHOUT, r"who is not wearing \g<what>?"),
    (_FIRST_OF_ALL, r"what happens at the beginning?"),
    (_WHO_IS_HE, r"who is the \g<whom>?"),
    (_SIDE_FIRST, lambda m: m[0] if m["side"] == "right" and not m["most"] else f"the {m['who']} on the {m['side']}"),
    (_OF_WHOM, lambda m: f"{m['asks']}the {m['whom']}{m['rest']}"),
    (_SO_MANIETH, _so_manieth),
    *((form, r"is \g<a> between \g<b> and \g<c>?") for form in _IN_BETWEEN),
    (_GONE_WHEN, r"does \g<a> leave before \g<b> comes?"),
    (_THROUGHOUT, "the whole time"),
    (_BEFORE_ALL, r"\g<who> first?"),
    (_SO_COLOURED, r"\g<colour> \g<what>"),
    (_WHOSE_IS, lambda m: f"who is wearing a {m['what'] or m['one'] or m['it']}?"),
    (_WHO_WEARING, r"\g<who> is "),
    (_COMES_OFTEN, r"\g<lead> is \g<who> there?"),
    (_LIST_WHO, r"who\g<are> "),
    (_STAYED, r"\g<lead> is \g<who> there?"),
    (_ONLY_ONE, lambda m: f"how many {'women' if m['what'].lower() in ('woman', 'lady') else 'men'} are there?"),
    (_STAYS, r"is \g<who> there at the end?"),
    (_HOW_MANY, lambda m: f"{m['lead']} {_whom(m['who'])} are {m['in'] or 'with'} {m['what']}?"),
    (_HOW_MANY_ARE, r"\1 people"),
    (_EITHER_COLOUR, r"what colour is \g<who> wearing?"),
    (_EITHER_HAIR, lambda m: f"what hair does {m['who'] or m['whose']} have?"),
    (_EITHER_HELD, lambda m: f"what {m['is'].lower()} {m['who']} holding?"),
    (_INSIDE, "is this indoors or outdoors?"),
    (_TIMES_OF, r"when is \g<who> there?"),
    (_SHOWN_WHEN, lambda m: f"when is {m['who'] or m['one'] or m['inside']} there?"),
    (_BOTH_ENDS, lambda m: f"when is {m['who'] or m['one']} first and last seen?"),
    (_UNTIL, r"when does \g<who> first appear?"),
    (_MISSING, "who is not in this video?"),
    (_WHOSE, r"who is wearing a \g<colour> \g<what>?"),
    (_GENDER, lambda m: f"is {m['who'] or m['whose']} a man or a woman?"),
    (_DIFFERENCE, r"what do \g<one> and \g<other> look like?"),
    (_EACH, "what is everybody doing?"),
)
