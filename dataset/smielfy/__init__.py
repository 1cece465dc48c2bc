"""Smielfy: the web page that collects people's smileys, and the mirror.

- ``app``: the service; ``collect_routes``, ``mirror_routes``, ``visitor_routes`` and
  ``admin_routes``: what it answers;
- ``server``: connections; ``middleware``: what every request passes; ``rate_limit``;
- ``faces``: from an upload to a checked crop; ``recognizer``: the networks;
- ``people``: pseudonyms, consent, examples shown; ``signing``: of cookies; ``store``: crops and
  manifest;
- ``static_files``: the page's own files; ``locales/``: its texts; ``certificate``: HTTPS;
- ``teaching``: fine-tuning on one person, in a process of its own.
"""
