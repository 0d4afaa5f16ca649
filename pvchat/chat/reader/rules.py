"""Rules that add to a question what the network leaves out.

In: a question's words and what the network says of them. Out: `into_or_out_of` with the places that are come into or
left, `heads_by_rule` with what a word settles, `query_by_rule` with what the heads can't say. Each of `QUERY_RULES`
stands for itself: when the network has learned what a rule does, its line can be deleted.

What is asked of sound: `sound_rules.py`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, pairwise

from pvchat.chat import query as queries
from pvchat.chat.conditions import related_to
from pvchat.chat.english import FUNCTION_WORDS, TITLES, table, word_set
from pvchat.chat.query import EVERYBODY, PRESENT, And, During, Event, Has, Not, Number, Query, Rank, Whom
from pvchat.chat.reader.followups import AFTER_THAT, WHO_IS_IT, Turn, asks_name_alone
from pvchat.chat.reader.network import Heads, Labels
from pvchat.chat.reader.slots import BACK, COMING, GOING, TAKING, Slot, Tagged, conditions_of, joined, words_of
from pvchat.chat.reader.sound_rules import AT_ONCE, WRITTEN, heard_after_all, of_sound
from pvchat.chat.reader.timewords import is_date
from pvchat.chat.reader.words import NAME, Word, canonical, is_known, known_phrases, participle

_IN_TIME = word_set("while whilst when as during once before after until till since")
LEAST = 0.5  # probability from which a question is refused [choice]
_SHARE = word_set("percentage percent percantage share proportion fraction %")
_OPENERS = word_set("who whom whose what where when which how why is are was were does do did has have can could will")
_STATING = word_set("there he she they it i i'm we this that my our his her their the a an after before while since")
_ENDS = (".", "?", "!")
_PEOPLE = word_set("people persons person men women man woman")  # "three people"
_KINDS = {  # of what is refused, each the first whose word stands in the question
    refusal: {kind: word_set(words) for kind, words in kinds.items()}
    for refusal, kinds in table()["vocabulary"]["refused"].items()
}
_ROLES = _KINDS["unseen"]["role"]
_STYLES = {style: word_set(words) for style, words in table()["vocabulary"]["style"].items()}
_OF_STYLE = frozenset[str]().union(*_STYLES.values(), word_set(table()["vocabulary"]["beside a style"]))
_IS = word_set("is are was were 's")
_AUXILIARY = word_set("is are was were be been being does do did has have had can could will get gets got ever")
_SAYS_MORE = word_set("only just except or nor neither never not alone most")  # "are only Ana and Ben together?"
_AND_THERE = word_set("and also later in on at the a an ? .")  # "… and later also in the garden?"
_ONLY_OF = word_set("the me him her us them one")  # before or behind "only": people are meant, no time
_HOW_MUCH_OF_IT = re.compile(r"(?:and )?how much of (?:it|(?:the|this) (?:video|clip|film|footage|recording))\b")
_MOST_OF_IT = re.compile(r"\bmost of (?:it|(?:the|this) (?:time|video|clip|film|footage|recording))\b")
_OFTEN = re.compile(r"once|twice|times")  # "more than twice"; the other: "for 20 seconds"
_LASTING = re.compile(r"sec|min|hour|hrs?\b|\d[smh]")
_SOMEBODY = word_set("anyone anybody someone somebody people person")
_ALL_KNOWN = re.compile(
    r"(?!.*\bnot\b)(?:.* (?:all|every\w*) .*\b(?:known|enrolled|familiar)(?: \?| to|$)|do \w+ know (?:all|every))"
)
_WHOSE = word_set("her his their my our your")
_KIN = word_set("uncle aunt auntie grandma grandpa granny grandmother grandfather mama papa")  # names without "the"
_SEES_WHOM = re.compile(rf"(?:and )?whom? (?:do|does|did|has|have|had) (?:{NAME}|s?he|they)\b")
_WALKING = word_set("walk walks walked get gets got run runs ran step steps stepped climb climbs climbed")
_COMES = word_set("come comes came coming")
ASKING = FUNCTION_WORDS | word_set(f"{table()['vocabulary']['asking']} {NAME}")  # that ask, and tell of nothing else
_ANY = word_set("a an the any some another")
_OFTEN_BEFORE = word_set("a an the any some this that these those my our its all only just still also even actually")
_OCCASION = word_set(
    "in on at for of by from to into during as about over along around near before than and or but ,"
    " attend attends attended join joins joined"
)
_AFTER = (_OCCASION | {*_ENDS} | ASKING) - word_set("up down out off over away back around")  # not in "hang up"
_LASTS = word_set("time times shot shots clip clips video videos visible seen hair visit day long stay stays screen")
_IN_PICTURE = word_set("picture frame screen image shot bigger big")
_COLOUR, _DOES = word_set("colour color colours colors shade"), word_set("do does did can could will would")
_WHO_IS = re.compile(r"(?:^\S+ (?:is|was|'s)|\bwho(?: is| was| 's)?) (?:the|this|that) \w")  # "… who this girl is"
_WHAT_DOES = re.compile(rf"\bwhat (?:{NAME}|s?he|they) (?:did|does|do|is doing|was doing)(?: \?)?$")
_WHO_IS_THIS = re.compile(r"\bwho (?:is|was|'s) th(?:is|at|e) (?:\w+ )*\w+(?: \?)?$")  # not "that man's wife"
_WHILE_DOING = re.compile(r"\bwhile \w+ing\b")
_EACH_OTHER = re.compile(r"(?: (?:at|to|with|towards))? (?:each other|one another)\b")
_TO_WHERE = word_set("left right up down straight ahead away to the into at towards camera , or")  # somebody looks
_ACROSS = re.compile(r"\b(left|right) to (?:the )?(?:left|right)\b")
_EVERYTHING = word_set("everything all")
_BEHIND_WHOM = re.compile(r"\bwhom? .*\b(behind|in front of)(?: (?:there|then|now))?(?: \?)?$")
_SIGHT = re.compile(r"(?:\b(?:there|see)(?: an?| any| the| some)?|^any) (\w+)(?: outside| here| there)?(?: \?)?$")
_BETWEEN_WHOM = re.compile(
    r"\bbetween (?:whom?|(?:which|what) (?:two |of the )*(?:people|persons|m[ae]n|wom[ae]n|guys|ladies|boys|girls))\b"
)
_ON_DAY = word_set("on at in since until till by this last next every it that before after during")
_NEARER = word_set("nearer closer nearest closest")
_A_FALL, _GAIT = word_set("a the any all each every many more most first last"), word_set("steady unsteady wobbly")
_BEHIND, _HIGHER = word_set("behind around opposite"), word_set("above below beneath underneath under over")
_BODY = re.compile(r"\b(?:on|round|around|over|in) (?:his|her|their|.* 's) (head|neck|face|feet|ears|hands)\b")
_HAPPENS = re.compile(r"(?:and |so )?what (?:has |just |is |was )*happen\w*(?: (?:to|with|here|in|at|on)\b| \?|$)")
_LIES, _FALLS = word_set("lie lies lay lying"), word_set("fall fell")
_HOW_LIKELY = re.compile(rf"(?:how (?:likely|probable) is\b|what (?:is|'s) the (?:probability|chance)\b).* {NAME}\b")
_ENTERS, _LEAVES = word_set("enter enters entered entering"), word_set("leave leaves left leaving exit exits exited")


def query_by_rule(query: Query, question: Tagged) -> Query:
    """The query with what the heads can't say."""
    for rule in QUERY_RULES:
        query = rule(query, question)
    return query


