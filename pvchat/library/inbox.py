"""The inbox: people whom nobody enrolled and who are seen again and again, and what to do about them.

    inbox = chat.library.inbox
    for one in inbox.strangers():
        print(one.id, one.videos, one.seconds)
    inbox.name(3, "Ana", consent=True)

In: the tables, kept up to date by every call. Out: groups of strangers with their videos and times, most seen first;
people in the people store. A picture of a stranger is cut out of the video when it is asked for, and kept nowhere. Each
act keeps which tracks were in which group before it, of people their ids alone, so that it can be taken back; what is
deleted from the library is gone from there too (`ON DELETE CASCADE`).
"""

from __future__ import annotations

import shlex
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from pvchat.augment.watch import StoppedError, Watch
from pvchat.errors import PeopleError, PVChatError
from pvchat.identity.enroll import number_of
from pvchat.library import strangers
from pvchat.library.recognise import follow, people_in
from pvchat.library.strangers import Shown, Stranger
from pvchat.people.corrections import examples_of, with_examples
from pvchat.people.person import Person
from pvchat.schemas import Progress, Service
from pvchat.storage.library import LibraryError, transaction

LEAST = 2  # videos in which somebody is seen who counts as recurring
_MOST_ENROLLED = 3  # videos that somebody is enrolled from
_MOST_TOLD = 4  # videos of which "that is (not) her" is said at once
_MOST_ACTS = 50  # acts that can be taken back, one after the other
Opened = Callable[[], AbstractContextManager[sqlite3.Connection]]


@dataclass(frozen=True)
class Act:
    """One thing that was done."""

    number: int
    what: str  # "name", "join", "deny", "ignore", "merge" or "split"
    group: int  # which it was done to
    ref: str  # id of the person whom it was about; "" for nobody
    version: str  # hers since then
    count: int  # corrections of hers that it made


