// Microseconds that oneDNN takes for the smiley net's convolutions of one window in one thread, by
// precision, where it has it, and minimal filtering in float32; see layers.py. Prints CSV.

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

#include "winograd.h"

using namespace dnnl;
using tag = memory::format_tag;
using type = memory::data_type;

double now() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

const int TURNS = 200, RUNS = 5;

// Median microseconds of what is done once.
template <class Once>
double measure(Once once) {
    std::vector<double> times;
    for (int turn = 0; turn < TURNS; turn++) {
        double start = now();
        for (int k = 0; k < RUNS; k++) once();
        times.push_back((now() - start) / RUNS);
    }
    std::sort(times.begin(), times.end());
    return 1e6 * times[TURNS / 2];
}

int main() {
    engine cpu(engine::kind::cpu, 0);
    stream queue(cpu);
    struct {
        int side, channels, filter;
    } layers[] = {{48, 3, 5}, {24, 64, 5}, {12, 64, 3}, {6, 64, 3}};
    struct {
        const char *name;
        type reads, weights, writes;
    } ways[] = {{"float32", type::f32, type::f32, type::f32},
                {"bfloat16", type::bf16, type::bf16, type::bf16},
                {"int8", type::u8, type::s8, type::u8}};
    puts("side,channels,filter,precision,kernel,microseconds");
    for (auto &l : layers) {
        for (auto &way : ways) try {
            memory::dims src{1, l.channels, l.side, l.side}, dst{1, 64, l.side, l.side};
            memory::dims filters{64, l.channels, l.filter, l.filter}, one{1, 1};
            memory::dims pad{l.filter / 2, l.filter / 2};
            convolution_forward::primitive_desc wanted(
                cpu, prop_kind::forward_inference, algorithm::convolution_direct,
                {src, way.reads, tag::nhwc}, {filters, way.weights, tag::any},
                {{64}, type::f32, tag::x}, {dst, way.writes, tag::nhwc}, one, pad, pad);
            convolution_forward run(wanted);
            memory x(wanted.src_desc(), cpu), w(wanted.weights_desc(), cpu);
            memory b(wanted.bias_desc(), cpu), y(wanted.dst_desc(), cpu);
            for (auto *m : {&x, &w, &b, &y})
                std::memset(m->get_data_handle(), 0, m->get_desc().get_size());
            double time = measure([&] {
                run.execute(queue, {{DNNL_ARG_SRC, x},
                                    {DNNL_ARG_WEIGHTS, w},
                                    {DNNL_ARG_BIAS, b},
                                    {DNNL_ARG_DST, y}});
                queue.wait();
            });
            printf("%d,%d,%d,%s,%s,%.1f\n", l.side, l.channels, l.filter, way.name,
                   wanted.impl_info_str(), time);
        } catch (const error &) {
            continue;  // not on this processor
        }
        Winograd tiles{l.side, l.side, l.channels, 64, l.filter, false};
        long pixels = long(l.side) * l.side, strides[] = {long(l.side) * l.channels, l.channels, 1};
        std::vector<float> x(pixels * l.channels), y(pixels * 64);
        std::vector<float> w(tiles.packed()), space(tiles.space());
        double time = measure([&] {
            if (tiles.is_first())
                tiles.run_first(x.data(), strides, nullptr, w.data(), nullptr, y.data(), space.data());
            else
                tiles.run(x.data(), w.data(), nullptr, y.data(), space.data());
        });
        printf("%d,%d,%d,float32 here,minimal filtering,%.1f\n", l.side, l.channels, l.filter, time);
    }
}
