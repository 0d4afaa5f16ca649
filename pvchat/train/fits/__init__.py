"""Small heads and calibrations, fitted once and shipped.

In: labelled photos. Out: `*.safetensors` beside the modules that use them. Start with `presence.py`.
"""
