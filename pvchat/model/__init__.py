"""The video language model: experts' features in; what is read of a clip, text, a presence logit for each person out.

A clip goes through `features.py` (tokens of an analysis), `connectors.py` (one width, mixed across experts), `mova.py`
(weighed by the question) and `qformer.py` (queries and personal tokens read them, with the mixed heads of `heads.py`)
into the language model (`prompts.py`, `generation.py`). People come from `aligner.py`. Open `pvchat.py` first.
"""
