"""PVChat: enroll a person from one clip, then ask about new clips.

    from pvchat import PVChat
    chat = PVChat.from_pretrained("embedded")
    chat.enroll("ana.mp4", name="Ana")
    print(chat.ask("party.mp4", "Is Ana there?").answer)

Public names are loaded when they are first touched, so that `import pvchat` costs nothing. Used by all packages:
config.py, errors.py, runtime.py, memory.py, pool.py (which spreads work over processes), watchdog.py (which notes
where something hangs); __main__.py is the program `pvchat`. docs/architecture.md shows all packages.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pvchat.config import Settings
    from pvchat.errors import PVChatError
    from pvchat.people.person import Person
    from pvchat.schemas import Answer
    from pvchat.service import PVChat

__version__ = "0.1.0"
__all__ = ["Answer", "PVChat", "PVChatError", "Person", "Settings", "__version__"]

_HOMES = {
    "Answer": "pvchat.schemas",
    "PVChat": "pvchat.service",
    "PVChatError": "pvchat.errors",
    "Person": "pvchat.people.person",
    "Settings": "pvchat.config",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pvchat' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
