"""The command line.

Open `main.py` first. A command is the module of its name (`home.py` has `encrypt`, `decrypt`, `backup` and `restore`,
`inbox.py` `library inbox`): `register` adds its options and names the function that does it, which writes by
`console.py` and raises a `PVChatError` where something is off. `options.py`: what several commands share.
"""
