"""The people who are enrolled.

In: a `Person` (name, face vectors, thumbnail). Out: the same after a restart, under any crash, until forgotten.
Open `person.py` first, then `store.py`, which adds, finds, renames and forgets them: `folders.py` (people out of
files), `exchange.py` (their bytes, and files for other machines), `contents.py` (what such files may hold). Of one
person: `parts.py` (several clips), `corrections.py` ("that is not Ana"). `naming.py`: which names can be taken.
"""
