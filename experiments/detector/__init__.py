"""The face detector: its training windows, its training, its test pictures, what is measured."""
