/* masked_find.c - the best split of a node whose rows are the bits of a word.
 *
 * Candidates are looked at together, one step after the other: the ranges of their codes, thresholds, words of what
 * goes left, sums, values.  What a candidate needs is a long chain of things that wait for each other; several of them
 * side by side keep the processor busy, and nothing is mispredicted but whether a feature is constant. */
#include <config.h>

#include <core/cpu.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <tree/masked.h>

#if ENS_HAVE_LEVELS
#include <immintrin.h>
#endif

#define ROWS   ENS__MASKED_ROWS
#define TRIALS ENS__MASKED_TRIALS

/* ---- Columns of codes --------------------------------------------------------------------------------------- */

/* Of some rows, those that are present; the least and the greatest of their codes, low above high if there are none. */
typedef struct range {
    unsigned low, high;
    uint64_t present;
} range;

/* What is done with columns, of bytes and of two bytes each. */
typedef struct ops {
    range (*range_of)(const void *column, uint64_t rows, unsigned missing, bool wide);
    /* Which of the rows have codes up to `last`. */
    uint64_t (*up_to)(const void *column, uint64_t rows, unsigned last, bool wide);
    int64_t (*sum)(const int64_t *v, uint64_t rows);
    unsigned (*bins_up_to)(const ens__bins *b, double v);
    /* The least and the greatest byte of some records at each place; NULL: column by column. */
    void (*record_range)(uint8_t *low, uint8_t *high, const uint8_t *record,
                         size_t stride, uint64_t rows);
} ops;

static ENS__INLINE unsigned code_of(const void *column, unsigned i, bool wide)
{
    return wide ? ((const uint16_t *)column)[i] : ((const uint8_t *)column)[i];
}

static ENS__INLINE range range_base(const void *column, uint64_t rows, unsigned missing,
                                    bool wide)
{
    range r = {UINT_MAX, 0, 0};

    for (uint64_t rest = rows; rest != 0; rest &= rest - 1) {
        unsigned i = ens__lowest_bit(rest), c = code_of(column, i, wide);

        if (c == missing)
            continue;
        r.present |= (uint64_t)1 << i;
        r.low = c < r.low ? c : r.low;
        r.high = c > r.high ? c : r.high;
    }
    return r;
}

static ENS__INLINE uint64_t up_to_base(const void *column, uint64_t rows, unsigned last,
                                       bool wide)
{
    uint64_t in = 0;

    for (uint64_t rest = rows; rest != 0; rest &= rest - 1) {
        unsigned i = ens__lowest_bit(rest);

        in |= (uint64_t)(code_of(column, i, wide) <= last) << i;
    }
    return in;
}

static ENS__INLINE int64_t sum_base(const int64_t *v, uint64_t rows)
{
    int64_t sum = 0;

    for (; rows != 0; rows &= rows - 1)
        sum += v[ens__lowest_bit(rows)];
    return sum;
}

