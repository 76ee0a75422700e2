/* kernels.c - the loops of a split search for any processor, and the choice among the levels. */
#include <config.h>

#include <tree/kernels.h>

/* (s_l n - s n_l)^2 / (n_l n_r) */
static inline double ratio(double n_left, double left, ens__limits limit)
{
    double d = left * limit.n - n_left * limit.all;

    return d * d / (n_left * (limit.n - n_left));
}

static double pairs_base(ENS__PAIRS_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        double n_left = left_n[g], value;

        if (n_left < limit.least || limit.n - n_left < limit.least)
            continue;
        value = ratio(n_left, left_one[g], limit);
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

static double values_base(ENS__VALUES_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        double n_left = left_n[g], value;

        if (n_left < limit.least || limit.n - n_left < limit.least)
            continue;
        value = ratio(n_left, (double)left_v[g], limit);
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

/* sum_c L_c^2 / n_l + sum_c R_c^2 / n_r: the squares are whole numbers, exact in any order below 2^53 */
static double counts_base(ENS__COUNTS_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        const uint32_t *cell = class + order[g] * up;
        double n_left = left_n[g], l2 = 0, r2 = 0, value;

        for (size_t c = 0; c < up; c++) {
            double l = left[c] += cell[c], r = all[c] - l;

            l2 += l * l;
            r2 += r * r;
        }
        if (n_left < limit.least || limit.n - n_left < limit.least)
            continue;
        value = l2 / n_left + r2 / (limit.n - n_left);
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

static double squares_base(ENS__SQUARES_ARGS)
{
    double best = -1;

    for (size_t g = 0; g < n_at; g++) {
        double n_left = left_n[g], n_right = limit.n - n_left, value;

        if (n_left < limit.least || n_right < limit.least)
            continue;
        value = left_squares[g] / n_left + right_squares[g] / n_right;
        if (value > best) {
            best = value;
            *at = g;
        }
    }
    return best;
}

double ens__few_words(ENS__FEW_WORDS_ARGS)
{
    int64_t mask = ((int64_t)1 << bits) - 1, all = 0;
    uint32_t key[ENS__FEW_WORDS]; /* code << 16 | row, ascending */
    double best = -1;

    for (size_t i = 0; i < n; i++) {
        uint32_t k = (uint32_t)code[i] << 16 | (uint32_t)i;
        size_t to = i;

        for (; to > 0 && key[to - 1] > k; to--)
            key[to] = key[to - 1];
        key[to] = k;
    }
    for (size_t i = 0; i < n; i++) {
        double n_left, value;

        all += word[key[i] & 0xffff];
        n_left = (double)(base_n + (all & mask));
        if ((i + 1 < n && key[i] >> 16 == key[i + 1] >> 16) || n_left < limit.least ||
            limit.n - n_left < limit.least)
            continue;
        value = ratio(n_left, (double)(base_v + (all >> bits)), limit);
        if (value > best) {
            best = value;
            *at = key[i] >> 16;
        }
    }
    return best;
}

static const ens__kernels kernels_base = {.pairs = pairs_base,
                                          .values = values_base,
                                          .counts = counts_base,
                                          .squares = squares_base,
                                          .few_words = ens__few_words};

const ens__kernels *ens__kernels_here(void)
{
#if ENS_HAVE_LEVELS
    if (ens__cpu_level() >= ENS__CPU_V4)
        return &ens__kernels_v4;
    if (ens__cpu_level() >= ENS__CPU_V3)
        return &ens__kernels_v3;
#endif
    return &kernels_base;
}
