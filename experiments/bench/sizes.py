"""Sizes over which the bench shows how cost grows."""

TRAIN = (16, 32, 64, 128, 256)  # pictures in a training step
VOTE = (1, 4, 16, 45, 64, 128, 256)  # windows in a vote
AREAS = [(320, 180), (640, 360), (960, 540), (1280, 720), (1920, 1080)]  # frames
FACES = (0, 1, 5, 10, 20, 40)  # in one frame
