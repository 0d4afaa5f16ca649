"""The people who are enrolled: a folder each, an index, files for exchange.

In: a `Person`. Out: the same after a restart, under any crash, until forgotten. Start with `store.py`: `index.py`
(rows), `folders.py` (people of rows), `snapshot.py` (all at one moment), `exchange.py` (bytes, and files for other
machines, checked by `contents.py`). Of one person: `person.py`, `parts.py` (several clips), `merge.py`,
`corrections.py`, `notes.py`; `naming.py`: which names; `remains.py`: what forgetting leaves.
"""
