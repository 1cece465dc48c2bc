"""Reading, computing and writing at the same time, by one thread each; order is kept.

OpenCV and the fused kernels let go of Python's lock while they work, so the threads
do share the cores. Queues are short: memory does not grow with the video.
"""

import queue
import threading

AHEAD = 2  # items a thread may be ahead of the next one


def read_ahead(items, ahead=AHEAD):
    """Iterate over ``items`` in a thread of its own.

    Yields
    ------
    The items in order; an error while getting one is raised here, in its place.
    """
    line, stop = queue.Queue(ahead), threading.Event()
    end = object()

    def put(entry):
        while not stop.is_set():
            try:
                return line.put(entry, timeout=0.1)
            except queue.Full:
                continue

    def read():
        try:
            for item in items:
                put((item, None))
                if stop.is_set():
                    return
            put((end, None))
        except BaseException as error:
            put((end, error))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    try:
        while True:
            item, error = line.get()
            if error is not None:
                raise error
            if item is end:
                return
            yield item
    finally:
        stop.set()
        thread.join()


class BackgroundCalls:
    """Runs calls one after the other in a thread of their own; a context manager.

    An error in a call is raised by the next `submit` or at the end; what was queued
    behind it is dropped. Leaving the context waits for the calls made.
    """

    def __init__(self, waiting=AHEAD):
        self._line = queue.Queue(waiting)
        self._error = None
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def submit(self, function, *arguments):
        """Queue a call; waits while the queue is full."""
        if self._error is not None:
            raise self._error
        self._line.put((function, arguments))

    def _work(self):
        while True:
            function, arguments = self._line.get()
            if function is None:
                return
            if self._error is None:
                try:
                    function(*arguments)
                except BaseException as error:
                    self._error = error

    def __exit__(self, kind, error, trace):
        self._line.put((None, ()))
        self._thread.join()
        if kind is None and self._error is not None:
            raise self._error