def heads_by_rule(question: Tagged, history: Sequence[Turn]) -> Heads:
    """The heads; a refusal must be likely, and "same" is what was asked before."""
    labels = question.labels
    heads = dict(labels.heads)
    does = heads["attribute"] == "deed" and _WHAT_DOES.search(" ".join(question.seen))  # "before this, what she did?"
    barred = {"refuse"} if does or labels.selects["refuse"] < LEAST else set()
    barred |= set() if history else {"same"}
    barred |= {"why"} if not history and question.slots and labels.selects["why"] < LEAST else set()
    known = [slot.kind for slot in question.slots] == ["gender"] or heads["known"] == "strangers"
    if known and _WHO_IS_THIS.search(" ".join(question.seen)):
        barred.add("refuse")  # "who is this pretty lady?", "who is the stranger?"
    if heads["select"] in barred:
        heads["select"] = max((s for s in labels.selects if s not in barred), key=labels.selects.__getitem__)
    if heads["select"] == "same":
        before = history[-1][0]
        heads |= {"select": before.select, "attribute": before.attribute or "none", "form": before.form}
    could_be = question.seen[0] in ("can", "could") and ("be", NAME) in pairwise(question.seen)
    is_other = question.seen[:3] == ["is", NAME, NAME]  # "is Ana the same person as Ben?"
    if is_other or could_be and question.seen[1] not in ("it", "that", "this"):  # "could Ana be Ben?"
        heads |= {"select": "refuse", "refusal": "unseen"}
    if heads["quantifier"] == "none" and any(slot.role == "S" and slot.after_but for slot in question.slots):
        heads["quantifier"] = "only"  # "when is no one there but Ana?"
    gaze = heads["attribute"] == "looks" and (question.seen[0] == "where" or "way" in question.seen[:2])
    heads |= {"attribute": "deed"} if gaze else {}  # "which way does she look?"
    if (heads["select"], heads["refusal"]) == ("refuse", "sound") and not WRITTEN.intersection(question.seen):
        heads |= heard_after_all(question)
    if heads["event_nth"] == "any" and any(slot.comes_back(question.seen) for slot in question.slots):
        heads["event_nth"] = "second"  # "what does Ana do when she returns?"
    if heads["select"] not in ("describe", "attribute") and _HAPPENS.match(" ".join(question.seen)):
        of_one = any(slot.role == "S" for slot in question.slots)  # "what happened to Ana?"; never when it did
        select, attribute = ("attribute", "deed") if of_one else ("describe", "none")
        heads |= {"select": select, "attribute": attribute, "form": "wh"}
    return heads


def behind_whom(labels: Labels, seen: Sequence[str]) -> Labels:
    """Labels with a preposition that the network passes over: "who is behind Ana?" asks for others, not for Ana."""
    select, tags = {"who": "who", "which": "who", "how": "count"}.get(seen[0], ""), [*labels.tags]
    at = next((i for i, tag in enumerate(tags) if seen[i] in _BEHIND and tag in ("O", "P-with", "P-beside")), 0)
    whom = next((i for i in range(at + 1, len(tags)) if seen[i] not in ("a", "the")), 0)
    person = whom and (seen[whom] == NAME or tags[whom][2:] in ("gender", "pronoun", "unknown", "stranger"))
    if not (at and person) or labels.heads["select"] not in (select, "attribute" if select == "who" else ""):
        return labels
    tags[at:] = ["P-beside", *(tag.replace("S-", "O-") for tag in tags[at + 1 :])]
    tags[whom] = "O-name" if seen[whom] == NAME else tags[whom]
    return replace(labels, tags=tuple(tags), heads=labels.heads | {"select": select})


def passed_over(labels: Labels, seen: Sequence[str]) -> Labels:
    """Labels with what the network passes over: "and her name?" asks for hers, "did a nurse come?" for one, "is he
    moving?" for what he does.
    """
    heads, of_whom = labels.heads, any(tag[:2] == "S-" for tag in labels.tags)
    unread = [word for word, tag in zip(seen, labels.tags, strict=True) if tag == "O" and word not in ASKING | {*"?.,"}]
    does = len(unread) == 1 and unread[0].endswith("ing") and is_known("deed", unread[0])
    if asks_name_alone(seen):
        kind, of = "S-pronoun", {"he", "she", "him", "his", "her"}
    elif heads["select"] == "refuse" and seen[0] in _IS and does and (of_whom or _SOMEBODY & {*seen}):
        kind, of, heads = "P-deed", {*unread}, heads | {"select": "exists"}
    elif not of_whom:
        kind, of = "S-unknown", {word for a, word in pairwise(seen) if a in _ANY - {"the"} and word in _ROLES}
    else:
        return labels
    tags = (kind if word in of else tag for word, tag in zip(seen, labels.tags, strict=True))
    return replace(labels, tags=tuple(tags), heads=heads)


def second_at(words: Sequence[Word], labels: Labels) -> int:
    """Where a second question begins after "and" or a full stop, or the first after a statement; 0 for nowhere."""
    seen, tags, second = [word.seen for word in words], labels.tags, labels.second
    if labels.heads["select"] == "order" and seen[second : second + 2] == ["and", "then"]:
        return 0  # "did Ana walk first and then sit down?"
    if second > 0 and any(word[0].isalnum() for word in seen[second:]):  # not "is Ana there? :-)"
        left = [*zip(seen[second:], tags[second:], strict=True)]
        only_names = all(tag == "S-name" or word in ("and", ",", *_ENDS) for word, tag in left)
        places = seen[0] == "who" and "also" in seen[second:] and "P-place" in tags[second:]
        places = places and all(tag == "P-place" or word in _AND_THERE for word, tag in left)
        # "who is in the kitchen and later also in the garden?" is one question, "and at the end?" another
        if not (
            (only_names and seen[second] == "and" or places)
            and seen[second - 1] not in (",", *_ENDS)
            or _says_more_of_whom(seen, tags, second)
        ):
            return second  # not in "where is Ana and Ben and Cleo?"
    asks = seen[0] in _OPENERS or seen[:2] == ["tell", "me"]
    opened = seen[0] in _IN_TIME and not {*seen[1:2]} & _AUXILIARY  # "when Ana sits, is Ben there?"
    for i in range(2, len(seen) - 1):
        ended = seen[i - 1] in _ENDS
        clause = seen[i] in ("who", "which", "where", "when") and seen[0] in _AUXILIARY  # "is Ana, who sits, there?"
        anew = seen[i - 1] == "," and len(seen) > i + 3 and seen[i] in _OPENERS and not opened and not clause
        anew = anew and any(tag[:2] == "S-" for tag in tags[:i])  # "where is Ana, is she alone?"
        again = seen[i + 1] == "between" and "between" in seen[:i]  # "between 0:00 and 0:10 and between …"
        goes_on = seen[i] == "and" and (ended or again or seen[i + 1] in _OPENERS | {"if"})
        goes_on = goes_on and not _says_more_of_whom(seen, tags, i)
        states = is_statement(words[:i]) and any(tag[:2] in ("P-", "F-") for tag in tags[:i])
        if asks and (anew or goes_on) or ended and seen[i] in _OPENERS and (asks or states):
            return i
    return 0


