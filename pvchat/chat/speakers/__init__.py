"""Who else may speak than `say/`: our trained model, and a pretrained base; what they say is held against values.

fills gaps           choices.py (lists of deeds and places), claims.py (rows out of them); who looks at the clip:
                     describe.py, or zeroshot.py through an encoder of the hub
speaks itself        answerer.py; checking.py, hearing.py
a pretrained base    narrator.py, over what `bases/` shows it and asks of those it was taught
reworded             checking.py: a plain answer by any language model, where it says just the same
"""
