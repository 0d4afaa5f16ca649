"""PVChat: the one object that the command line, the app and the evaluation call.

    chat = PVChat()                                               networks are loaded when they are first needed
    chat.enroll("ana.mp4", name="Ana")                            a `Person`, kept
    chat.ask("party.mp4", "Is Ana there?").answer                 "Yes, Ana is there, …"

A question's way: `PVChat.ask` (pvchat.py) reads it by `pvchat.chat.question`, and has `ClipMemory.look` (clipmemory.py)
find the clip's `ClipAnalysis`: in memory, on disk, or by the experts of `Networks` (networks.py), which look at one
clip, or one part of a long video, at a time. `Answering` (answering.py) scores everyone
enrolled against it, has more measured or heard (hearing.py) where the question needs that, and gives all to the
`Writer` of `pvchat.chat`; an `Answer` comes out.
"""

from pvchat.service.networks import Networks
from pvchat.service.pvchat import PVChat

__all__ = ["Networks", "PVChat"]