def _says_more_of_whom(seen: Sequence[str], tags: Sequence[str], at: int) -> bool:
    """Whether an "and" is of the same people: "who wears glasses and is sitting?", not "… and is he sitting?"."""
    if seen[0] not in ("who", "which") or seen[at] != "and" or seen[at - 1] in (",", *_ENDS):
        return False
    said = [tag for word, tag in zip(seen[at + 2 :], tags[at + 2 :], strict=True) if word not in ("a", "an", "also")]
    goes_on = seen[at + 1] in ("is", "are", "was", "were", "has") and said[:1] != ["O"]
    return goes_on and all(tag == "O" or tag[:2] in ("P-", "O-") for tag in said)


def is_statement(words: Sequence[Word]) -> bool:
    """Whether words only say something: "There are two men in black."."""
    seen = [word.seen for word in words]
    return seen[0] in _STATING | {NAME} and seen[-1] in (".", "!") and "?" not in seen


def into_or_out_of(slots: list[Slot], seen: Sequence[str]) -> list[Slot]:
    """With a place that somebody comes into, or leaves, as such: "does Ana go into the park?", "who left the sofa?"."""
    for place in [slot for slot in slots if slot.kind in ("place", "near") and slot.role in "PF" and not slot.denied]:
        said = [slot for slot in slots if (slot.role, slot.kind) == (place.role, "present")]
        comes, goes = (words_of(s for s in said if s.denied == gone) for gone in (False, True))
        before = {*seen[max(0, place.at - 5) : place.at]} if place.kind == "place" else set[str]()
        near = {*seen[max(0, place.at - 2) : place.at]} & before
        moves = not before & BACK and before & (COMING | GOING | _WALKING)
        into = moves and before & {"into", "onto"} or near & _ENTERS
        out = moves and ({"out", "of"} <= before or "from" in before) or near & _LEAVES
        if before and (into or not out and comes & COMING):
            slots = [replace(slot, kind="enters") if slot is place else slot for slot in slots]
        elif out or goes & GOING:
            slots = [replace(slot, kind="leaves") if slot is place else slot for slot in slots if slot not in said]
    return slots


def of_them(slots: list[Slot], seen: Sequence[str], labels: Labels) -> list[Slot]:
    """With the people spoken of before as whom a question is about: "which of them was here?"."""
    at = next((i for i, word in enumerate(seen) if i > 1 and word in ("them", "those", "these")), 0)
    asked = seen[at - 2 : at] in (["who", "of"], ["which", "of"], ["many", "of"], ["any", "of"])
    if not asked or labels.heads["known"] != "any" or any(slot.role == "S" or slot.at == at for slot in slots):
        return slots
    return sorted([*slots, Slot("S", "pronoun", False, seen[at], seen[at], at)], key=lambda slot: slot.at)


def as_gaze(slot: Slot, seen: Sequence[str]) -> Slot:
    """With each of several ways to look as a deed of its own: "is she looking left, right or into the camera?"."""
    gaze = next((i for i in range(slot.at - 1, 0, -1) if seen[i] not in _TO_WHERE), 0)
    if slot.kind in ("deed", "side") and seen[gaze] in ("looking", "look") and "or" in seen[gaze:]:
        return replace(slot, kind="deed", value=canonical("deed", f"looking {slot.typed.lower()}"))
    return slot


def as_done(slot: Slot, seen: Sequence[str]) -> Slot:
    """With a verb that nobody lists as it stands after "is": "does he wake up?", "was anybody there to help him?"; "the
    resident" is no name.
    """
    noun = slot.at > 0 and seen[slot.at - 1] in _ANY
    noun = noun or slot.typed in TITLES - _KIN and seen[slot.at + 1 : slot.at + 2] != [NAME]  # "nurse been in?"
    if slot.kind == "unknown" and slot.typed.islower() and noun and not is_known("gender", slot.typed):
        return replace(slot, typed=f"the {slot.typed}")
    if slot.kind == "unknown" and is_known("gender", slot.typed):  # "and the mister?"
        return replace(slot, kind="gender", value=canonical("gender", slot.typed))
    wider = (seen[a:b] for a, b, kind in known_phrases(seen) if kind == "deed" and a <= slot.at and slot.end <= b)
    if slot.kind == "deed" and not is_known("deed", slot.value) and (phrase := next(wider, None)):
        return replace(slot, value=canonical("deed", " ".join(phrase)))  # "is she keeping still?"
    verb, gap, rest = slot.value.removeprefix("to ").partition(" ")
    if slot.kind in ("near", "posture") and verb in _LEAVES:  # "when did she leave her bed?"
        return replace(slot, kind="leaves", value=canonical("near", rest), denied=False)
    aims = "to" in seen[max(0, slot.at - 1) : slot.at + 1] and participle(verb) in table()["verb"]  # not "to camera"
    unread = slot.kind == "deed" and not is_known("deed", slot.value) and (aims or _DOES & {*seen[: slot.at]})
    acts = unread and verb[-3:] != "ing" and verb not in FUNCTION_WORDS and not noun
    acts = acts and slot.typed.lower().removeprefix("to ").startswith(verb)
    return replace(slot, value=f"{participle(verb)}{gap}{rest}") if acts else slot


def event_roles(heads: Heads, slots: Sequence[Slot]) -> Sequence[Slot]:
    """With a thing as an event ("while the dog is there"), and who is held against somebody as whom an event is about,
    where nothing is compared ("before she leaves").
    """
    about = [slot for slot in slots if slot.role == "E" or slot.role == "F" and slot.kind == "deed"]
    if any((slot.role, slot.kind) == ("E", "number") for slot in slots):  # "when no one is there but Ana"
        slots = [replace(slot, role="E") if slot.after_but else slot for slot in slots]
    if len(about) == 1 and about[0].kind in ("deed", "thing") and is_known("thing", about[0].value):
        thing = replace(about[0], role="F", kind="thing", value=canonical("thing", about[0].value))
        slots = [thing if slot is about[0] else slot for slot in slots]
    if heads["select"] == "order" and not any(slot.role == "V" for slot in slots):
        return [replace(slot, role="V") if slot.role == "E" else slot for slot in slots]
    if heads["select"] in ("order", "compare") or not any(slot.role == "F" for slot in slots):
        return slots
    return [replace(slot, role="E") if slot.role == "V" else slot for slot in slots]


