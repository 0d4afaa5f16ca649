"""What is compared: baselines and PVChat itself, behind one protocol.

In: questions about clips. Out: texts and presences:

base.py        the protocol; registry.py: which system a name means
ours.py        PVChat, by rules and as it answers; routing.py: the heads that its model uses
baselines      blind.py (never look), matching.py (faces alone), hub.py (a pretrained model with pictures)
"""
