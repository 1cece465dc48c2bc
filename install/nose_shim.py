"""What Theano's tests use of nose, which does not import on Python 3.10 and later.

A plugin of pytest's: ``-p nose_shim``.
"""

import inspect
import sys
import types
import unittest

import numpy.testing
import pytest

case = unittest.TestCase()


def module(name, **contents):
    """Make a module that can be imported by its name."""
    made = sys.modules[name] = types.ModuleType(name)
    vars(made).update(contents)
    return made


def raises(*errors):
    """Decorate a test that must raise one of these."""

    def decorate(function):
        def test():
            with pytest.raises(errors):
                function()

        test.__name__ = function.__name__
        return test

    return decorate


def pytest_pycollect_makeitem(collector, name, obj):
    """Make one test of a generator: it yields calls, each a test to nose."""
    if not (name.startswith("test") and inspect.isgeneratorfunction(obj)):
        return None

    def all_calls():
        owner = [collector.obj()] if inspect.isclass(collector.obj) else []
        for test, *arguments in obj(*owner):
            test(*arguments)

    return pytest.Function.from_parent(collector, name=name, callobj=all_calls)


module(
    "nose",
    SkipTest=unittest.SkipTest,
    plugins=module(
        "nose.plugins",
        skip=module("nose.plugins.skip", SkipTest=unittest.SkipTest),
        attrib=module("nose.plugins.attrib", attr=lambda *_, **__: lambda function: function),
    ),
    tools=module(
        "nose.tools",
        assert_raises=case.assertRaises,
        assert_true=case.assertTrue,
        assert_equal=case.assertEqual,
        raises=raises,
    ),
)
# NumPy 1's needs nose, and NumPy 2 has none.
numpy.testing.dec = module("numpy.testing.dec", skipif=unittest.skipIf)
