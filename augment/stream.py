"""An endless, seeded stream of batches, made by processes in the background."""

import multiprocessing
import os
import queue
import signal

import cv2
import numpy as np


class Stream:
    """Iterator of batches that never ends and never depends on who made them.

    Batch number i is ``make_batch(numpy.random.default_rng([seed, i]))`` whatever
    the number of workers, so a training can resume at any batch and see the same
    data. The workers are forked: what ``make_batch`` reads is shared with them, not
    copied; Theano holds Python's lock while it computes, so threads would wait.

    Parameters
    ----------
    make_batch : callable
        Takes a `numpy.random.Generator`, returns a tuple of arrays.
    seed : int
    workers : int
        Background processes; 0 makes the batches here, on demand.
    start : int
        Number of the first batch.
    prefetch : int
        Finished batches a worker may be ahead.

    Use it in a ``with`` statement, or call `close`, to end the workers.
    """

    def __init__(self, make_batch, seed, workers=1, start=0, prefetch=4):
        self.make_batch, self.seed, self.next_batch = make_batch, seed, start
        self.queues, self.processes = [], []
        context = multiprocessing.get_context("fork")
        for k in range(workers):
            batches = context.Queue(prefetch)
            process = context.Process(
                target=work,
                args=(batches, make_batch, seed, start + k, workers, os.getpid()),
                daemon=True,
            )
            process.start()
            self.queues.append(batches)
            self.processes.append(process)
        self.start = start

    def __iter__(self):
        return self

    def __next__(self):
        number = self.next_batch
        self.next_batch += 1
        if not self.processes:
            return self.make_batch(np.random.default_rng([self.seed, number]))
        turn = (number - self.start) % len(self.processes)
        while True:
            try:
                batch = self.queues[turn].get(timeout=1)
                break
            except queue.Empty:
                if not self.processes[turn].is_alive():
                    raise RuntimeError("a worker of the augmentation stream died") from None
        if isinstance(batch, Exception):
            self.close()
            raise batch
        return batch

    def close(self):
        """End the workers."""
        for process in self.processes:
            process.terminate()
        for process, batches in zip(self.processes, self.queues):
            process.join()
            batches.close()
            batches.cancel_join_thread()
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def work(batches, make_batch, seed, number, step, parent):
    """Body of a worker: put every ``step``-th batch into the queue, or its last error.

    ``parent`` is the process that reads; once it is gone, killed perhaps, the worker ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    cv2.setNumThreads(0)
    try:
        while True:
            put(batches, make_batch(np.random.default_rng([seed, number])), parent)
            number += step
    except Exception as error:  # the parent raises it again
        batches.put(error)


def put(batches, batch, parent):
    """Put a batch into a queue as soon as there is room, as long as someone may want it."""
    while True:
        try:
            return batches.put(batch, timeout=1)
        except queue.Full:
            if os.getppid() != parent:
                os._exit(1)  # an ordinary end would wait for a reader of the queue
