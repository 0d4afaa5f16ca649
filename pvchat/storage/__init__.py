"""Files that survive crashes, plain or encrypted.

    private.write(folder / "person.safetensors", tensorfile.pack(arrays))
    arrays = tensorfile.unpack(private.read(folder / "person.safetensors"))

Arrays become bytes (`tensorfile.py`), the bytes are sealed where the home is encrypted (`private.py`, by the key of
`keys.py`), and a draft in the scratch folder takes the file's place by one rename (`atomic.py`: open it first). Reading
goes the other way, and an error says what is wrong with the file.

    clips.py, tokens.py               what is kept so: analysed clips; who may call the HTTP API
    library.py                        the tables of a library: library.sql; forget.sql deletes a person from them;
                                      database.py opens the file, which may be encrypted
    temporary.py                      temporary files; what shows a person goes when she is forgotten
    stores.py, conversion.py          which files of a home are sealed; sealing or opening all at once
    backup.py                         a home in one file, and back
"""
