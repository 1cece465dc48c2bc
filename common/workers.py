"""Processes that work side by side, a core each."""

import os


class one_thread:
    """Context in which child processes begin with one thread each for their arithmetic."""

    NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")

    def __enter__(self):
        self.before = {name: os.environ.get(name) for name in self.NAMES}
        os.environ.update(dict.fromkeys(self.NAMES, "1"))

    def __exit__(self, *_):
        for name, value in self.before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
