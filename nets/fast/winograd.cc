// Convolutions by minimal filtering (Winograd; Lavin & Gray, 2016, arXiv:1509.09308).
//
// A tile of 4x4 outputs of a 5x5 filter takes 16 * 25 products. Seen as polynomials at 8 * 8
// points it takes 64, and sums before and behind. Each value is as near to the true one as a sum
// in float32 is: on the smiley net's maps within 5e-6 of the largest. A 3x3 filter has 6 * 6
// points.

#include "winograd.h"

#include <algorithm>
#include <vector>

#include "vectors.h"

namespace {

const int M = 4;  // side of a tile of outputs

// The points, and what the filter's values there are divided by, since `before` multiplies by it.
// The last point is infinity.
struct Point {
    double at, divisor;
};
const Point EIGHT[] = {{0, 1},   {1, -4.5},      {-1, -4.5},     {2, 90},
                       {-2, 90}, {.5, 1.40625}, {-.5, 1.40625}};
const Point SIX[] = {{0, 4}, {1, -6}, {-1, -6}, {2, 24}, {-2, 24}};

// N pixels to values at N points, o[0], o[to], ...
template <int N>
inline void before(const Vec *d, Vec *o, int to);

template <>
inline void before<8>(const Vec *d, Vec *o, int to) {
    o[0] = d[0] - d[6] + 5.25f * (d[4] - d[2]);
    Vec even = d[2] + d[6] - 4.25f * d[4], odd = d[1] + d[5] - 4.25f * d[3];
    o[to] = even + odd, o[2 * to] = even - odd;
    even = d[6] + .25f * d[2] - 1.25f * d[4], odd = .5f * d[1] - 2.5f * d[3] + 2.f * d[5];
    o[3 * to] = even + odd, o[4 * to] = even - odd;
    even = d[6] + 4.f * d[2] - 5.f * d[4], odd = 2.f * d[1] - 2.5f * d[3] + .5f * d[5];
    o[5 * to] = even + odd, o[6 * to] = even - odd;
    o[7 * to] = d[7] - d[1] + 5.25f * (d[3] - d[5]);
}

template <>
inline void before<6>(const Vec *d, Vec *o, int to) {
    o[0] = 4.f * d[0] - 5.f * d[2] + d[4];
    Vec even = d[4] - 4.f * d[2], odd = d[3] - 4.f * d[1];
    o[to] = even + odd, o[2 * to] = even - odd;
    even = d[4] - d[2], odd = 2.f * (d[3] - d[1]);
    o[3 * to] = even + odd, o[4 * to] = even - odd;
    o[5 * to] = 4.f * d[1] - 5.f * d[3] + d[5];
}

// Products at N points to M outputs, o[0], o[to], ...
template <int N>
inline void behind(const Vec *m, Vec *o, int to) {
    Vec one = m[1] + m[2], one_less = m[1] - m[2], two = m[3] + m[4], two_less = m[3] - m[4];
    o[0] = m[0] + one + two, o[to] = one_less + 2.f * two_less;
    o[2 * to] = one + 4.f * two, o[3 * to] = one_less + 8.f * two_less + m[N - 1];
    if (N == 8) {
        Vec half = m[5] + m[6], half_less = m[5] - m[6];
        o[0] += half, o[to] += .5f * half_less;
        o[2 * to] += .25f * half, o[3 * to] += .125f * half_less;
    }
}

// x (h,w,c) to its tiles' values at the points: v (points, tiles, channels).
template <int N>
void spread(const Winograd &g, const float *x, float *v) {
    static const float nothing[LANES] = {0};
    const long step = g.step(g.c);
    for (int t = 0; t < g.tiles(); t++) {
        int top = t / g.across() * M - g.k / 2, left = t % g.across() * M - g.k / 2;
        for (int c = 0; c < g.c; c += LANES) {
            Vec half[N * N], d[N];
            for (int i = 0; i < N; i++) {
                int r = top + i;
                for (int j = 0; j < N; j++) {
                    int q = left + j;
                    bool inside = r >= 0 && r < g.h && q >= 0 && q < g.w;
                    d[j] = load(inside ? x + (long(r) * g.w + q) * g.c + c : nothing);
                }
                before<N>(d, half + i, N);
            }
            float *to = v + long(t) * g.c + c;
            for (int j = 0; j < N; j++) {
                before<N>(half + j * N, d, 1);
                for (int i = 0; i < N; i++) store(to + (i * N + j) * step, d[i]);
            }
        }
    }
}

// z of one tile and LANES filters: y holds M * M outputs.
inline void finish(const Winograd &g, int row, int column, const Vec *y, const float *bias,
                   float *z) {
    const int side = g.pools ? M / 2 : M;  // of what a tile becomes
    const int high = g.pools ? g.h / 2 : g.h, wide = g.pools ? g.w / 2 : g.w;
    for (int i = 0; i < side; i++)
        for (int j = 0; j < side; j++) {
            int r = row * side + i, q = column * side + j;
            if (r >= high || q >= wide) continue;
            float *to = z + (long(r) * wide + q) * g.f;
            if (g.pools) {
                const Vec *p = y + 2 * i * M + 2 * j;
                Vec most = larger(larger(p[0], p[1]), larger(p[M], p[M + 1])) + load(bias);
                store(to, larger(most, Vec{}));
            } else
                store(to, y[i * M + j]);
        }
}

// Products at the points, m (points, tiles, filters), to z.
template <int N>
void gather(const Winograd &g, const float *m, const float *bias, float *z) {
    const long step = g.step(g.f);
    for (int t = 0; t < g.tiles(); t++)
        for (int f = 0; f < g.f; f += LANES) {
            const float *from = m + long(t) * g.f + f;
            Vec half[M * N], d[N], y[M * M];
            for (int j = 0; j < N; j++) {
                for (int i = 0; i < N; i++) d[i] = load(from + (i * N + j) * step);
                behind<N>(d, half + j, N);
            }
            for (int i = 0; i < M; i++) behind<N>(half + i * N, y + i * M, 1);
            finish(g, t / g.across(), t % g.across(), y, bias + f, z + f);
        }
}

// m (R, W vectors of f) = v (R,c) times u (c, W vectors of f).
template <int R, int W>
inline void product(int c, int f, const float *v, const float *u, float *m) {
    Vec sums[R][W] = {};
    for (int k = 0; k < c; k++) {
        Vec row[W];
        for (int j = 0; j < W; j++) row[j] = load(u + long(k) * f + j * LANES);
        for (int i = 0; i < R; i++)
            for (int j = 0; j < W; j++) sums[i][j] += v[i * c + k] * row[j];
    }
    for (int i = 0; i < R; i++)
        for (int j = 0; j < W; j++) store(m + long(i) * f + j * LANES, sums[i][j]);
}

template <int W>
inline void rows(int count, int c, int f, const float *v, const float *u, float *m) {
    int i = 0;
    for (; i + ROWS <= count; i += ROWS) product<ROWS, W>(c, f, v + i * c, u, m + i * f);
    for (; i + 3 <= count; i += 3) product<3, W>(c, f, v + i * c, u, m + i * f);
    for (; i < count; i++) product<1, W>(c, f, v + i * c, u, m + i * f);
}

// Outputs of TILES tiles of a first layer with C channels: `v` (points, C, LANES) times `u`
// (points, C, LANES filters); y (TILES, M * M).
template <int N, int C, int TILES>
inline void first_tiles(const float *v, const float *u, Vec *y) {
    Vec half[TILES][M * N], d[TILES][N];
    for (int j = 0; j < N; j++) {
        for (int i = 0; i < N; i++) {
            const float *vs = v + (i * N + j) * C * LANES, *us = u + (i * N + j) * C * LANES;
            for (int t = 0; t < TILES; t++) d[t][i] = vs[t] * load(us);
            for (int c = 1; c < C; c++)
                for (int t = 0; t < TILES; t++) d[t][i] += vs[c * LANES + t] * load(us + c * LANES);
        }
        for (int t = 0; t < TILES; t++) behind<N>(d[t], half[t] + j, N);
    }
    for (int t = 0; t < TILES; t++)
        for (int i = 0; i < M; i++) behind<N>(half[t] + i * N, y + t * M * M + i * M, 1);
}

// Rows of tiles of a first layer: LANES tiles side by side are transformed at once, and each of
// them is multiplied while its values are in the nearest cache.
template <int N, int C>
void first_rows(const Winograd &g, const float *packed, const float *bias, const float *phases,
                float *z) {
    const int wide = g.padded(), many = g.down() * M + N - M;
    alignas(64) float v[N * N * C * LANES];
    for (int row = 0; row < g.down(); row++)
        for (int start = 0; start < g.across(); start += LANES) {
            for (int c = 0; c < C; c++) {
                Vec half[N * N], d[N];
                for (int i = 0; i < N; i++) {
                    const float *line = phases + (long(c) * many + row * M + i) * M * wide + start;
                    for (int j = 0; j < N; j++) d[j] = load(line + j % M * wide + j / M);
                    before<N>(d, half + i, N);
                }
                for (int j = 0; j < N; j++) {
                    before<N>(half + j * N, d, 1);
                    for (int i = 0; i < N; i++) store(v + ((i * N + j) * C + c) * LANES, d[i]);
                }
            }
            int tiles = std::min(LANES, g.across() - start);
            for (int f = 0; f < g.f; f += LANES) {
                const float *u = packed + long(f) * N * N * C;
                Vec y[2 * M * M];
                for (int t = 0; t < tiles; t += 2) {
                    first_tiles<N, C, 2>(v + t, u, y);  // an odd number's last is not used
                    for (int k = 0; k < std::min(2, tiles - t); k++)
                        finish(g, row, start + t + k, y + k * M * M, bias + f, z + f);
                }
            }
        }
}

template <int N>
auto first_of(int c) {
    if (c == 1) return first_rows<N, 1>;
    if (c == 2) return first_rows<N, 2>;
    return c == 3 ? first_rows<N, 3> : first_rows<N, 4>;
}

}  // namespace

