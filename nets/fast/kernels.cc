// Convolution, batch normalisation, rectifier and 2x2 max pooling as one block.
//
// Arrays are float32 (inside a chain for inference also bfloat16, the upper half of a float32),
// C-contiguous, pictures channels-last: (N, H, W, C). oneDNN does
// the convolutions; between them memory, not arithmetic, is what costs time, so
// each pass over the convolution's output does as much as it can.
//
// Weights are (F, C, K, K), K odd, stride 1, padding K / 2. Convolution here is the
// mathematicians' (the filter is flipped), as Theano's.

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "team.h"
#include "winograd.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

using namespace dnnl;
using tag = memory::format_tag;
using Shape = std::tuple<int, int, int, int, int, int>;  // N, H, W, C, F, K

namespace {

engine &cpu() {
    static engine e(engine::kind::cpu, 0);
    return e;
}

stream &queue() {
    thread_local stream s(cpu());
    return s;
}

std::mutex busy;  // primitives and buffers below serve one call at a time
std::string last_error;

// Buffers that stay: fresh pages from the system would cost as much as filling them.
float *buffer(int which, size_t count) {
    static std::map<int, std::pair<float *, size_t>> buffers;
    auto &b = buffers[which];
    if (b.second < count) {
        free(b.first);
        b.first = static_cast<float *>(aligned_alloc(64, (count * 4 + 63) / 64 * 64));
        b.second = count;
    }
    return b.first;
}
enum { FLIPPED, OUTPUT, GRADIENT, POINTS, TRANSPOSED, TILES };

// What a convolution is for, and in inference what it reads and writes; sums are float32.
enum Use { TRAINING, FLOATS, HALVES, HALVES_TO_FLOATS };

bool halves(Use use) { return use == HALVES || use == HALVES_TO_FLOATS; }

struct Convolution {
    memory::dims src, weights, dst, ones{1, 1}, pad;
    memory::desc src_d, dst_d, user_weights_d, bias_d;
    convolution_forward::primitive_desc forward_d;
    convolution_forward forward;
    memory packed;

    // In inference it has a bias and runs in one thread.
    Convolution(const Shape &s, Use use) {
        auto [n, h, w, c, f, k] = s;
        bool bias = use != TRAINING;
        auto f32 = memory::data_type::f32, bf16 = memory::data_type::bf16;
        auto reads = halves(use) ? bf16 : f32, writes = use == HALVES ? bf16 : f32;
        src = {n, c, h, w}, weights = {f, c, k, k}, dst = {n, f, h, w}, pad = {k / 2, k / 2};
        src_d = memory::desc(src, reads, tag::nhwc);
        dst_d = memory::desc(dst, writes, tag::nhwc);
        user_weights_d = memory::desc(weights, f32, tag::oihw);
        bias_d = memory::desc({f}, f32, tag::x);
        memory::desc any(weights, reads, tag::any);
        primitive_attr attributes;
        // Else all threads that run it would work in the same memory.
        if (bias) attributes.set_scratchpad_mode(scratchpad_mode::user);
        int threads = omp_get_max_threads();
        if (bias) omp_set_num_threads(1);  // oneDNN splits the work when it makes a primitive
        auto kind = bias ? prop_kind::forward_inference : prop_kind::forward_training;
        forward_d = bias ? convolution_forward::primitive_desc(
                               cpu(), kind, algorithm::convolution_direct, src_d, any, bias_d,
                               dst_d, ones, pad, pad, attributes)
                         : convolution_forward::primitive_desc(
                               cpu(), kind, algorithm::convolution_direct, src_d, any, dst_d, ones,
                               pad, pad);
        forward = convolution_forward(forward_d);
        omp_set_num_threads(threads);
        packed = memory(forward_d.weights_desc(), cpu());
    }

    memory::desc packed_d() const { return forward_d.weights_desc(); }
    long scratch() const { return (forward_d.scratchpad_desc().get_size() + 63) / 64 * 16; }

    static void flip_and_add(const float *from, float *to, const memory::dims &d) {
        int size = d[2] * d[3];
        for (long m = 0; m < d[0] * d[1]; m++)
            for (int i = 0; i < size; i++) to[m * size + i] += from[m * size + size - 1 - i];
    }

