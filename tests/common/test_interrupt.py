import os
import signal

import pytest

from common.interrupt import Ended, Endings, Interrupt


def test_second_interrupt_stops_at_once():
    with Interrupt() as interrupt:
        os.kill(os.getpid(), signal.SIGINT)
        assert interrupt.wanted
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_end_from_outside_is_a_wish_first(number):
    with Endings():
        with Interrupt() as interrupt:
            os.kill(os.getpid(), number)
            assert interrupt.wanted
            with pytest.raises(Ended):
                interrupt.stop()
        with pytest.raises(Ended):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is signal.SIG_DFL
