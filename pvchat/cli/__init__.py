"""The command line.

In: the words of a terminal. Out: answers on stdout, everything else on stderr, and an exit code. A command's way:

    pvchat ask party.mp4 "Is Ana there?"
    main.py      imports `ask.py` alone, lets its `register` add its options, parses the words
    ask.py       its `run` opens PVChat (`console.open_chat`: settings checked, weights fetched), asks
                 `chat.ask("party.mp4", "Is Ana there?")`, and writes the answer by `console`
    main.py      a `PVChatError` becomes "error: …" with what to do, and exit code 1

Open `main.py` first. A command is the module of its name, whose functions raise a `PVChatError` where something is
off; `encryption.py` has `encrypt` and `decrypt`, `backup.py` also `restore`, `inbox.py` `library inbox`. `options.py`:
the options that several commands share, and the `Settings` they become. `console.py`: text, tables, JSON and errors.
"""
