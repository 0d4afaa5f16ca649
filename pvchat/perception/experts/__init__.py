"""Frozen vision experts: pixels in, features, boxes and landmarks out. Weights come from `pvchat.assets.weights`."""