    // Flip the filter, scale it where there is a scale (F), and put it into the layout that a
    // primitive wants.
    void pack(const float *w, memory &into, const float *scale = nullptr) const {
        long count = weights[0] * weights[1] * weights[2] * weights[3];
        float *flipped = buffer(FLIPPED, count);
        std::fill(flipped, flipped + count, 0.f);
        flip_and_add(w, flipped, weights);
        for (long i = 0, each = count / weights[0]; scale && i < count; i++)
            flipped[i] *= scale[i / each];
        memory user(user_weights_d, cpu(), flipped);
        reorder(user, into).execute(queue(), user, into);
        queue().wait();
    }

    // dst = convolution of src with what `pack` made; in inference plus a bias, and with
    // `scratch` floats of space for the calling thread. x and y are of the `Use`'s types.
    void run(const void *x, const memory &packed, const float *b, void *y,
             float *space = nullptr) const {
        memory xs(src_d, cpu(), const_cast<void *>(x)), ys(dst_d, cpu(), y);
        std::unordered_map<int, memory> args{
            {DNNL_ARG_SRC, xs}, {DNNL_ARG_WEIGHTS, packed}, {DNNL_ARG_DST, ys}};
        if (b) {
            args[DNNL_ARG_BIAS] = memory(bias_d, cpu(), const_cast<float *>(b));
            args[DNNL_ARG_SCRATCHPAD] = memory(forward_d.scratchpad_desc(), cpu(), space);
        }
        forward.execute(queue(), args);
        queue().wait();
    }
};

struct Backward {
    Convolution &conv;
    convolution_backward_weights::primitive_desc weights_d;
    convolution_backward_data::primitive_desc data_d;
    convolution_backward_weights weights;
    convolution_backward_data data;
    memory packed_gradient, packed;

    explicit Backward(Convolution &c)
        : conv(c),
          weights_d(cpu(), algorithm::convolution_direct, c.src_d,
                    memory::desc(c.weights, memory::data_type::f32, tag::any), c.dst_d, c.ones,
                    c.pad, c.pad, c.forward_d),
          data_d(cpu(), algorithm::convolution_direct, c.src_d,
                 memory::desc(c.weights, memory::data_type::f32, tag::any), c.dst_d, c.ones, c.pad,
                 c.pad, c.forward_d),
          weights(weights_d),
          data(data_d),
          packed_gradient(weights_d.diff_weights_desc(), cpu()),
          packed(data_d.weights_desc(), cpu()) {}

    void add_weights(const float *x, const float *gy, float *gw) {
        memory xs(conv.src_d, cpu(), const_cast<float *>(x));
        memory gys(conv.dst_d, cpu(), const_cast<float *>(gy));
        weights.execute(queue(), {{DNNL_ARG_SRC, xs},
                                  {DNNL_ARG_DIFF_DST, gys},
                                  {DNNL_ARG_DIFF_WEIGHTS, packed_gradient}});
        auto &d = conv.weights;
        float *flipped = buffer(FLIPPED, d[0] * d[1] * d[2] * d[3]);
        memory user(conv.user_weights_d, cpu(), flipped);
        reorder(packed_gradient, user).execute(queue(), packed_gradient, user);
        queue().wait();
        Convolution::flip_and_add(flipped, gw, d);
    }

