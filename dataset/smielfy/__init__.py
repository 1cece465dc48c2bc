"""Smielfy: the web page that collects people's smileys, and the mirror.

- ``app``: routes; ``guard``: what every request passes; ``limits``: rates;
- ``faces``: from an upload to a checked crop; ``recognizer``: the networks;
- ``people``: pseudonyms, consent, examples shown; ``store``: crops and manifest;
- ``static_files``: the page's own files; ``words/``: its texts; ``certificate``: HTTPS;
- ``teaching``: fine-tuning on one person, in a process of its own.
"""
