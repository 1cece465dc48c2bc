// The pictures of a pyramid, and the small net over a whole picture.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "team.h"
#include "vectors.h"

namespace {

const int F = 16;  // filters, and hidden units
const int POOL = 3, SIDE = 4;  // pooling of the small net; pooled pixels a window has a side
const int VECTORS = F / LANES;

// P pixels of max(0, bias + sum over taps of x * weights); STEP floats from one to the next.
template <int P, int STEP>
inline void pixels(const float *x, const std::vector<long> &at, const float *weights,
                   const float *bias, float *y) {
    Vec sums[P][VECTORS];
    for (int p = 0; p < P; p++)
        for (int v = 0; v < VECTORS; v++) sums[p][v] = load(bias + v * LANES);
    for (size_t t = 0; t < at.size(); t++) {
        const float *now = x + at[t];
        Vec w[VECTORS];
        for (int v = 0; v < VECTORS; v++) w[v] = load(weights + t * F + v * LANES);
        for (int p = 0; p < P; p++)
            for (int v = 0; v < VECTORS; v++) sums[p][v] += now[p * STEP] * w[v];
    }
    for (int p = 0; p < P; p++)
        for (int v = 0; v < VECTORS; v++) store(y + p * F + v * LANES, larger(sums[p][v], Vec{}));
}

// A row of `count` pixels.
template <int STEP>
void row(const float *x, const std::vector<long> &at, const float *weights, const float *bias,
         int count, float *y) {
    const int some = std::max(1, ROWS * WIDE / VECTORS / 2);
    int p = 0;
    for (; p + some <= count; p += some)
        pixels<some, STEP>(x + p * STEP, at, weights, bias, y + p * F);
    const int few = std::max(1, some / 3);
    for (; p + few <= count; p += few)
        pixels<few, STEP>(x + p * STEP, at, weights, bias, y + p * F);
    for (; p < count; p++) pixels<1, STEP>(x + p * STEP, at, weights, bias, y + p * F);
}

// Which source pixels an output pixel covers, and the part each has in it.
struct Cover {
    int first;
    std::vector<float> weights;
};

std::vector<Cover> covers(int from, int to) {
    double scale = double(from) / to;
    std::vector<Cover> all(to);
    for (int i = 0; i < to; i++) {
        // As OpenCV, without what is covered by less than a thousandth.
        double low = i * scale, high = std::min(low + scale, double(from));
        int first = int(std::floor(low + 1e-3)), last = int(std::ceil(high - 1e-3));
        all[i].first = first;
        for (int s = first; s < last; s++) {
            double part = std::min(high, s + 1.0) - std::max(low, double(s));
            all[i].weights.push_back(float(part / (high - low)));
        }
    }
    return all;
}

const long PART = 60000;  // pixels of the source that one job shrinks
const int BAND = 32;      // rows of windows that one job scans; it computes three more

}  // namespace