    void run_data(const float *gy, float *gx) {
        memory gys(conv.dst_d, cpu(), const_cast<float *>(gy));
        memory gxs(conv.src_d, cpu(), gx);
        data.execute(queue(), {{DNNL_ARG_DIFF_DST, gys},
                               {DNNL_ARG_WEIGHTS, packed},
                               {DNNL_ARG_DIFF_SRC, gxs}});
        queue().wait();
    }
};

Convolution &convolution(const Shape &s, Use use) {
    static std::map<std::pair<Shape, Use>, Convolution> made;
    auto key = std::make_pair(s, use);
    auto found = made.find(key);
    if (found == made.end()) found = made.emplace(key, Convolution(s, use)).first;
    return found->second;
}

Backward &backward(const Shape &s) {
    static std::map<Shape, Backward> made;
    auto found = made.find(s);
    if (found == made.end()) found = made.emplace(s, Backward(convolution(s, TRAINING))).first;
    return found->second;
}

// A convolution of n pictures x (n,h,w,c) in training, y (n,h,w,f), by `Winograd` where it has a
// way. Filters are packed by the first call, and kept for others of the same pass.
void convolve(const Shape &s, const float *weights, bool pack, const float *x, float *y) {
    auto [n, h, w, c, f, k] = s;
    if (!Winograd::fits(c, f, k, true)) {
        auto &conv = convolution(s, TRAINING);
        if (pack) conv.pack(weights, conv.packed);
        conv.run(x, conv.packed, nullptr, y);
        return;
    }
    Winograd tiles{h, w, c, f, k, false};
    float *packed = buffer(POINTS, tiles.packed());
    if (pack) tiles.pack(weights, nullptr, packed);
    long each = (tiles.space() + 15) / 16 * 16, strides[] = {long(w) * c, c, 1};
    float *space = buffer(TILES, omp_get_max_threads() * each);
#pragma omp parallel for schedule(static)
    for (int i = 0; i < n; i++) {
        const float *from = x + long(i) * h * w * c;
        float *to = y + long(i) * h * w * f, *mine = space + omp_get_thread_num() * each;
        if (tiles.is_first())
            tiles.run_first(from, strides, nullptr, packed, nullptr, to, mine);
        else
            tiles.run(from, packed, nullptr, to, mine);
    }
}

// The gradient of a convolution's input, gx (n,h,w,c), of that of its output, gy (n,h,w,f): a
// convolution by the filters seen from the other side.
void convolve_back(const Shape &s, const float *weights, bool pack, const float *gy, float *gx) {
    auto [n, h, w, c, f, k] = s;
    if (!Winograd::fits(f, c, k, false)) {
        auto &back = backward(s);
        if (pack) back.conv.pack(weights, back.packed);
        back.run_data(gy, gx);
        return;
    }
    int size = k * k;
    float *turned = buffer(TRANSPOSED, long(c) * f * size);
    if (pack)
        for (int i = 0; i < c; i++)
            for (int o = 0; o < f; o++)
                for (int t = 0; t < size; t++)
                    turned[(long(i) * f + o) * size + t] =
                        weights[(long(o) * c + i) * size + size - 1 - t];
    convolve({n, h, w, f, c, k}, turned, pack, gy, gx);
}

// Pictures to take at a time, so that what a convolution writes for them is still in
// the cache for what comes next.
int pictures_at_a_time(int n, int h, int w, int f) {
    return int(std::max<long>(1, std::min<long>(n, (5 << 18) / (long(h) * w * f))));
}

// Largest (or, where the scale is negative, smallest) of each 2x2 block: what the
// pooling of scale * y + shift picks.
inline float pick(float a, float b, float c, float d, bool largest) {
    float high = std::max(std::max(a, b), std::max(c, d));
    float low = std::min(std::min(a, b), std::min(c, d));
    return largest ? high : low;
}

// Add to s and t the sums over rows of two functions of each channel, `add(row,
// channel, s, t)`: short runs in float, the runs in double.
template <class Add>
void two_sums(long rows, int channels, double *s, double *t, Add add) {
    const long run = 128;
#pragma omp parallel
    {
        std::vector<double> s_mine(channels, 0.0), t_mine(channels, 0.0);
        std::vector<float> s_run(channels), t_run(channels);
#pragma omp for schedule(static)
        for (long first = 0; first < rows; first += run) {
            std::fill(s_run.begin(), s_run.end(), 0.f), std::fill(t_run.begin(), t_run.end(), 0.f);
            float *sr = s_run.data(), *tr = t_run.data();
            for (long r = first; r < std::min(rows, first + run); r++) {
#pragma omp simd
                for (int c = 0; c < channels; c++) add(r, c, sr[c], tr[c]);
            }
            for (int c = 0; c < channels; c++) s_mine[c] += sr[c], t_mine[c] += tr[c];
        }
        // In order of threads, so that a run repeats to the bit.
#pragma omp for ordered schedule(static, 1)
        for (int thread = 0; thread < omp_get_num_threads(); thread++) {
#pragma omp ordered
            for (int c = 0; c < channels; c++) s[c] += s_mine[c], t[c] += t_mine[c];
        }
    }
}

// Gradient of the convolution's output in two rows, 2 r and 2 r + 1, of picture i:
// scale * (what the pooling and the rectifier let through) - c0 - c1 * y.
inline void spread_gradient(int i, int r, int h, int w, int f, const float *y, const float *picked,
                            const float *gz, const float *scale, const float *shift,
                            const float *c0, const float *c1, float *gy) {
    int ph = h / 2, pw = w / 2;
    for (int q = 0; q < (w + 1) / 2; q++) {
        long at = ((long(i) * h + 2 * r) * w + 2 * q) * f, below = at + long(w) * f;
        if (r < ph && q < pw) {
            long o = ((long(i) * ph + r) * pw + q) * f;
#pragma omp simd
            for (int j = 0; j < f; j++) {
                float v = picked[o + j];
                float g = v * scale[j] + shift[j] > 0 ? scale[j] * gz[o + j] : 0.f;
                float ya = y[at + j], yb = y[at + j + f], yc = y[below + j], yd = y[below + j + f];
                // The gradient goes to the first of equals.
                bool ta = ya == v, tb = yb == v && !ta, tc = yc == v && !(ta || tb);
                bool td = !(ta || tb || tc);
                gy[at + j] = (ta ? g : 0.f) - c0[j] - c1[j] * ya;
                gy[at + j + f] = (tb ? g : 0.f) - c0[j] - c1[j] * yb;
                gy[below + j] = (tc ? g : 0.f) - c0[j] - c1[j] * yc;
                gy[below + j + f] = (td ? g : 0.f) - c0[j] - c1[j] * yd;
            }
            continue;
        }
        // An odd side's last row or column, which no pooling takes.
        for (int dr = 0; dr < 2 && 2 * r + dr < h; dr++)
            for (int dq = 0; dq < 2 && 2 * q + dq < w; dq++)
                for (int j = 0; j < f; j++) {
                    long p = at + (long(dr) * w + dq) * f + j;
                    gy[p] = -c0[j] - c1[j] * y[p];
                }
    }
}

// A picture's values from -1 to 1, times this, are halves of whole numbers up to 255, and those a
// bfloat16 holds exactly. The weights that meet them are divided by it.
const float GRID = 127.5f;

// One block of a chain: the sizes of what it reads, its filters, and how they are convolved: by
// `Winograd` where it has a way, else by oneDNN.
struct Layer {
    int h, w, f;
    const Convolution *convolution;  // null for `tiles`
    memory packed;
    Winograd tiles;
    std::vector<float> filters, shift;
    std::vector<float> mix;  // what of its three channels the first layer sees, if it is one thing
};

// Parameters of a block: weights (f,c,k,k), scale and shift (f).
struct Parameters {
    int c, f, k;
    std::vector<float> weights, scale, shift;
};

// A weight that float32 loses beside any other: training empties filters.
const float NOTHING = 1e-30f;
const int TOGETHER = 16;  // filters are left out by so many, since so many are computed at once

// Leave out filters of a block whose maps the next one multiplies by nothing.
void leave_out_unread(Parameters &block, Parameters &next) {
    int size = next.k * next.k, from_size = block.c * block.k * block.k, count = 0;
    std::vector<char> read(block.f, 0);
    for (int o = 0; o < next.f; o++)
        for (int i = 0; i < block.f; i++)
            for (int t = 0; t < size; t++) {
                float weight = next.weights[(long(o) * block.f + i) * size + t];
                if (std::abs(weight * next.scale[o]) > NOTHING) read[i] = 1;
            }
    for (char some : read) count += some;
    for (int i = 0; i < block.f && (count == 0 || count % TOGETHER); i++)
        if (!read[i]) read[i] = 1, count++;
    if (count == block.f) return;
    Parameters less{block.c, count, block.k, {}, {}, {}};
    std::vector<float> weights;
    for (int i = 0; i < block.f; i++) {
        if (!read[i]) continue;
        auto first = block.weights.begin() + long(i) * from_size;
        less.weights.insert(less.weights.end(), first, first + from_size);
        less.scale.push_back(block.scale[i]), less.shift.push_back(block.shift[i]);
    }
    for (int o = 0; o < next.f; o++)
        for (int i = 0; i < block.f; i++) {
            auto first = next.weights.begin() + (long(o) * block.f + i) * size;
            if (read[i]) weights.insert(weights.end(), first, first + size);
        }
    next.c = count, next.weights = weights, block = less;
}

// If all filters of three channels see the same mixture of them, make them filters of that one
// thing and return how it is mixed; else return nothing. What differs by a millionth is rounding.
std::vector<float> mixture(Parameters &block) {
    int size = block.k * block.k;
    if (block.c != 3) return {};
    auto top = std::max_element(block.weights.begin(), block.weights.end(),
                                [](float a, float b) { return std::abs(a) < std::abs(b); });
    float most = std::abs(*top);
    long at = top - block.weights.begin(), corner = at / (3 * size) * 3 * size + at % size;
    std::vector<float> mix(3), less;
    double square = 0;
    for (int c = 0; c < 3; c++) mix[c] = block.weights[corner + c * size] / (most ? most : 1.f);
    for (float m : mix) square += double(m) * m;
    for (int f = 0; f < block.f; f++)
        for (int t = 0; t < size; t++) {
            const float *w = &block.weights[long(f) * 3 * size + t];
            double part = 0;
            for (int c = 0; c < 3; c++) part += double(w[c * size]) * mix[c] / (most ? square : 1);
            for (int c = 0; c < 3; c++)
                if (std::abs(w[c * size] - part * mix[c]) > 1e-6f * most) return {};
            less.push_back(float(part));
        }
    block.c = 1, block.weights = less;
    return mix;
}

// The layers of a chain for one picture, less what nothing reads. They are made anew only where
// something has changed since the owner's last call.
const std::vector<Layer> &chain(int owner, bool in_halves, int h, int w, int c, int blocks,
                                const int *filters, const int *sides, const float *const *weights,
                                const float *const *scale, const float *const *shift) {
    struct Kept {
        std::vector<int> sizes;
        std::vector<Parameters> given;
        std::vector<Layer> layers;
    };
    static std::map<int, Kept> all;
    if (all.size() > 64 && !all.count(owner)) all.clear();
    auto &kept = all[owner];
    std::vector<int> sizes{in_halves, h, w, c};
    sizes.insert(sizes.end(), filters, filters + blocks);
    sizes.insert(sizes.end(), sides, sides + blocks);
    bool same = sizes == kept.sizes;
    auto differ = [](const std::vector<float> &mine, const float *others) {
        return std::memcmp(mine.data(), others, mine.size() * sizeof(float)) != 0;
    };
    for (int b = 0; same && b < blocks; b++)
        same = !differ(kept.given[b].weights, weights[b]) &&
               !differ(kept.given[b].scale, scale[b]) && !differ(kept.given[b].shift, shift[b]);
    if (same) return kept.layers;

    kept = {sizes, {}, {}};
    for (int b = 0; b < blocks; b++) {
        int channels = b ? filters[b - 1] : c, f = filters[b], k = sides[b];
        kept.given.push_back({channels, f, k, {weights[b], weights[b] + long(f) * channels * k * k},
                              {scale[b], scale[b] + f}, {shift[b], shift[b] + f}});
    }
    auto less = kept.given;
    for (int b = 0; b + 1 < blocks; b++) leave_out_unread(less[b], less[b + 1]);
    for (int b = 0; b < blocks; b++) {
        auto &now = less[b];
        kept.layers.push_back({h, w, now.f, nullptr, memory(), Winograd(), {}, now.shift, {}});
        auto &layer = kept.layers.back();
        bool pictures = b == 0;  // which alone may have few channels
        if (!in_halves && Winograd::fits(now.c, now.f, now.k, pictures)) {
            if (b == 0) layer.mix = mixture(now);
            layer.tiles = {h, w, now.c, now.f, now.k};
            layer.filters.resize(layer.tiles.packed());
            layer.tiles.pack(now.weights.data(), now.scale.data(), layer.filters.data());
        } else {
            // What the last one writes is the result, of which nothing need be rounded off.
            Use use = !in_halves ? FLOATS : b + 1 < blocks ? HALVES : HALVES_TO_FLOATS;
            layer.convolution = &convolution({1, h, w, now.c, now.f, now.k}, use);
            layer.packed = memory(layer.convolution->packed_d(), cpu());
            if (in_halves && b == 0)
                for (float &factor : now.scale) factor /= GRID;
            layer.convolution->pack(now.weights.data(), layer.packed, now.scale.data());
        }
        h /= 2, w /= 2;
    }
    return kept.layers;
}

typedef int16_t half;  // the bits of a bfloat16

// The nearest bfloat16; of two as near, the even one.
inline half rounded(float value) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    return half((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline float as_number(float value, float) { return value; }
inline half as_number(float value, half) { return rounded(value * GRID); }

// A picture (H,W,C) of any strides as a contiguous one, at `to`.
template <class Number>
void copy_picture(const float *x, const long *strides, int h, int w, int c, Number *to) {
    for (int i = 0; i < h; i++, to += w * c) {
        const float *row = x + i * strides[0];
        if (c == 3 && strides[1] == 1) {  // planes: whole vectors of each
            const float *one = row, *two = row + strides[2], *three = row + 2 * strides[2];
#pragma omp simd
            for (int j = 0; j < w; j++) {
                to[3 * j] = as_number(one[j], Number());
                to[3 * j + 1] = as_number(two[j], Number());
                to[3 * j + 2] = as_number(three[j], Number());
            }
            continue;
        }
        for (int j = 0; j < w; j++)
            for (int k = 0; k < c; k++)
                to[j * c + k] = as_number(row[j * strides[1] + k * strides[2]], Number());
    }
}

bool is_contiguous(const long *strides, int w, int c) {
    return strides[2] == 1 && strides[1] == c && strides[0] == long(w) * c;
}

// The largest of each 2x2 block of y (H,W,F), zero where it is negative: z (H/2,W/2,F). Bits of
// bfloat16 do as well: as integers they have the same order, but for negative ones among each other.
template <class Number>
void pool_and_rectify(const Number *y, int h, int w, int f, Number *z) {
    for (int r = 0; r < h / 2; r++)
        for (int q = 0; q < w / 2; q++) {
            const Number *a = y + (long(2 * r) * w + 2 * q) * f, *b = a + long(w) * f;
            Number *o = z + (long(r) * (w / 2) + q) * f;
#pragma omp simd
            for (int j = 0; j < f; j++)
                o[j] = std::max(std::max(Number(0), std::max(a[j], a[j + f])),
                                std::max(b[j], b[j + f]));
        }
}

// One picture through a chain: x of given strides, z the last block's output. `small` is space for
// what blocks read, `large` for what oneDNN's convolutions write, `scratch` for the convolutions.
void run_chain(const std::vector<Layer> &layers, const float *x, const long *strides, int c,
               float *small, float *large, float *scratch, float *z) {
    const float *from = small;
    for (size_t b = 0; b < layers.size(); b++) {
        const auto &l = layers[b];
        float *to = b + 1 < layers.size() ? small : z;
        bool first = !l.convolution && l.tiles.is_first();  // takes pictures of any strides
        if (b == 0 && !first) {
            if (is_contiguous(strides, l.w, c))
                from = x;
            else
                copy_picture(x, strides, l.h, l.w, c, small);
        }
        if (first) {
            l.tiles.run_first(x, strides, l.mix.empty() ? nullptr : l.mix.data(),
                              l.filters.data(), l.shift.data(), to, scratch);
        } else if (!l.convolution) {
            l.tiles.run(from, l.filters.data(), l.shift.data(), to, scratch);
        } else {
            l.convolution->run(from, l.packed, l.shift.data(), large, scratch);
            pool_and_rectify(large, l.h, l.w, l.f, to);
        }
        from = to;
    }
}

// As `run_chain`, in bfloat16 but for the result.
void run_chain_in_halves(const std::vector<Layer> &layers, const float *x, const long *strides,
                         int c, float *small, float *large, float *scratch, float *z) {
    half *read = reinterpret_cast<half *>(small);
    copy_picture(x, strides, layers[0].h, layers[0].w, c, read);
    for (size_t b = 0; b < layers.size(); b++) {
        const auto &l = layers[b];
        l.convolution->run(read, l.packed, l.shift.data(), large, scratch);
        if (b + 1 < layers.size())
            pool_and_rectify(reinterpret_cast<const half *>(large), l.h, l.w, l.f, read);
        else
            pool_and_rectify(large, l.h, l.w, l.f, z);
    }
}

template <class Body>
int guarded(Body body) {
    std::lock_guard<std::mutex> lock(busy);
    try {
        body();
        return 0;
    } catch (const std::exception &error) {
        last_error = error.what();
        return 1;
    }
}

}  // namespace

extern "C" {

const char *fast_error() { return last_error.c_str(); }

// Keep freed memory inside the process; see `buffer`.
void fast_keep_memory() {
#ifdef __GLIBC__
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);
#endif
}

// Whether oneDNN has instructions for bfloat16, and may use them (ONEDNN_MAX_CPU_ISA).
int fast_has_bfloat16() {
    auto needed = unsigned(cpu_isa::avx512_core_bf16);
    return (unsigned(get_effective_cpu_isa()) & needed) == needed;
}

// Training: y (N,H,W,F) = convolution; mean, var (F) of y; picked (N,H/2,W/2,F) the y
// that the pooling takes; z = max(0, gamma * (picked - mean) / sqrt(var + eps) + beta).
int fast_block_forward(int n, int h, int w, int c, int f, int k, const float *x,
                       const float *weights, const float *gamma, const float *beta, float epsilon,
                       float *y, float *mean, float *var, float *picked, float *z) {
    return guarded([&] {
        long rows = long(n) * h * w;
        int chunk = pictures_at_a_time(n, h, w, f);
        std::vector<double> s(f), t(f);
        for (int first = 0; first < n; first += chunk) {
            int m = std::min(chunk, n - first);
            float *now = y + long(first) * h * w * f;
            convolve({m, h, w, c, f, k}, weights, first == 0 || m < chunk,
                     x + long(first) * h * w * c, now);
            // About the first row, so that a large mean does not drown the variance.
            two_sums(long(m) * h * w, f, s.data(), t.data(), [=](long r, int q, float &a, float &b) {
                float d = now[r * f + q] - y[q];
                a += d, b += d * d;
            });
        }
        std::vector<float> scale(f), shift(f);
        for (int q = 0; q < f; q++) {
            double m = s[q] / rows;
            mean[q] = float(y[q] + m);
            var[q] = float(std::max(0.0, t[q] / rows - m * m));
            scale[q] = gamma[q] / std::sqrt(var[q] + epsilon);
            shift[q] = beta[q] - mean[q] * scale[q];
        }
        int ph = h / 2, pw = w / 2;
        const float *sc = scale.data(), *sh = shift.data();
#pragma omp parallel for collapse(2)
        for (int i = 0; i < n; i++)
            for (int r = 0; r < ph; r++)
                for (int q = 0; q < pw; q++) {
                    const float *a = y + ((long(i) * h + 2 * r) * w + 2 * q) * f, *b = a + long(w) * f;
                    long o = ((long(i) * ph + r) * pw + q) * f;
#pragma omp simd
                    for (int j = 0; j < f; j++) {
                        float v = pick(a[j], a[j + f], b[j], b[j + f], sc[j] >= 0);
                        picked[o + j] = v;
                        z[o + j] = std::max(0.f, v * sc[j] + sh[j]);
                    }
                }
    });
}

// The gradients of the above; gx may be null where nobody asks for it.
int fast_block_backward(int n, int h, int w, int c, int f, int k, const float *x,
                        const float *weights, const float *gamma, const float *beta, float epsilon,
                        const float *y, const float *mean, const float *var, const float *picked,
                        const float *gz, float *gx, float *gw, float *ggamma, float *gbeta) {
    return guarded([&] {
        int ph = h / 2, pw = w / 2;
        long rows = long(n) * h * w;
        std::vector<float> inverse(f), scale(f), shift(f), k0(f), k1(f);
        for (int q = 0; q < f; q++) {
            inverse[q] = 1 / std::sqrt(var[q] + epsilon);
            scale[q] = gamma[q] * inverse[q];
            shift[q] = beta[q] - mean[q] * scale[q];
        }
        const float *iv = inverse.data(), *sc = scale.data(), *sh = shift.data();
        std::vector<double> s(f), t(f);
        two_sums(long(n) * ph * pw, f, s.data(), t.data(), [=](long r, int q, float &a, float &b) {
            float v = picked[r * f + q];
            float g = v * sc[q] + sh[q] > 0 ? gz[r * f + q] : 0.f;
            a += g, b += g * (v - mean[q]) * iv[q];
        });
        for (int q = 0; q < f; q++) {
            gbeta[q] = float(s[q]), ggamma[q] = float(t[q]);
            k1[q] = float(scale[q] * t[q] / rows * inverse[q]);
            k0[q] = float(scale[q] * s[q] / rows - mean[q] * double(k1[q]));
        }
        const float *c0 = k0.data(), *c1 = k1.data();
        int chunk = pictures_at_a_time(n, h, w, f);
        float *gy = buffer(GRADIENT, long(chunk) * h * w * f);
        std::fill(gw, gw + long(f) * c * k * k, 0.f);
        for (int first = 0; first < n; first += chunk) {
            int m = std::min(chunk, n - first);
            const float *now = y + long(first) * h * w * f;
            const float *picked_now = picked + long(first) * ph * pw * f;
            const float *gz_now = gz + long(first) * ph * pw * f;
#pragma omp parallel for collapse(2)
            for (int i = 0; i < m; i++)
                for (int r = 0; r < (h + 1) / 2; r++)
                    spread_gradient(i, r, h, w, f, now, picked_now, gz_now, sc, sh, c0, c1, gy);
            backward({m, h, w, c, f, k}).add_weights(x + long(first) * h * w * c, gy, gw);
            if (gx)
                convolve_back({m, h, w, c, f, k}, weights, first == 0 || m < chunk, gy,
                              gx + long(first) * h * w * c);
        }
    });
}

// Deterministic use of a chain of blocks: x is (N,H,W,C) of the given strides in floats, z
// the last block's (N,H',W',F); each block makes max(0, pooled(scale * convolution + shift)).
// `owner` is a number under which packed weights are kept from call to call. With `in_halves`,
// convolutions read bfloat16 (sums are float32); only where `fast_has_bfloat16`.
//
// Each picture goes through the whole chain in one thread, while it is in that core's
// cache.
int fast_chain_infer(int owner, int in_halves, int n, int h, int w, int c, int blocks, const int *filters,
                     const int *sides, const long *strides, const float *x,
                     const float *const *weights, const float *const *scale,
                     const float *const *shift, float *z) {
    return guarded([&] {
        auto &layers =
            chain(owner, in_halves, h, w, c, blocks, filters, sides, weights, scale, shift);
        long out = 0, read = long(h) * w * c, written = 0, scratch = 0;  // floats
        for (const auto &l : layers) {
            scratch = std::max(scratch, l.convolution ? l.convolution->scratch() : l.tiles.space());
            out = long(l.h / 2) * (l.w / 2) * l.f;
            read = std::max(read, out);
            if (l.convolution) written = std::max(written, long(l.h) * l.w * l.f);
        }
        read = (read + 15) / 16 * 16, written = (written + 15) / 16 * 16;
        long each = (read + written + scratch + 15) / 16 * 16;
        float *space = buffer(OUTPUT, team_size() * each);
        std::string failure;
        std::mutex failing;  // the team's threads are not OpenMP's, whose `critical` is for its own
        auto run = in_halves ? run_chain_in_halves : run_chain;
        share(n, [&](long i, int thread) {
            float *small = space + thread * each, *large = small + read;
            try {
                run(layers, x + i * strides[0], strides + 1, c, small, large, large + written,
                    z + i * out);
            } catch (const std::exception &error) {
                std::lock_guard<std::mutex> hold(failing);
                failure = error.what();
            }
        });
        if (!failure.empty()) throw std::runtime_error(failure);
    });
}
}
