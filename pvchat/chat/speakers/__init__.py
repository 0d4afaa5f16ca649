"""Other writers of answers than `say/`: our model, a pretrained base; both are checked. Open claims.py first.

fills gaps           claims.py: rows of deeds and places that the model (`model/choices.py`) tells apart
speaks itself        answerer.py; checking.py hears it
a pretrained base    narrator.py, over what `bases/` shows it and asks of those it was taught; checking.py hears it
reworded             checking.py: a plain answer by any language model, where it says just the same
"""