class Inbox:
    """Strangers of a library, of which `opened` opens the tables.

    By all LibraryError is raised: there is no library, no such group, or none of its videos can be used. `name` and
    `correct` may be stopped while they look at videos (StoppedError, by `chat`'s progress): nothing is changed then.
    """

    def __init__(self, opened: Opened, chat: Service) -> None:
        self._open, self.chat = opened, chat

    def strangers(self, least: int = LEAST, progress: Progress | None = None) -> list[Stranger]:
        """Everybody who is seen in so many videos, whoever is seen in most of them first; `least` 1: in one, too.

        `progress` is told how far people who are new are recognised, and faces compared, first; what it raises ends it.
        """
        with self._open() as library:
            follow(library, self.chat, progress, wholly=False)
            strangers.regroup(library, self.chat, Watch(progress))
            found = strangers.all_of(library, people_in(library, self.chat))
        often = [one for one in found if one.videos >= least]
        return sorted(often, key=lambda one: (-one.videos, -one.seconds, one.id))

    def picture(self, group: int, track: int | None = None) -> bytes:
        """JPEG of a stranger's best sighting, out of its video; of one of her tracks, where one is meant."""
        with self._open() as library:
            if track is None:
                shown = strangers.best_of(library, group)
            else:
                seen = strangers.shown_in(library, group).get(group, ())
                shown = [one for one in seen if one.sighting.track == track]
        for one in shown:
            try:
                return strangers.portrait_of(self.chat, one)
            except (PVChatError, OSError):
                continue
        raise LibraryError("none of the videos is there.", subject=f"group {group}", hint="Look: pvchat library scan")

    def name(self, group: int, name: str, consent: bool = False) -> Person:
        """Enroll a stranger from her best sightings by a name; she is found in the whole library then.

        `consent`: she has agreed to be enrolled; nobody is enrolled without. Raises also PeopleError: no consent; the
        name is taken or can't be used.
        """
        if not consent:
            raise PeopleError("consent is missing.", subject=name, hint="Say so if she has agreed (--consent).")
        if self.chat.people.find(name) is not None:
            hint = f"Use another name; or, if that is she: pvchat library inbox --join {group} {shlex.quote(name)}"
            raise PeopleError("somebody of this name is enrolled already.", subject=name, hint=hint)

        def enroll(one: Shown, again: bool) -> Person:
            analysis = self.chat.analyse(one.sighting.path)
            track = number_of(analysis, analysis.tracks[one.number])  # among those that can be enrolled
            return self.chat.enroll(one.sighting.path, name, track=track, add=again)

        with self._open() as library:
            person, _ = self._apply_to_sightings(strangers.best_of(library, group), _MOST_ENROLLED, enroll)
            _record_about_person(library, "name", group, person)
            follow(library, self.chat, wholly=False)
        return person

    def correct(self, group: int, name: str, is_her: bool) -> Person:
        """Say that a stranger is, or isn't, somebody enrolled: her sightings count for or against her.

        Raises also UnknownPersonError, PeopleError: nobody has the name; she has as many corrections as she may have.
        """
        with self._open() as library:
            before = self.chat.people.get(name)

            def say(one: Shown, again: bool) -> Person:
                self.chat.correct(before.id, one.sighting.path, is_her, track=one.number + 1)
                return self.chat.people.get(before.id)

            person, count = self._apply_to_sightings(strangers.best_of(library, group), _MOST_TOLD, say)
            _follow_version(library, before.version, person)
            _record_about_person(library, "join" if is_her else "deny", group, person, count)
            follow(library, self.chat, wholly=False)
        return person

    def ignore(self, group: int) -> None:
        """Never show a stranger again."""
        with self._open() as library, transaction(library):
            _record(library, "ignore", group)
            library.execute("UPDATE groups SET ignored = 1 WHERE id = ?", (group,))

    def merge(self, group: int, other: int) -> None:
        """Say that two strangers are one, who is called by the first number from now on."""
        if group == other:
            raise LibraryError("these are one group already.", subject=str(group), hint="Name two.")
        with self._open() as library, transaction(library):
            _record(library, "merge", group, other)
            library.execute('UPDATE members SET "group" = ? WHERE "group" = ?', (group, other))

    def split(self, group: int, tracks: Sequence[int]) -> int:
        """Say that some tracks of a group, not all of them, show somebody else; the number of the new group."""
        with self._open() as library, transaction(library):
            mine = {track for track, _, _ in strangers.members_of(library, [group])}
            if not tracks or not {*tracks} < mine:
                hint = f"Its tracks are: {', '.join(map(str, sorted(mine)))}. Leave one at least."
                raise LibraryError("these tracks can't be split from it.", subject=f"group {group}", hint=hint)
            _record(library, "split", group)
            made = library.execute("INSERT INTO groups DEFAULT VALUES").lastrowid
            assert made is not None
            words = 'UPDATE members SET "group" = ? WHERE track = ?'
            library.executemany(words, [(made, int(track)) for track in tracks])
        return made

    def last(self) -> Act | None:
        """What `undo` would take back; None for nothing."""
        with self._open() as library:
            return _last_act(library)

    def undo(self) -> Act:
        """Take back what was done last: a name (who was enrolled is forgotten), a join, a "not her", an ignore …

        Raises LibraryError: nothing was done; or the person was changed since, elsewhere, and the act stands for good:
        the next call takes back what was done before it.
        """
        with self._open() as library:
            act = _last_act(library)
            if act is None:
                raise LibraryError("there is nothing to take back.", subject="inbox")
            if act.what in ("join", "deny", "name"):
                person = self.chat.people.find(act.ref)
                if person is None or person.version != act.version:
                    with transaction(library):
                        library.execute("DELETE FROM acts WHERE id = ?", (act.number,))
                    what = "the person was changed or forgotten since: that can't be taken back any more."
                    hint = "Change her in people instead; undo again takes back what was done before."
                    raise LibraryError(what, subject=f"{act.what} of {act.group}", hint=hint)
            if act.what in ("join", "deny"):
                person = self.chat.people.revise(
                    act.ref, lambda one: with_examples(one, examples_of(one)[: -act.count])
                )
                _follow_version(library, act.version, person)
            if act.what == "name":
                with transaction(library):  # so that her tracks aren't forgotten with her: they are a stranger's again
                    library.execute("DELETE FROM people WHERE ref = ?", (act.ref,))
            _take_back(library, act)
        if act.what == "name":
            self.chat.forget(act.ref, tracks=False)
        with self._open() as library:
            follow(library, self.chat, wholly=False)
        return act

    def _apply_to_sightings(
        self, shown: Sequence[Shown], most: int, act: Callable[[Shown, bool], Person]
    ) -> tuple[Person, int]:
        """Apply an act to a stranger's best sightings, up to `most`; the person it made, and how often it worked.

        `act` is told whether it worked before. Once it has, no StoppedError is raised.
        """
        self._look_ahead(shown[:most])
        made, count, why = None, 0, LibraryError("none of the videos can be used.", hint="Look: pvchat library scan")
        for one in shown[: 2 * most]:  # some may be of no use
            try:
                made, count = act(one, made is not None), count + 1
            except (PeopleError, StoppedError):  # the name is taken; she has as many corrections as she may have
                if made is None:
                    raise
            except (PVChatError, OSError) as error:
                why.__cause__ = error
            if count == most:
                break
        if made is None:
            raise why
        return made, count

    def _look_ahead(self, shown: Sequence[Shown]) -> None:
        """Look at videos before anything is changed: that takes long, and it may be stopped (StoppedError)."""
        for one in shown:
            try:
                self.chat.analyse(one.sighting.path)
            except StoppedError:
                raise
            except (PVChatError, OSError):
                continue  # told where it is used


