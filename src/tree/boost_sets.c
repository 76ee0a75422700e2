/* boost_sets.c - the best set of levels of a category.
 *
 * Levels are put in the order of gradient over hessian, in which some boundary is the best of all sets for a loss of
 * second order (Fisher 1958).  Levels of few rows go with the missing values; the others' hessians get cat_smooth, and
 * sides cat_lambda, since the order was made by the very rows that it is judged by (as in LightGBM). */
#include <config.h>

#include <core/error.h>
#include <num/stats.h>
#include <string.h>
#include <tree/boost_work.h>

static ens__boost_sum cell_sum(ens__cells cells, size_t c)
{
    return (ens__boost_sum){cells.g[c], cells.h != NULL ? cells.h[c] : cells.n[c],
                            cells.n[c]};
}

static void add(ens__boost_sum *to, ens__boost_sum s)
{
    to->g += s.g;
    to->h += s.h;
    to->n += s.n;
}

/* A number as a float, with a level in the digits that a double has more: they sort by the number. */
static double tagged(double x, uint32_t level)
{
    double v = (double)(float)x;
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    bits |= level;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static uint32_t tag_of(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    return (uint32_t)bits & 0xffff;
}

/* Levels of enough rows into s->level, by their place, which matters near the ends alone; what the others come to into
 * *others. */
static size_t order_levels(ens__boost_sum *others, ens__boost_scratch *s,
                           const ens__booster *b, const ens__bins *bins, ens__cells cells)
{
    uint32_t digits = bins->n_bins + (bins->has_missing ? 1 : 0);
    size_t m = 0;

    *others = (ens__boost_sum){0};
    for (uint32_t c = 0; c < digits; c++) {
        if (c < bins->n_bins && cells.n[c] >= b->o->min_level) {
            ens__boost_sum one = cell_sum(cells, c);

            s->place[m++] = tagged((double)one.g / ((double)one.h + b->cat_smooth), c);
        } else if (cells.n[c] > 0) {
            add(others, cell_sum(cells, c));
        }
    }
    ens__sort_ends(s->place, m, b->o->cat_most);
    for (size_t i = 0; i < m; i++)
        s->level[i] = tag_of(s->place[i]);
    return m;
}

typedef struct choice {
    double score;
    size_t at; /* the last level in the order that goes left */
    bool others_left;
    ens__boost_sum left;
} choice;

/* Boundaries of m levels in their order, with the others on one side, into *best, if better. */
static bool scan_levels(choice *best, const ens__boost_scratch *s, const ens__booster *b,
                        ens__cells cells, size_t m, const ens__boost_node *node,
                        const ens__boost_sum *others_left)
{
    const ens__boost_sum *sum = &node->sum;
    ens__boost_sum left = others_left != NULL ? *others_left : (ens__boost_sum){0};
    double lambda = b->lambda + b->cat_lambda;
    bool better = false;

    for (size_t i = 0; i < m; i++) {
        size_t smaller = i + 1 < m - i - 1 ? i + 1 : m - i - 1;
        ens__boost_sum right;
        double score;

        add(&left, cell_sum(cells, s->level[i]));
        if (smaller > b->o->cat_most)
            continue;
        right = (ens__boost_sum){sum->g - left.g, sum->h - left.h, sum->n - left.n};
        if (left.n < (int64_t)b->o->min_leaf || right.n < (int64_t)b->o->min_leaf ||
            (double)left.h < b->min_hessian || (double)right.h < b->min_hessian)
            continue;
        score = ens__boost_side(b, &left, lambda, node) +
                ens__boost_side(b, &right, lambda, node);
        if (score > best->score) {
            *best = (choice){score, i, others_left != NULL, left};
            better = true;
        }
    }
    return better;
}

ens_status ens__boost_sets(ens__boost_split *best, ens__boost_scratch *s,
                           const ens__booster *b, uint32_t member, ens__cells cells,
                           const ens__boost_node *node, ens_error *err)
{
    const ens__bins *bins = b->rows->member[member].bins;
    double before = ens__boost_side(b, &node->sum, b->lambda, node);
    choice c = {.score = before + b->min_gain +
                         ENS__BOOST_MARGIN * (before < 0 ? -before : before)};
    size_t words = (bins->n_bins + 1 + 31) / 32, m;
    ens__boost_sum others;
    bool better;

    m = order_levels(&others, s, b, bins, cells);
    better = scan_levels(&c, s, b, cells, m, node, NULL);
    if (others.n > 0 && scan_levels(&c, s, b, cells, m, node, &others))
        better = true;
    if (!better || !ens__boost_better(c.score - before, member, best, b))
        return ENS_OK;
    *best = (ens__boost_split){.gain = c.score - before,
                               .member = member,
                               .by_set = true,
                               .missing_left = c.others_left,
                               .left = c.left};
    if (others.n == 0)
        best->missing_left = 2 * c.left.n > node->sum.n;
    if ((best->set = ens__arena_take(&s->arena, words, sizeof *best->set)) == NULL)
        return ens__nomem(err);
    memset(best->set, best->missing_left ? 0xff : 0, words * sizeof *best->set);
    for (size_t i = 0; i < m; i++) {
        uint32_t l = s->level[i];

        if (i <= c.at)
            best->set[l / 32] |= 1u << l % 32;
        else
            best->set[l / 32] &= ~(1u << l % 32);
    }
    return ENS_OK;
}