def one_with_another(heads: Heads, slots: list[Slot], seen: Sequence[str]) -> tuple[Heads, list[Slot]]:
    """Heads and slots in which the second of two people, one of them only described, is whom the first is with: "are
    Ana and the man in red together?" isn't about an Ana in red. Not with "only", "never", "or": these say more.
    """
    own = [slot for slot in slots if slot.role == "S"]
    people = [slot for slot in own if slot.name or slot.kind == "gender"]
    plain = heads["select"] in queries.WHETHER and heads["quantifier"] in ("any", "both")
    plain = plain and heads["known"] == "any" and heads["rank"] == "none" and _SAYS_MORE.isdisjoint(seen)
    together = conditions_of(slots, "P") in ([Has("with")], [Has("beside")])
    if not plain or not together or len(people) != 2 or len(own) < 3 or any(slot.kind == "nth" for slot in own):
        return heads, slots
    joint = max((i for i in range(people[0].at, people[1].at) if seen[i] == "and"), default=len(seen))
    turned = [replace(slot, role="O") if slot.role == "S" and slot.at > joint else slot for slot in slots]
    return (heads, slots) if turned == slots else (heads | {"quantifier": "any"}, turned)


def _own_events(question: Tagged, who: str, does: str) -> list[Event]:
    """Two people with a condition for each, by the roles of their slots; else nothing."""
    slots = question.slots
    runs = [[*run] for _, run in groupby((s for s in slots if s.role in who + does), lambda slot: slot.role)]
    if len(runs) != 4 or not all(slot.name for slot in (*runs[0], *runs[2])):
        return []
    at, events = runs[2][0].at, list[Event]()
    first = [slot for slot in slots if slot.at < at]
    hers = replace(runs[0][0], role="O")  # "is Ana sitting and Ben next to her?"
    second = [hers if (slot.role, slot.kind) == ("O", "pronoun") else slot for slot in slots if slot.at >= at]
    for half, people in ((first, runs[0]), (second, runs[2])):
        quantifier: queries.Quantifier = "any" if len(people) < 2 else "either" if people[-1].after_or else "both"
        conditions = [one for one in conditions_of(half, does) if one != Has("with")]  # "at the same time"
        whom = Whom(tuple(slot.name for slot in people), quantifier)
        events.append(Event(whom, joined(conditions, "and") or PRESENT))
    return events


def _each_his_own(query: Query, question: Tagged) -> Query:
    """A query, or the event of one, of two people with a condition for each: "is Ana sitting and Ben standing?"."""
    during = query.during
    if during.event is not None:
        happen = _own_events(question, "E", "F") if during.relation == "while" and not during.nth else []
        return replace(query, during=replace(during, event=Event(Whom(), And(tuple(happen))))) if happen else query
    events = _own_events(question, "S", "P") if query.select in ("exists", "when", "how_long") else []
    if not events:
        return query
    if query.select != "exists":
        return replace(query, whom=Whom(), where=And(tuple(events)))
    first, then = (replace(query, whom=event.whom, where=event.where) for event in events)
    return replace(first, then=then)


def _does_both(query: Query, question: Tagged) -> Query:
    """Who does two things at once: "who reads while standing?" isn't about somebody else who stands."""
    event = query.during.event
    anybody = query.select == "exists" and query.whom == EVERYBODY and query.where is not None  # not "while eating?"
    of_whom = query.select in ("who", "count") or anybody
    if event is None or not of_whom or not _WHILE_DOING.search(" ".join(question.seen)):
        return query
    if query.during.relation != "while" or event.whom != EVERYBODY:
        return query
    return replace(query, where=queries.conjunction([*queries.together(query.where), event.where]), during=During())


def _who_is_the(query: Query, question: Tagged) -> Query:
    """Who somebody described is: "who is the masked man?" asks for a man in a mask."""
    meant = [*queries.together(query.where), *queries.together(query.whom.such)]
    kinds = {has.attribute for one in meant for has in queries.atoms(one)}
    text = " ".join(question.seen)
    asks = query.select == "who" and (_WHO_IS.search(text) or WHO_IS_IT.search(text))
    if asks and query.whom == Whom(known=False) and query.where is query.rank is None:  # by no name, but by the looks
        return replace(query, select="describe")
    if asks and query.whom.names and kinds == {"gender"}:  # "who is this lady?"
        return replace(query, whom=replace(query.whom, such=None), where=None)
    plain = query.where is not None and query.whom == Whom(such=query.whom.such) and query.rank is None
    described = plain and "gender" in kinds <= {"gender", "worn", "hair"}
    return replace(query, whom=Whom(such=queries.conjunction(meant)), where=None) if asks and described else query


def _from_left(query: Query, question: Tagged) -> Query:
    """Of people in the order in which they are seen from one side: "name them from left to right", "in what order do
    they sit?"; not "in what order do they sit down?".
    """
    side, has = _ACROSS.search(" ".join(question.seen)), query.where
    seated = query.select == "order" and queries.is_of(has, "posture") and query.versus is query.during.event is None
    if seated and query.rank is None and question.seen[0] in ("in", "what", "which"):
        return replace(query, rank=Rank("left"))
    if not side or query.select not in ("who", "order", "describe"):
        return query
    where = None if all(queries.is_of(one, "side") for one in queries.together(has)) else has
    edge: queries.RankBy = "left" if side[1] == "left" else "right"
    if query.whom.nth:  # "from left to right, who is second?"
        return replace(query, select="who", whom=replace(query.whom, nth_by=edge), where=where, rank=None)
    return replace(query, select="order", where=where, rank=Rank(edge))


def _all_of_it(query: Query, question: Tagged) -> Query:
    """Of all that is known: with "tell me everything" also what people wear, with "describe the room" also things."""
    seen, plain = question.seen, Query(query.select, form=query.form, during=query.during)
    if query == plain and query.select == "describe" and _EVERYTHING & {*seen}:
        return replace(query, select="attribute", attribute="looks", then=query)
    looks = query == replace(plain, attribute="looks") and not question.slots and seen[1:3] == ["does", "the"]
    if looks or query == replace(plain, attribute="place") and "describe" in seen[:4]:
        return replace(query, attribute="place", then=replace(query, attribute="thing"))
    return query


def _which_worn(query: Query, question: Tagged) -> Query:
    """Which of several garments somebody wears: "does Ana wear a hat or glasses?"; not "a red shirt or a blue one"."""
    parts = conditions_of(question.slots, "P")
    asks = query.select == "attribute" and query.form == "choice" and query.attribute == "worn" and not query.value
    garments = len(parts) > 1 and all(queries.is_of(one, "worn") and one.value and not one.colour for one in parts)
    return replace(query, select="exists", attribute=None, where=queries.Or((*parts,))) if asks and garments else query


def _from_story(query: Query, question: Tagged) -> Query:
    """Of somebody enrolled alone where a story is named: "is it Anya from Spy x Family?" is of nobody called Spy."""
    known = query.whom.names and (NAME, "from") in pairwise(question.seen)
    return replace(query, whom=replace(query.whom, unknown=())) if known else query


