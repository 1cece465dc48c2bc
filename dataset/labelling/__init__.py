"""The window in which a film is labelled (`label_video.py`)."""
