// A convolution of one picture by minimal filtering, with rectifier and 2x2 max pooling; see
// winograd.cc.

#pragma once

// Sizes of a convolution of stride 1 that keeps height and width, and what is done for it.
struct Winograd {
    int h = 0, w = 0, c = 0, f = 0, k = 0;  // of the picture (h,w,c); filters, and their side
    bool pools = true;                      // else the convolution alone is wanted

    // Whether there is a way for these sizes; few channels only for a network's `pictures`.
    static bool fits(int c, int f, int k, bool pictures) {
        return (k == 5 || k == 3) && f % 16 == 0 && (c % 16 == 0 || (pictures && c <= 4));
    }
    bool is_first() const { return c <= 4; }  // a network's first: has few channels
    long packed() const;                      // floats of filters, as `pack` makes them
    long space() const;                       // floats that one picture needs while it is done

    // Transform filters (f,c,k,k), each times its scale (f; 1 without), into `to`.
    void pack(const float *filters, const float *scale, float *to) const;

    // z (h/2,w/2,f) = max(0, pooled convolution of x (h,w,c) + bias (f)); where nothing is pooled,
    // z (h,w,f) = convolution, and there is no bias.
    void run(const float *x, const float *packed, const float *bias, float *z, float *space) const;

    // The same of few channels, where x has any strides in floats. With `mix` (3), the one channel
    // is the sum of x's three, each times its part.
    void run_first(const float *x, const long *strides, const float *mix, const float *packed,
                   const float *bias, float *z, float *space) const;

    int down() const { return (h + 3) / 4; }  // tiles of 4x4 pixels
    int across() const { return (w + 3) / 4; }
    int tiles() const { return down() * across(); }
    int points() const { return (k + 3) * (k + 3); }
    // From one point to the next: by odd multiples of a cache line, for all would fall into few of
    // the cache's sets otherwise.
    long step(int channels) const { return (long(tiles()) * channels / 16 | 1) * 16; }
    int padded() const { return (across() + 15) / 16 * 16 + 16; }  // of a phase of a row
};