#if ENS_HAVE_LEVELS
ENS_TARGET_V3 static ENS__INLINE uint64_t up_to_v3(const void *column, uint64_t rows,
                                                   unsigned last, bool wide)
{
    __m256i most = _mm256_set1_epi8((char)last), a, b;

    if (wide)
        return up_to_base(column, rows, last, true);
    a = _mm256_loadu_si256((const void *)column);
    b = _mm256_loadu_si256((const void *)((const char *)column + 32));
    a = _mm256_cmpeq_epi8(_mm256_min_epu8(a, most), a);
    b = _mm256_cmpeq_epi8(_mm256_min_epu8(b, most), b);
    return rows & ((uint32_t)_mm256_movemask_epi8(a) |
                   (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32);
}

ENS_TARGET_V4 static ENS__INLINE unsigned least_16(__m512i x)
{
    __m256i y =
        _mm256_min_epu16(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    __m128i z = _mm_min_epu16(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));

    return (unsigned)_mm_cvtsi128_si32(_mm_minpos_epu16(z)) & 0xffff;
}

ENS_TARGET_V4 static ENS__INLINE unsigned least_8(__m512i x)
{
    __m256i y =
        _mm256_min_epu8(_mm512_castsi512_si256(x), _mm512_extracti64x4_epi64(x, 1));
    __m128i z = _mm_min_epu8(_mm256_castsi256_si128(y), _mm256_extracti128_si256(y, 1));

    z = _mm_min_epu8(z, _mm_srli_epi16(z, 8)); /* the upper halves become 0 */
    return (unsigned)_mm_cvtsi128_si32(_mm_minpos_epu16(z)) & 0xffff;
}

ENS_TARGET_V4 static ENS__INLINE range range_8_v4(const void *column, uint64_t rows,
                                                  unsigned missing)
{
    __m512i c = _mm512_loadu_si512(column), all = _mm512_set1_epi8(-1);
    __mmask64 in = _mm512_mask_cmpneq_epi8_mask(rows, c, _mm512_set1_epi8((char)missing));
    unsigned low = least_8(_mm512_mask_mov_epi8(all, in, c));
    unsigned past = least_8(_mm512_mask_sub_epi8(all, in, all, c));

    return (range){in != 0 ? low : UINT_MAX, UINT8_MAX - past, in};
}

ENS_TARGET_V4 static ENS__INLINE range range_16_v4(const void *column, uint64_t rows,
                                                   unsigned missing)
{
    const char *at = column;
    __m512i c = _mm512_loadu_si512(at), d = _mm512_loadu_si512(at + 64);
    __m512i all = _mm512_set1_epi16(-1), none = _mm512_set1_epi16((short)missing);
    __mmask32 in = _mm512_mask_cmpneq_epi16_mask((__mmask32)rows, c, none);
    __mmask32 in_d = _mm512_mask_cmpneq_epi16_mask((__mmask32)(rows >> 32), d, none);
    unsigned low = least_16(_mm512_mask_min_epu16(_mm512_mask_mov_epi16(all, in, c), in_d,
                                                  _mm512_mask_mov_epi16(all, in, c), d));
    __m512i past = _mm512_mask_sub_epi16(all, in, all, c);
    uint64_t present = (uint64_t)in_d << 32 | in;

    past = _mm512_mask_min_epu16(past, in_d, past, _mm512_sub_epi16(all, d));
    return (range){present != 0 ? low : UINT_MAX, UINT16_MAX - least_16(past), present};
}

ENS_TARGET_V4 static ENS__INLINE range range_v4(const void *column, uint64_t rows,
                                                unsigned missing, bool wide)
{
    return wide ? range_16_v4(column, rows, missing) : range_8_v4(column, rows, missing);
}

ENS_TARGET_V4 static ENS__INLINE uint64_t up_to_v4(const void *column, uint64_t rows,
                                                   unsigned last, bool wide)
{
    const char *at = column;
    __m512i c = _mm512_loadu_si512(at), most;

    if (!wide)
        return _mm512_mask_cmple_epu8_mask(rows, c, _mm512_set1_epi8((char)last));
    most = _mm512_set1_epi16((short)last);
    return _mm512_mask_cmple_epu16_mask((__mmask32)rows, c, most) |
           (uint64_t)_mm512_mask_cmple_epu16_mask((__mmask32)(rows >> 32),
                                                  _mm512_loadu_si512(at + 64), most)
               << 32;
}

ENS_TARGET_V4 static ENS__INLINE int64_t sum_v4(const int64_t *v, uint64_t rows)
{
    __m512i sum = _mm512_setzero_si512();

    if (ens__n_bits(rows) <= 8)
        return sum_base(v, rows);
    for (; rows != 0; rows >>= 8, v += 8)
        sum = _mm512_add_epi64(sum, _mm512_maskz_loadu_epi64((__mmask8)rows, v));
    return _mm512_reduce_add_epi64(sum);
}

/* Records of at most 64 bytes. */
ENS_TARGET_V4 static ENS__INLINE void record_range_v4(uint8_t *low, uint8_t *high,
                                                      const uint8_t *record,
                                                      size_t stride, uint64_t rows)
{
    __mmask64 in = UINT64_MAX >> (64 - stride);
    __m512i least = _mm512_set1_epi8(-1), most = _mm512_setzero_si512();

    for (; rows != 0; rows &= rows - 1) {
        __m512i x = _mm512_maskz_loadu_epi8(in, record + ens__lowest_bit(rows) * stride);

        least = _mm512_min_epu8(least, x);
        most = _mm512_max_epu8(most, x);
    }
    _mm512_storeu_si512(low, least);
    _mm512_storeu_si512(high, most);
}

ENS_TARGET_V4 static ENS__INLINE unsigned group_up_to(const double *of_group, __m512d v)
{
    __mmask8 first = _mm512_cmp_pd_mask(_mm512_loadu_pd(of_group), v, _CMP_LE_OQ);
    __mmask8 second = _mm512_cmp_pd_mask(_mm512_loadu_pd(of_group + 8), v, _CMP_LE_OQ);

    return (unsigned)ens__n_bits((uint64_t)second << 8 | first);
}

ENS_TARGET_V4 static ENS__INLINE unsigned bins_up_to_v4(const ens__bins *b, double v)
{
    __m512d all = _mm512_set1_pd(v);
    unsigned group;

    if (b->middle == NULL)
        return ens__bins_up_to(b, v);
    group = group_up_to(b->middle, all);
    return ENS__BIN_GROUP * group +
           group_up_to(b->middle + ENS__BIN_GROUP * (size_t)(group + 1), all);
}
#endif

/* ---- Sums ---- */

/* Sums of a work's form; COUNTS: of the classes here alone. */
static ENS__INLINE void sum_rows(int64_t *sum, const ens__masked *s, const ens__work *w,
                                 const ops *k, uint64_t rows)
{
    int64_t count = ens__masked_count(s, rows);

    if (w->kind == ENS__COUNTS) {
        for (unsigned c = 0; c < s->n_classes; c++)
            sum[s->class[c]] = ens__masked_count(s, rows & s->of_class[c]);
    } else if (w->kind == ENS__PAIRS) {
        sum[1] = ens__masked_count(s, rows & s->of_class[1]);
        sum[0] = count - sum[1];
    } else {
        sum[ENS__SUM_W] = count;
        sum[ENS__SUM_V] = k->sum(s->v, rows);
    }
    sum[w->sums - 1] = count;
}

static inline void need_column(ens__masked *s, const ens__work *w, size_t j)
{
    if ((s->there[j / 64] >> j % 64 & 1) == 0)
        ens__masked_take_column(s, w, j);
}

/* ---- What is tried together ---------------------------------------------------------------------------------- */

/* Rows `absent` have missing values or rare levels, `kept` the others. Returns the trial's number. */
static ENS__INLINE unsigned add_trial(ens__masked *s, size_t j, double cut,
                                      uint64_t absent, uint64_t kept)
{
    unsigned t = s->trial.n++;

    s->trial.feature[t] = (uint32_t)j;
    s->trial.cut[t] = cut;
    s->trial.absent[t] = absent;
    s->trial.kept[t] = kept;
    return t;
}

static ENS__INLINE void add_bit(ens__masked *s, ens__work *w, size_t j)
{
    uint64_t left = s->rows & ~s->bit[j];
    unsigned t;

    if (left == 0 || left == s->rows) {
        ens__split_note_useless(w, j);
        return;
    }
    t = add_trial(s, j, ens__draw_cut(w, w->bins[j], 0, 1), 0, s->rows);
    s->trial.last[t] = 0;
    s->trial.next[t] = 1;
    s->trial.left[t] = left;
}

/* A number; where missing values go is tried both ways. Returns whether there is a trial. */
static ENS__INLINE bool add_number(ens__masked *s, ens__work *w, size_t j, range r)
{
    uint64_t absent = s->rows & ~r.present;
    double cut;
    unsigned t;

    if (r.low > r.high || (r.low == r.high && absent == 0)) {
        ens__split_note_useless(w, j);
        return false;
    }
    cut = ens__draw_cut(w, w->bins[j], r.low, r.high);
    t = add_trial(s, j, cut, absent, r.present);
    s->trial.low[t] = r.low;
    s->trial.high[t] = r.high;
    if (absent != 0)
        add_trial(s, j, cut, absent, r.present);
    return true;
}

/* What goes left, of a number. */
static ENS__INLINE void part_number(ens__masked *s, const ens__work *w, const ops *k,
                                    unsigned t)
{
    size_t j = s->trial.feature[t];
    unsigned low = s->trial.low[t], high = s->trial.high[t];
    unsigned last = ens__draw_last(low, high, k->bins_up_to(w->bins[j], s->trial.cut[t]));

    s->trial.last[t] = last;
    s->trial.next[t] = low == high ? w->bins[j]->n_bins : last + 1;
    s->trial.left[t] = k->up_to(s->column + j * s->column_size, s->trial.kept[t], last,
                                s->column_size > ROWS);
    if (s->trial.absent[t] != 0) {
        s->trial.last[t + 1] = last;
        s->trial.next[t + 1] = s->trial.next[t];
        s->trial.left[t + 1] = s->trial.left[t] | s->trial.absent[t];
    }
}

/* Rows of each level that is not rare, in the order of the levels; returns how many. */
static ENS__INLINE unsigned rows_by_level(uint64_t *level, const ens__masked *s,
                                          const ens__work *w, const ops *k, size_t j)
{
    const void *column = s->column + j * s->column_size;
    bool wide = s->column_size > ROWS, is_bit = w->field[j].width == 0;
    unsigned missing = w->bins[j]->n_bins, n = 0;
    uint64_t rest =
        is_bit ? s->rows : k->range_of(column, s->rows, missing, wide).present;

    while (rest != 0) {
        uint64_t same =
            is_bit && (rest & ~s->bit[j]) != 0 ? rest & ~s->bit[j]
            : is_bit                           ? rest
                                               : k->up_to(column, rest,
                                                          k->range_of(column, rest, missing, wide).low, wide);

        rest &= ~same;
        level[n] = same;
        n += ens__masked_count(s, same) >= (int64_t)w->o->min_category;
    }
    return n;
}

/* A subset of the levels that are not rare, as try_subset() of split.c draws it. */
static ENS__INLINE void add_levels(ens__masked *s, ens__work *w, const ops *k, size_t j)
{
    uint64_t level[ROWS + 1], left = 0, kept = 0, absent;
    unsigned n = rows_by_level(level, s, w, k, j);
    uint32_t tosses = 1;

    for (unsigned l = 0; l < n; l++)
        kept |= level[l];
    absent = s->rows & ~kept;
    if (n + (absent != 0) < 2) {
        ens__split_note_useless(w, j);
        return;
    }
    for (unsigned l = 0; l < n; l++)
        left |= ens__draw_toss(w, &tosses) ? level[l] : 0;
    left = left == 0 ? level[0] : left;
    if (absent != 0)
        s->trial.left[add_trial(s, j, 0, absent, kept)] = left;
    if (left == kept)
        left &= ~level[n - 1];
    if (absent == 0 || n > 1)
        s->trial.left[add_trial(s, j, 0, absent, kept)] = left | absent;
}

/* Draw `batch` candidates after the first i; those that may split the node and have codes here into feature. */
static ENS__INLINE unsigned draw(uint32_t *feature, ens__masked *s, ens__work *w,
                                 size_t i, size_t batch)
{
    unsigned n = 0;

    for (size_t c = i; c < i + batch; c++) {
        uint32_t j = ens__draw_feature(w, c);

        if (ens__split_is_useless(w, j))
            continue;
        if (w->a->rows.feature[j].code != NULL && s->count < (double)w->o->min_category) {
            ens__split_note_useless(w, j);
            continue;
        }
        need_column(s, w, j);
        feature[n++] = j;
    }
    return n;
}

/* The ranges of numbers of more than two values: all at once where rows are few for the features. */
static ENS__INLINE void find_ranges(range *r, const ens__masked *s, const ens__work *w,
                                    const ops *k, const uint32_t *feature, unsigned n)
{
    bool wide = s->column_size > ROWS;
    bool at_once = k->record_range != NULL && !wide && w->stride > 0 && w->stride <= 64 &&
                   ens__n_bits(s->rows) <= 4 * n;
    uint8_t low[64], high[64];

    if (at_once)
        k->record_range(low, high, w->record + s->begin * w->stride, w->stride, s->rows);
    for (unsigned c = 0; c < n; c++) {
        size_t j = feature[c], at = w->field[j].offset;

        if (w->a->rows.feature[j].code != NULL || w->field[j].width == 0)
            continue;
        if (at_once && high[at] != w->bins[j]->n_bins)
            r[c] = (range){low[at], high[at], s->rows};
        else
            r[c] = k->range_of(s->column + j * s->column_size, s->rows,
                               w->bins[j]->n_bins, wide);
    }
}

static ENS__INLINE void make_trials(ens__masked *s, ens__work *w, const ops *k, size_t i,
                                    size_t batch)
{
    uint32_t feature[ENS__DRAW_BATCH];
    range r[ENS__DRAW_BATCH];
    uint8_t number[ENS__DRAW_BATCH];
    unsigned n = draw(feature, s, w, i, batch), numbers = 0;

    find_ranges(r, s, w, k, feature, n);
    s->trial.n = 0;
    for (unsigned c = 0; c < n; c++) {
        size_t j = feature[c];

        number[numbers] = (uint8_t)s->trial.n;
        if (w->a->rows.feature[j].code != NULL)
            add_levels(s, w, k, j);
        else if (w->field[j].width == 0)
            add_bit(s, w, j);
        else
            numbers += add_number(s, w, j, r[c]);
    }
    for (unsigned c = 0; c < numbers; c++)
        part_number(s, w, k, number[c]);
}

/* ---- The best of them ----------------------------------------------------------------------------------------- */

/* Squares of the classes on both sides: whole numbers. */
static ENS__INLINE void add_squares(ens__masked *s, unsigned t)
{
    int64_t l2 = 0, r2 = 0;

    for (unsigned c = 0; c < s->n_classes; c++) {
        int64_t l = ens__masked_count(s, s->trial.left[t] & s->of_class[c]),
                r = s->class_count[c] - l;

        l2 += l * l;
        r2 += r * r;
    }
    s->trial.of_left[t] = (double)l2;
    s->trial.of_right[t] = (double)r2;
}

static ENS__INLINE void add_up(ens__masked *s, const ens__work *w, const ops *k)
{
    for (unsigned t = 0; t < s->trial.n; t++) {
        uint64_t left = s->trial.left[t];

        s->trial.n_left[t] = (double)ens__masked_count(s, left);
        if (w->kind == ENS__COUNTS)
            add_squares(s, t);
        else
            s->trial.of_left[t] =
                (double)(w->kind == ENS__PAIRS
                             ? ens__masked_count(s, left & s->of_class[1])
                             : k->sum(s->v, left));
    }
}

/* The decreases, -INFINITY where a side is too small:
 *     (s_l n - s n_l)^2 / (n_l n_r), times a factor, or sum_c L_c^2 / n_l + sum_c R_c^2 / n_r less that of the node */
static ENS__INLINE void find_values(ens__masked *s, const ens__work *w)
{
    const double *restrict n_left = s->trial.n_left, *restrict left = s->trial.of_left;
    const double *restrict right = s->trial.of_right;
    double *restrict value = s->trial.value;
    double n = s->count, all = s->sum_1, factor = s->factor, node = s->value;
    double least =
        w->min_leaf_w > (double)w->o->min_leaf ? w->min_leaf_w : (double)w->o->min_leaf;
    unsigned n_trials = s->trial.n;

    least = least > 1 ? least : 1;
    if (w->kind == ENS__COUNTS)
        for (unsigned t = 0; t < n_trials; t++) {
            double v = left[t] / n_left[t] + right[t] / (n - n_left[t]) - node;

            value[t] = ((n_left[t] >= least) & (n - n_left[t] >= least)) ? v : -INFINITY;
        }
    else
        for (unsigned t = 0; t < n_trials; t++) {
            double d = left[t] * n - n_left[t] * all;
            double v = d * d / (n_left[t] * (n - n_left[t])) * factor;

            value[t] = ((n_left[t] >= least) & (n - n_left[t] >= least)) ? v : -INFINITY;
        }
}

/* Entropy, by its definition. */
static ENS__INLINE void find_entropies(ens__masked *s, ens__work *w, const ops *k)
{
    const ens__order node = {.sum = s->sum};

    for (unsigned t = 0; t < s->trial.n; t++) {
        sum_rows(w->left, s, w, k, s->trial.left[t]);
        if (!ens__boundary_value(&s->trial.value[t], w, &node))
            s->trial.value[t] = -INFINITY;
    }
}

/* The first of the greatest values, if it is greater than what the node has. */
static ENS__INLINE void take_best(ens__masked *s, ens__work *w)
{
    double best = w->best.found ? w->best.gain : -INFINITY;
    unsigned at = TRIALS;

    for (unsigned t = 0; t < s->trial.n; t++) {
        bool better = s->trial.value[t] > best;

        best = better ? s->trial.value[t] : best;
        at = better ? t : at;
    }
    if (at == TRIALS)
        return;
    s->left = s->trial.left[at];
    s->absent = s->trial.absent[at];
    s->kept = s->trial.kept[at];
    w->best =
        (ens__split){.found = true,
                     .by_set = w->a->rows.feature[s->trial.feature[at]].code != NULL,
                     .missing_left = (s->left & s->absent) != 0,
                     .feature = s->trial.feature[at],
                     .code = s->trial.last[at],
                     .next = s->trial.next[at],
                     .gain = best,
                     .cut = s->trial.cut[at]};
}

/* Sums of the node, as doubles, and the greatest decrease that a split of it can have. */
static ENS__INLINE void begin_node(ens__masked *s, ens__work *w)
{
    const int64_t *sum = s->sum;
    double n = s->count = (double)sum[w->sums - 1];

    s->sum_1 = (double)sum[1];
    s->factor = w->kind == ENS__PAIRS ? 2 / n : 1 / n;
    w->most = INFINITY;
    if (w->kind == ENS__COUNTS) {
        int64_t squares = 0;

        for (unsigned c = 0; c < s->n_classes; c++) {
            s->class_count[c] = sum[s->class[c]];
            squares += s->class_count[c] * s->class_count[c];
        }
        s->value = (double)squares / n;
    }
    if (w->o->criterion == ENS__GINI)
        w->most =
            w->kind == ENS__PAIRS ? s->sum_1 * (n - s->sum_1) * (2 / n) : n - s->value;
    if (ens__n_bits(s->rows) == 2) /* there is but one way to part them */
        w->most = -INFINITY;
}

/* What the best split still lacks: its set, and where missing values go if there are none. */
static ENS__INLINE void complete(ens__masked *s, ens__work *w)
{
    ens__split *best = &w->best;
    size_t j = best->feature;
    bool wide = s->column_size > ROWS;

    if (s->absent == 0)
        best->missing_left =
            2 * ens__masked_count(s, s->left) > ens__masked_count(s, s->rows);
    if (!best->by_set)
        return;
    memset(w->set, best->missing_left ? 0xff : 0, w->set_words * sizeof *w->set);
    for (uint64_t rest = s->kept; rest != 0; rest &= rest - 1) {
        unsigned i = ens__lowest_bit(rest);
        unsigned level = w->field[j].width == 0
                             ? s->bit[j] >> i & 1
                             : code_of(s->column + j * s->column_size, i, wide);
        uint32_t bit = (uint32_t)1 << level % 32;

        w->set[level / 32] =
            (w->set[level / 32] & ~bit) | ((s->left >> i & 1) != 0 ? bit : 0);
    }
}

/* Look for the split of a node, into w->best. */
static ENS__INLINE bool find(ens__masked *s, ens__work *w, const ops *k,
                             ens__masked_node *node)
{
    const ens__tree_options *o = w->o;
    size_t count, n = (size_t)ens__n_bits(node->rows), i = 0;

    s->rows = node->rows;
    sum_rows(s->sum, s, w, k, s->rows);
    count = (size_t)s->sum[w->sums - 1];
    if (node->depth >= o->max_depth || count < o->min_split || count < 2 * o->min_leaf ||
        ens__masked_is_pure(s, w, s->rows))
        return false;
    begin_node(s, w);
    w->best = (ens__split){.found = false};
    w->useless = node->useless;
    ens__stream_move(&w->draws, node->path);
    for (size_t batch; (batch = ens__draw_more(w, i, n)) > 0; i += batch) {
        make_trials(s, w, k, i, batch);
        if (o->criterion == ENS__ENTROPY) {
            find_entropies(s, w, k);
        } else {
            add_up(s, w, k);
            find_values(s, w);
        }
        take_best(s, w);
    }
    ens__draw_put_back(w, i);
    node->useless = w->useless;
    if (!w->best.found ||
        ens__split_decrease(w, w->best.gain) + DBL_EPSILON < o->min_decrease)
        return false;
    complete(s, w);
    return true;
}

static bool find_base(ens__masked *s, ens__work *w, ens__masked_node *node)
{
    static const ops k = {range_base, up_to_base, sum_base, ens__bins_up_to, NULL};

    return find(s, w, &k, node);
}

#if ENS_HAVE_LEVELS
ENS_TARGET_V3 static bool find_v3(ens__masked *s, ens__work *w, ens__masked_node *node)
{
    static const ops k = {range_base, up_to_v3, sum_base, ens__bins_up_to, NULL};

    return find(s, w, &k, node);
}

ENS_TARGET_V4 static bool find_v4(ens__masked *s, ens__work *w, ens__masked_node *node)
{
    static const ops k = {range_v4, up_to_v4, sum_v4, bins_up_to_v4, record_range_v4};

    return find(s, w, &k, node);
}
#endif

bool ens__masked_find(ens__masked *s, ens__work *w, ens__masked_node *node)
{
    return ENS__CALL(find, s, w, node);
}
