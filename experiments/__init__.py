"""One script a question; importing the package prepares Theano for all of them."""

import nets  # noqa: F401