def _record(library: sqlite3.Connection, what: str, *groups: int, person: Person | None = None, count: int = 0) -> None:
    """Record an act and which tracks were in its groups before; from now on these stay there by the user's word.

    Within a change; raises LibraryError where there is no such group.
    """
    rows = strangers.members_of(library, groups)
    if missing := {*groups} - {group for _, group, _ in rows}:
        raise LibraryError("there is no such group.", subject=str(min(missing)), hint="Look: pvchat library inbox")
    words = 'INSERT INTO acts(act, "group", ref, version, count) VALUES (?, ?, ?, ?, ?)'
    about = (person.id, person.version) if person else ("", "")
    act = library.execute(words, (what, groups[0], *about, count)).lastrowid
    library.executemany("INSERT INTO members_before VALUES (?, ?, ?, ?)", [(act, *row) for row in rows])
    library.executemany('UPDATE members SET said = 1 WHERE "group" = ?', [(group,) for group in groups])
    library.execute("DELETE FROM acts WHERE id <= (SELECT max(id) FROM acts) - ?", (_MOST_ACTS,))


def _record_about_person(library: sqlite3.Connection, what: str, group: int, person: Person, count: int = 0) -> None:
    """Record that a group was named ("name"), joined to somebody ("join") or said not to be her ("deny")."""
    with transaction(library):
        _record(library, what, group, person=person, count=count)
        if what != "deny":
            library.execute("UPDATE groups SET ref = ? WHERE id = ?", (person.id, group))


def _follow_version(library: sqlite3.Connection, before: str, person: Person) -> None:
    """Somebody was changed from here: earlier acts about her can still be taken back."""
    with transaction(library):
        library.execute("UPDATE acts SET version = ? WHERE version = ?", (person.version, before))


def _last_act(library: sqlite3.Connection) -> Act | None:
    row = library.execute('SELECT id, act, "group", ref, version, count FROM acts ORDER BY id DESC LIMIT 1').fetchone()
    return None if row is None else Act(*row)


def _take_back(library: sqlite3.Connection, act: Act) -> None:
    """Put every track back where it was before an act, and drop the act."""
    with transaction(library):
        words = 'SELECT "group", said, track FROM members_before WHERE act = ?'
        rows = library.execute(words, (act.number,)).fetchall()
        library.executemany("INSERT OR IGNORE INTO groups(id) VALUES (?)", {(group,) for group, _, _ in rows})
        library.executemany('UPDATE members SET "group" = ?, said = ? WHERE track = ?', rows)
        if act.what == "ignore":
            library.execute("UPDATE groups SET ignored = 0 WHERE id = ?", (act.group,))
        if act.what in ("name", "join"):
            library.execute("UPDATE groups SET ref = '' WHERE id = ?", (act.group,))
        library.execute("DELETE FROM acts WHERE id = ?", (act.number,))
        strangers.drop_empty(library)
