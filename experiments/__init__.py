"""One script a question, and a folder of what it needs; importing it prepares Theano for all."""

import nets  # noqa: F401
