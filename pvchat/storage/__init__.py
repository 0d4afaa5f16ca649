"""Files that survive crashes, plain or encrypted.

In: bytes, JSON, arrays. Out: the same later, or an error that says what is wrong with the file.
Open `atomic.py` first: every write is one rename. `tensorfile.py` has arrays; `clips.py` the cache of analysed clips,
`library.py` (with `library.sql`, `database.py`, `eightbit.py`) the tables of a library, `tokens.py` who may call the
HTTP API. What names or shows people goes through `private.py` (the key: `keys.py`, which files: `stores.py`, all at
once: `conversion.py`); `temporary.py`: files for a while; `backup.py`: a home in one file.
"""
