"""How many people there are, or of how many something holds: answers to "count", with their names."""

from __future__ import annotations

from pvchat.chat.english import join, number, so_many_people, upper
from pvchat.chat.evidence import Evidence
from pvchat.chat.finding import Finding
from pvchat.chat.query import Has
from pvchat.chat.say import presence
from pvchat.chat.say.clauses import noun, people_said
from pvchat.chat.say.facts import is_plain, lead, so, time_of
from pvchat.chat.say.holders import NO_STRANGERS, nobody


def count(finding: Finding, evidence: Evidence) -> str:
    """How many they are, by name; "at least" where more may be."""
    least = "at least " if finding.at_least and finding.number else ""
    if finding.query.where == Has("with"):
        many = so_many_people(int(finding.number or 0))
        told = f"at most {many} {'is' if finding.number == 1 else 'are'} seen at the same time in this video."
    elif not is_plain(finding.query.where):
        told = _holders(finding, evidence, least)
    elif finding.query.whom.such is not None:
        told = _of_a_kind(finding, least)
    else:
        told = _people(finding, evidence, least)
    doubt = "I can't tell for sure: " if finding.verdict in ("unknown", "unsure") else ""
    return upper(f"{doubt}{lead(finding)}{told}")


def _people(finding: Finding, evidence: Evidence, least: str) -> str:
    """How many people there are, known or not."""
    found, who = int(finding.number or 0), people_said(finding.names)
    if finding.query.whom.known is True:
        more = so_many_people(evidence.not_known, others=bool(found)) if evidence.not_known else ""
        known = f"I recognise {f'{so_many_people(found)}: {join(who)}' if found else 'nobody'}."
        return f"{known} I also see {more}." if more else known
    if finding.query.whom.known is False:
        told = presence.unknown_people(found)
        return told[:1].lower() + told[1:] or NO_STRANGERS
    if not found:
        return "I see nobody in this video."
    when = time_of(finding.people[0], finding, evidence) if finding.query.during.event and finding.people else ""
    seen = f"I see {least}{so_many_people(found)} in this video{when}"
    named = not finding.people or any(not name.startswith("#") for name in finding.names)
    return f"{seen}{': ' * bool(who)}{join(who)}." if named else f"{seen}, nobody whom I know for sure."


def _of_a_kind(finding: Finding, least: str) -> str:
    """How many people of a kind there are: "As far as I can see, there is one woman: Ana."."""
    such, found = finding.query.whom.such, int(finding.number or 0)
    many = f"{least}{number(found)} {noun(such, found)}" if found else f"no {noun(such)}"
    names = f": {join(people_said(finding.names))}" if finding.people else ""
    told = f"as far as I can see, there {'is' if found < 2 else 'are'} {many}{names}."
    return f"{told} Of {so_many_people(len(finding.open))} I can't tell." if finding.open else told


def _holders(finding: Finding, evidence: Evidence, least: str) -> str:
    """Of how many something holds, with their names."""
    told = "; ".join(so(finding.people, finding.query.where, finding, evidence))
    if not told:
        none = nobody(finding)
        return none[:1].lower() + none[1:] if none.startswith(("As ", "No")) else none
    return f"{least}{number(int(finding.number or 0))}: {told}."
