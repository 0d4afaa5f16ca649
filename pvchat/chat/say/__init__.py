"""What was found, in English: a `Finding` and the evidence in, sentences out (`voice.py`)."""
