"""What a question says of somebody ("on the left", "wearing glasses", "dead"): the words after the name in, kind out.

Only kinds that something measured can speak to are read as such; the rest is "unknown", and then nobody is told yes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from pvchat.chat.guard import COLOURS
from pvchat.chat.verbs import third_persons
from pvchat.chat.vocabulary import FUNCTION_WORDS, MASK, word_set

PredicateKind = Literal[
    "beside", "side", "shot", "gender", "alone", "pose", "setting", "worn", "looks", "deed", "place", "unknown"
]

_TIDY = re.compile(
    r"\b(in|of) (this|the|that|my) (video|clip|footage|film|picture|photo|frame|image|recording|scene)\b"
    r"|\b(right now|at the moment|currently|really|actually|also|still|today|here|please|anyhow)\b"
)
_BESIDE = re.compile(rf"\b(next to|beside|near|close to|alongside|side by side|(by|at) {MASK.lower()}'s side)\b")
_TOGETHER = re.compile(rf"{MASK.lower()}|each other|one another|together|side by side")
_SIDE = re.compile(
    r"\b(?:on|at|to|in) the (?:far |very )?(left|right|middle|cent(?:re|er)|foreground|background)\b"
    r"(?:(?:-hand)? side)?(?! of\b)"
)
_ALONE = re.compile(r"\b(alone|by (him|her|them)sel\w+|on (his|her|their) own)\b")
_COMPANY = re.compile(r"with (any|some) ?(one|body)( else)?|accompanied|in company|(have|has) (any )?company")
_GENDER = {"man": "man", "male": "man", "guy": "man", "woman": "woman", "female": "woman", "lady": "woman"}
_EITHER_GENDER = re.compile(
    r"(an? )?(man|male|guy) or (a )?(woman|female|lady)|(an? )?(woman|female|lady) or (a )?(man|male|guy)"
)
_TO_CAMERA = re.compile(r"(looking|look|facing|face|staring|gazing) ?(at|into|to|towards?)? (the|our) (camera|lens)")
_TO_EACH_OTHER = re.compile(
    r"(?:look|looking|face|facing|stare|staring|gaze|gazing) ?(?:at|to|towards?)? (?:each other|one another)"
)
_RANKED = re.compile(
    r"\b(?:first|last|(?:the )?(?:most|least|loudest|longest|fastest))$"
)  # of which nothing is measured
_SETTING = {"indoors": "indoors", "inside": "indoors", "outdoors": "outdoors", "outside": "outdoors"}
_CLOSE_UP = re.compile(r"(?:(?:seen|shown|filmed) )?in (?:an? )?(?:extreme )?close[- ]?up")
_FAR = re.compile(r"(?:seen |shown )?(?:far (?:away|off)|in the distance|at a distance)(?: from (?:the camera|us))?")
_POSE = {"sitting": "sitting", "seated": "sitting", "standing": "standing", "lying": "lying down"}
_ON_FEET = re.compile(r"(up )?on (foot|(his|her|their) feet)")
_WORN = re.compile(r"^(?:wearing|wear|wears|dressed in|have on|has on|got on|got|has|have|having) (?P<what>.+)$")
_HAS_ON = re.compile(r"^(?:have |has |having |got )?(?P<what>.+) on$")
_OWNED = re.compile(r"^'s (?P<what>[\w -]+) (?P<colour>\w+)$")
_HAD = word_set(
    """glasses sunglasses hat cap mask tie scarf jacket coat shirt t-shirt suit dress sweater uniform headphones
    stethoscope gloves helmet hoodie apron badge lanyard earrings necklace watch"""
)
_WORN_WHOLE = ("uniform", "costume", "suit")
_LOOKS = re.compile(r"\b(hair|beard|moustache|mustache|stubble|bald|blonde|blond|brunette)\b")
_SOMEBODY_SUCH = re.compile(
    r"^(?:an?|the) (blonde?|brunette|bald)(?:-haired)? (?:man|woman|person|one|guy|girl|boy|lady)$"
)
_BEARDS = re.compile(r"\b(beard|moustache|mustache)s\b")
_PLACE = re.compile(r"^(?:in|on|at|inside) (?:an?|the|some|his|her|their) (?P<what>[\w' -]+)$")
_HOME = re.compile(r"(?:at |back )?home|in (?:the|my|our|his|her) (?:house|flat|apartment|home)")
HOME = ("home", "house", "flat", "bedroom", "kitchen", "bathroom", "living")  # words of places that are at home
_ARTICLE = re.compile(r"^(?:an?|the|any|some|his|her|their) ")
_LOOKS_TO = re.compile(r"(down|(to )?the (left|right))?$")
_LOOKS_OFF = re.compile(r"(away|up|ahead|aside|around)$")
VAGUE = word_set("wearing looking coming making having being doing going getting taking trying showing leaving turning")
_VAGUE_NOUNS = word_set("something anything")  # "something red" asks for a colour
_SAME = {"speaking": "talking"}
_PARTICIPLES = {
    "fallen": "fall",
    "sat": "sit",
    "stood": "stand",
    "lain": "lie",
    "eaten": "eat",
    "drunk": "drink",
    "slept": "sleep",
    "spoken": "speak",
    "written": "write",
    "held": "hold",
    "drawn": "draw",
    "sung": "sing",
    "ridden": "ride",
}  # "has Ana fallen?"
_ANYTHING = word_set("a an the his her their to at with something anything somebody someone anybody anyone")


@dataclass(frozen=True)
class Predicate:
    """What is asked about somebody.

    Attributes:
        kind: which measurement speaks to it.
        said: the same in words that complete "is …"; empty for what is unknown.
        words: what is looked for: a side, a pose, a garment's noun, a verb and its objects.
        colour: of what is worn, where one is asked for.
    """

    kind: PredicateKind
    said: str = ""
    words: tuple[str, ...] = ()
    colour: str | None = None


UNKNOWN = Predicate("unknown")


def read_predicate(rest: str) -> Predicate:
    """Read what follows "is …" or "does …" and the name, in lower case with names masked."""
    text = _SOMEBODY_SUCH.sub(r"\1", " ".join(_TIDY.sub(" ", rest.strip(" ?!.,")).split()))
    text = _BEARDS.sub(r"a \1", text)
    if _BESIDE.search(text):
        return Predicate("beside") if _TOGETHER.search(text) else UNKNOWN
    if _EITHER_GENDER.fullmatch(text):
        return Predicate("gender", "a man or a woman", ("man", "woman"))
    if (either := _either(text)) is not None:
        return either
    if _TO_CAMERA.fullmatch(text):
        return Predicate("deed", "looking at the camera", ("facing", "camera"))
    if _TO_EACH_OTHER.fullmatch(text):
        return Predicate("deed", "looking at each other", ("looking", "each", "other"))
    if not text or MASK.lower() in text or _RANKED.search(text) or re.search(r"\b(not|never|or|and)\b", text):
        return UNKNOWN  # somebody else's, or more than one thing: not to be answered by one word
    for read in (_plain, _worn, _deed, _place):
        if (found := read(text)) is not None:
            return found
    return UNKNOWN


def _plain(text: str) -> Predicate | None:
    """Sides, gender, company, pose, indoors or outdoors: all of which are one word of a few."""
    bare = _ARTICLE.sub("", text)
    if side := _SIDE.fullmatch(re.sub(r"^(standing|sitting|stand|sit) ", "", text)):
        word = re.sub("cent(re|er)", "middle", side[1])
        return Predicate("side", f"{'on' if word in ('left', 'right') else 'in'} the {word}", (word,))
    if _CLOSE_UP.fullmatch(text) or _FAR.fullmatch(text):
        near = "close-up" if _CLOSE_UP.fullmatch(text) else "far away"
        return Predicate("shot", f"in {near}" if near == "close-up" else near, (near,))
    if bare in _GENDER:
        return Predicate("gender", f"a {_GENDER[bare]}", (_GENDER[bare],))
    if _ALONE.fullmatch(text):
        return Predicate("alone", "alone")
    if _COMPANY.fullmatch(text):
        return Predicate("alone", "in company", ("company",))
    if text in _SETTING:
        return Predicate("setting", _SETTING[text], (_SETTING[text],))
    pose = "standing" if _ON_FEET.fullmatch(text) else re.sub(r" (down|up)$", "", text)
    pose = {"sit": "sitting", "stand": "standing", "lie": "lying"}.get(pose, pose)
    return Predicate("pose", _POSE[pose], (_POSE[pose],)) if pose in _POSE else None


def _either(text: str) -> Predicate | None:
    """One of two: "inside or outside", "standing or sitting"."""
    words = [_ON_FEET.sub("standing", re.sub(r" (down|up)$", "", word)) for word in text.split(" or ")]
    for kind, known in (("setting", _SETTING), ("pose", _POSE)):
        found = tuple(dict.fromkeys(known[word] for word in words if word in known))
        if len(found) == len(words) > 1:
            return Predicate(kind, " or ".join(found), found)  # type: ignore[arg-type]
    return None


def _worn(text: str) -> Predicate | None:
    """Garments with or without a colour, a colour alone ("yellow"), hair and beards."""
    owned, worn = _OWNED.match(text), _WORN.match(text)
    if text.startswith("'"):
        fits = owned is not None and owned["colour"] in COLOURS and not _LOOKS.search(text)
        return _garment(f"a {owned['colour']} {owned['what']}") if owned and fits else None
    if _LOOKS.search(text) and not re.search(r"\b(man|woman|person|guy|girl|boy|lady)\b", text):
        what = re.sub(r"^(have|has|having|got|with) ", "", text)
        plain = re.fullmatch(r"bald|blonde?|brunette", what)
        return Predicate("looks", what if plain else f"with {what}", tuple(_ARTICLE.sub("", what).split()))
    on = _HAS_ON.match(text)
    if on and (on["what"].split()[-1] in _HAD | COLOURS):
        return _garment(on["what"])
    if worn is None:
        what = re.sub(r"^(?:in|with) ", "", text)
        words = _ARTICLE.sub("", what).split()
        what = f"a {what}" if what in _WORN_WHOLE else what  # "in uniform"
        return _garment(what) if what != text and (words[-1] in _HAD or set(words) <= COLOURS) else None
    had = re.match(r"^(got|has|have|having) (?!on )", text)
    return None if had and worn["what"].split()[-1] not in _HAD else _garment(worn["what"])


def _garment(what: str) -> Predicate | None:
    words = _ARTICLE.sub("", what).split()
    nouns = tuple(w for w in words if w not in COLOURS | _VAGUE_NOUNS)
    if not words or len(nouns) > 2 or {"same", "different", "similar"} & set(nouns):  # as whom?
        return None
    if any(word.endswith("est") for word in nouns if word != "vest"):  # "the darkest clothes": than whose?
        return None
    return Predicate("worn", f"wearing {what}", nouns, " ".join(w for w in words if w in COLOURS) or None)


def _deed(text: str) -> Predicate | None:
    """A verb that is known, and what it is done to."""
    verb, *objects = text.split()
    known = third_persons()
    verb = _PARTICIPLES.get(verb, verb)
    if verb not in known and verb not in FUNCTION_WORDS:  # "does Ana talk": the plain form
        forms = (f"{verb}s", f"{verb}es", f"{verb[:-1]}ies")
        verb = next((ing for ing, told in known.items() if told in forms), "")
    off = verb == "looking" and _LOOKS_OFF.match(" ".join(objects))
    vague = verb in VAGUE and not off and _LOOKS_TO.match(" ".join(objects)) is None
    if verb not in known or len(objects) > 5 or vague:
        return None
    words = tuple(w for w in objects if w not in _ANYTHING)
    return Predicate("deed", " ".join((verb, *objects)), (_SAME.get(verb, verb), *words))


def _place(text: str) -> Predicate | None:
    if _HOME.fullmatch(text):
        return Predicate("place", "at home", HOME)
    place = _PLACE.match(text)
    return Predicate("place", text, tuple(place["what"].split())) if place else None
