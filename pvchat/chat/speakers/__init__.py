"""Other writers of answers than `say/`: our model, a pretrained base; both are checked. Open claims.py first.

fills gaps           claims.py: places by our model, deeds and places by an encoder, chosen by `model/choices.py`
speaks itself        answerer.py; checking.py hears it
a pretrained base    narrator.py, over what `bases/` shows it and asks of those it was taught; checking.py hears it
reworded             checking.py: a plain answer by any language model, where it says just the same
"""
