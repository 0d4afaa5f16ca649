"""What holds of somebody in most tests of questions."""

from __future__ import annotations

from pvchat.chat.query import Has, Not

GONE, ALONE, WITH = Not(Has("present")), Has("alone"), Has("with")
SITS, STANDS = Has("posture", "sitting"), Has("posture", "standing")
TALKS, FALLS = Has("deed", "talking"), Has("deed", "falling")
HAT, GLASSES, JACKET = Has("worn", "hat"), Has("worn", "glasses"), Has("worn", "jacket")
MALE, FEMALE = Has("gender", "man"), Has("gender", "woman")
KITCHEN = Has("place", "kitchen")
