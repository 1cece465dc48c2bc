import multiprocessing
import os
import signal
import time

import pytest

from common.interrupt import Interrupt, Terminated, TerminationSignals


def test_second_interrupt_stops_at_once():
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.wanted
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


@pytest.fixture(params=[signal.SIGTERM, signal.SIGHUP])
def number(request):
    """A signal that is not ignored, as it is under nohup."""
    before = signal.signal(request.param, signal.SIG_DFL)
    yield request.param
    signal.signal(request.param, before)


def test_an_end_from_outside_is_a_wish_first(number):
    with TerminationSignals():
        with Interrupt() as interrupt:
            os.kill(os.getpid(), number)
            assert interrupt.wanted
            with pytest.raises(Terminated):
                interrupt.stop()
        with pytest.raises(Terminated):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_forked_worker_ends_when_its_parent_ends_it():
    """It inherits the parent's handlers: the wish to stop would leave the parent waiting."""
    with TerminationSignals(), Interrupt():
        worker = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        worker.start()
        worker.terminate()
        worker.join(30)
        assert worker.exitcode == -signal.SIGTERM
