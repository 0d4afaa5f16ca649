"""Training a person on our own model, for research: personal tokens and head offsets, as the paper does (Sec. 4).

In: an enrolled person and a folder of `pvchat augment`. Out: her tokens and z among her arrays, which `--answers
spoken` reads; no answer is known to gain by them (docs/adr/0032-deep.md). `pvchat train person NAME --data DIR` in a
checkout runs `own.py`; `data.py` is what is trained on, `trainee.py` what is trained, `stages.py` how.
"""
