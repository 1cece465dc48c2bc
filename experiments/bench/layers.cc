// Microseconds that oneDNN takes for the smiley net's convolutions of one window in one thread, by
// precision, where it has it; see layers.py. Prints CSV.

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <oneapi/dnnl/dnnl.hpp>
#include <vector>

using namespace dnnl;
using tag = memory::format_tag;
using type = memory::data_type;

double now() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main() {
    engine cpu(engine::kind::cpu, 0);
    stream queue(cpu);
    const int turns = 200, runs = 5;
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
    for (auto &l : layers)
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
            std::vector<double> times;
            for (int turn = 0; turn < turns; turn++) {
                double start = now();
                for (int k = 0; k < runs; k++)
                    run.execute(queue, {{DNNL_ARG_SRC, x},
                                        {DNNL_ARG_WEIGHTS, w},
                                        {DNNL_ARG_BIAS, b},
                                        {DNNL_ARG_DST, y}});
                queue.wait();
                times.push_back((now() - start) / runs);
            }
            std::sort(times.begin(), times.end());
            printf("%d,%d,%d,%s,%s,%.1f\n", l.side, l.channels, l.filter, way.name,
                   wanted.impl_info_str(), 1e6 * times[turns / 2]);
        } catch (const error &) {
            continue;  // not on this processor
        }
}
