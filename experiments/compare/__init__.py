"""Many trainings compared: splits (`eval_split.py`) and augmentations (`eval_augment.py`)."""
