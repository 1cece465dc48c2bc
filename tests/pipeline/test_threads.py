import threading

import pytest

from pipeline.threads import AHEAD, BackgroundCalls, read_ahead


def test_items_come_in_order_from_another_thread():
    threads = set()

    def items():
        for k in range(20):
            threads.add(threading.current_thread())
            yield k

    assert list(read_ahead(items())) == list(range(20))
    assert threading.current_thread() not in threads


def test_reading_keeps_a_few_items_ahead_only():
    allowed = AHEAD + 2  # one taken, a queue full, one waiting for room
    full, too_many = threading.Event(), threading.Event()

    def items():
        for k in range(1, 101):
            if k == allowed:
                full.set()
            if k > allowed:
                too_many.set()
            yield k

    stream = read_ahead(items())
    assert next(stream) == 1
    assert full.wait(60)
    assert not too_many.wait(0.2)
    stream.close()


def test_an_error_while_reading_comes_in_its_place():
    def items():
        yield 1
        raise KeyError("broken frame")

    stream = read_ahead(items())
    assert next(stream) == 1
    with pytest.raises(KeyError, match="broken frame"):
        next(stream)


def test_calls_are_made_in_order_and_waited_for():
    done, gate = [], threading.Event()

    def slow(value):
        assert gate.wait(60)
        done.append((value, threading.current_thread()))

    with BackgroundCalls() as calls:
        for k in range(AHEAD):
            calls.submit(slow, k)
        assert not done
        gate.set()
        for k in range(AHEAD, 10):
            calls.submit(slow, k)
    assert [value for value, _ in done] == list(range(10))
    assert {thread for _, thread in done} == {done[0][1]} != {threading.current_thread()}


def test_an_error_behind_is_raised_and_what_follows_is_dropped():
    done = []

    def fail():
        raise OSError("disk full")

    def use():
        with BackgroundCalls() as calls:
            calls.submit(fail)
            for k in range(10):
                calls.submit(done.append, k)

    with pytest.raises(OSError, match="disk full"):
        use()
    assert done == []


def test_the_callers_own_error_is_the_one_raised():
    def use():
        with BackgroundCalls() as calls:
            calls.submit(print)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        use()
