"""Protocol between the bench and the processes it measures.

A worker reads one JSON object a line, ``{"task": name, "repeat": n, "clock": "wall"}``, prepares
the task the first time it hears of it (and runs it once, unmeasured), and answers with the
seconds that each of ``n`` runs took: by the wall's clock, or of the processor's time. Bench and
workers alternate, so that a machine whose speed drifts slows all of them alike.
"""

import json
import resource
import sys
import time

CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}


def serve(tasks):
    """Answer requests on standard input until it ends.

    Parameters
    ----------
    tasks : dict of str to callable
        Each prepares its task and returns a callable without arguments to be timed.
    """
    answers = sys.stdout
    sys.stdout = sys.stderr  # libraries may print
    prepared = {}
    for line in sys.stdin:
        request = json.loads(line)
        name = request["task"]
        try:
            if name not in prepared:
                prepared[name] = tasks[name]()
                prepared[name]()
            clock, seconds = CLOCKS[request["clock"]], []
            for _ in range(request["repeat"]):
                start = clock()
                prepared[name]()
                seconds.append(clock() - start)
            memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            answer = {"seconds": seconds, "megabytes": memory}
        except Exception as error:  # the bench names it and goes on
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
