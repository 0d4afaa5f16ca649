"""Replies to what asks for nothing that can be seen: thanks, "why?", jokes, insults; one kind sentence each.

In: a question in lower case. Out: the reply; empty where something is asked that can be answered.
"""

from __future__ import annotations

import re

from pvchat.chat.questiontypes import question_type

_ASK = "ask me who is in this video, what they wear, what they do or where they are"
SURENESS = (
    "How sure I am stands beside each answer as a probability; where much hangs on it, look at the clip at the times "
    "given."
)
CANT_TELL = f"I can't tell that; {_ASK}."
_UNHEARD = f"I see a video's pictures only, and hear nothing; {_ASK}."
_UNMOVED = f"I can't tell what the camera does; {_ASK}."
_REPLIES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), reply)
    for pattern, reply in (
        (r"^((vielen |ganz )?(dank|danke)|merci( beaucoup)?|(muchas )?gracias|grazie( mille)?|(muito )?obrigad[oa]"
         r"|谢谢你?|多谢)( \w+)?\W*$",
         f"You're welcome; {_ASK}."),
        (r"^(hallo|guten (tag|morgen|abend)|gr[üu][sß]+ gott|bonjour|bonsoir|salut|hola|buen[oa]s \w+"
         r"|ciao|buongiorno|buonasera|olá|bom dia|boa (tarde|noite)|你好|您好)( \w+)?\W*$",
         f"Hello; {_ASK}."),
        (r"^(and |but )?((are you|how) (really |so |quite )?(sure|certain)( are you)?( (about|of) (that|this|it))?"
         r"|really|how do you know( that)?|is that (right|true|correct))\W*$",
         SURENESS),
        (r"^(many |no,? )?(thanks?|thank you|thx|cheers|great|cool|nice|perfect|awesome|wow|well done|good (job|bot))"
         r"( \w+){0,3}\W*$",
         f"You're welcome; {_ASK}."),
        (r"^(ok(ay)?|yes|yeah|yep|no|nope|sure|fine|right|i see|hm+|stop|cancel|never mind|all ?right|good)\W*$",
         f"All right; {_ASK}."),
        (r"^(and )?(when|where|how|by whom|who|in (what|which) year) (was|were|has|is|did) (this|it|that|these|the \w+)"
         r"( \w+)? (been )?(filmed|recorded|made|taken|shot)\W*$"
         r"|^(and )?who (made|filmed|recorded|took|shot) (this|it|that|these|the)( \w+)?\W*$",
         CANT_TELL),
        (r"^(and |so )?((is|are|was) there (any |a |some )?(sound|audio|music|noise|speech|dialogue|voices?)"
         r"|(has|does|have) (it|this|that|the \w+) (have |got )?(any |a )?(sound|audio|music)"
         r"|(can|do|could) you hear (any|some)?\w*|what (do|can) you hear|is (it|this|the \w+) (silent|mute|muted))"
         r"( track)?( (in|on) (it|this|the) ?\w*)?\W*$",
         _UNHEARD),
        (r"^(and |so )?(is|does|was|did) the camera (ever )?(mov|pan|zoom|shak|turn|tilt|still|static|fixed|hand)",
         _UNMOVED),
        (r"^(hello|hi|hey|good (morning|evening|afternoon)|how are you)(,? \w+){0,2}\W*$", f"Hello; {_ASK}."),
        (r"^(bye|goodbye|see you|good night)\b", "Goodbye; come back with another question any time."),
        (r"^(and |but )?(why|how come|what for)( not| so| is that)?\W*$", f"I can't say why; {_ASK}."),
        (r"^(and )?what('s| is)? (time is it|the time|day is it|date is it)\b", CANT_TELL),
        (r"\b(joke|poem|story|sing (me )?a song|riddle|limerick)\b", f"I'm no good at that, but {_ASK}."),
        (r"\b(stupid|idiot|dumb|useless|moron|shut up|hate you|you suck|fuck\w*|shit\w*|bullshit|crap|asshole|bastard"
         r"|you('re| are) (\w+ )?(wrong|bad|terrible|awful|rubbish|garbage|horrible|ugly))\b",
         f"I'm sorry that I was no help; {_ASK}."),
        (r"\b(who|what) are you\W*$|\bwhat('s| is) your name\b|\bwhat can you do\b|^help\W*$",
         f"I'm PVChat, and I answer questions about people in videos: {_ASK}."),
    )
)  # fmt: skip
_ABOUT_CLIP = re.compile(
    r"\b(describe|description|summar\w+|happen\w*|going on|show\w*|see|seen|video|clip|scene|footage|film|movie|picture"
    r"|photo|image|recording|about|people|person|persons|they|them|he|she|him|her|everyone|everybody|someone|somebody)\b"
)
_THING = re.compile(r"^what('s| is| are) (on|in|under|inside|behind|above|below) (the|an?|that|this|those) (\w+)")
_COLOUR_OF = re.compile(
    r"^(?:and )?(?:what|which) colou?rs? (?:is|are|was|were) (?:the|that|this|those|my) (?P<what>[a-z ]+?)\W*$"
)
_WHERE = re.compile(r"^(?:and )?where(?:'s| is| are| was| were) (?:the|my|our|your) (?P<what>[a-z ]+?)\W*$")
_ROLE = re.compile(
    r"\b(?:the|an?|my|our|your) (?:patients?|doctors?|physicians?|nurses?|surgeons?|visitors?|guests?"
    r"|intruders?|burglars?|thie(?:f|ves)|postman|cleaners?|boss|teachers?|wife|husband|mother|father|son|daughter)\b"
)  # whom nobody enrolled is known as
_ANYBODY = re.compile(
    r"\b(?:m[ae]n|wom[ae]n|people|persons?|ones?|guys?|lad(?:y|ies)|boys?|girls?|child|children|kids?|baby)\b"
)
_WHY_SO = re.compile(
    r"(?:and |but )?(?:why (?:do|would|did) you (?:say|think|believe) (?:so|that|this|it)"
    r"|what makes you (?:say|think|believe) (?:so|that|this|it)|(?:on )?what (?:is|are) (?:that|this|it) based(?: on)?"
    r"|what does (?:that|this|it) rest on|show me why)\W*"
)
_CLIPS = ("video", "clip", "scene", "footage", "film", "movie", "picture", "photo", "image", "recording", "frame")


def small_talk(lower: str) -> str:
    """The reply to small talk that names nobody, in lower case; empty where something is asked."""
    return next((reply for pattern, reply in _REPLIES if pattern.search(lower)), "")


def asks_why_so(lower: str) -> bool:
    """Whether a question in lower case asks what the answer before it rests on."""
    return _WHY_SO.fullmatch(lower) is not None


def no_subject(lower: str, kind: str) -> str:
    """The reply to a question about neither a person nor the clip ("What is on the table?"); empty for others."""
    coloured = _COLOUR_OF.match(lower)
    if coloured and question_type(coloured["what"]) != "appearance":
        return CANT_TELL
    where = _WHERE.match(lower)
    if _ROLE.search(lower) or where and not _ANYBODY.search(where["what"]) and where["what"].split()[-1] not in _CLIPS:
        return CANT_TELL
    thing = _THING.match(lower)
    if thing and thing[4] not in _CLIPS and not re.search(r"\b(wear\w*|doing)\b", lower):
        return CANT_TELL
    return CANT_TELL if kind == "other" and not _ABOUT_CLIP.search(lower) else ""
