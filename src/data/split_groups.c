/* split_groups.c - random splits of tables whose rows have groups, such as the answers to one query: a group goes to
 * one side as a whole, or scores would be of rows whose like was trained on.
 *
 * Folds take groups from the largest to the smallest, equal ones at random, always the fold with fewest rows; a holdout
 * takes them at random while that brings it nearer to its share.  Where classes shall be spread too, groups come from
 * the most uneven in its classes to the least, each to the fold that makes the folds most alike: scikit-learn's
 * StratifiedGroupKFold. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/folds.h>
#include <math.h>
#include <num/sample.h>
#include <num/stats.h>

/* The groups that occur among rows, and the rows of each. */
typedef struct groups {
    uint32_t *order; /* [n] */
    size_t *rows;    /* [n_groups of the table] */
    size_t n;
} groups;

static void groups_clear(groups *g)
{
    ens__free(g->order);
    ens__free(g->rows);
    *g = (groups){0};
}

static ens_status groups_init(groups *g, const ens__split_rows *rows, ens__stream *s,
                              ens_error *err)
{
    *g = (groups){ens__array(rows->n_groups, sizeof *g->order),
                  ens__zeros(rows->n_groups, sizeof *g->rows), 0};
    if (g->order == NULL || g->rows == NULL) {
        groups_clear(g);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < rows->n; i++)
        g->rows[rows->group[rows->row[i]]]++;
    for (size_t q = 0; q < rows->n_groups; q++)
        if (g->rows[q] > 0)
            g->order[g->n++] = (uint32_t)q;
    if (s != NULL)
        ens__sample_shuffle(g->order, g->n, s);
    return ENS_OK;
}

/* Those with the least key first, equal ones as they are. key[n] goes with the order. */
static ens_status groups_sort(groups *g, const double *key, ens_error *err)
{
    uint32_t *place = ens__array(g->n, sizeof *place);
    uint32_t *order = ens__array(g->n, sizeof *order);

    if (place == NULL || order == NULL) {
        ens__free(place);
        ens__free(order);
        return ens__nomem(err);
    }
    ens__sort_index(place, key, g->n);
    for (size_t i = 0; i < g->n; i++)
        order[i] = g->order[place[i]];
    ens__free(place);
    ens__free(g->order);
    g->order = order;
    return ENS_OK;
}

static ens_status check_number(const groups *g, size_t n_folds, ens_error *err)
{
    if (n_folds <= g->n)
        return ENS_OK;
    return ens__fail(err, ENS_EINVAL,
                     "n_folds = %zu is outside [2, %zu], the table's groups", n_folds,
                     g->n);
}

static size_t smallest(const size_t *size, size_t n)
{
    size_t at = 0;

    for (size_t f = 1; f < n; f++)
        if (size[f] < size[at])
            at = f;
    return at;
}