long Winograd::packed() const { return long(points()) * c * f; }

long Winograd::space() const {
    if (is_first()) return long(c) * (down() * M + k - 1) * M * padded();
    return points() * (step(c) + step(f));
}

void Winograd::pack(const float *filters, const float *scale, float *to) const {
    const int n = k + M - 1;
    const Point *all = n == 8 ? EIGHT : SIX;
    std::vector<double> powers(n * k, 0.0);
    for (int p = 0; p < n - 1; p++) {
        powers[p * k] = 1 / all[p].divisor;
        for (int i = 1; i < k; i++) powers[p * k + i] = powers[p * k + i - 1] * all[p].at;
    }
    powers[n * k - 1] = 1;
    const int some = 16;  // filters that are transformed at once
    std::vector<double> filter(k * k * some), half(n * k * some), sums(some);
    for (int o = 0; o < f; o += some)
        for (int i = 0; i < c; i++) {
            for (int t = 0; t < k * k; t++)  // convolution flips the filter
                for (int l = 0; l < some; l++)
                    filter[t * some + l] = filters[(long(o + l) * c + i + 1) * k * k - 1 - t] *
                                           (scale ? double(scale[o + l]) : 1.0);
            // One side, then the other, of `powers` times filter times `powers` transposed.
            for (int p = 0; p < n; p++)
                for (int b = 0; b < k; b++) {
                    double *to = &half[(p * k + b) * some];
                    std::fill(to, to + some, 0.0);
                    for (int a = 0; a < k; a++)
                        for (int l = 0; l < some; l++)
                            to[l] += powers[p * k + a] * filter[(a * k + b) * some + l];
                }
            for (int p = 0; p < n; p++)
                for (int q = 0; q < n; q++) {
                    std::fill(sums.begin(), sums.end(), 0.0);
                    for (int b = 0; b < k; b++)
                        for (int l = 0; l < some; l++)
                            sums[l] += half[(p * k + b) * some + l] * powers[q * k + b];
                    long at = long(p) * n + q;
                    for (int l = 0; l < some; l += LANES) {
                        float *results = to + (is_first() ? (((o + l) / LANES * points() + at) * c + i) * LANES
                                                          : (at * c + i) * f + o + l);
                        for (int m = 0; m < LANES; m++) results[m] = float(sums[l + m]);
                    }
                }
        }
}

