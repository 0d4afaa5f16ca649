"""The landmark experts by one name: body, hands, face mesh, person mask, wide-range faces.

Each expert is described in its own file; importing this module loads no network.
"""

from __future__ import annotations

from pvchat.perception.experts.body import BodyExpert, PersonMask, Pose
from pvchat.perception.experts.hands import Hand, HandExpert
from pvchat.perception.experts.mesh import Mesh, MeshExpert, WideFaceDetector

__all__ = ["BodyExpert", "Hand", "HandExpert", "Mesh", "MeshExpert", "PersonMask", "Pose", "WideFaceDetector"]