def _before_whom(query: Query, question: Tagged) -> Query:
    """Who stands before whoever is said to be behind them: "who is Ana behind?"; between whom somebody is."""
    text, names = " ".join(question.seen), query.whom.names
    deep = _BEHIND_WHOM.search(text)
    if deep and names and query.select in ("who", "attribute", "exists"):
        way = "behind" if deep[1] != "behind" else "in front of"
        return Query("who", where=Has("beside", way, of=Whom(names)), during=query.during)
    if not _BETWEEN_WHOM.search(text) or queries.is_of_sound(query) or not names and queries.is_of(query.where, "deed"):
        return query  # "between which people is there a fight?"
    topic = next((Has("gender", slot.value) for slot in question.slots if slot.kind == "gender"), None)
    whom = Whom(names) if names else Whom(such=topic)
    return Query("attribute", whom, attribute="beside", during=query.during)


def _nearer(query: Query, question: Tagged) -> Query:
    """Who is nearer to somebody, as who is next to her: how far people are apart isn't measured."""
    named, seen = [slot for slot in question.slots if slot.name], {*question.seen}
    to = [slot.name for slot in named if question.seen[slot.at - 1] == "to"]
    near = bool(to) and bool(seen & _NEARER) and seen.isdisjoint(("than", "thing", "me"))
    if not near or query.select == "refuse" or queries.is_of(query.where, "beside"):
        return query
    whom = Whom(tuple(slot.name for slot in named if slot.name not in to))
    beside = [Has("beside", of=Whom((name,))) for name in to]
    form: queries.Form = "choice" if len(to) > 1 else "polar" if query.form == "polar" else "wh"
    where = queries.Or((*beside,)) if len(to) > 1 else beside[0]  # "nearer to Ana or to Ben?"
    return Query("who" if form == "wh" else "exists", whom, where, form=form, during=query.during)


def _one_then_other(query: Query, question: Tagged) -> Query:
    """Whether somebody does one thing before another: "did Ana walk first and then sit down?"."""
    parts = conditions_of(question.slots, "P")
    if query.select != "order" or query.versus is not None or len(parts) != 2 or "then" not in question.seen:
        return query
    during = During("before", Event(query.whom, parts[1]))
    return Query("exists", query.whom, parts[0], form="polar", during=during)


def _each_other(query: Query, question: Tagged) -> Query:
    """What two do to each other, as what each of them does: "do Ana and Ben look at each other?"."""
    names, each = query.whom.names, _EACH_OTHER.search(" ".join(question.seen))
    if not each or not queries.is_of(query.where, "deed") or len(names) == 1:
        return query
    deed = query.where.value.removesuffix(each[0])
    if not names:  # "do they look at each other?"
        return replace(query, where=replace(query.where, value=deed, of=EVERYBODY))
    if len(names) != 2 or query.select not in queries.WHETHER:
        return query
    both = (Event(Whom((a,)), Has("deed", deed, of=Whom((b,)))) for a, b in (names, names[::-1]))
    query = replace(query, select="exists") if query.form == "polar" else query
    return replace(query, whom=EVERYBODY, where=And(tuple(both)))


def _untold(query: Query, question: Tagged) -> Query:
    """A refusal of who is the tallest (not "taller in the picture"), of "most of them", who is above or how steady, of
    "with her sister".
    """
    seen, bare = {*question.seen}, query.rank is not None or query.whom.nth or query.where is None
    short = "shortest" in seen and seen & {"is", "are", "was", "'s"} and seen.isdisjoint(_LASTS)
    short = short and ("there", "the") not in pairwise(question.seen)  # "who is there the shortest?"
    tall = (short or seen & {"taller", "tallest"}) and seen.isdisjoint(_IN_PICTURE) and bare
    most = ("most", "of") in pairwise(question.seen) and query.rank is query.number is None
    most = most and query.select in ("exists", "who", "count") and not _MOST_OF_IT.search(" ".join(question.seen))
    above = next((a for a, b in pairwise(question.seen) if a in _HIGHER and b == NAME), "")
    above *= query.select == "who" and query.where is query.rank is None
    gait = next((word for word in question.seen if word in _GAIT), "") * queries.is_of(query.where, "posture")
    value = above or gait or "height" * bool(tall) or "most of them" * bool(most)
    whose = zip(question.seen, question.seen[1:], question.seen[2:], strict=False)
    hers = any(a == "with" and b in _WHOSE and c.isalpha() and c not in FUNCTION_WORDS for a, b, c in whose)
    refused = value or query.where == Has("with") and hers
    return Query("refuse", replace(query.whom, nth=0), value=value, refusal="unseen") if refused else query


def of_unread_words(query: Query, question: Tagged) -> Query:
    """What a question asks by words that nobody reads, and by nothing else, as a deed or as what can't be told: "does
    he hang up?", "are his arms bare?", "what colour is the lamp?" don't ask who is there, or what people wear.
    """
    seen, plain = question.seen, query.where is query.rank is query.number is query.during.event is None
    start = max((i + 1 for i, word in enumerate(seen[:-1]) if word in _ENDS), default=0)  # of the last sentence
    dated = any(is_date(b, a) and a in _ON_DAY for a, b in pairwise(seen[start:]))
    if dated and not queries.is_of_sound(query):  # not "does she say “on Monday”?"
        return Query("refuse", query.whom, value="date", during=query.during, refusal="unseen")
    if not plain or query.value or question.heads["follow"] != "none":
        return query
    spans = ((a, b) for a, b, kind in known_phrases(seen) if kind == "deed" and {*question.labels.tags[a:b]} == {"O"})
    if _may_do(query) and (span := next(spans, None)):  # "does she stay still?"
        return replace(query, where=Has("deed", canonical("deed", " ".join(seen[slice(*span)]))))
    at, whose = _first_unread(question)
    return query if at < 0 else _of_unread_word(query, question, at, whose)


def _may_do(query: Query) -> bool:
    """Whether it asks who, whether, how many or when, of which a deed that nobody reads may be the condition."""
    return query.select in ("exists", "who", "count", *queries.TIMES)


def _of_unread_word(query: Query, question: Tagged, at: int, whose: bool) -> Query:
    """The same, of the first word that nobody reads, somebody's ("his face") or not; as it was read where that word
    only tells the occasion.
    """
    seen, whether = question.seen, query.select in queries.WHETHER
    if whether and query.whom.names and seen[at : at + 2] in (["inside", "a"], ["inside", "the"]):  # "… a house?"
        return replace(query, where=Has("setting", "indoors"))
    kind, coloured = query.attribute if query.select == "attribute" else "", bool(_COLOUR & {*seen})
    end = next((i for i in range(at + 1, len(seen)) if seen[i] in _AFTER - {"the", "his", "her", "their"}), len(seen))
    deed, verb = whether and is_known("deed", seen[at]), _is_verb(query, question, at, end, whose)
    unread = _is_of_word(query, question, at, whose) or _may_do(query) and (whose or deed or verb)
    if not unread:
        return query
    if kind == "worn" and is_known("worn", seen[at]):  # "what colour are the masks?"
        return replace(query, value=canonical("worn", seen[at]))
    if deed:  # "was there any dancing?"
        return replace(query, where=Has("deed", canonical("deed", seen[at])))
    if whether and verb:
        done = participle(seen[at]) if _DOES & {*seen} else seen[at]
        return replace(query, where=Has("deed", " ".join([done, *seen[at + 1 : end]])))
    attribute: queries.Attribute | None = "worn" if coloured else None
    value = " ".join(seen[at:end])
    return Query("refuse", query.whom, None, attribute, value, during=query.during, refusal="unseen")


