"""The people who are enrolled: a folder each, an index, files for exchange.

In: a `Person`. Out: the same after a restart, under any crash, until forgotten. Start with `store.py`.
"""
