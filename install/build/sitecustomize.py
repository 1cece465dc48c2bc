"""Lets Theano 1.0.5's setup script run on Python 3.12.

Python imports a module of this name at its start where its folder is on
``PYTHONPATH``; `install/environment.py` sees to that while pip builds packages.
"""

import configparser

if not hasattr(configparser, "SafeConfigParser"):
    configparser.SafeConfigParser = configparser.ConfigParser
    configparser.ConfigParser.readfp = configparser.ConfigParser.read_file