def _is_of_word(query: Query, question: Tagged, at: int, whose: bool) -> bool:
    """Whether what is asked is of that word: the colour of a lamp, where his car is, "any spectators?", "daytime?"."""
    seen, kind = question.seen, query.attribute if query.select == "attribute" else ""
    hers = whose and (kind in ("place", "side") or kind == "deed" and seen[at] not in ("hands", "arms"))
    of_thing = kind == "light" or kind == "worn" and bool(_COLOUR & {*seen})
    of_scene = query.select in queries.WHETHER and query.whom == EVERYBODY
    there = "there" in seen[max(0, at - 2) : at] or seen[at - 1] in ("it", "this")
    return hers or of_thing or of_scene and there


def _is_verb(query: Query, question: Tagged, at: int, end: int, whose: bool) -> bool:
    """Whether that word, up to `end`, says what somebody does: "is he breathing?"; not in "does she occur in it?"."""
    seen = question.seen
    acts = bool(_DOES & {*seen}) or seen[0] in ("is", "are", "was", "were")
    of_whom = question.labels.tags[at - 1][:2] == "S-" and not whose and acts
    not_counted = query.select == "count" and "not" in seen[:at]  # "how many people, not counting the reflection?"
    return of_whom and {*seen[end : end + 1]}.isdisjoint(_OCCASION) or not_counted


def _first_unread(question: Tagged) -> tuple[int, bool]:
    """Where the first word stands that says what is asked and that nobody reads, -1 for nowhere; and whether it is
    somebody's ("his face"). What stands behind "at" or "in" only tells the occasion ("was Ana at the interview?"), what
    stands before "whether" or "you" nothing.
    """
    seen, tags = question.seen, question.labels.tags
    start = next((i for i, word in enumerate(seen) if word in _OPENERS), 0)
    whom = next((i for i, tag in enumerate(tags) if tag[:2] == "S-"), start)
    start = whom if {*seen[start:whom]} & {"you", "that", "whether", "if"} else start  # "do you think Ana is there?"
    end = next((i for i in range(start + 1, len(tags)) if seen[i] in _ENDS), len(tags))
    unread = (i for i in range(start + 1, end) if tags[i] == "O" and seen[i] not in ASKING)
    for i in (i for i in unread if seen[i].replace("-", "").isalpha() and seen[i][1:]):
        before = next((j for j in range(i - 1, start - 1, -1) if seen[j] not in _OFTEN_BEFORE), start)
        if seen[before] not in _OCCASION:
            of_name = seen[before] == "'s" and seen[before - 1] not in _OPENERS  # not in "what's happening?"
            return i, of_name or tags[before] == "S-pronoun" and seen[before] in ("his", "her", "their")
    return -1, False


def of_colour(query: Query, seen: Sequence[str], before: Query | None) -> Query:
    """A refusal of the colour of a thing, asked here or before: "is there a sofa, and what colour is it?"."""
    plain = query.attribute == "worn" and query.whom == EVERYBODY and not query.value and bool(_COLOUR & {*seen})
    asked = (query.where, *(() if before is None else (before.where, before.attribute and Has(before.attribute))))
    thing = next((one for one in asked if queries.is_of(one, "thing", "holding")), None)
    plain = plain and thing is not None and not is_known("worn", thing.value)  # not of a backpack
    return Query("refuse", attribute="worn", value=thing.value, refusal="unseen") if plain and thing else query


def _share(query: Query, question: Tagged) -> Query:
    """Of a share of the video: "what percentage of it is Ana in?", "does she stand most of the time?"."""
    seen, text = {*question.seen}, " ".join(question.seen)
    if query.select == "who" and seen & {"mostly", "mainly"} and query == Query("who", Whom(query.whom.names[:2])):
        return replace(query, select="compare", rank=Rank("long"))  # "is it mostly Ana or mostly Ben?"
    if query.select == "how_long" and (_SHARE & seen or _HOW_MUCH_OF_IT.match(text)):
        return replace(query, value="share")
    bare = query.where is query.during.event is None
    if query.select == "how_long" and bare and seen & {"away", "gone"}:  # "he is how long away?"
        return replace(query, where=Not(PRESENT))
    mostly = seen & {"mostly", "mainly"} or _MOST_OF_IT.search(text)
    if not mostly or query.rank not in (None, Rank("long")) or query.number is not None:
        return query
    if query.select == "exists" and query.form == "polar":
        return replace(query, rank=None, number=Number("more_than", 0.5), value="share")
    return replace(query, rank=Rank("long")) if query.select == "attribute" else query  # "where is Ana mostly?"


def _comes_in(query: Query, question: Tagged) -> Query:
    """Of coming in, not of being there: "who came in?", "does Ana enter?"."""
    plain = query.where is query.rank is query.number is query.during.event is None
    asked = query.select in ("who", "count", "exists") and not query.whom.unknown
    pairs = pairwise([*question.seen, ""])
    comes = any(a in _ENTERS or a in _COMES | _WALKING and b in ("in", "into") for a, b in pairs)
    return replace(query, where=Has("enters")) if plain and asked and comes else query


def _fall(query: Query, question: Tagged) -> Query:
    """Of a fall told by the noun, which the network leaves out: "was there a fall?", "who came after the fall?"."""
    seen = question.seen
    at = next((i for i, (a, b) in enumerate(pairwise(seen), 1) if a in _A_FALL and b in ("fall", "falls")), 0)
    asked: dict[str, queries.Select] = {"how many": "how_often", "at which": "when", "at what": "when"}
    if seen[at - 2 : at] in (["before", "the"], ["after", "the"]) and not query.during.event:
        relation: queries.Relation = "before" if seen[at - 2] == "before" else "after"
        return replace(query, during=During(relation, Event(EVERYBODY, Has("deed", "falling"))))
    select: queries.Select = "when" if "when" in (seen[0], query.select) else asked.get(" ".join(seen[:2]), "exists")
    whether = seen[at - 1] not in ("the", "first", "last") and (_AUXILIARY | {"any"}) & {*seen[:at]}
    if not at or query.where or query.during.event or select == "exists" and not whether:
        return query
    form: queries.Form = "polar" if select == "exists" else "wh"
    per: queries.Per = "which" if query.per == "videos" else query.per  # "on which day were the most falls?"
    return replace(query, select=select, where=Has("deed", "falling"), form=form, refusal=None, per=per)


def _of_bed(query: Query, question: Tagged) -> Query:
    """Whether somebody is out of bed, be it on a chair or on her feet, and whether nobody is in it: "is it empty?"."""
    has, on_bed, standing = query.where, Has("near", "on a bed"), Has("posture", "standing")
    if "out of bed" in " ".join(question.seen) and has in (None, Not(PRESENT), standing):
        return replace(query, where=queries.Or((Not(on_bed), standing)))
    empty = has == Has("thing", "bed") and query.whom == Whom(quantifier="none") and question.seen[0] in _AUXILIARY
    return replace(query, select="exists", where=on_bed) if empty else query


