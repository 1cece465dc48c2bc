"""The article's networks in Theano and Lasagne.

Importing the package prepares Theano, so nobody can import it unprepared.
"""

from nets import theano_setup  # noqa: F401
