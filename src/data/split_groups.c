/* split_groups.c - random splits of tables whose rows have groups, such as the answers to one query: a group goes to
 * one side as a whole, or scores would be of rows whose like was trained on.
 *
 * Groups are put into a random order. Folds take them in turn, always the one with fewest rows; a holdout takes them
 * while that brings it nearer to its share. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/dataset.h>
#include <num/sample.h>

/* The groups that occur in a dataset, at random, and the rows of each. */
typedef struct groups {
    uint32_t *order; /* [n] */
    size_t *rows;    /* [n_groups of the table] */
    size_t n;
} groups;

static void groups_clear(groups *g)
{
    ens__free(g->order);
    ens__free(g->rows);
}

static ens_status groups_init(groups *g, const ens_dataset *data, uint64_t seed,
                              ens_error *err)
{
    const ens__table *t = data->table;
    ens__stream s;

    *g = (groups){ens__array(t->n_groups, sizeof *g->order),
                  ens__zeros(t->n_groups, sizeof *g->rows), 0};
    if (g->order == NULL || g->rows == NULL) {
        groups_clear(g);
        return ens__nomem(err);
    }
    for (size_t i = 0; i < data->n; i++)
        g->rows[t->group_of[data->row[i]]]++;
    for (size_t q = 0; q < t->n_groups; q++)
        if (g->rows[q] > 0)
            g->order[g->n++] = (uint32_t)q;
    ens__stream_init(&s, seed, ENS__FOR_SPLIT, 0);
    ens__sample_shuffle(g->order, g->n, &s);
    return ENS_OK;
}

static size_t smallest(const size_t *size, size_t n)
{
    size_t at = 0;

    for (size_t f = 1; f < n; f++)
        if (size[f] < size[at])
            at = f;
    return at;
}

ens_status ens__groups_kfold(uint32_t *fold, const ens_dataset *data, size_t n_folds,
                             uint64_t seed, ens_error *err)
{
    const ens__table *t = data->table;
    groups g;
    size_t *size = NULL, *of_group = NULL;
    ens_status st;

    if ((st = groups_init(&g, data, seed, err)) != ENS_OK)
        return st;
    if (n_folds > g.n) {
        st = ens__fail(err, ENS_EINVAL,
                       "n_folds = %zu is outside [2, %zu], the table's groups", n_folds,
                       g.n);
        goto done;
    }
    size = ens__zeros(n_folds, sizeof *size);
    of_group = ens__zeros(t->n_groups, sizeof *of_group);
    if (size == NULL || of_group == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t q = 0; q < g.n; q++) {
        size_t f = smallest(size, n_folds);

        size[f] += g.rows[g.order[q]];
        of_group[g.order[q]] = f;
    }
    for (size_t i = 0; i < data->n; i++)
        fold[i] = (uint32_t)of_group[t->group_of[data->row[i]]];
done:
    ens__free(size);
    ens__free(of_group);
    groups_clear(&g);
    return st;
}

/* How far m rows are from the share. */
static double off(double m, double share)
{
    return m > share ? m - share : share - m;
}

ens_status ens__groups_holdout(unsigned char *second, const ens_dataset *data,
                               double fraction, uint64_t seed, ens_error *err)
{
    const ens__table *t = data->table;
    double share = fraction * (double)data->n, taken = 0;
    unsigned char *of_group = NULL;
    groups g;
    ens_status st;

    if ((st = groups_init(&g, data, seed, err)) != ENS_OK)
        return st;
    if (g.n < 2) {
        st = ens__fail(err, ENS_EINVAL, "a table of one group cannot be split in two");
        goto done;
    }
    if ((of_group = ens__zeros(t->n_groups, sizeof *of_group)) == NULL) {
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
    for (size_t i = 0; i < data->n; i++)
        second[i] = of_group[t->group_of[data->row[i]]];
done:
    ens__free(of_group);
    groups_clear(&g);
    return st;
}
