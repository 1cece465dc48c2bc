// The pictures of a pyramid, and the small net over a whole picture.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

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

}  // namespace

extern "C" {

// Mean colour of the area that each output pixel covers: uint8 (h,w,3), rows `stride` bytes
// apart, to (oh,ow,3). OpenCV's INTER_AREA, rows before columns, which vectorises.
void fast_shrink(int h, int w, long stride, const unsigned char *image, int oh, int ow,
                 unsigned char *out) {
    auto down = covers(h, oh), across = covers(w, ow);
#pragma omp parallel if (long(h) * w > 100000)
    {
        std::vector<float> sums(w * 3);
#pragma omp for schedule(static)
        for (int i = 0; i < oh; i++) {
            float *s = sums.data();
            std::fill(sums.begin(), sums.end(), 0.f);
            for (size_t k = 0; k < down[i].weights.size(); k++) {
                const unsigned char *from = image + (down[i].first + long(k)) * stride;
                float weight = down[i].weights[k];
#pragma omp simd
                for (int x = 0; x < w * 3; x++) s[x] += weight * from[x];
            }
            for (int j = 0; j < ow; j++) {
                const float *from = s + across[j].first * 3;
                float b = 0, g = 0, r = 0;
                for (float weight : across[j].weights) {
                    b += weight * from[0], g += weight * from[1], r += weight * from[2];
                    from += 3;
                }
                unsigned char *to = out + (long(i) * ow + j) * 3;
                to[0] = std::lrint(b), to[1] = std::lrint(g), to[2] = std::lrint(r);
            }
        }
    }
}

// Probability of a face in every window of a picture, x (3,h,w), a plane for each colour. Weights
// are in the order in which pixels lie: convolution (3,3,3,F), hidden (SIDE,SIDE,F,F), top (F), the
// difference of the two classes. heat is ((h - 11) / 2 + 1, (w - 11) / 2 + 1).
void fast_scan(int h, int w, const float *x, const float *conv, const float *conv_bias,
               const float *hidden, const float *hidden_bias, const float *top,
               const float *top_bias, float *heat) {
    int cw = w - 2, ph = (h - 3) / 2, pw = (w - 3) / 2;
    int rows = ph - SIDE + 1, columns = pw - SIDE + 1;
    std::vector<long> conv_at, hidden_at;
    for (int r = 0; r < 3; r++)
        for (int q = 0; q < 3; q++)
            for (int c = 0; c < 3; c++)
                conv_at.push_back((long(c) * h + r) * w + q);
    for (int r = 0; r < SIDE; r++)
        for (int q = 0; q < SIDE; q++)
            for (int c = 0; c < F; c++) hidden_at.push_back((long(r) * pw + q) * F + c);
    std::vector<float> pooled(long(ph) * pw * F);
#pragma omp parallel if (long(h) * w > 5000)
    {
        // The three rows of the convolution that a pooled row takes; the last is the next's first.
        std::vector<float> three(3L * cw * F), line(long(columns) * F);
        int before = -2;
#pragma omp for schedule(static)
        for (int i = 0; i < ph; i++) {
            float *c = three.data();
            int known = before == i - 1 ? 1 : 0;
            if (known) std::memcpy(c, c + 2L * cw * F, long(cw) * F * sizeof(float));
            for (int r = known; r < POOL; r++)
                row<1>(x + (2L * i + r) * w, conv_at, conv, conv_bias, cw,
                       c + long(r) * cw * F);
            before = i;
            for (int j = 0; j < pw; j++) {
                float *to = pooled.data() + (long(i) * pw + j) * F;
                for (int v = 0; v < F; v += LANES) {
                    Vec best = {};  // the rectifier's
                    for (int r = 0; r < POOL; r++)
                        for (int q = 0; q < POOL; q++)
                            best = larger(best, load(c + (long(r) * cw + 2 * j + q) * F + v));
                    store(to + v, best);
                }
            }
        }
#pragma omp for schedule(static)
        for (int i = 0; i < rows; i++) {
            row<F>(pooled.data() + long(i) * pw * F, hidden_at, hidden, hidden_bias, columns,
                   line.data());
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
    }
}
}
