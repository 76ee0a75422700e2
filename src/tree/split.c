/* split.c - the best split of a node: draw features, sum the rows by code, look for the best boundary.
 *
 * Missing values are tried on both sides.  Categories are ordered by their share of a class or their mean
 * and then split like numbers, which finds the best of all subsets for two classes and for squared error
 * (Fisher 1958; Breiman et al. 1984, 9.4), and a good one for more classes. */
#include <config.h>

#include <float.h>
#include <math.h>
#include <string.h>
#include <tree/draw.h>
#include <tree/sweep.h>

/* Classes whose shares categories are ordered by, at most. */
#define MAX_ORDERS 8

double ens__split_decrease(const ens__work *w, double gain)
{
    double total = ens__sum_weight(w, w->total);

    if (w->o->criterion == ENS__ABSOLUTE_ERROR)
        return gain / (total / w->w_scale);
    if (w->classes)
        return gain / total;
    return gain / w->v_scale * (w->w_scale / w->v_scale) * (w->w_scale / total);
}

/* Between two neighbouring bins there are so many places that a random threshold may take. A forest of them has few
 * distinct ones of each feature then, which trees.c can number. */
static double places_of(const ens__bins *b)
{
    double places = 65534.0 / b->n_bins - 1;

    return places > 256 ? 256 : fmax(floor(places), 1);
}

/* A random threshold between the bins `code` and `next`: where it was drawn, rounded down to a place, or midway if it
 * was drawn inside of one of them. */
static double random_threshold(const ens__bins *b, const ens__split *s)
{
    double below = b->high[s->code], above = b->low[s->next], places = places_of(b), cut;

    if (!(s->cut >= below && s->cut < above))
        return ens__between(below, above);
    cut = below +
          floor((s->cut - below) / (above - below) * places) / places * (above - below);
    return cut < above ? cut : below;
}

/* The point between the two neighbouring values that a split separates; of no use to sets. */
double ens__split_threshold(const ens__work *w, const ens__split *s)
{
    const ens__bins *b = w->bins[s->feature];

    if (s->by_set)
        return 0;
    if (s->next >= b->n_bins)
        return DBL_MAX;
    if (w->o->random_cuts)
        return random_threshold(b, s);
    if (b->n_bins > ENS__FINE_BINS) /* one of the cuts: they are few enough for trees.c to number */
        return b->cut[ens__split_middle(s)];
    return ens__between(b->high[s->code], b->low[s->next]);
}

/* ---- Keeping the best ---------------------------------------------------------------------------------------- */

/* Bits of the levels that go left; those not among the groups go with the missing ones. */
static void make_set(ens__work *w, const ens__order *o, const ens__boundary *b)
{
    memset(w->set, b->missing_left ? 0xff : 0, w->set_words * sizeof *w->set);
    for (size_t g = 0; g < o->n; g++) {
        unsigned level = w->group.code[o->at[g]];
        uint32_t bit = (uint32_t)1 << level % 32;

        if (g <= b->at)
            w->set[level / 32] |= bit;
        else
            w->set[level / 32] &= ~bit;
    }
}

bool ens__split_left_is_larger(const ens__work *w, const int64_t *sum)
{
    return 2 * ens__sum_weight(w, w->best_left) > ens__sum_weight(w, sum);
}

/* Take the boundary if it beats what the node has: of equal gains the one tried first stays, and the order of the
 * features is drawn for each node, so that trees do not all prefer the same of several equal splits. */
static bool take(ens__work *w, size_t feature, const ens__order *o, bool by_set,
                 ens__boundary *b)
{
    ens__split *best = &w->best;

    if (!b->found || (best->found && b->value <= best->gain))
        return false;
    memset(w->best_left, 0, w->sums * sizeof *w->best_left);
    for (size_t g = 0; g <= b->at; g++)
        ens__groups_add(w, w->best_left, o->at[g]);
    for (size_t s = 0; s < w->sums && b->missing_left; s++)
        w->best_left[s] += w->missing[s];
    if (!o->missing)
        b->missing_left = ens__split_left_is_larger(w, o->sum);
    *best = (ens__split){.found = true,
                         .by_set = by_set,
                         .missing_left = b->missing_left,
                         .feature = (uint32_t)feature,
                         .code = w->group.code[o->at[b->at]],
                         .gain = b->value};
    best->next =
        b->at + 1 < o->n ? w->group.code[o->at[b->at + 1]] : w->bins[feature]->n_bins;
    if (by_set)
        make_set(w, o, b);
    return true;
}

static bool try_order(ens__work *w, size_t feature, const ens__order *o, bool by_set)
{
    ens__boundary b = {0};

    for (int side = 0; side <= (int)o->missing; side++)
        ens__boundary_find(w, o, side, &b);
    return take(w, feature, o, by_set, &b);
}

/* ---- Random cuts (Geurts, Ernst and Wehenkel 2006) ------------------------------------------------------------ */

static double middle(const ens__bins *b, unsigned code)
{
    return b->low[code] / 2 + b->high[code] / 2;
}

