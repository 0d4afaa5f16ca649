"""What is compared: baselines and PVChat itself, behind one protocol.

In: questions about clips. Out: texts and presences. Start with `base.py`, the protocol:

    registry.py    which system a name means
    ours.py        PVChat, by rules and as it answers; baselines.py: all others
"""
