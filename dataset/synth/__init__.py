"""Rendered stand-in people: person(seed) -> expression -> mesh -> image.

Nothing here needs more than NumPy and OpenCV. One seed gives one person, and the
same pixels, byte for byte, on every Python the project supports (see `seeding.py`
for the rules that make it so).
"""
