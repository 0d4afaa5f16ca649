"""PVChat, the one object that the command line, the app and the evaluation call.

In: clips, names, questions. Out: enrolled people and answers. Start with `pvchat.py`: `enroll` and `ask`, hop by hop;
`networks.py` holds every network of a process, `clipmemory.py` what was seen of clips.
"""

from pvchat.service.networks import Networks
from pvchat.service.pvchat import DEPTHS, PRESET, PVChat

__all__ = ["DEPTHS", "PRESET", "Networks", "PVChat"]
