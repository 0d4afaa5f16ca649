"""The people store: enrolled people under `$PVCHAT_HOME/people`, safe against kill -9 and other processes.

    people/
      <id>/config.json, person.safetensors, thumbnail.jpg    id: 128 random bits, never made from a name
      <id>.<n>/     the same after n changes of anything but her names; of several of one id the newest counts
      .scratch/     writes in the making and folders on their way out; swept by the next writer
      .lock         taken by writers, never by readers

The folders are the truth: one rename puts a folder in place or takes it away (docs/adr/0003-people-store.md says why).
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace as changed
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from pvchat.config import home
from pvchat.errors import DiskFullError, PeopleError, UnknownPersonError, is_disk_full
from pvchat.people import exchange
from pvchat.people.corrections import corrections_that_may_show, shareable, shares_vectors, without_corrections
from pvchat.people.folders import People, PersonFolders, Snapshot, StoredPerson, damaged_person
from pvchat.people.parts import is_one_face, merge_people
from pvchat.people.person import Person, checked, clean_name, closest_name, describe, name_key, require_usable
from pvchat.storage import atomic, library, private, temporary
from pvchat.storage.clips import ClipCache

if TYPE_CHECKING:
    from filelock import BaseFileLock

__all__ = ["PeopleStore", "Person", "Snapshot", "describe"]

Check = Callable[[Person, Sequence[Person]], None]

LOCK_TIMEOUT_S = 60.0
_NAMES_IN_HINT = 20
_ID = re.compile(r"[0-9a-f]{32}\Z")


class PeopleStore:
    """Everyone who is enrolled. Safe to share between threads; any number of processes may use one folder.

    Where somebody is meant, her id, or a name or alias of hers in any spelling, will do.

    Args:
        root: the folder; `$PVCHAT_HOME/people` when not given. Created by the first write.
        clip_cache: what `forget` purges; the cache beside `root` when not given.

    Raises UnknownPersonError: by all that need somebody: nobody has the name; PeopleError: what is given is off, a name
    is taken, files are damaged, or the folder can't be read or written.
    """

    def __init__(self, root: Path | None = None, clip_cache: ClipCache | None = None) -> None:
        self.root = Path(root) if root is not None else home() / "people"
        self._clip_cache = clip_cache or ClipCache(self.root.parent / "cache" / "clips")
        self._folders = PersonFolders(self.root)
        self._scratch = self.root / atomic.SCRATCH
        self._cleaned_up = False

    @cached_property
    def _lock(self) -> BaseFileLock:
        return atomic.folder_lock(self.root, LOCK_TIMEOUT_S)

    # -- reading ------------------------------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Everyone's name, first enrolled first."""
        return [row.name for row in self._rows().values() if row.person.name]

    def all(self) -> list[Person]:
        """Everyone, first enrolled first; read from disk only where something changed.

        A damaged person is left out, named in the log and in `damaged`.
        """
        return list(self.snapshot().people)

    def snapshot(self) -> Snapshot:
        """Everyone as of now, from one look at the folder: names, aliases and people that belong together."""
        rows = list(self._rows().values())
        names = tuple(row.name for row in rows if row.person.name)
        aliases = {alias: row.name for row in rows for alias in row.person.aliases}
        people = tuple(row.copy for row in rows if not row.why)
        return Snapshot(names, aliases, people, {row.name: row.why for row in rows if row.why})

    def ids(self) -> dict[str, str]:
        """Name of whom each id is (of a folder in which none can be read, that): what isn't there is of nobody."""
        return {person_id: row.name for person_id, row in self._rows().items()}

    def find(self, name: str) -> Person | None:
        """Who has this id, or this name or alias in any spelling (case, width, composition), or None."""
        row = _row_of(self._rows(), name)
        return row.copy if row and not row.why else None

    def get(self, name: str) -> Person:
        """Who has this name or alias, or is this person."""
        row = self._row(name)
        if row.why:
            raise damaged_person(row.name, row.why)
        return row.copy

    def damaged(self) -> dict[str, str]:
        """Folders that can't be read, with the reason; `forget(id)` removes one."""
        return {person_id: row.why for person_id, row in self._rows().items() if row.why}

    # -- writing ------------------------------------------------------------------------------------------------------

    def add(self, person: Person, replace: bool = False) -> Person:
        """Store a new person, or one in the place of another of that name (whose aliases stay); as she is stored."""
        person = checked(person)
        with self._writing(person.name) as rows:
            old = _holder(rows, person.name)
            if old and not (replace and name_key(old.name) == name_key(person.name)):
                raise _name_taken(person.name, old, replaceable=True)
            if old:
                person = checked(changed(person, aliases=[*old.person.aliases, *person.aliases]))
            _require_usable(rows, [person.name, *person.aliases], but=old)
            person_id = self._put(person, old)
        return self.get(person_id)

    def require_usable(self, name: str) -> None:
        """Raise PeopleError where nobody new could be called so, whoever is enrolled; see `person.require_usable`."""
        rows = self._rows()
        if _holder(rows, name) is None:
            _require_usable(rows, [name], but=None)

    def revise(self, name: str, change: Callable[[Person], Person]) -> Person:
        """Put a changed person in the place of who has this name: her arrays may change, her names don't.

        `change` is given the person as she is stored now, while nobody else writes.
        """
        with self._writing(name):
            row, old = self._row(name), self.get(name)
            person_id = self._put(checked(changed(change(old), name=old.name, aliases=old.aliases)), row)
        return self.get(person_id)

    def _put(self, person: Person, old: StoredPerson | None) -> str:
        """Write a checked person's folder, in the place of an older one; her id.

        If this process dies between the two renames, the old one is hidden from readers already, by the number behind
        its name, and removed by the next writer.
        """
        person_id, revision = (old.person.id, old.person.revision + 1) if old else (uuid.uuid4().hex, 0)
        person = changed(person, id=person_id, revision=revision)
        files = {file: private.seal(data) for file, data in exchange.encode(person).items()}
        atomic.write_folder(self.root / person.version, files)
        if old:
            atomic.remove_folder(self.root / old.person.version)
        return person_id

    def rename(self, old: str, new: str) -> Person:
        """Give a person another name; the old one is forgotten, not kept as an alias."""
        new = clean_name(new)
        return self._edit(old, lambda person: changed(person, name=new))

    def alias(self, name: str, alias: str) -> Person:
        """Let a person answer to one more name."""
        alias = clean_name(alias)
        return self._edit(name, lambda person: changed(person, aliases=[*person.aliases, alias]))

    def unalias(self, name: str, alias: str) -> Person:
        """Take one of a person's other names away."""

        def without(person: Person) -> Person:
            kept = [a for a in person.aliases if name_key(a) != name_key(alias)]
            if len(kept) == len(person.aliases):
                raise PeopleError(f"has no alias {ascii(alias)[:80]}.", subject=person.name)
            return changed(person, aliases=kept)

        return self._edit(name, without)

    def forget(self, name: str, into: str = "") -> str:
        """Remove a person: files, vectors, every cached clip analysis, and all temporary files of hers.

        A cached clip may show anyone who is enrolled, so the whole clip cache goes, and of a library of videos her
        tracks do; her face goes too where it is kept as "that is not …" of somebody else. Her folder goes last: a
        forget that is cut short can be repeated. `PVChat.forget` also takes her out of the sums of the library.
        `name` may be the id of a folder, also of a damaged one. `into`: of whom she is a part now. So is she of whoever
        has vectors of hers, were a merge cut short, or is enrolled by the same face: what was seen of both stays, and
        the other's name is returned; else "".
        """
        with self._writing(name):
            row = self._row(name)
            gone, person_id = None if row.why else row.person, row.person.id
            if not into:
                self._clip_cache.purge()
            others = [one for one in self.all() if one.id != gone.id] if gone is not None and not into else []
            same = [one for one in others if gone and (shares_vectors(one, gone) or is_one_face(one, gone))][:1]
            into = into or "".join(one.id for one in same)
            library.forget(self.root, person_id, into)
            temporary.sweep()
            temporary.forget([person_id])
            if gone is not None and not into:
                for other in others:
                    if shown := corrections_that_may_show(other, gone):
                        self.revise(other.id, partial(without_corrections, gone=shown))
            atomic.remove_folder(self.root / row.person.version)
            temporary.forget([person_id])  # what was marked while the rest went
            self._folders.read()  # nothing of her stays in memory
        re.purge()  # the patterns that names were looked for by
        return "".join(one.name for one in same)

    def merge(self, name: str, other: str) -> Person:
        """Make one person of two enrollments of the same person from different clips; `other`'s names become aliases.

        Her folder goes last, until when her name finds her: a merge that is cut short can be repeated.
        """
        with self._writing(name):
            kept, gone = self.get(name), self.get(other)
            if kept.id == gone.id:
                raise PeopleError("is one person already.", subject=kept.name, hint="Pick two different people.")
            if gone.name not in kept.aliases:  # else a merge was cut short here
                both = changed(merge_people(kept, gone), aliases=[*kept.aliases, gone.name, *gone.aliases])
                self._put(checked(both), self._row(kept.id))
            self.forget(gone.id, kept.id)  # she goes on in the other: her tracks stay
        return self.get(kept.id)

    def export(self, name: str, path: Path | str) -> Path:
        """Write a person as one new `.pvperson` file that `import_` takes; only its owner may read it."""
        return exchange.write(shareable(self.get(name)), Path(path).expanduser())

    def import_(
        self, path: Path | str, replace: bool = False, name: str | None = None, check: Check | None = None
    ) -> Person:
        """Add the person in a `.pvperson` file; the file is not trusted.

        `replace`: take the place of an enrolled person of that name. `name`: call her so instead of the name in the
        file; other names of hers that are taken are left out. `check` (`parts.require_unlike`) raises a PeopleError
        where she can't be taken beside these others.
        """
        person = exchange.read(Path(path).expanduser())
        if name is not None:  # then the file's other names may be somebody's already: his own from before, mostly
            free = [alias for alias in person.aliases if _holder(self._rows(), alias) is None]
            person = changed(person, name=name, aliases=free)
        if check is not None:
            key = name_key(person.name)
            check(person, [one for one in self.all() if not (replace and name_key(one.name) == key)])
        return self.add(person, replace=replace)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _rows(self) -> People:
        if not self._cleaned_up:
            self._cleaned_up = True
            self._clean_up()
        return self._folders.read()

    def _row(self, name: str) -> StoredPerson:
        if row := _row_of(self._rows(), name):
            return row
        raise _unknown_person(name, self.names())

    def _edit(self, name: str, change: Callable[[Person], Person]) -> Person:
        """Rewrite one config.json; tensors and thumbnail of a folder never change."""
        with self._writing(name) as rows:
            row, person = self._row(name), checked(change(self.get(name)))
            _require_usable(rows, [person.name, *person.aliases], but=row)
            config = self.root / row.person.version / exchange.CONFIG
            digests = exchange.decode_config(private.read(config))["sha256"]
            private.write(config, exchange.encode_config(person, digests), self._scratch)
        return self.get(row.person.id)

    @contextmanager
    def _writing(self, subject: str) -> Iterator[People]:
        """Hold the lock, clear what dead writers left, and yield everyone."""
        from filelock import Timeout

        try:
            atomic.make_private_folder(self.root)
            with self._lock:
                self._clear_leftovers()
                yield self._rows()
        except Timeout as error:  # of this lock, or of one that is taken while it is held
            what = f"another process has held the people store for {LOCK_TIMEOUT_S:.0f} s."
            raise PeopleError(what, subject=str(self.root), hint="Try again when it is done.") from error
        except OSError as error:
            if is_disk_full(error):
                what, hint = "the people can't be written: the disk is full.", "Make room on it. Nothing was changed."
                raise DiskFullError(what, subject=str(self.root), hint=hint) from error
            what = f"the people store can't be written ({error.strerror or error})."
            raise PeopleError(what, subject=_printable(subject), hint=f"Look at {self.root}.") from error

    def _clean_up(self) -> None:
        """On the first reading: delete what killed processes left, unless somebody writes now."""
        temporary.sweep()
        temporary.delete_subject_pictures()
        leftovers = self._scratch.is_dir() and any(self._scratch.iterdir())
        if not (leftovers or self._folders.superseded()):
            return
        from filelock import Timeout

        with suppress(Timeout, OSError), self._lock.acquire(timeout=0):  # OSError: a read-only disk
            self._clear_leftovers()

    def _clear_leftovers(self) -> None:
        self._cleaned_up = True
        atomic.sweep(self._scratch)
        for folder in self._folders.superseded():
            atomic.remove_folder(folder)