void Winograd::run(const float *x, const float *packed, const float *bias, float *z,
                   float *space) const {
    float *results = space + points() * step(c);
    (k == 5 ? spread<8> : spread<6>)(*this, x, space);
    for (int p = 0; p < points(); p++) {
        const float *v = space + p * step(c), *u = packed + long(p) * c * f;
        float *m = results + p * step(f);
        int j = 0;
        for (; j + WIDE * LANES <= f; j += WIDE * LANES) rows<WIDE>(tiles(), c, f, v, u + j, m + j);
        for (; j < f; j += LANES) rows<1>(tiles(), c, f, v, u + j, m + j);
    }
    (k == 5 ? gather<8> : gather<6>)(*this, results, bias, z);
}

void Winograd::run_first(const float *x, const long *strides, const float *mix,
                         const float *packed, const float *bias, float *z, float *space) const {
    const int wide = padded(), pad = k / 2;
    std::fill(space, space + this->space(), 0.f);
    // Pixel q of a row lies at number (q + pad) / M of phase (q + pad) % M: neighbouring tiles'
    // pixels are neighbours there.
    for (int i = 0; i < c; i++)
        for (int r = 0; r < h; r++) {
            float *line = space + (long(i) * (down() * M + k - 1) + r + pad) * M * wide;
            const float *from = x + r * strides[0] + i * strides[2];
            const float *more = from + strides[2], *most = more + strides[2];
            for (int q = 0; q < w; q++, from += strides[1], more += strides[1], most += strides[1]) {
                float value = mix ? mix[0] * *from + mix[1] * *more + mix[2] * *most : *from;
                line[(q + pad) % M * wide + (q + pad) / M] = value;
            }
        }
    (k == 5 ? first_of<8>(c) : first_of<6>(c))(*this, packed, bias, space, z);
}
