"""The threads of the kernels: the same results with any number, and no waiting for late ones."""

import os
import subprocess
import sys

import pytest
from theano import config

from common.cli import ROOT
from nets.fast.library import SOURCES, load

pytestmark = pytest.mark.skipif(load() is None, reason="oneDNN is not installed or switched off")

# Two threads take part in the first call. Then the second one is held where it waits, and calls
# must end without it; freed, it comes again.
LATE = """
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <vector>

#include "team.h"

sem_t held, go;
std::atomic<int> present;
std::atomic<long> helper_id;
std::atomic<pthread_t> helper;

void both_come() {
    present = 0;
    share(2, [](long, int thread) {
        if (thread == 1) helper = pthread_self(), helper_id = syscall(SYS_gettid);
        present++;
        while (present < 2) sched_yield();
    });
}

char state_of(long id) {
    char path[64], state = 0;
    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", id);
    FILE *file = fopen(path, "r");
    fscanf(file, "%*d (%*[^)]) %c", &state);
    fclose(file);
    return state;
}

int main() {
    alarm(60);
    sem_init(&held, 0, 0), sem_init(&go, 0, 0);
    signal(SIGUSR1, [](int) { sem_post(&held), sem_wait(&go); });
    both_come();
    while (state_of(helper_id) != 'S') sched_yield();
    pthread_kill(helper, SIGUSR1);
    sem_wait(&held);
    std::vector<int> done(1000);
    for (int call = 0; call < 3; call++)
        share(done.size(), [&](long i, int thread) { done[i] += thread == 0; });
    for (int times : done)
        if (times != 3) return 1;
    sem_post(&go);
    both_come();
    return 0;
}
"""


def test_a_thread_that_is_late_is_not_waited_for(tmp_path):
    (tmp_path / "late.cc").write_text(LATE)
    folder = SOURCES[0].parent
    program = str(tmp_path / "late")
    command = [config.cxx, "-std=c++17", "-O1", "-fopenmp", f"-I{folder}", "-o", program]
    subprocess.run([*command, str(tmp_path / "late.cc"), str(folder / "team.cc")], check=True)
    subprocess.run([program], check=True, env={**os.environ, "OMP_NUM_THREADS": "2"})


RESULTS = """
import hashlib, os, sys
import numpy as np
from nets.fast import shrink
from nets.functions import compile_scan, compile_smile_probs_sum
from nets.weights import load_network

rng = np.random.default_rng(0)
net, small = (load_network(f"weights/{name}.npz", name)[0] for name in ("smiles", "small"))
scan, vote = compile_scan(small), compile_smile_probs_sum(net)
windows = rng.uniform(-1, 1, (5, 3, 48, 48)).astype(np.float32)
picture = rng.integers(0, 256, (480, 641, 3), np.uint8)
planes = rng.uniform(-1, 1, (1, 3, 203, 150)).astype(np.float32)

def results():
    arrays = [vote(windows), scan(planes), *shrink(picture, [(300, 200), (64, 48)])]
    return hashlib.sha256(b"".join(a.tobytes() for a in arrays)).hexdigest()

print(results(), flush=True)
if os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
print(results())
"""


def test_threads_and_forks_do_not_change_what_is_computed():
    found = []
    for threads in (1, 2, 5):
        environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
        result = subprocess.run(
            [sys.executable, "-c", RESULTS], cwd=ROOT, env=environment,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert result.returncode == 0, result.stderr
        found += result.stdout.split()
    assert len(found) == 6
    assert len(set(found)) == 1
