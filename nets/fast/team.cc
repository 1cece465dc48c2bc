// See team.h.

#include "team.h"

#include <omp.h>
#include <pthread.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace {

// A thread that is waited for has a job to end, mostly a short one: less than it takes to fall
// asleep and to wake.
const auto PATIENCE = std::chrono::microseconds(50);

// OpenMP's threads within what a job calls.
struct OneThread {
    int before = omp_get_max_threads();
    OneThread() { omp_set_num_threads(1); }
    ~OneThread() { omp_set_num_threads(before); }
};

struct Team {
    std::mutex one_call, state;
    std::condition_variable begin, end;
    int helpers = 0;  // threads that have been started
    // Of the present call, under `state`; `job` is null where helpers would come too late.
    const std::function<void(long, int)> *job = nullptr;
    long call = 0, count = 0;
    int size = 1;
    std::atomic<long> next{0};
    std::atomic<int> inside{0};  // helpers at work

    void work(const std::function<void(long, int)> &now, int thread) {
        for (long i = next++; i < count; i = next++) now(i, thread);
    }

    void help(int thread) {
        OneThread here;
        long last = 0;
        std::unique_lock<std::mutex> hold(state);
        for (;;) {
            begin.wait(hold, [&] { return job && call != last && thread < size; });
            last = call, inside++;
            auto &now = *job;
            hold.unlock();
            work(now, thread);
            hold.lock();
            inside--;
            end.notify_one();
        }
    }

    void run(long many, const std::function<void(long, int)> &now, int threads) {
        while (helpers + 1 < threads) std::thread(&Team::help, this, ++helpers).detach();
        {
            std::lock_guard<std::mutex> hold(state);
            job = &now, call++, count = many, size = threads, next = 0;
        }
        for (int k = 1; k < threads && k < many; k++) begin.notify_one();
        work(now, 0);
        {
            std::lock_guard<std::mutex> hold(state);
            job = nullptr;
        }
        auto start = std::chrono::steady_clock::now();
        while (inside && std::chrono::steady_clock::now() - start < PATIENCE) continue;
        std::unique_lock<std::mutex> hold(state);
        end.wait(hold, [&] { return inside == 0; });
    }
};

// Never destroyed: its threads wait until the process ends. A fork's child has none of them.
Team *team = new Team;
const int registered = pthread_atfork(nullptr, nullptr, [] { team = new Team; });

}  // namespace

int team_size() { return omp_get_max_threads(); }

void share(long count, const std::function<void(long, int)> &job) {
    int threads = team_size();
    OneThread here;
    std::unique_lock<std::mutex> hold(team->one_call, std::defer_lock);
    if (threads > 1 && count > 1 && hold.try_lock())
        team->run(count, job, threads);
    else
        for (long i = 0; i < count; i++) job(i, 0);
}