/* The same as ens__cut_try() for absolute error, which needs groups. */
static void try_cut(ens__work *w, size_t feature, ens__order *o)
{
    const ens__bins *b = w->bins[feature];
    const unsigned *code = w->group.code;
    double cut;

    if (o->n == 0) {
        ens__split_note_useless(w, feature);
        return;
    }
    cut = ens__draw_cut(w, b, code[0], code[o->n - 1]);
    o->only = 0;
    while (o->only + 2 < o->n && middle(b, code[o->only + 1]) <= cut)
        o->only++;
    if (try_order(w, feature, o, false))
        w->best.cut = cut;
}

/* A subset of the levels, each in it or not by the toss of a coin, but neither none nor all. */
static void try_subset(ens__work *w, size_t feature, ens__order *o)
{
    uint32_t *order = w->order, tosses = 1;
    size_t in = 0;

    for (size_t g = 0; g < o->n; g++)
        if (ens__draw_toss(w, &tosses)) {
            uint32_t group = order[g];

            order[g] = order[in];
            order[in++] = group;
        }
    o->only = in == 0 ? 0 : in - 1;
    (void)try_order(w, feature, o, true);
}

/* ---- Categories ------------------------------------------------------------------------------------------------ */

static int64_t group_count(const ens__work *w, size_t g)
{
    return w->kind == ENS__SUMS ? w->group.sum[g * w->sums + w->sums - 1] : w->group.n[g];
}

/* Share of class c, or the mean: what groups are ordered by. */
static double group_place(const ens__work *w, size_t g, size_t c)
{
    const int64_t *sum = w->group.sum + g * w->sums;

    switch (w->kind) {
    case ENS__PAIRS:
        return (double)w->group.one[g] / w->group.n[g];
    case ENS__RESPONSES:
        return (double)w->group.v[g] / w->group.n[g];
    case ENS__COUNTS:
        return (double)w->group.class[g * w->classes_up + c] / w->group.n[g];
    default:
        if (w->classes)
            return (double)sum[c] / ens__sum_weight(w, sum);
        return (double)sum[ENS__SUM_V] / (double)sum[ENS__SUM_W];
    }
}

/* Whether a comes before b: equal places by level. All without a branch. */
static inline bool is_before(const ens__placed *a, const ens__placed *b)
{
    return (a->place < b->place) | ((a->place == b->place) & (a->group < b->group));
}

/* Two runs from[begin .. middle) and from[middle .. end) into one. */
static void merge(ens__placed *restrict to, const ens__placed *restrict from,
                  size_t begin, size_t middle, size_t end)
{
    size_t i = begin, j = middle, k = begin;

    while (i < middle && j < end) {
        bool right = is_before(&from[j], &from[i]);

        to[k++] = *(right ? &from[j] : &from[i]);
        j += right;
        i += !right;
    }
    memcpy(to + k, from + i, (middle - i) * sizeof *to);
    memcpy(to + k + (middle - i), from + j, (end - j) * sizeof *to);
}

/* The first n of w->order by place. Merging has no branches that depend on the places, which are as good as random. */
static void sort_groups(ens__work *w, size_t n, size_t c)
{
    ens__placed *from = w->placed, *to = w->placed2;

    for (size_t g = 0; g < n; g++)
        from[g] = (ens__placed){group_place(w, w->order[g], c), w->order[g]};
    for (size_t run = 1; run < n; run *= 2) {
        ens__placed *swap = from;

        for (size_t begin = 0; begin < n; begin += 2 * run) {
            size_t middle = begin + run < n ? begin + run : n;

            merge(to, from, begin, middle, middle + run < n ? middle + run : n);
        }
        from = to;
        to = swap;
    }
    for (size_t g = 0; g < n; g++)
        w->order[g] = from[g].group;
}

/* The class of rank r by weight in the node, SIZE_MAX if there are not so many. */
static size_t class_by_rank(const ens__work *w, const int64_t *sum, size_t r)
{
    for (size_t c = 0; c < w->k; c++) {
        size_t before = 0;

        for (size_t d = 0; d < w->k; d++)
            before += sum[d] > sum[c] || (sum[d] == sum[c] && d < c);
        if (before == r)
            return sum[c] > 0 ? c : SIZE_MAX;
    }
    return SIZE_MAX;
}

/* Levels of too few rows are put behind the others and counted with the missing values. */
static void set_rare_aside(ens__work *w, ens__order *o)
{
    uint32_t *order = w->order;
    size_t kept = 0;

    for (size_t g = 0; g < o->all; g++)
        order[g] = (uint32_t)g;
    for (size_t g = 0; g < o->n; g++) {
        if (group_count(w, g) >= (int64_t)w->o->min_category) {
            order[g] = order[kept];
            order[kept++] = (uint32_t)g;
            continue;
        }
        ens__groups_add(w, w->missing, g);
        o->missing = true;
    }
    o->n = kept;
    o->at = order;
}

