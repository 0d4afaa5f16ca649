"""The people who are enrolled.

In: a `Person` (name, face vectors, thumbnail). Out: the same after a restart, under any crash, until forgotten.
Open `person.py` first (a person, and which names can be taken), then `store.py`, which adds, finds, renames and forgets
people: `folders.py` (people out of files), `exchange.py` (their bytes, and files for other machines), `contents.py`
(what such files may hold). Of one person: `parts.py` (several clips), `corrections.py` ("that is not Ana").
"""