def _turns(query: Query, question: Tagged) -> Query:
    """Of sitting down or standing up, not of sitting or standing: "does she get up again?"."""
    has, ways = query.where, {"sitting": "sitting down", "standing": "standing up"}
    own = [s.typed.lower().split() for s in question.slots if s.kind == "posture" and s.begins and s.role == "P"]
    turns = any(len(typed) > 1 and not typed[0].endswith("ing") for typed in own)
    again = query.select == "how_often" and query.form == "polar" and "again" in question.seen
    if not turns or not isinstance(has, Has) or has.value not in ways or query.throughout or query.number and not again:
        return query
    query = replace(query, where=Has("posture", ways[has.value]))
    back = "again" in question.seen or any(not BACK.isdisjoint(typed) for typed in own)  # "did she get back up?"
    if back and has.value == "standing" and query.during in (During(), AFTER_THAT):  # who was down before
        down = queries.Or((Has("deed", "falling"), Has("posture", "lying down"), Has("posture", "sitting")))
        query = replace(query, during=During("since", Event(query.whom, down)))
    return replace(query, select="exists", number=None) if again else query


def _all_known(query: Query, question: Tagged) -> Query:
    """Whether nobody is a stranger: "are all men known?", "do I know everybody?"; not "are all known men here?"."""
    asked = query.select == "exists" and query.whom.known is not None and _ALL_KNOWN.match(" ".join(question.seen))
    return replace(query, whom=replace(query.whom, quantifier="none", known=False)) if asked else query


def _on_body(query: Query, question: Tagged) -> Query:
    """What somebody has on a part of the body: "what is round her neck?", "has she anything on her head?"."""
    at, has = _BODY.search(" ".join(question.seen)), query.where
    worn = query.select == "attribute" and query.attribute == "worn" and not query.value
    thing = query.select == "exists" and not {"anything", "something"}.isdisjoint(question.seen)
    thing = thing and (has is None or queries.is_of(has, "worn") and not (has.colour or is_known("worn", has.value)))
    if not at or not (worn or thing):
        return query
    return Query("attribute", query.whom, None if thing else has, "worn", at[1], during=query.during)


def _where_lying(query: Query, question: Tagged) -> Query:
    """Where somebody lies, not where else she is: "where does he lie?"; where she fell she lies then."""
    lying, falling, seen = Has("posture", "lying down"), Has("deed", "falling"), {*question.seen}
    if query.select != "attribute" or query.attribute not in ("place", "near") or query.where not in (None, falling):
        return query
    if query.where or seen & _FALLS:
        return replace(query, where=queries.Or((falling, lying)))
    return replace(query, where=lying) if seen & _LIES else query


def _sees_whom(query: Query, question: Tagged) -> Query:
    """Of those whom somebody sees, or who see her: "who did Ana meet?", "who visited Ana?", "who joined Ana?"."""
    names = query.whom.names or tuple(slot.name for slot in question.slots if slot.name)
    sees = query.select == "who" and query.where is query.attribute is None and bool(names)
    sees = sees and _SEES_WHOM.match(" ".join(question.seen)) is not None
    plain = query in (Query("who", Whom(names[:1]), has) for has in (None, Has("with")))
    seen = plain and question.seen[-2:-1] == [NAME] and (query.where or "join" in question.seen[1])
    return replace(query, whom=EVERYBODY, where=Has("with", of=Whom(names))) if sees or seen else query


def _nobody_with(query: Query, question: Tagged) -> Query:
    """Whether, or when, somebody is alone ("is no one with Ana?"); how many are with her ("how many is she with?"), or
    at the same time ("are there more than two at once?").
    """
    many = query.select == "count" or question.seen[:2] == ["how", "many"] and query.select == "attribute"
    where = Has("with") if query.attribute == "with" else query.where
    if many and len(query.whom.names) == 1 and where in (Has("with"), Has("beside")):
        return replace(query, select="count", attribute=None, whom=EVERYBODY, where=related_to(query.whom, where))
    if query == Query("count", form=query.form, number=query.number) and AT_ONCE.search(" ".join(question.seen)):
        return replace(query, where=Has("with"))
    if query == Query("exists", query.whom, form="polar") and query.whom.names and "visitors" in question.seen:
        return replace(query, where=Has("with"))  # "did Ana get any visitors?"
    of = query.where.of if queries.is_of(query.where, "with") else None
    asked = query.select in queries.WHETHER and query.whom == Whom(quantifier="none")
    return replace(query, whom=of, where=Has("alone")) if asked and of is not None and of.names else query


def _but_never(query: Query, question: Tagged) -> Query:
    """Of those who never do so at all: "who danced but never sat?", "who doesn't sit at all?"."""
    if query.select == "who" and isinstance(query.where, Not) and ("at", "all") in pairwise(question.seen):
        return replace(query, throughout=True)
    if query.select not in ("who", "count") or "never" not in question.seen or not isinstance(query.where, And):
        return query
    parts = query.where.parts
    denied = [p for p in parts if isinstance(p, Not) and all(has.attribute == "posture" for has in queries.atoms(p))]
    rest = [one for one in parts if one not in denied]
    if not (denied and rest) or query.whom != EVERYBODY:
        return query
    return replace(query, whom=Whom(such=queries.conjunction(denied)), where=queries.conjunction(rest))


def _anybody(query: Query, question: Tagged) -> Query:
    """Of people in a place, not of the place: "was anybody in the corridor?" doesn't ask whether this is one; how often
    or long of each: "did anybody drink more than twice?", not "does anybody hold two cups?".
    """
    if query.where == And((Not(PRESENT),)) and query.whom == EVERYBODY and {"missing", "absent"} & {*question.seen}:
        return replace(query, where=Not(PRESENT))  # "is anybody missing?" is asked of all who are enrolled
    placed = query.where is not None and all(has.attribute in queries.PLACES for has in queries.atoms(query.where))
    often = next((slot.typed for slot in question.slots if (slot.role, slot.kind) == ("P", "number")), "")
    select: queries.Select = "how_often" if _OFTEN.search(often) else "how_long" if _LASTING.search(often) else "exists"
    if query.select == "exists" and query.number is not None and query.rank is None and not (placed or query.value):
        return query if query.whom.quantifier == "none" else replace(query, select=select)
    asked = query.select in queries.WHETHER and query.whom == EVERYBODY
    asked = asked and not query.value and bool(_SOMEBODY & {*question.seen})
    return replace(query, value="people") if placed and asked else query


def _of_people(query: Query, question: Tagged) -> Query:
    """A query whose number is of people ("for how long are three people dancing?"): more may dance, too."""
    ends = [slot.end for slot in question.slots if slot.kind == "number" and slot.role == "P"]
    of_people = any(word in _PEOPLE for end in ends for word in question.seen[end : end + 1])
    if query.select not in queries.TIMES or not of_people:
        return query
    number = query.number
    if number is not None and question.heads["bound"] == "none":
        number = Number("at_least", number.value)
    where = None if query.where == Has("with") else query.where  # so many at once are together
    return replace(query, value="people", number=number, where=where)


