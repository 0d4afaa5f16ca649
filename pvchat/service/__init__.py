"""PVChat, the one object that the command line, the app and the evaluation call.

In: clips, names, questions. Out: enrolled people and answers. Start with `pvchat.py`: `enroll` (`enrolling.py`) and
`ask` (`answering.py`, `explaining.py`), hop by hop; `correcting.py`: what users say of it;
`hearing.py`: what is said in a clip. `networks.py` holds every network of a process, `clipmemory.py` what was seen of
clips (`atwork.py`: whose turn it is, `longvideos.py`).
"""

from pvchat.service.networks import Networks
from pvchat.service.pvchat import DEPTHS, PRESET, PVChat

__all__ = ["DEPTHS", "PRESET", "Networks", "PVChat"]
