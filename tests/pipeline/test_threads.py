import threading
import time

import pytest

from pipeline.threads import AHEAD, Behind, read_ahead


def test_items_come_in_order_from_another_thread():
    threads = set()

    def items():
        for k in range(20):
            threads.add(threading.current_thread())
            yield k

    assert list(read_ahead(items())) == list(range(20))
    assert threading.current_thread() not in threads


def test_reading_keeps_a_few_items_ahead_only():
    read = []

    def items():
        for k in range(100):
            read.append(k)
            yield k

    stream = read_ahead(items())
    assert next(stream) == 0
    time.sleep(0.2)
    # One taken, a queue full, one waiting for room.
    assert len(read) <= AHEAD + 2
    stream.close()
    assert len(read) < 100


def test_an_error_while_reading_comes_in_its_place():
    def items():
        yield 1
        raise KeyError("broken frame")

    stream = read_ahead(items())
    assert next(stream) == 1
    with pytest.raises(KeyError, match="broken frame"):
        next(stream)


def test_calls_are_made_in_order_and_waited_for():
    done = []

    def slow(value):
        time.sleep(0.005)
        done.append((value, threading.current_thread()))

    with Behind() as behind:
        for k in range(10):
            behind.call(slow, k)
        assert len(done) < 10
    assert [value for value, _ in done] == list(range(10))
    assert {thread for _, thread in done} == {done[0][1]} != {threading.current_thread()}


def test_an_error_behind_is_raised_and_what_follows_is_dropped():
    done = []

    def fail():
        raise OSError("disk full")

    def use():
        with Behind() as behind:
            behind.call(fail)
            for k in range(10):
                time.sleep(0.01)
                behind.call(done.append, k)

    with pytest.raises(OSError, match="disk full"):
        use()
    assert done == []


def test_the_callers_own_error_is_the_one_raised():
    def use():
        with Behind() as behind:
            behind.call(time.sleep, 0.01)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        use()
