"""The command line.

Open `main.py` first: it finds the module of the command that was typed. The module's `register` adds the options
(options.py has those of several commands) and names the function that runs. That prints through console.py, and raises
a `PVChatError` for a mistake that the user can mend.

    see it work       demo.py
    one clip          enroll.py, ask.py, transcribe.py
    many videos       library.py, live.py, events.py
    people            people.py
    research          augment.py, train.py, eval.py, models.py
    for others        serve.py (the app), token.py (for the HTTP API)
    this machine      doctor.py, home.py (`encrypt`, `decrypt`, `backup`, `restore`)
"""