extern "C" {

// Mean colour of the area that each output pixel covers: uint8 (h,w,3), rows `stride` bytes
// apart, to `count` pictures of `sizes` (count,2), heights and widths. OpenCV's INTER_AREA, rows
// before columns, which vectorises.
void fast_shrink(int h, int w, long stride, const unsigned char *image, int count,
                 const int *sizes, unsigned char *const *outs) {
    struct Job {
        int picture, first, last;  // rows of it
    };
    std::vector<Job> jobs;
    std::vector<std::vector<Cover>> down, across;
    for (int k = 0; k < count; k++) {
        int oh = sizes[2 * k], some = std::max(1L, PART * oh / (long(h) * w));
        down.push_back(covers(h, oh)), across.push_back(covers(w, sizes[2 * k + 1]));
        for (int i = 0; i < oh; i += some) jobs.push_back({k, i, std::min(oh, i + some)});
    }
    share(jobs.size(), [&](long number, int) {
        thread_local std::vector<float> sums;
        auto [k, first, last] = jobs[number];
        unsigned char *to = outs[k] + long(first) * sizes[2 * k + 1] * 3;
        for (int i = first; i < last; i++) {
            sums.assign(w * 3, 0.f);
            float *s = sums.data();
            const unsigned char *from = image + down[k][i].first * stride;
            for (float weight : down[k][i].weights) {
#pragma omp simd
                for (int x = 0; x < w * 3; x++) s[x] += weight * from[x];
                from += stride;
            }
            for (const auto &cover : across[k]) {
                const float *pixel = s + cover.first * 3;
                float b = 0, g = 0, r = 0;
                for (float weight : cover.weights) {
                    b += weight * pixel[0], g += weight * pixel[1], r += weight * pixel[2];
                    pixel += 3;
                }
                *to++ = std::lrint(b), *to++ = std::lrint(g), *to++ = std::lrint(r);
            }
        }
    });
}

// Probability of a face in every window of a picture, x (3,h,w), a plane for each colour. Weights
// are in the order in which pixels lie: convolution (3,3,3,F), hidden (SIDE,SIDE,F,F), top (F), the
// difference of the two classes. heat is ((h - 11) / 2 + 1, (w - 11) / 2 + 1).
void fast_scan(int h, int w, const float *x, const float *conv, const float *conv_bias,
               const float *hidden, const float *hidden_bias, const float *top,
               const float *top_bias, float *heat) {
    int cw = w - 2, pw = (w - 3) / 2, rows = (h - 3) / 2 - SIDE + 1, columns = pw - SIDE + 1;
    std::vector<long> conv_at, hidden_at;
    for (int r = 0; r < 3; r++)
        for (int q = 0; q < 3; q++)
            for (int c = 0; c < 3; c++)
                conv_at.push_back((long(c) * h + r) * w + q);
    for (int r = 0; r < SIDE; r++)
        for (int q = 0; q < SIDE; q++)
            for (int c = 0; c < F; c++) hidden_at.push_back((long(r) * pw + q) * F + c);
    share((rows + BAND - 1) / BAND, [&](long number, int) {
        int first = number * BAND, last = std::min(rows, first + BAND);
        // The three rows of the convolution that a pooled row takes; the last is the next's first.
        thread_local std::vector<float> three, pooled, line;
        three.resize(3L * cw * F), line.resize(long(columns) * F);
        pooled.resize(long(BAND + SIDE - 1) * pw * F);
        for (int i = first; i < last + SIDE - 1; i++) {
            float *c = three.data();
            int known = i > first ? 1 : 0;
            if (known) std::memcpy(c, c + 2L * cw * F, long(cw) * F * sizeof(float));
            for (int r = known; r < POOL; r++)
                row<1>(x + (2L * i + r) * w, conv_at, conv, conv_bias, cw, c + long(r) * cw * F);
            float *to = pooled.data() + long(i - first) * pw * F;
            for (int j = 0; j < pw; j++)
                for (int v = 0; v < F; v += LANES, to += LANES) {
                    Vec best = {};  // the rectifier's
                    for (int r = 0; r < POOL; r++)
                        for (int q = 0; q < POOL; q++)
                            best = larger(best, load(c + (long(r) * cw + 2 * j + q) * F + v));
                    store(to, best);
                }
        }
        for (int i = first; i < last; i++) {
            row<F>(pooled.data() + long(i - first) * pw * F, hidden_at, hidden, hidden_bias,
                   columns, line.data());
            for (int j = 0; j < columns; j++) {
                Vec products = {};
                for (int v = 0; v < F; v += LANES)
                    products += load(line.data() + long(j) * F + v) * load(top + v);
                float parts[LANES];
                store(parts, products);
                for (int half = LANES / 2; half; half /= 2)
                    for (int l = 0; l < half; l++) parts[l] += parts[l + half];
                float sum = top_bias[0] + parts[0];
                heat[long(i) * columns + j] = 1 / (1 + std::exp(-sum));
            }
        }
    });
}
}
