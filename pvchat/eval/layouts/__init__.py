"""Readers of other people's annotation layouts; each returns a `Manifest`."""