static void try_category(ens__work *w, size_t feature, ens__order *o)
{
    size_t orders = w->classes && w->k > 2 ? MAX_ORDERS : 1;

    set_rare_aside(w, o);
    if (o->n + o->missing < 2) { /* and the fewer rows below have no more */
        ens__split_note_useless(w, feature);
        return;
    }
    if (w->o->random_cuts) {
        try_subset(w, feature, o);
        return;
    }
    for (size_t r = 0; r < orders; r++) {
        size_t c = orders > 1 ? class_by_rank(w, o->sum, r) : w->k - 1;

        if (c == SIZE_MAX)
            break;
        sort_groups(w, o->n, c);
        (void)try_order(w, feature, o, true);
    }
}

/* ---- Features ---------------------------------------------------------------------------------------------------- */

/* Of the features of two values those that have one in all rows, in one pass. */
static void note_constant_bits(ens__work *w, size_t begin, size_t n)
{
    const uint8_t *at = w->record + begin * w->stride;
    uint64_t first, word, differ = 0, open = w->bits & ~w->useless;

    if (open == 0)
        return;
    memcpy(&first, at, sizeof first);
    for (size_t i = 0; i < n && (open & ~differ) != 0; i++, at += w->stride) {
        memcpy(&word, at, sizeof word);
        differ |= word ^ first;
    }
    w->useless |= open & ~differ;
}

static int sign_of(const ens__work *w, size_t j)
{
    return w->o->monotonic != NULL ? w->o->monotonic[j] : 0;
}

static void try_groups(ens__work *w, size_t j, const int64_t *sum, size_t begin, size_t n)
{
    size_t groups = ens__groups_make(w, sum, j, begin, n);
    ens__order o = {.at = w->ascending,
                    .all = groups,
                    .sum = sum,
                    .begin = begin,
                    .rows = n,
                    .sign = sign_of(w, j),
                    .only = SIZE_MAX};

    if (groups < 2) {
        ens__split_note_useless(w, j);
        return;
    }
    o.missing = w->group.code[groups - 1] == w->bins[j]->n_bins;
    o.n = groups - o.missing;
    memset(w->missing, 0, w->sums * sizeof *w->missing);
    if (o.missing)
        ens__groups_add(w, w->missing, groups - 1);
    if (w->a->rows.feature[j].code != NULL)
        try_category(w, j, &o);
    else if (w->o->random_cuts)
        try_cut(w, j, &o);
    else
        (void)try_order(w, j, &o, false);
}

static void try_feature(ens__work *w, size_t j, const ens__order *node, ens__search how)
{
    bool number = w->a->rows.feature[j].code == NULL;

    if (number && w->o->random_cuts && w->o->criterion != ENS__ABSOLUTE_ERROR) {
        if (w->sweep == NULL || !ens__sweep_try(w, j, node))
            ens__cut_try(w, j, node);
        return;
    }
    if (w->sweep != NULL) /* of equal splits the first one stays */
        ens__sweep_end(w, node);
    if (!number && ens__sum_count(w, node->sum) < w->o->min_category)
        ens__split_note_useless(w, j); /* each level is too rare */
    else if (!number ||
             (!ens__direct_try(w, how, j, node->sum, node->begin, node->rows) &&
              !ens__fine_try(w, j, node->sum, node->begin, node->rows)))
        try_groups(w, j, node->sum, node->begin, node->rows);
}

void ens__split_try(ens__work *w, size_t j, const ens__order *node)
{
    if (!ens__split_is_useless(w, j))
        try_feature(w, j, node, ENS__BY_GROUPS);
}

/* All candidates of a node that a team looks at. */
static size_t try_together(ens__work *w, const ens__order *node)
{
    size_t m = w->o->max_features;

    for (size_t i = 0; i < m; i++)
        ens__draw_feature(w, i);
    ens__team_try(w, node, w->permutation, m);
    return m;
}

void ens__split_find(ens__work *w, const int64_t *sum, size_t begin, size_t n,
                     uint64_t path)
{
    ens__order node = {.sum = sum, .begin = begin, .rows = n};
    ens__search how;
    size_t i = 0;

    w->best = (ens__split){.found = false};
    ens__boundary_begin(w, sum);
    if (n == 2) /* there is but one way to part them */
        w->most = -INFINITY;
    how = ens__direct_begin(w, sum, begin, n);
    ens__stream_move(&w->draws, path);
    if (w->sweep != NULL)
        ens__sweep_begin(w, &node);
    else
        note_constant_bits(w, begin, n);
    if (w->team != NULL && n >= ENS__SHARED_ROWS && !w->o->random_cuts)
        i = try_together(w, &node);
    for (size_t batch; (batch = ens__draw_more(w, i, n)) > 0; i += batch) {
        for (size_t c = i; c < i + batch; c++)
            ens__draw_feature(w, c);
        for (size_t c = i; c < i + batch && !ens__draw_is_best(w); c++)
            if (!ens__split_is_useless(w, w->permutation[c]))
                try_feature(w, w->permutation[c], &node, how);
        if (w->sweep != NULL)
            ens__sweep_end(w, &node);
    }
    ens__draw_put_back(w, i);
    if (!w->o->random_cuts) {
        ens__fine_complete(w, sum, begin, n);
        ens__direct_complete(w, sum, begin, n);
    }
}
