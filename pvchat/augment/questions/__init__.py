"""Questions and answers about the samples: four types, yes and no in balance.

In: samples with measured facts. Out: rows of question, answer and truth. Start with `rows.py`.
"""
