"""Something to do around the import of a module, whoever imports it."""

import sys

_handlers = {}


def hand_over(name, handler):
    """Let ``handler(run)`` import the module of this name, once; ``run()`` executes its code."""
    _handlers[name] = handler
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)


class _Finder:
    """Finds the modules in question where the other finders do, and puts their handler between."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _handlers:
            return None
        others = [finder for finder in sys.meta_path if finder is not _Finder]
        found = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in found if spec is not None), None)
        if spec is not None:
            execute = spec.loader.exec_module
            spec.loader.exec_module = lambda module: _handlers[name](lambda: execute(module))
        return spec
