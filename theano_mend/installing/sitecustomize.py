"""Lets Theano 1.0.5's setup script run on Python 3.12 and later.

Python imports a module of this name at its start where its folder is on
``PYTHONPATH``: set that while pip installs Theano, without build isolation.
"""

import configparser

if not hasattr(configparser, "SafeConfigParser"):
    configparser.SafeConfigParser = configparser.ConfigParser
    configparser.ConfigParser.readfp = configparser.ConfigParser.read_file
