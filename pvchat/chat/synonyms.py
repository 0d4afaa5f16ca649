"""Questions that ask for what another asks for: "Is Ana in red or blue?" is told as "What colour is Ana wearing?" is.

In: patterns for whole questions, names and capitals as they are typed. Out: the question in their place; of two things
that are asked for neither is a yes. `wordings.py` puts them to use.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pvchat.chat.guard import COLOURS

_COLOUR = "|".join(sorted(COLOURS))
_CLIP = r"(?:video|clip|film|movie|footage|picture|scene)"
_END = r"(?:there |here |present )?(?:until|till|to|at) the (?:very )?end"
_STAYS = re.compile(
    rf"^(?:and |so )?(?:does|do|did) (?P<who>.+?) (?:stay|remain|last) {_END}(?P<rest>.*)$", re.IGNORECASE
)
_WORN = (
    r"(?:glasses|sunglasses|spectacles|hats?|caps?|masks?|helmets?|ties?|beards?|moustaches?|scarf|scarves|hair|jackets?"
    rf"|coats?|shirts?|suits?|uniforms?|dress|dresses|tops?|aprons?|{_COLOUR})"
)
_HOW_MANY = re.compile(
    r"^(?P<lead>(?:and |so )?how many)(?: of them| people| persons)(?: are there)? (?:with|w/|wearing|(?P<in>in))"
    rf" (?P<what>(?:[\w-]+ )*?{_WORN})(?: (?:are|is) there| (?:do|can) you see)?(?: in (?:the|this) {_CLIP})?\W*$",
    re.IGNORECASE,
)
_HOW_MANY_ARE = re.compile(
    r"^((?:and |so )?how many)(?: of them)?(?= (?:are (?!there\b|known\b|unknown\b|familiar\b|in\b|you\b|here\b)"
    r"|(?:wear|have|sit|stand|talk|speak|smile|wave|walk|look)\b))",
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
    r"^(?:compare|what(?:'s| is| are) the differences? (?:between|in)|how (?:do|does|are) (?:they )?differ) "
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
_SO_MANIETH = re.compile(
    r"^(?:and |so )?(?:the )?(?P<nth>second|third|fourth|2nd|3rd|4th)(?: one| person)? from"
    r" (?:the )?(?P<side>left|right)\W*$",
    re.IGNORECASE,
)
SYNONYMS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_WHO_IS_HE, r"who is the \g<whom>?"),
    (_SIDE_FIRST, lambda m: m[0] if m["side"] == "right" and not m["most"] else f"the {m['who']} on the {m['side']}"),
    (_OF_WHOM, lambda m: f"{m['asks']}the {m['whom']}{m['rest']}"),
    (_SO_MANIETH, r"who is \g<nth> from the \g<side>?"),
    (_STAYS, r"is \g<who> there at the end?"),
    (_HOW_MANY, lambda m: f"{m['lead']} people are {m['in'] or 'with'} {m['what']}?"),
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
