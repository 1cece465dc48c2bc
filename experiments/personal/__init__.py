"""Teaching the network one more face (`enrol.py`, `eval_enrol.py`)."""