ens_status ens__split_deal_groups(uint32_t *fold, const ens__split_rows *rows,
                                  const ens__dealing *how, ens_error *err)
{
    groups g;
    size_t *size = NULL, *of_group = NULL;
    double *key = NULL;
    ens__stream s;
    ens_status st;

    ens__stream_init(&s, how->seed, ENS__FOR_SPLIT, how->repeat);
    if ((st = groups_init(&g, rows, how->shuffle ? &s : NULL, err)) != ENS_OK)
        return st;
    if ((st = check_number(&g, how->n_folds, err)) != ENS_OK)
        goto done;
    size = ens__zeros(how->n_folds, sizeof *size);
    of_group = ens__zeros(rows->n_groups, sizeof *of_group);
    key = ens__array(g.n, sizeof *key);
    if (size == NULL || of_group == NULL || key == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if (!how->shuffle) /* scikit-learn reverses an ascending sort: the last of equals first */
        for (size_t q = 0; q < g.n / 2; q++) {
            uint32_t kept = g.order[q];

            g.order[q] = g.order[g.n - 1 - q];
            g.order[g.n - 1 - q] = kept;
        }
    for (size_t q = 0; q < g.n; q++)
        key[q] = -(double)g.rows[g.order[q]];
    if ((st = groups_sort(&g, key, err)) != ENS_OK)
        goto done;
    for (size_t q = 0; q < g.n; q++) {
        size_t f = smallest(size, how->n_folds);

        size[f] += g.rows[g.order[q]];
        of_group[g.order[q]] = f;
    }
    for (size_t i = 0; i < rows->n; i++)
        fold[i] = (uint32_t)of_group[rows->group[rows->row[i]]];
done:
    ens__free(key);
    ens__free(size);
    ens__free(of_group);
    groups_clear(&g);
    return st;
}

/* ---- Groups and classes ---- */

/* Who has how many rows of each class. */
typedef struct census {
    double *group; /* [n_groups][k] */
    double *fold;  /* [n_folds][k] */
    double *all;   /* [k] */
    size_t k, n_folds;
} census;

static void census_clear(census *c)
{
    ens__free(c->group);
    ens__free(c->fold);
    ens__free(c->all);
}

static ens_status census_init(census *c, const ens__split_rows *rows, size_t n_folds,
                              ens_error *err)
{
    size_t k = rows->label != NULL ? rows->k : 1;

    *c = (census){ens__zeros(rows->n_groups * k, sizeof *c->group),
                  ens__zeros(n_folds * k, sizeof *c->fold), ens__zeros(k, sizeof *c->all),
                  k, n_folds};
    if (c->group == NULL || c->fold == NULL || c->all == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < rows->n; i++) {
        size_t r = rows->row[i], label = rows->label != NULL ? (size_t)rows->label[r] : 0;

        c->group[rows->group[r] * k + label]++;
        c->all[label]++;
    }
    return ENS_OK;
}

/* Standard deviation of n values, `step` apart, over a unit. */
static double spread(const double *v, size_t n, size_t step, double unit)
{
    double mean = 0, sum = 0;

    for (size_t i = 0; i < n; i++)
        mean += v[i * step] / unit;
    mean /= (double)n;
    for (size_t i = 0; i < n; i++) {
        double off = v[i * step] / unit - mean;

        sum += off * off;
    }
    return sqrt(sum / (double)n);
}

/* How unlike the folds are in their classes, once a group is in fold f: the mean over classes of the spread of
 * the folds' shares; and the rows that the fold has before. */
static double unlikeness(census *c, size_t f, const double *group, double *rows)
{
    double *fold = c->fold + f * c->k, sum = 0, classes = 0;

    *rows = 0;
    for (size_t y = 0; y < c->k; y++) {
        *rows += fold[y];
        fold[y] += group[y];
        if (c->all[y] > 0) {
            sum += spread(c->fold + y, c->n_folds, c->k, c->all[y]);
            classes++;
        }
        fold[y] -= group[y];
    }
    return sum / classes;
}

static size_t best_fold(census *c, const double *group)
{
    size_t best = 0;
    double least = INFINITY, fewest = INFINITY;

    for (size_t f = 0; f < c->n_folds; f++) {
        double rows, value = unlikeness(c, f, group, &rows);
        bool equal = fabs(value - least) <= 1e-8 + 1e-5 * fabs(least);

        if (value < least || (equal && rows < fewest)) {
            best = f;
            least = value;
            fewest = rows;
        }
    }
    return best;
}

ens_status ens__split_deal_both(uint32_t *fold, const ens__split_rows *rows,
                                const ens__dealing *how, ens_error *err)
{
    groups g = {0};
    census c = {0};
    uint32_t *of_group = NULL;
    double *key = NULL;
    ens__stream s;
    ens_status st;

    ens__stream_init(&s, how->seed, ENS__FOR_SPLIT, how->repeat);
    if ((st = groups_init(&g, rows, how->shuffle ? &s : NULL, err)) != ENS_OK ||
        (st = check_number(&g, how->n_folds, err)) != ENS_OK ||
        (st = census_init(&c, rows, how->n_folds, err)) != ENS_OK)
        goto done;
    of_group = ens__zeros(rows->n_groups, sizeof *of_group);
    key = ens__array(g.n, sizeof *key);
    if (of_group == NULL || key == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t q = 0; q < g.n; q++)
        key[q] = -spread(c.group + g.order[q] * c.k, c.k, 1, 1);
    if ((st = groups_sort(&g, key, err)) != ENS_OK)
        goto done;
    for (size_t q = 0; q < g.n; q++) {
        const double *group = c.group + g.order[q] * c.k;
        size_t f = best_fold(&c, group);

        for (size_t y = 0; y < c.k; y++)
            c.fold[f * c.k + y] += group[y];
        of_group[g.order[q]] = (uint32_t)f;
    }
    for (size_t i = 0; i < rows->n; i++)
        fold[i] = of_group[rows->group[rows->row[i]]];
done:
    ens__free(key);
    ens__free(of_group);
    census_clear(&c);
    groups_clear(&g);
    return st;
}

/* ---- Holdout ---- */

/* How far m rows are from the share. */
static double off(double m, double share)
{
    return m > share ? m - share : share - m;
}

ens_status ens__split_holdout_groups(unsigned char *second, const ens__split_rows *rows,
                                     double fraction, uint64_t seed, uint64_t repeat,
                                     ens_error *err)
{
    double share = fraction * (double)rows->n, taken = 0;
    unsigned char *of_group = NULL;
    groups g;
    ens__stream s;
    ens_status st;

    ens__stream_init(&s, seed, ENS__FOR_SPLIT, repeat);
    if ((st = groups_init(&g, rows, &s, err)) != ENS_OK)
        return st;
    if (g.n < 2) {
        st = ens__fail(err, ENS_EINVAL, "a table of one group cannot be split in two");
        goto done;
    }
    if ((of_group = ens__zeros(rows->n_groups, sizeof *of_group)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t q = 0; q < g.n - 1; q++) { /* one group stays */
        double more = taken + (double)g.rows[g.order[q]];

        if (q > 0 && off(more, share) > off(taken, share))
            break;
        of_group[g.order[q]] = 1;
        taken = more;
    }
    for (size_t i = 0; i < rows->n; i++)
        second[i] = of_group[rows->group[rows->row[i]]];
done:
    ens__free(of_group);
    groups_clear(&g);
    return st;
}