def _of_return(query: Query, question: Tagged) -> Query:
    """A query of coming back: "who comes back?" is who is there more than once, "when does she?" the second time."""
    seen = question.seen
    if query.select == "how_often" and query.form == "polar" and queries.is_numbered(query.during) and BACK & {*seen}:
        return replace(query, select="exists", number=None)  # "is she back at the end?"
    returns = any(b in BACK and (b[:3] == "ret" or a in COMING | {"in"}) for a, b in pairwise(seen))
    if not returns or any(slot.comes_back(seen) for slot in question.slots):
        return query
    if query.during.event is not None:
        if query.select != "how_often" or query.form != "polar" or query.during.relation not in ("after", "since"):
            return query
        since = replace(query.during, relation="since")
        return replace(query, select="exists", where=Has("enters"), number=None, during=since)
    if query.select == "when" and query.where in (None, Has("enters")) and query.rank is None:
        return replace(query, rank=Rank("time", 2))
    asks_who = seen[0] in ("who", "which") or query.select == "how_often" and query.form == "polar"
    there = query.where in (None, Not(PRESENT), Has("leaves"))  # "who leaves and comes back?"
    if query.whom.names or not there or not (asks_who or query.select == "count"):
        return query
    select: queries.Select = "exists" if query.form == "polar" else "who"
    return replace(query, select=select, where=None, rank=Rank("often"), number=Number("more_than", 1))


def _sight(query: Query, question: Tagged) -> Query:
    """Whether a thing is seen of which the network makes a sound or nothing: "is there lightning?", "… a storm?"."""
    seen = _SIGHT.search(" ".join(question.seen))
    asked = query.whom == EVERYBODY and query.where is None and query.refusal in (None, "sound", "unseen")
    if not seen or not asked or not is_known("thing", seen[1]) or query.select not in ("exists", "refuse"):
        return query
    return Query("exists", where=Has("thing", canonical("thing", seen[1])), form="polar", during=query.during)


def _drawn(query: Query, question: Tagged) -> Query:
    """Whether it is drawn or filmed: "is this a cartoon?", "which videos are drawn?"; not "is the cartoon funny?"."""
    seen, selects = {*question.seen}, {"which": "when", "what": "when", "how": "how_often"}
    said = [style for style, known in _STYLES.items() if known & seen]
    plain = query.select not in ("who", "count") and query.whom == EVERYBODY and query.where is None
    if not said or not plain or not seen <= _OF_STYLE:
        return query
    if len(said) > 1:
        return Query("attribute", attribute="style", during=query.during)
    select: queries.Select = selects.get(question.seen[0], "exists")  # type: ignore[assignment]
    return Query(select, where=Has("style", said[0]), form="polar" if select == "exists" else "wh", during=query.during)


def _with_kind(query: Query, question: Tagged) -> Query:
    """A refusal with its kind, the first whose word stands in the question; "" for none."""
    if query.select != "refuse" or query.refusal not in _KINDS:
        return query
    said, kinds = {*question.seen, "-".join(question.seen[:2])}, _KINDS[query.refusal].items()  # "how-old"
    states = not _IS.isdisjoint(question.seen[:2])  # "who is the nurse?", not "did the nurse call her?"
    fits = (kind for kind, known in kinds if known & said and (states or kind not in ("role", "kin")))
    return replace(query, value=next(fits, ""))


def _only_then(query: Query, question: Tagged) -> Query:
    """When something holds, where it is asked if it does at one time, or in one place, only: "does Vera wear the hat
    only in the car?", "who is only there at the end?"; not "is only Vera there at the end?".
    """
    seen = [*question.seen, ""]
    at = seen.index("only") if "only" in seen else 0
    behind = [slot for slot in question.slots if 0 < slot.at - at < 3]
    of_people = {*seen[at - 1 : at + 2]} & _ONLY_OF or any(s.role == "S" or s.kind == "number" for s in behind)
    of_people = of_people or any(has.of and has.of.besides for has in queries.atoms(query.where))  # "with only Ben"
    plain = query.select in ("exists", "who") and query.rank is query.number is None
    if not at or of_people or not plain:
        return query
    where, whom = query.where, replace(query.whom, quantifier="any")
    if query.during not in (During(), AFTER_THAT):
        return Query("when", whom, where)
    places, more = queries.by_place(where) if isinstance(where, And) and query.during == During() else ((), ())
    return Query("when", whom, queries.conjunction(more)) if places and more else query


def _taken_off(query: Query, question: Tagged) -> Query:
    """Taking something off, putting it down, or stopping is done once: "does Max take his scarf off?", "does he stop
    typing?"; what is taken out is held from then on.
    """
    where, said = query.where, {*question.seen}
    part = queries.affirmed(where)
    stops = isinstance(part, Has) and query.select == "exists" and said & {"stop", "stops", "stopped"}
    if not stops and not (queries.is_of(part, "worn", "holding") and said & TAKING) or part is None:
        return query
    if "out" in said:
        return replace(query, where=part)
    off = isinstance(where, Not) and (stops or said & {"off", "down", "away", "go", "drop", "drops", "dropped"})
    if not off or where is None or query.select not in ("exists", "who", "count"):
        return query
    if query.select == "exists" and query.during == During() and len(query.whom.names) == 1:
        query = replace(query, during=During("after", Event(query.whom, part)))
    elif query.select in ("who", "count") and query.whom == EVERYBODY:  # of those who have it on
        query = replace(query, whom=Whom(such=part))
    return replace(query, where=And((where,)))


def _same_person(query: Query, question: Tagged) -> Query:
    """Whether somebody described is somebody by name, as such: "is the man in red the same as Ben?"; of others nobody
    can tell.
    """
    plain = query.select == "compare" and query.form == "polar" and query.attribute is query.rank is None
    if not plain or "same" not in question.seen:
        return query
    if query.versus is None or not query.versus.names:
        return Query("refuse", query.whom, refusal="unseen")
    return Query("exists", replace(query.versus, such=query.whom.such), query.where, form="polar", during=query.during)


def _how_sure(query: Query, question: Tagged) -> Query:
    """What it rests on that somebody is there, where it is asked how sure that is; of else whether it is so."""
    held = tuple(slot.name for slot in question.slots if slot.role == "P" and slot.name)  # "any doubt that it is Ana?"
    names = query.whom.names or held
    if not names or query.select != "why" and not _HOW_LIKELY.search(" ".join(question.seen)):
        return query
    if len(names) == 1 and queries.is_plain(queries.affirmed(query.where)):
        return Query("why", Whom(names))
    return Query("exists", query.whom, query.where, form="polar", during=query.during)


QUERY_RULES = (
    _fall, _of_bed, _turns, _only_then, _taken_off, of_sound, _each_his_own, _does_both, _share, _comes_in,
    _all_known, _on_body, _where_lying, _sees_whom, _nobody_with, _but_never, _anybody, _of_people, _of_return,
    _sight, _drawn, _with_kind, _untold, _who_is_the, _before_whom, _nearer, _from_left, _all_of_it, _which_worn,
    _from_story, _one_then_other, _each_other, _same_person, _how_sure,
)  # fmt: skip
