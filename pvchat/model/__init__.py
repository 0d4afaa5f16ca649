"""The video language model: experts' features in; what is read of a clip, text, a presence logit for each person out.

A clip goes through `cliptokens.py` (tokens of an analysis), `connectors.py` (one width, mixed across experts, weighed
by the question) and `qformer.py` (queries and personal tokens read them, with the mixed heads of `heads.py`) into the
language model (`llm.py`: `prompts.py`, `drafted.py`). Batches and losses of its training are `recipes/model`'s.

People (`people.py`) come from `aligner.py`, or from training, with a LoRA of their own (`personlora.py`); who is in a
clip comes from `identity/` (by `presence.py`).

At work: `trained.py` has one model loaded, all but its words without torch; `personstates.py` has stored people as it
takes them; `describer.py` holds a clip against sentences, `choices.py` picks one, and reads people, whose deeds
`deeds.py` tells of that; `sentences.py` (with `minilm.py`) makes sentence vectors.

On disk: `config.py` (presets, too), `checkpoint.py`. `retrofit.py` gives other models mixed heads. Open `pvchat.py`
first.
"""
