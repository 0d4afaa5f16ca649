"""All frozen experts that look at pictures, each loaded when it is first needed."""

from __future__ import annotations

from functools import cached_property

from pvchat.perception.experts import networks
from pvchat.perception.experts.attributes import SETTINGS, AttributeExpert, ImageNetHead
from pvchat.perception.experts.body import BodyExpert
from pvchat.perception.experts.efficientnet import CLOTHES, FrameExpert
from pvchat.perception.experts.facemaps import SIDE
from pvchat.perception.experts.faces import FaceExpert
from pvchat.perception.experts.figures import FigureExpert
from pvchat.perception.experts.hands import HandExpert
from pvchat.perception.experts.headlooks import HeadLooks
from pvchat.perception.experts.mesh import MeshExpert
from pvchat.perception.experts.objects import ThingExpert


class Experts:
    """The experts; one that isn't fetched raises WeightsError when it is asked for."""

    def __init__(self, device: str = "cpu") -> None:
        self.device = device

    frames = cached_property(lambda self: FrameExpert(device=self.device))  # features of frames and crops
    clothes = cached_property(lambda self: FrameExpert(device=self.device, tail=CLOTHES))  # features of crops of people
    faces = cached_property(lambda self: FaceExpert(device=self.device))  # where faces are, and whose
    figures = cached_property(lambda self: FigureExpert(self.frames))  # drawn figures
    body = cached_property(lambda self: BodyExpert())  # pose
    hands = cached_property(lambda self: HandExpert())
    mesh = cached_property(lambda self: MeshExpert())  # of faces
    things = cached_property(lambda self: ThingExpert())

    heads = cached_property(lambda self: AttributeExpert())  # what is worn, features, what frames show
    headlooks = cached_property(lambda self: HeadLooks(self.frames))  # hats, helmets, masks, hair
    settings = cached_property(lambda self: AttributeExpert(SETTINGS))  # indoors or outdoors, of photos and drawings
    imagenet = cached_property(lambda self: ImageNetHead())  # the classifier that belongs to the features

    def convert(self) -> None:
        """Load all, so that those are converted that are once, and no first question waits for it."""
        self.load()
        _ = self.frames.middle(SIDE), self.faces.printer

    def load(self) -> None:
        """Load all networks and heads now."""
        _ = self.frames, self.clothes, self.faces, self.figures, self.body.landmarks, self.hands, self.mesh
        _ = self.things.all, self.heads, self.headlooks, self.settings, self.imagenet
        networks.release_buffers()
