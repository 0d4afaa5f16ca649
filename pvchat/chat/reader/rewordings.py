"""Questions, said in words that the reader knows.

Of any video "Whose tie is it?" becomes "Who has the tie?"; of many "Who's been gone for over two weeks?" becomes "Who
was not seen in the last two weeks?", before dates and places are sought. Each row is a pattern and the words that stand
in its place; all are tried, in this order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pvchat.chat.english import FUNCTION_WORDS, NUMBERS, ORDINALS
from pvchat.chat.reader.dates import WEEKDAY
from pvchat.chat.reader.scopes import CLIPS
from pvchat.chat.reader.timewords import one_of
from pvchat.chat.reader.words import DETERMINER

Plain = str | Callable[[re.Match[str]], str]
Rewording = tuple[re.Pattern[str], Plain]
_IS, _IT = r"(?:['’]s| is| was)", r"(?:it|that|this|s?he)"
_NTH = rf"(?:(?:{one_of(ORDINALS)})(?: but one)?|(?:second|third|next to)[ -]last|penultimate)"
# "about the party": what somebody speaks of; no topic are "about it?", "about in the kitchen?"
_TOPIC = (
    r"(?!(?:it|that|this|what|whom?|now|then|t?here|while|when|at|in|on|during|before|after"
    rf"|(?:him|her|them|me|us|you)\W*$)\b){DETERMINER}(?P<topic>[^?\"]+?)"
    r"(?=\W*$| (?:while|when|before|after|during|in the (?:first|last|second)|at (?:\d|the (?:end|start|beginning)))\b"
    r"| (?:first|last|most|again|now)\W*$)"
)
_ASK = r"ask(?= (?:in|at|while|when|before|after|during|t?here|then|first|last)\b|\W*$)"  # what is asked isn't said
# "for more than a week"
_SO_LONG = r"(?:more than |over |at least |about )?(?P<count>\w+) (?P<unit>hours?|days?|weeks?|months?|years?)\b"


def _lately(found: re.Match[str]) -> str:
    """Such as " in the last 3 days" for "for more than 3 days"."""
    return f" in the last {'' if found['count'] in ('a', 'an') else found['count'] + ' '}{found['unit']}"


def _compiled(*rows: tuple[str, Plain]) -> tuple[Rewording, ...]:
    """Patterns in whatever case, with what stands in their place."""
    return tuple((re.compile(said, re.IGNORECASE), plain) for said, plain in rows)


def _says(found: re.Match[str]) -> str:
    """Such as 'when does Ana say "lunch"' for "what does Ana say about lunch"."""
    verb = (found["verb"] or found["mentions"]).lower()
    ending = next((end for end in ("ing", "s") if verb.endswith(end)), "")
    says = "said" if verb in ("said", "spoke") or verb.endswith("ed") else f"say{ending}"
    return f'{"when " * bool(found["what"])}{found["who"]}{says} "{found["topic"]}"'


REWORDINGS = _compiled(  # of any question
    (rf"^(?P<what>(?:and )?what (?=(?:do|does|did|has|have|is|was|are|were)\b))?(?P<who>(?!.*\byou\b).*?)"
     rf"\b(?:(?P<verb>say(?:s|ing)?|said|(?:talk|speak|ask)(?:s|ed|ing)?|spoke)"
     rf"(?: (?:something|anything|(?:to|with) \w+))? about|(?P<mentions>mention(?:s|ed|ing)?)) {_TOPIC}", _says),
    (r"^(?:and )?by whom(?=\W*$)", "who"),
    (r"\b(?:ask(?P<s>s?)|(?P<ed>asked)) (?:\w+ )?(?:something|anything|(?:(?:a|any|some) )?questions?)(?=\W*$)",
     lambda found: f"{'said' if found['ed'] else 'say' + found['s']} \"?\""),
    (rf"^(?:and )?(?:what|which)(?: questions?)? (?=(?:do|does|did)\b.* {_ASK})", "when "),
    (rf"(?<=[a-z] ){_ASK}", 'say "?"'),
    (r"\b(talk|speak)(s|ing)? over each other\b", r"\1\2 at the same time"),
    (rf"^(\w+ .*\b(?:says?|said)) (?:that )?((?:it|this|today){_IS} [^?.,\"“]+)(?=\?|$)", r'\1 "\2"'),
    (r"^(\w+ .*\b(?:says?|said)) that (?:the |an? )?((?!s?he |they |you )[^?.,\"“]+? (?:is|are|was|were) [^?.,\"“]+)"
     r"(?=\?|$)", r'\1 "\2"'),
    (r"^(?:and )?who (?:answer(?:s|ed)?|repl(?:y|ies|ied) to|respond(?:s|ed)? to) (?!that\b|it\b|first\b|last\b)",
     "who speaks next after "),
    (rf"^whose (.+?) (?:is|are|was|were) (?:{_IT}|these|those)(?=\W*$)", r"who has the \1"),
    (r"^(how many\b.*?) (?:right now|now|at (?:the|this) moment|currently)(?=\W*$)", r"\1"),
    (rf"^(?:and )?(?:what{_IS}|tell me|do you know) ((?:the|this|that) .+)['’]s name(?=\W*$)", r"who is \1"),
    (rf"^(?:and )?what{_IS} the name of (?=(?:the|this|that)\b)", "who is "),
    (r"\bthe same (?:person|man|woman|guy|girl|boy|lady) as\b ?", ""),
    (rf"^(?:no,? )?{_IT}(?:{_IS} not|(?: is|was)n['’]t) [^,]+?,? (?:but |(?:but )?{_IT}{_IS} )(?!not\b)", "is it "),
    (r"^why (?:is|was)(?:n['’]t (.+?)| (.+?) not) (?=(?:t?here|seen|in)\b)", r"why do you think \1\2 isn't "),
    (r"^why (?:is|was) (.+?) (?:missing|absent|gone|away)(?=\W*$)", r"why do you think \1 isn't there"),
    (r"\bquiet\b", "silent"),
    (r"\bmotionless\b", "keeping still"),
    (r"^(is|was) the (?:doctor|nurse|carer|patient|teacher) (?=(?-i:[A-Z])\w*\W*$)", r"\1 it "),
    (r"\b(left|right)[- ]hand side\b", r"\1"),
    (r"^(?:is|are) (.+?)['’]s? (?:mouth|lips) moving(?=\W*$)|\bwhose (?:mouth is|lips are) moving\b",
     lambda found: f"is {found[1]} talking" if found[1] else "who is talking"),
    (r"\bat the (left|right)(?:[- ]hand)? end\b|\b(?:furthest|farthest) (?:on |to )?(?:the )?(left|right)\b",
     r"on the far \1\2"),
    (r"\blying(?=\W*$)", "lying down"),
    (r"^who (?=(?:left|right) side\b)", "who is on the "),
    (r"\b(happen\w*|going on) in the middle(?=\W*$)", r"\1 in the middle of the video"),
    (r"^(?:and |but |no, )?not even (?=(?:at|in|on|during|before|after|while|when)\b)", "and "),
)  # fmt: skip
OF_LIBRARY = _compiled(  # of one about many videos
    (r"\b(who|what|where|when|how)'?s (?!(?:been|got|had|come|gone|left|seen|\w+ed)\b)", r"\1 is "),
    (r"\b(in|on|at) (?:the |my |our )?[\w ]+?(?:\.\.+|…|,)? *(?:sorry|no sorry|no wait|no,? i mean|i mean),? "
     r"(?:in |on |at )?(?=the\b)", r"\1 "),
    (r"^.*\b(?:no wait|no sorry),? (?=(?:when|where|who|what|how|is|was|did)\b)", ""),
    (rf"\b(?<!past )half ({one_of(NUMBERS[1:13])}|\d{{1,2}})\b(?! (?:hour|minute|day|week|month|year|of))",
     r"half past \1"),
    (r"^how many (?:videos|clips|recordings) (?:do (?:you|we|i) have|have (?:you|we|i)(?: got)?)\b",
     "how many videos are there"),
    (r"(?: in total| altogether| in all| all in all)(?=\W*$)", ""),
    (r"\b(which|what) (?:week ?days|days? of the week)\b", r"\1 weekday"),
    (rf"\b(which|what|how many) (?!one){CLIPS}\b(?! of\b)", r"\1 video\2"),
    (r"^(?:and )?(?:at )?what times?(?= was (?:it|that)\b|\W*$)", "when"),
    (r"^how (?:many (?:hours|minutes) of|much) (?:footage|film) (?:is|are) there\b(?! of\b)",
     "how long is all the footage"),
    (r"^when (?:was|were) (?:the )?videos?\b(.*?) (?:recorded|filmed|taken|made|shot)\b", r"list the videos\1"),
    (r"^(?:which|what) videos (?:are|were)(?: there)?(?= (?:in|on|at|from|of)\b|\W*$)", "list the videos"),
    (r"^(?:which|what) videos (?:beg[aiu]n|start(?:ed)?)\b(?! with\b)", "list the videos"),
    (r"\b(month|week|time|hour) of the (?:year|month|day)\b", r"\1"),
    (r"^(?:since when (?:has|have|is|are|was|were) (.*?) not (?:been )?(?:here|there|seen)\b"
     r"|(?:is|are) (.*?) (?:still (?:here|there|around)\b|(?:back |still )?(?:at )?home(?: now| yet)?\W*$)"
     r"|(?:has|have) (.*?) (?:left|gone)(?: yet)?\W*$)", r"when was \1\2\3 last ever seen"),
    (r"^((?:who(?! (?:was|were)\b)|how many people|is|are)\b.*?) (?:right now|now|at the moment|currently)\b",
     r"\1 in the last hour"),
    (r"\bon (?:duty|shift)\b", "here"),
    (r"\b(?:he |she )?(?<!at )(?<!to )(?<!it )(?<!you )(?<!this )(?<!her )(?<!his )(?<!the )(?<!of )work(s|ed|ing)?\b"
     r"(?! (?:out|on (?:it|the (?!\w+day|\d))|with|as|for|together|at (?:an?|the|her|his))\b)",
     lambda found: {"s": "comes", "ed": "came", "ing": "here"}.get((found[1] or "").lower(), "come")),
    (r"\b(?:in night|(?<=come )nights|(?<=comes )nights)\b", "at night"),
    (r"(?:^(?P<first>has|have|is|are|was) (?P<who>.*?)|'s| is| are| has|'ve| have)(?: been)? "
     rf"(?:away|gone|absent|missing) for {_SO_LONG}",
     lambda found: (f"was {found['who']}" if found["first"] else " was") + f" not seen{_lately(found)}"),
    (rf"(?P<not>(?:^| )(?:has|have|was|were|is|are)(?:n't| not)\b.*?) for {_SO_LONG}",
     lambda found: found["not"] + _lately(found)),
    (r"\b(last|past) half(?: an)? hour\b", r"\1 30 minutes"),
    (r"^((?:did|has|have|was|were|does|is) .*? )(?:stay|stayed|here|there)(?: for)?(?: very)? long\b",
     r"how long \1there"),
    (r"(?<!\bon )(?<!since )(?<!until )(?<!before )(?<!after )\b24/7\b", "all the time"),
    (rf"(?<=\w )in (?:any|an?|some|one) {CLIPS} (?=with\b)", "ever "),
    (r"^(?:and )?with how many (?:other people|others|people)\b", "how many people was she with"),
    (r"\b((?:in|on|at) [\w/. ]+?) ((?:more|less)(?: often)?|longer) than (?=(?:in|on|at)\b)", r"\2 \1 than "),
    (r"\b(?:neither (in|on|at)|(in|on|at) neither) (.*?) nor\b", r"never \1\2 \3 or"),
    (r"\bnot ((?:in|on|at) [^,?]*?),? (?:and|or) (?:also )?not (?=(?:in|on|at)\b)", r"never \1 or "),
    (rf"\bon (?:an?|any) (weekend|weekday|{WEEKDAY})\b", r"on \1s"),
    (r"\bprior to\b", "before"),
    (rf"\b(?:(later)|earlier) than (?=\d|noon\b|midnight\b|half\b|(?:a )?quarter\b|(?:{one_of(NUMBERS[1:13])})\b)",
     lambda found: "after " if found[1] else "before "),
    (r"\bup (?:to|until|till) and including\b", "by"),
    (r"\bagain since\b", "after"),
    (r"^((?:who|which|did|was|were|is)\b.*\bor\b.*\b(?:c[ao]me|show(?:ed)? up|t?here|arrived?|appeared?|seen)) "
     r"(?:(earlier)|later) (?=on\b|in\b|at\b|today\b|yesterday\b|this\b|that\b)",
     lambda found: f"{found[1]} {'first' if found[2] else 'last'} "),
    (r"\b(where\b.*?\b(?:first|last)\b.*?)[:,] (?:in |at )?(.+?) or (?:in |at )?(.+?)(?=\W*$)",
     r"\1 in \2 or in \3"),
    (r"^(?:was|were) (.*?) (?:(first|last) )?(?:seen )?(?:in|at) (.*?) or (?:in |at )?(.*?)"
     r"(?(2)| (first|last))(?=\W*$)",
     lambda found: f"where was {found[1]} {found[2] or found[5]} seen in {found[3]} or in {found[4]}"),
    (r"\b(?:a |the )?(?:rundown|run-through|recap) of\b", "what happened on"),
    (r"^is it (?:right|correct|so) that\b", "is it true that"),
    (r"^is it true that (\w+) only ever (\w+s)\b", r"is it true that \1 \2 only"),
    (r"\bearly on\b(?= the\b| \w+day\b)", "in the morning on"),
    (r"\blate on\b(?= the\b| \w+day\b)", "in the evening on"),
    (r",? (?:ever )?since (?:we|you|i) (?:began|started|have been)(?: \w+ing)?(?: here| there)?(?=\W*$)", ""),
    (r"\b(?:(?:is|are|was|were) making|makes?|made) use of\b", "used"),
    (r"^(?:(.*), )?(?:who|whom|which(?: one)?) (?:do|have|did) (?:you|we) (?:have|got|see) more of\b",
     r"who is seen more often \1"),
    (r"\b(?:our|the|your) holdings\b", "the videos"),
    (r"\b(?:sets?|laid|lays?|claps?|clapped) eyes on\b", "see"),
    (r"^when did any(?:one|body) ((?:last|first) )?see\b", r"when did you \1see"),
    (rf"(?<!\bon) (?<!of )the ({WEEKDAY})(?=\W*$)", r" on \1"),
    (r"^(?:and|what about|how about) the (morning|afternoon|evening)(?=\W*$)", r"and in the \1"),
    (r"\b(any|every|some)(one|body) (?:on (?:my|our|the) list|of (?:ours|us))\b", r"\1\2 I know"),
    (r"^how far apart (?:are|were|lie) (.*?)'s? (?:first |only )?two (?:appearances|visits|sightings)\b",
     r"how many days are between \1's first and second visit"),
    (r"^(?:when and where|where and when)\b", "when"),
    (r"\bon (?:the )?(?:tv|telly|television|air)\b", "there"),
    (r"^(is|was|does|did) (\w+(?: (?-i:[A-Z])\w*)*) (.*) (?:each|every) time (?:s?he|they) (?:is |was )?"
     r"(?:c[ao]mes?|visit(?:s|ed)|here|there|seen)(?=\W*$)", r"\1 \2 always \3"),
    (rf"^(?!(?:{one_of(FUNCTION_WORDS)})\b)([\w.]+) no (?=\w)", r"\1 not "),
    (r"\b(?:on )?(?:all|each|every(?: one)?) of the (last|past) (\w+) (day|night|week|month)s\b",
     r"every \3 in the last \2 \3s"),
    (r"^(?:is|was|were|has|have|does|did) (?:any|some)(?:one|body)( i know| we know)?(?: been| appear| come)? "
     r"(?=in (?:every|each|all)\b)", r"who is "),
    (r"\bbefore lunch(?:time)?\b", "before noon"),
    (r"\bafter lunch(?:time)?\b", "after 2pm"),
    (r"^(which two\b.*?|who) (?:meets?|met)(?: each other)?(?= (?:the )?(?:most|longest|least))", r"\1 are together"),
    (r"\b(?:always|usually|normally|mostly|generally) ((?:the |comes? |leaves? |arrives? )*(?:first|last))\b"
     r"(?! (?:seen|here)\b)(.*?)(?=\W*$)", r"\1\2 each day"),
    (r"\bbetween (.+?)'s? (?:two )?(?:appearances|visits|sightings)\b", r"between \1's first and second visit"),
    (r"^(?:at )?(?:what time|how (?:early|late)) (?:does|do) (.+?) (?:usually |normally )?"
     r"(?:come|arrive|start|begin|leave|stay|finish|go)\b(?: in\b)?", r"when is \1 usually here"),
    (r"^how long (?:has|have|is) (.+?) (?:been )?(?:away|gone|absent|missing)(?: for| now)?(?=\W*$)",
     r"how long since \1 was last here"),
    (r"^(?:does|did) (.+?) (?:always |usually )?(\w+) at (?:about |around |exactly )?the same (?:time|hour) "
     r"(?:each|every) \w+(?=\W*$)", r"when does \1 usually \2"),
    (r"\bafter (?:dark|nightfall)\b", "between 8pm and 6am"),  # of the sun nothing is known: the hours are told
    (r"\b((?:is|was|were|been|come|came|comes)(?: [\w.]+){0,3}) hear\b", r"\1 here"),
    (r"\b(video|visit|time) before (?:the )?last(?: one)?\b", r"last but one \1"),
    (rf"(?<=\w )(?:in|on) ((?:her|his|their|[\w.]+(?: [A-Z]\w*)*['’]s?) {_NTH}) {CLIPS}\b(?! but\b)",
     r"there on \1 visit"),
    (rf"(?<=\w )(?:in|on) the ({_NTH}) {CLIPS} (?:of|with|showing|that shows|in which) (?=\w)(?!.*\band\b)",
     r"there on the \1 visit of "),
    (r"^(which|what) ((?:room|place)s?) (?:is|was|are|were) (?:not|never) (?:used|visited|occupied)\b",
     r"in \1 \2 was nobody"),
    (r"\bin two different (?=places\b|rooms\b)", "in more than one "),
    (r"\b(?:different|separate) (?=(?:day|night|week|month|room|place)s\b)", ""),
    (r"\b(?:the |this )?(weekend|week|month) just gone\b", r"last \1"),
    (rf"\b((?:this|last) week),? on ({WEEKDAY}(?: (?:morning|afternoon|evening|night))?\b)(?! and\b| or\b)",
     r"on \2 \1"),
    (r"^((?:do|does|who|when|how often)\b.*\b(?:ever|usually|always|never|comes?)\b.*) (?:at|on) the weekend\b",
     r"\1 at weekends"),
)  # fmt: skip


def in_plain_words(text: str, rewordings: Sequence[Rewording]) -> str:
    """A question as the reader knows it."""
    for said, plain in rewordings:
        text = said.sub(plain, text)
    return text
