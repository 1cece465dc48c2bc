// Threads that share the pieces of one call.

#pragma once

#include <functional>

// How many threads there may be (OMP_NUM_THREADS, or as many as cores).
int team_size();

// Do the jobs from 0 to count - 1, each by `job(number, thread)`, where `thread` is less than
// `team_size` and no two jobs at a time have the same. Jobs must not throw; what they call has one
// thread.
//
// Where OpenMP's threads all meet at the end, whoever is late, here nobody waits for a thread that
// has not begun: beside other work on the machine it comes too late, and the caller has done all.
// A call while another one has the team does its jobs alone.
void share(long count, const std::function<void(long, int)> &job);
