"""Whether rendered people are as hard as real ones (`eval_realism.py`)."""
