// Vectors as long as the processor's registers.

#pragma once

// Numbers in a register. Sums that are made at once, ROWS times WIDE registers, leave some for what
// is multiplied. (Longer vectors than a register's would go through memory.)
#if defined(__AVX512F__)
const int LANES = 16, ROWS = 6, WIDE = 4;
#elif defined(__AVX__)
const int LANES = 8, ROWS = 6, WIDE = 2;
#elif defined(__ARM_NEON)
const int LANES = 4, ROWS = 6, WIDE = 4;
#else
const int LANES = 4, ROWS = 6, WIDE = 2;
#endif
typedef float Vec __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

static inline Vec load(const float *from) { return *reinterpret_cast<const Vec *>(from); }
static inline void store(float *to, Vec v) { *reinterpret_cast<Vec *>(to) = v; }
static inline Vec larger(Vec a, Vec b) { return a > b ? a : b; }
