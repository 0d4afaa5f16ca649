"""Files that survive crashes: atomic writes, tensors as safetensors, the cache of analysed clips.

In: arrays and JSON. Out: the same, or nothing. Start with `atomic.py`; `tensorfile.py` has arrays, `clips.py` the
cache, `library.py` the tables of a library, `database.py` its file, `eightbit.py` its vectors. What names or shows
people goes through `private.py` (encryption at rest: `keys.py`, `stores.py`, `conversion.py`), what is there for a
while only through `temporary.py`; `backup.py` has all of a home in one file, `tokens.py` who may call the HTTP API.
"""
