"""Other writers of answers than `say/`: our model, a pretrained base; both are checked. Open claims.py first.

fills gaps           claims.py: deeds and places by an encoder (`--eyes`), from the lists of `model/choices.py`
speaks itself        answerer.py, each sentence checked by checking.py
a pretrained base    narrator.py, by what `bases/` shows and tells it; each sentence checked by checking.py
"""