# -- names ------------------------------------------------------------------------------------------------------------


def _row_of(rows: People, person: str) -> StoredPerson | None:
    """Who has this id, or this name or alias in any spelling, or None; an id comes before a name."""
    return rows.get(person) or _holder(rows, person)


def _holder(rows: People, name: str, but: StoredPerson | None = None) -> StoredPerson | None:
    """Whose name or alias this is (other than `but`'s), or None; whose name, where a merge was cut short."""
    key = name_key(name)
    found = [row for row in rows.values() if key and key in row.keys and row != but]
    return next((row for row in found if key == name_key(row.person.name)), found[0] if found else None)


def _name_taken(name: str, row: StoredPerson, *, replaceable: bool = False) -> PeopleError:
    """The error for a name that a row has already; `replaceable`: the new person may take its place."""
    hers = name_key(row.name) == name_key(name)
    what = f"'{row.name}' is enrolled already." if hers else f"this is an alias of '{row.name}'."
    hint = f"Choose another name{', or replace the enrolled one' * (hers and replaceable)}."
    return PeopleError(what, subject=name, hint=hint)


def _require_usable(rows: People, names: Sequence[str], but: StoredPerson | None) -> None:
    """Raise PeopleError where one of these names is somebody's (other than `but`'s), or can't be told from a question's
    words. Those that `but` has already are not judged.
    """
    for name in names:
        if taken_by := _holder(rows, name, but=but):
            raise _name_taken(name, taken_by)
    for name in names:
        if but is None or name not in (but.name, *but.person.aliases):
            require_usable(name)


def _unknown_person(name: str, names: Sequence[str]) -> UnknownPersonError:
    """The error for a name that nobody has, or for the id of a person who is gone."""
    if _ID.match(name):
        hint = "Nothing was changed. Look at the list of people again."
        return UnknownPersonError("this person isn't enrolled any more.", subject=name, hint=hint)
    more = f" and {len(names) - _NAMES_IN_HINT} more" if len(names) > _NAMES_IN_HINT else ""
    found = closest_name(name, names)
    enrolled = f"Did you mean {found}? " * bool(found) + f"Enrolled: {', '.join(names[:_NAMES_IN_HINT])}{more}."
    hint = enrolled if names else "Nobody is enrolled yet: `pvchat enroll`."
    return UnknownPersonError("nobody of this name is enrolled.", subject=_printable(name), hint=hint)


def _printable(name: str) -> str:
    """A name that may be made to harm a terminal, as it can be shown."""
    return name if name.isprintable() and len(name) < 80 else ascii(name)[:80]
