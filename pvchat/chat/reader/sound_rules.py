"""Rules for what is heard: the network tells who speaks, what is said, in which language, when there is music.

In: a query, or heads, and the question as the network reads it. Out: the same, as far as it can be told. What nothing
hears (which song, tones of voice, accents) stays refused.
"""

from __future__ import annotations

import re
from dataclasses import replace

from pvchat.chat import query as queries
from pvchat.chat.english import word_set
from pvchat.chat.query import EVERYBODY, During, Event, Has, Not, Query, Rank, Whom
from pvchat.chat.reader.followups import AFTER_THAT
from pvchat.chat.reader.network import Heads
from pvchat.chat.reader.slots import Tagged
from pvchat.chat.sounds import UNSEEN, heard_in

_SAYING = word_set("say says said saying mention mentions mentioned mentioning utter utters uttered")
_SPEECH = word_set("speak speaks spoke spoken speaking speech speaker voice voices")  # "talking" is seen as well
_HEARING = word_set("hear heard audible audio sound sounds noise noises")
WRITTEN = word_set("sign signs screen note letter label clock poster paper card headline")
_STARTS = word_set("start starts started starting begin begins began beginning")
_STOPS = word_set("stop stops stopped stopping end ends ended ending over")
_ANSWERS = word_set("answer answers answered reply replies replied respond responds responded")
_TELLS = word_set("ask asks asked tell tells told talk talks talked")
_OFF_SCREEN = re.compile(
    r"\boff ?-? ?(?:screen|camera)\b|\b(?:not|never) (?:in (?:the )?(?:picture|view|frame|shot)|seen|visible|shown)\b"
    r"|\b(?:can't|cannot|can not|don't|do not) see\b|\bout(?:side)? (?:of )?(?:the )?(?:picture|frame|shot|view)\b"
)
AT_ONCE = re.compile(r"\b(?:at once|at (?:the same|a|any one) time|simultaneously)\b")


def heard_after_all(question: Tagged) -> Heads:
    """Heads of a question about sound that the network refuses and that can be told: "what does Ben answer?", "was it
    silent between 0:40 and 0:50?".
    """
    asks_what = "what" in question.seen[:2] and question.labels.heads["attribute"] == "says"
    if asks_what and (_SAYING | _ANSWERS | _TELLS).intersection(question.seen):
        return {"select": "attribute", "attribute": "says"}
    speaks = question.labels.heads["form"] == "polar" and any(slot.kind == "speaks" for slot in question.slots)
    return {"select": "exists"} if speaks else {}


def of_sound(query: Query, question: Tagged) -> Query:
    """What can be told of sound: not "what does the sign say?"."""
    seen = {*question.seen}
    says = query.attribute == "says" or any(has.attribute == "says" for has in queries.atoms(query.where))
    if "or" in seen and {slot.denied for slot in question.slots if slot.kind == "speaks"} == {True, False}:
        query = Query("exists", query.whom, Has("speaks"), form="polar", during=query.during)  # "speaking or silent?"
    if query.where == Has("music") and {"no", "without"} & seen:
        query = replace(query, where=Not(Has("music")))
    if (unseen := _by_unseen(query, question)) is not None:
        return unseen
    spoken = {word for has in queries.atoms(query.where) for word in has.value.lower().split()}  # "who says 'letter'?"
    if (says or query.refusal == "sound" and _SAYING & seen) and WRITTEN & seen - spoken:
        return Query("refuse", refusal="unseen")
    if {"my", "name"} <= seen and (says or query.refusal == "sound" or _SAYING & seen):
        return Query("refuse", refusal="sound", value="mine")
    music = any(has.attribute == "music" for has in queries.atoms(query.where))
    ranked = query.rank is not None and query.select != "compare"
    if _SPEECH & seen or ranked or music:  # whoever talks most is heard
        query = replace(query, where=heard_in(query.where))
    if query.where == Has("speaks") and query.select == "compare":  # who talks longer is told by what is seen
        return replace(query, where=Has("deed", "talking"))
    query = _of_speaking(query, question)
    plays = query.during.event is not None and query.during.event.where == Has("music")
    relation: queries.Relation | None = "since" if seen & _STARTS else "after" if seen & _STOPS else None
    if plays and relation and query.during.relation in ("while", "since", "after"):  # from when it starts, or stops
        query = replace(query, during=replace(query.during, relation=relation))
    speaks = query.where in (None, Has("speaks")) or query.attribute == "says"
    if not (_ANSWERS & seen and speaks and query.select in ("who", "attribute") and query.during.event is None):
        return query
    where = Has("speaks") if query.select == "who" else query.where  # who answers is who speaks next
    return replace(query, where=where, during=AFTER_THAT, rank=Rank("time"))


def _by_unseen(query: Query, question: Tagged) -> Query | None:
    """What is heard of whoever isn't in the picture: "who speaks off screen?", "what does the voice say that we can't
    see?"; None of other questions.
    """
    where, what = Has("speaks", UNSEEN), "says" in (query.attribute, question.labels.heads["attribute"])
    heard = what or queries.is_of_sound(query) or query.refusal == "sound" or heard_in(query.where) == Has("speaks")
    if not heard or query.whom.names or not _OFF_SCREEN.search(" ".join(question.seen)):
        return None
    if what and question.labels.heads["form"] != "polar":
        return Query("attribute", where=where, attribute="says", during=query.during)
    select = query.select if query.select in ("who", *queries.WHETHER) else "exists"
    return Query(select, where=where, form=query.form, during=query.during)


def _of_speaking(query: Query, question: Tagged) -> Query:
    """Who speaks first, how often, two at once, or never: "when is it silent?" is when nobody does."""
    names, speaks, polar, seen = query.whom.names, Has("speaks"), query.form == "polar", {*question.seen}
    at_once = AT_ONCE.search(" ".join(question.seen))
    if query.where == Not(speaks) and query.throughout and {"never", "not"} & seen:  # "is Ana never silent?"
        query = replace(query, where=speaks)
    elif query.where == Not(speaks) and query.whom == EVERYBODY and query.select != "who":  # "when is it silent?"
        query = replace(query, whom=Whom(quantifier="none"), where=speaks)
    elif heard_in(query.where) == speaks and query.select == "when" and len(names) == 2 and (polar or at_once):
        one, other = (replace(query.whom, names=(name,), quantifier="any") for name in names)
        select: queries.Select = "exists" if polar else "when"
        query = replace(query, select=select, whom=one, during=During("while", Event(other, query.where or speaks)))
    elif query.where == speaks and query.select == "exists" and len(names) == 1:
        if query.rank is not None and query.rank.by == "time":  # "is Ana the first to speak?": who does is told
            return replace(query, select="who", form="wh", whom=EVERYBODY)
        if query.number is not None:  # "did Ben speak three times?"
            return replace(query, select="how_often")
    if query.where == speaks and query.select == "exists" and _HEARING & seen:
        return replace(query, value="sound")
    return query
