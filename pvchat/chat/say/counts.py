"""How many people there are, or of how many something holds: answers to "count", with their names."""

from __future__ import annotations

from collections.abc import Sequence

from pvchat.chat.english import join, number, so_many_people, upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import STRANGER, noun, people_said
from pvchat.chat.say.facts import PRESENT, is_plain, so
from pvchat.chat.say.holders import LEADS, NO_STRANGERS, nobody


def count(finding: Finding, evidence: Evidence) -> str:
    """How many they are, by name; "at least" where more may be."""
    query, found = finding.query, int(finding.number or 0)
    told = _people_counted(finding, evidence) if is_plain(query.where) else _holders_counted(finding, evidence)
    if query.number is None:
        return upper(told)
    doubt = "I can't tell for sure: " if finding.verdict in ("unknown", "unsure") else ""
    own = told if told.startswith(("I ", STRANGER)) or not found else told[:1].lower() + told[1:]
    return f"{doubt}{LEADS.get(finding.verdict or '', '')}{own}"


def _people_counted(finding: Finding, evidence: Evidence) -> str:
    """How many people there are, of a kind or at all."""
    whom, found = finding.query.whom, int(finding.number or 0)
    who_ = people_said([one.entity for one in finding.people])
    least = "at least " if finding.at_least and found else ""
    if whom.such is not None:
        return _kind_counted(finding, who_, least)
    if whom.known is True:
        more = so_many_people(evidence.not_known, others=bool(found)) if evidence.not_known else ""
        known = f"I recognise {f'{so_many_people(found)}: {join(who_)}' if found else 'nobody'}."
        return f"{known} I also see {more}." if more else known
    if whom.known is False:
        return presence.unknown_people(found) or NO_STRANGERS
    if not found:
        return "I see nobody in this video."
    when = so(finding.people, PRESENT, finding, evidence)[0].partition("in this video")[2]
    seen = f"I see {least}{so_many_people(found)} in this video{when if finding.query.during.event else ''}"
    named = any(not one.entity.startswith("#") for one in finding.people)
    return f"{seen}: {join(who_)}." if named else f"{seen}, nobody whom I know for sure."


def _kind_counted(finding: Finding, who_: Sequence[str], least: str) -> str:
    """How many people of a kind there are: "As far as I can see, there is one woman: Ana."."""
    such, found = finding.query.whom.such, int(finding.number or 0)
    many = f"{least}{number(found) if found else 'no'} {noun(such, max(found, 1))}"
    names = f": {join(who_)}" if found else ""
    told = f"As far as I can see, there {'is' if found < 2 else 'are'} {many}{names}."
    return f"{told} Of {so_many_people(len(finding.open))} I can't tell." if finding.open else told


def _holders_counted(finding: Finding, evidence: Evidence) -> str:
    """Of how many something holds, with their names."""
    if not finding.people:
        return nobody(finding)
    least = "at least " * finding.at_least
    told = "; ".join(so(finding.people, finding.query.where, finding, evidence))
    return upper(f"{least}{number(int(finding.number or 0))}: {told}.")
