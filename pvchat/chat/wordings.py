"""Other words for a question that is known: "May I ask who is there?" in, "who is there?" out.

People type in haste ("whos there pls"), ask politely, call somebody by a title ("Dr. Ana"), speak of their home where a
clip is meant ("Is anybody home?"), and of strangers by what they fear. The rest of the reading knows one wording of
each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pvchat.chat.names import Mention
from pvchat.chat.synonyms import SYNONYMS
from pvchat.chat.vocabulary import KIN, TITLES

_QUESTION_WORD = r"(?=(?:who|whom|whose|what|where|when|which|how|is|are|was|were|does|do|did|has|have)\b)"
_POLITE = re.compile(
    r"^(?:(?:excuse me|please|hey|hi|hello|ok|okay|so|well|now)\b[,!.]? )*"
    r"(?:(?:may|can|could|might) i (?:please )?(?:ask|know)(?: you)?,? "
    r"|i(?:'d| would) (?:like|love) to (?:know|ask)(?: you)?,? |i (?:want|need|wish) to know,? "
    r"|(?:please|excuse me|hey),? )" + _QUESTION_WORD,
    re.IGNORECASE,
)
_PROBABLE = re.compile(
    r"^(?:and )?(?:what(?:'s| is) the (?:probability|chance|chances|likelihood|odds)(?: that)?"
    r"|how (?:likely|probable|certain|sure) (?:is it|are you)(?: that)?) (?=\w+ .*\b(?:is|are|was|were)\b)",
    re.IGNORECASE,
)
_HOUSE = r"(?:room|house|flat|apartment|home|building)"
_AT_HOME = re.compile(
    r"(?<!'s )(?<!\ba )(?<!going )(?<!coming )(?<!walking )(?<!driving )(?<!go )(?<!come )(?<!came )"
    rf"(?<!gone )(?<!leave )(?<!left )\b(?:at home|home|in (?:the|my|our) {_HOUSE})\b(?!-| (?:cinema|office|page))",
    re.IGNORECASE,
)
_OF_PEOPLE = re.compile(
    r"^(?:and |so |but )?(?:(?:is|are|was|were|isn't|aren't|has|have|did|does|do you see|can you see"
    r"|tell me (?:if|whether))"
    r" (?:there )?(?:any|some|every|no) ?(?:one|body)|who|who's|how many (?:other )?(?:people|persons)|tell me who)\b",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    rf"^(?:and |so )?(?:is|was) (?:the |my |our |this |it )?"
    rf"(?:{_HOUSE}|place|corridor|office|ward|video|clip|scene)? ?empty\W*$",
    re.IGNORECASE,
)
_FEARED = (
    r"(?:strangers?|intruders?|burglars?|thie(?:f|ves)|robbers?|trespassers?|visitors?|guests?"
    r"|unknown (?:person|people))"
)
_STRANGER = re.compile(
    rf"^(?:and |so )?(?:is|are|was|were) there (?:an? |any |some )?{_FEARED}\b(?P<rest>[^,]*)$"
    rf"|^(?:and |so )?(?:do|did|can) you (?:see|spot|find|notice) (?:an? |any |some )?{_FEARED}\b(?P<seen>[^,]*)$"
    rf"|^(?:and |so )?(?:is|was) there (?:some|any) ?(?:one|body) unknown\b(?P<who>[^,]*)$"
    r"|^(?:and |so )?(?:has|have|did|does|do) (?:some|any) ?(?:one|body) (?:come|came|enter|walk|appear|show|turn|been"
    r"|be|get|got|visit)[^,]*? (?:that |who |whom )?(?:i|we) (?:do|did)(?:n't| not) (?:know|recogni[sz]e)\W*$",
    re.IGNORECASE,
)
_HER_NAME = re.compile(
    r"^(?:and |so )?what(?:'s| is| was) (?:his|her|their|the (?:man|woman|person|guy|girl|boy|lady)'s) name\W*$"
    r"|^(?:and |so )?what(?:'s| is| was) the name of (?:the |this |that )(?:man|woman|person|guy|girl|boy|lady)\W*$",
    re.IGNORECASE,
)
_THE_ROOM = re.compile(
    r"^((?:and |so |but )?(?:is|are|was|were|isn't|aren't|has|have) .+?) in the room\b"
    r"(?=[^\w]*$| too| as well)",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"^(?:please )?count (?:all )?(?:the )?(people|persons|faces|heads|everyone|everybody)\b", re.IGNORECASE
)
_KNOWN = re.compile(
    r"^(?:and |so )?do you (?:know|recogni[sz]e) (?:every ?body|every ?one|all (?:of them|of these|the people))"
    r"(?: (?:here|there|in (?:this|the) \w+))?\W*$",
    re.IGNORECASE,
)
_ONLY = re.compile(
    r"^(?P<is>is|was) (?:only|just) (?P<who>[^,?]+?) (?:here|there|present|visible|in (?:this|the) \w+)\W*$"
    r"|^(?P<was>is|was) (?P<one>[^,?]+?) the only (?:one|person)(?: (?:here|there|in (?:this|the) \w+))?\W*$",
    re.IGNORECASE,
)
_ON_HER_OWN = re.compile(
    r"\b(?:all )?(?:on (?:her|his|their) own|by (?:herself|himself|themsel(?:f|ves)))\b", re.IGNORECASE
)
_TITLES = rf"\b(?:{'|'.join(TITLES)})\b"
_OURS = (
    rf"\b(?:my|our) (?:(?:little|big|older|younger|elder|best|good|old|dear) )*(?:{KIN}|boy|girl|grandson|granddaughter"
    r"|nurse|carer|patient|resident|guest)"
)
_ANY_TITLE = re.compile(rf"{_TITLES}|\b(?:my|our)\b", re.IGNORECASE)
_TITLE = re.compile(rf"(?:(?<!\ban )(?<!\ba )\b(?:the )?(?:{_TITLES}\.? )+|{_OURS},? )$", re.IGNORECASE)
_SHORT = {
    "u": "you", "ur": "your", "pls": "please", "plz": "please", "ppl": "people", "thru": "through", "wat": "what",
    "wats": "what's", "wot": "what", "wots": "what's", "whats": "what's", "whos": "who's", "wheres": "where's",
    "whens": "when's", "hows": "how's",
    "thats": "that's", "theres": "there's", "isnt": "isn't", "arent": "aren't", "doesnt": "doesn't", "dont": "don't",
    "cant": "can't", "didnt": "didn't", "wasnt": "wasn't", "hasnt": "hasn't", "teh": "the", "ths": "this",
    "dos": "does", "vid": "video", "vids": "videos", "pic": "picture", "tho": "though", "lemme": "let me",
    "gimme": "give me", "wanna": "want to", "gonna": "going to", "kinda": "kind of", "abt": "about", "sb": "somebody",
}  # fmt: skip
_SHORTENED = re.compile(rf"(?<![\w'])(?:{'|'.join(_SHORT)})(?![\w'])")  # in small letters: a capital may begin a name
_EDITS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_POLITE, ""),
    (_PROBABLE, "tell me whether "),
    (_EMPTY, "is anybody here?"),
    (_STRANGER, "is there anyone here I don't know?"),
    (_COUNT, "how many people are there"),
    (_HER_NAME, "who is there?"),
    (_THE_ROOM, r"\1 here"),
    (_KNOWN, "how many people do I not know?"),
    (_ON_HER_OWN, "alone"),
    (_ONLY, lambda m: f"{m['is'] or m['was']} {m['who'] or m['one']} alone?"),
)


def known_wording(text: str) -> str:
    """A question in the wording that is known, as it is where it has that; its names and capitals stay."""
    text = _SHORTENED.sub(lambda m: _SHORT[m[0]], text)
    for pattern, instead in (*_EDITS, *SYNONYMS):
        text = pattern.sub(instead, text)
    return _AT_HOME.sub("here", text) if _OF_PEOPLE.match(text) else text


def has_title(text: str) -> bool:
    """Whether a title may stand before a name."""
    return _ANY_TITLE.search(text) is not None


def without_titles(text: str, mentions: Sequence[Mention]) -> str:
    """A question without the titles before its names: "Is Dr. Ana there?" asks about Ana.

    Args:
        text: the question.
        mentions: of enrolled names in it, in order; a title that is part of a name is none.
    """
    ends = [m.end for m in mentions]
    for mention in reversed(mentions):
        title = _TITLE.search(text[: mention.start])
        if title and title.start() - 1 not in ends:  # "Ben's sister Ana"
            text = text[: title.start()] + text[mention.start :]
    return text
