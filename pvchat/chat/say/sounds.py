"""What is heard, said: quotes with times and, where it is known, whose they are; nothing is read into them.

In: the finding of a query about what is heard (`chat/sounds.py`). Out: sentences.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import clock, first_times, join, lasting, number, span_told, upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding, Found, Row
from pvchat.chat.query import atoms
from pvchat.chat.say.clauses import called, ordinal
from pvchat.chat.sounds import UNSEEN, quotes
from pvchat.chat.spans import Span, merged, seconds_in

_MOST_QUOTES, _MOST_TIMES = 8, 5
_TIMES = ("never", "once", "twice")


def heard(finding: Finding, evidence: Evidence) -> str:
    """The answer to a question about what is heard."""
    query = finding.query
    if query.select == "attribute":
        return _quoted(finding)
    if query.select in ("how_long", "how_often"):
        return _counted(finding)
    if query.select == "who" and query.rank is not None:
        return _first(finding)
    if not finding.people and not finding.rows:
        return _nothing(finding)
    told = [f"{called(one.entity)} {_does(finding)} {_when(one.spans, finding)}" for one in finding.people]
    if not (finding.people and query.whom.names):
        told += _of_nobody(finding, query.select == "exists" and finding.verdict != "yes")
    yes = "Yes, " if query.select == "exists" and finding.verdict == "yes" else ""
    sound = "this video has sound: " if query.value == "sound" else ""
    return upper(f"{yes}{sound}{'; '.join(told)}.")


def _does(finding: Finding) -> str:
    """The verb: "speaks", "says “coffee”"."""
    phrase = _phrase(finding)
    return f"says “{phrase}”" if phrase else "speaks"


def _phrase(finding: Finding) -> str:
    """The words that were asked for; "" for any."""
    return next((has.value for has in atoms(finding.query.where) if has.attribute == "says"), "")


def _when(spans: Sequence[Span], finding: Finding) -> str:
    """When speech is heard, from when to when, or words, at their beginning."""
    if _phrase(finding):
        told = list(dict.fromkeys(f"at {clock(start)}" for start, _ in spans))
    else:
        told = [span_told(*span) for span in merged(spans)]
    return first_times(told, _MOST_TIMES)


def _of_nobody(finding: Finding, whose: bool = False) -> list[str]:
    """What is heard of whom nobody knows: of whoever isn't in the picture, and of somebody who may be.

    Args:
        finding: with its rows.
        whose: it was asked of somebody who may be the one.
    """
    told = []
    for who, rows in (("somebody who isn't seen", _rows(finding, UNSEEN)), ("somebody", _rows(finding, ""))):
        if rows:
            told.append(f"{who} {_does(finding)} {_when(_spans(rows, finding), finding)}")
    names = [called(one.entity) for one in finding.open] if whose else []
    if told and names and _rows(finding, ""):
        told[-1] += f", but I can't tell whether that is {join(names, 'or')}"
    return told


def _rows(finding: Finding, of: str) -> list[Row]:
    return [row for row in finding.rows if row.of == of]


def _spans(rows: Sequence[Row], finding: Finding) -> list[Span]:
    """When rows of nobody hold: stretches of speech, or the words of a phrase, together as they follow each other."""
    count = len(_phrase(finding).split())
    if not count:
        return [row.span for row in rows if row.attribute == "speaks"]
    return [(rows[i].start_s, rows[i + count - 1].end_s) for i in range(0, len(rows), count)]


def _quoted(finding: Finding) -> str:
    """What is said, word for word, as far as it was understood."""
    whose = finding.query.whom.names or finding.query.whom.such is not None
    known, heard_ = [called(one.entity) for one in finding.open], quotes(finding)
    told = [one for one in heard_ if one[0]] if whose else heard_
    if told:
        said = [f"{_speaker(who, of)} says {span_told(*span)}: {_quote(text)}" for who, of, span, text in told]
        left = len(told) - _MOST_QUOTES
        more = [f"{number(left)} more: `pvchat transcribe` lists all."] if left > 0 else []
        return " ".join(map(upper, [*said[:_MOST_QUOTES], *more]))
    if whose and known and heard_:
        listed = "; ".join(f"{span_told(*span)} “{text}”" for _, _, span, text in heard_[:_MOST_QUOTES])
        return f"I can't tell whether {join(known, 'or')} says it, but I hear {listed}."
    if finding.people or finding.rows and not whose:
        return "Somebody speaks, but I understand no word of it."
    return _nothing(finding)


def _quote(text: str) -> str:
    """Words in quotation marks that end a sentence."""
    return f"“{text}”" if text[-1] in ".?!" else f"“{text}”."


def _speaker(who: str, of: str) -> str:
    return called(who) if who else "somebody who isn't seen" if of == UNSEEN else "somebody"


def _nothing(finding: Finding) -> str:
    """That nothing is heard of what is asked."""
    query, named = finding.query, [called(one.entity) for one in finding.against]
    if query.value == "sound":
        return "Yes, this video has sound, but I hear nobody speak."
    no = "No, " if query.select == "exists" else ""
    if not (query.whom.names or query.whom.such is not None):
        return upper(f"{no}as far as I hear, nobody {_does(finding)}.")
    return upper(f"{no}as far as I hear, {join(named, 'nor')} never {_does(finding)}.") if named else ""


def _counted(finding: Finding) -> str:
    """For how long somebody speaks, or how often something is said."""
    if not finding.people and not finding.rows:
        return _nothing(finding)
    long = finding.query.select == "how_long"
    told = [f"{called(one.entity)} {_does(finding)} {_amount(one, long)}" for one in finding.people]
    for of, who in ((UNSEEN, "somebody who isn't seen"), ("", "somebody")):
        if spans := _spans(_rows(finding, of), finding):
            told.append(f"{who} {_does(finding)} {_amount(Found('', spans=tuple(spans), number=None), long)}")
    names = [called(one.entity) for one in finding.open if finding.query.whom.names]
    doubt = f"; whether that is {join(names, 'or')} I can't tell" if names and _rows(finding, "") else ""
    return upper(f"{'; '.join(told)}{doubt}.")


def _amount(one: Found, long: bool) -> str:
    count = len(one.spans)
    often = _TIMES[count] if count < len(_TIMES) else f"{number(count)} times"
    return f"for about {lasting(seconds_in(one.spans))}" if long else often


def _first(finding: Finding) -> str:
    """Who speaks most, or first."""
    rank = finding.query.rank
    assert rank is not None
    most, place = rank.by == "long", "" if rank.k == 1 else ordinal(rank.k)
    if not finding.people and place:
        return f"As far as I hear, nobody speaks {place}{' most' * most}."
    if not finding.people:
        known = _of_nobody(finding)
        return upper(f"{'; '.join(known)}; who that is I can't tell.") if known else _nothing(finding)
    best, others = finding.people[0], finding.people[1:]
    how = (
        f"{place} most, {_amount(best, True)}".lstrip() if most else f"{place or 'first'}, at {clock(best.spans[0][0])}"
    )
    told = [f"{called(best.entity)} speaks {how}"]
    told += [f"{called(one.entity)} {_amount(one, True) if most else 'at ' + clock(one.spans[0][0])}" for one in others]
    unseen, rest = (seconds_in(_spans(_rows(finding, of), finding)) for of in (UNSEEN, ""))
    if most and unseen >= 1:
        told.append(f"somebody who isn't seen for about {lasting(unseen)}")
    if rest >= 1:
        told.append(f"of {lasting(rest)} more I can't tell who speaks")
    return upper(f"{'; '.join(told)}.")
