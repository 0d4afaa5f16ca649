"""Files that survive crashes: atomic writes, tensors as safetensors, the cache of analysed clips.

In: arrays and JSON. Out: the same, or nothing. Start with `atomic.py`.
"""
