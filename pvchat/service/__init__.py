"""PVChat: the one object that the command line, the app and the evaluation call.

In: clips, names, questions. Out: enrolled people and answers.
Open `pvchat.py` first: `enroll` (`enrolling.py`), `ask` (`answering.py`), corrections (`correcting.py`), hearing
(`hearing.py`). `networks.py` loads every network once a process; `clipmemory.py` keeps what was seen of clips
(`atwork.py`: one look a clip at a time, `longvideos.py`: part by part).
"""

from pvchat.service.networks import Networks
from pvchat.service.pvchat import DEPTHS, PRESET, PVChat

__all__ = ["DEPTHS", "PRESET", "Networks", "PVChat"]
