/* proximity.c - which rows a forest takes for alike (Breiman 2001): the share of trees in which two rows end in
 * one leaf; nearest rows and outliers by it.
 *
 * The rows of each leaf of each tree are listed, so the proximities of a row are counted along the lists that
 * it stands in: a pair that never meets costs nothing.  A task is a row.  Out of bag only the rows that a tree
 * did not draw stand in its lists, and a count is over the trees that drew neither of the two. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <ensemble/oob.h>
#include <explain/explain.h>
#include <math.h>
#include <num/stats.h>
#include <string.h>

/* Not in the lists of a tree. */
#define DRAWN UINT32_MAX

typedef struct near {
    size_t n, trees, words;
    ens__grove g;
    uint32_t *leaf;   /* [trees][n], DRAWN for rows that are left out */
    uint32_t **start; /* [trees][nodes + 1] of the tree: first of a leaf's rows in list */
    uint32_t *list;   /* [trees][n] rows by leaf */
    uint64_t *
        out; /* [n][words] a bit for each tree that did not draw the row; NULL: all count */
    unsigned n_workers;
    uint32_t *
        count; /* [workers][n] trees in which another row shares the leaf: zeros between tasks */
    uint32_t *
        touched; /* [workers][n + 1] rows with a count as they were met, and room to write one more */
} near;

static void near_clear(near *d)
{
    for (size_t t = 0; d->start != NULL && t < d->trees; t++)
        ens__free(d->start[t]);
    ens__free(d->start);
    ens__grove_clear(&d->g);
    ens__free(d->leaf);
    ens__free(d->list);
    ens__free(d->out);
    ens__free(d->count);
    ens__free(d->touched);
}

/* ---- Lists of leaves ---------------------------------------------- */

/* The rows of tree t by leaf: a counting sort. */
static ens_status list_tree(void *ctx, size_t t, unsigned worker, ens_error *err)
{
    near *d = ctx;
    const uint32_t *leaf = d->leaf + t * d->n;
    size_t nodes = d->g.grown[t].tree->n_nodes;
    uint32_t *start = ens__zeros(nodes + 1, sizeof *start), *list = d->list + t * d->n;

    (void)worker;
    if (start == NULL)
        return ens__nomem(err);
    d->start[t] = start;
    for (size_t i = 0; i < d->n; i++)
        if (leaf[i] != DRAWN)
            start[leaf[i]]++;
    for (size_t node = 0, sum = 0; node <= nodes; node++) { /* now the end of each */
        sum += start[node];
        start[node] = (uint32_t)sum;
    }
    for (size_t i = d->n; i-- > 0;) /* and back to its beginning */
        if (leaf[i] != DRAWN)
            list[--start[leaf[i]]] = (uint32_t)i;
    return ENS_OK;
}

/* Leave the rows that a tree drew out of it. */
static ens_status leave_drawn(near *d, const ens_model *model, const ens_dataset *data,
                              const ens_exec *exec, ens_error *err)
{
    ens__refit r;
    uint64_t *in_bag = NULL;
    uint32_t *place = NULL;
    ens_status st;

    if ((st = ens__refit_again(&r, model, data, exec, err)) != ENS_OK ||
        (st = ens__refit_bags(&in_bag, &r, err)) != ENS_OK)
        goto done;
    d->words = ens__oob_words(d->trees);
    d->out = ens__zeros(d->n, d->words * sizeof *d->out);
    place = ens__zeros(r.a.n_table, sizeof *place);
    if (d->out == NULL || place == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < r.plan.n; i++)
        place[r.plan.row[i]] = (uint32_t)i + 1;
    for (size_t t = 0; t < d->trees; t++) {
        const uint64_t *bag = in_bag + d->g.grown[t].member * ens__oob_words(r.plan.n);

        for (size_t i = 0; i < d->n; i++) {
            uint32_t at = place[data->row[i]]; /* 0: of weight 0, so nobody drew it */

            if (at > 0 && ens__oob_bit(bag, at - 1))
                d->leaf[t * d->n + i] = DRAWN;
            else
                d->out[i * d->words + t / 64] |= (uint64_t)1 << t % 64;
        }
    }
done:
    ens__free(place);
    ens__free(in_bag);
    ens__refit_clear(&r);
    return st;
}

static ens_status near_make(near *d, const ens_model *model, const ens_dataset *data,
                            ens_proximity which, const ens_exec *exec, ens_error *err)
{
    static const ens_predict_options as_it_is;
    ens__alignment aligned = {0};
    ens_status st;

    d->n = data->n;
    if ((st = ens__grove_make(&d->g, model, err)) != ENS_OK ||
        (st = ens__align(&aligned, model, data, &as_it_is, err)) != ENS_OK)
        goto done;
    d->trees = d->g.n;
    d->n_workers = ens__par_workers(d->n, exec);
    d->leaf = ens__array(d->trees, d->n * sizeof *d->leaf);
    d->list = ens__array(d->trees, d->n * sizeof *d->list);
    d->start = ens__zeros(d->trees, sizeof *d->start);
    d->count = ens__zeros(d->n_workers, d->n * sizeof *d->count);
    d->touched = ens__array(d->n_workers, (d->n + 1) * sizeof *d->touched);
    if (d->leaf == NULL || d->list == NULL || d->start == NULL || d->count == NULL ||
        d->touched == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    st = ens__leaves_find(&(ens__leaf_table){d->leaf, 1, d->n}, &d->g,
                          &(ens_rows){aligned.feature, aligned.p, data->row, data->n},
                          exec, err);
    if (st == ENS_OK && which == ENS_PROXIMITY_OOB)
        st = leave_drawn(d, model, data, exec, err);
    if (st == ENS_OK)
        st = ens__par_for(d->trees, exec, "listing leaves", list_tree, d, NULL, err);
done:
    ens__alignment_clear(&aligned);
    return st;
}

/* ---- One row ---------------------------------------------- */

/* Count the trees that row i shares with others, itself included; returns how many others it met. */
static size_t meet(const near *d, size_t i, uint32_t *count, uint32_t *touched)
{
    size_t n = 0;

    for (size_t t = 0; t < d->trees; t++) {
        uint32_t leaf = d->leaf[t * d->n + i];
        const uint32_t *list = d->list + t * d->n;

        if (leaf == DRAWN)
            continue;
        for (uint32_t at = d->start[t][leaf]; at < d->start[t][leaf + 1]; at++) {
            touched[n] = list[at];
            n += count[list[at]]++ == 0;
        }
    }
    return n;
}

static unsigned bits_in(uint64_t v)
{
    v -= v >> 1 & 0x5555555555555555u;
    v = (v & 0x3333333333333333u) + (v >> 2 & 0x3333333333333333u);
    v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return (unsigned)(v * 0x0101010101010101u >> 56);
}

/* Trees that count for a pair. */
static size_t trees_of(const near *d, size_t i, size_t j)
{
    size_t n = 0;

    if (d->out == NULL)
        return d->trees;
    for (size_t w = 0; w < d->words; w++)
        n += bits_in(d->out[i * d->words + w] & d->out[j * d->words + w]);
    return n;
}

static double share(const near *d, size_t i, size_t j, uint32_t count)
{
    return (double)count / (double)trees_of(d, i, j); /* 0 / 0: no tree left both out */
}

/* ---- All pairs ---------------------------------------------- */

typedef struct dense {
    const near *d;
    double *out;
} dense;

static ens_status fill_row(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const dense *job = ctx;
    const near *d = job->d;
    uint32_t *count = d->count + worker * d->n;
    double *out = job->out + i * d->n;

    (void)err;
    meet(d, i, count, d->touched + worker * (d->n + 1));
    for (size_t j = 0; j < d->n; j++)
        out[j] = share(d, i, j, count[j]);
    memset(count, 0, d->n * sizeof *count);
    return ENS_OK;
}

ens_status ens_model_proximities(const ens_model *model, const ens_dataset *data,
                                 ens_proximity which, double *out, const ens_exec *exec,
                                 ens_error *err)
{
    near d = {0};
    ens_status st = near_make(&d, model, data, which, exec, err);

    if (st == ENS_OK)
        st = ens__par_for(d.n, exec, "comparing rows", fill_row, &(dense){&d, out}, NULL,
                          err);
    near_clear(&d);
    return st;
}

/* ---- Nearest rows ---------------------------------------------- */

typedef struct nearest {
    const near *d;
    ens_neighbor *out;
    size_t m;
} nearest;

/* Put one into its place among the m best, of which the last falls out. */
static void keep(ens_neighbor *best, size_t m, size_t row, double proximity)
{
    size_t at = m;

    while (at > 0 && (proximity > best[at - 1].proximity ||
                      (proximity == best[at - 1].proximity && row < best[at - 1].row)))
        at--;
    if (at == m)
        return;
    memmove(best + at + 1, best + at, (m - 1 - at) * sizeof *best);
    best[at] = (ens_neighbor){row, proximity};
}

static ens_status find_nearest(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const nearest *job = ctx;
    const near *d = job->d;
    uint32_t *count = d->count + worker * d->n,
             *touched = d->touched + worker * (d->n + 1);
    ens_neighbor *out = job->out + i * job->m;
    size_t n = meet(d, i, count, touched);

    (void)err;
    for (size_t b = 0; b < job->m; b++)
        out[b] = (ens_neighbor){SIZE_MAX, 0};
    for (size_t a = 0; a < n; a++) {
        uint32_t j = touched[a];

        if (j != i)
            keep(out, job->m, j, share(d, i, j, count[j]));
        count[j] = 0;
    }
    return ENS_OK;
}

ens_status ens_model_neighbors(const ens_model *model, const ens_dataset *data,
                               ens_proximity which, size_t m, ens_neighbor *out,
                               const ens_exec *exec, ens_error *err)
{
    near d = {0};
    ens_status st;

    if (m == 0)
        return ens__fail(err, ENS_EINVAL, "ens_model_neighbors: m is 0");
    if ((st = near_make(&d, model, data, which, exec, err)) == ENS_OK)
        st = ens__par_for(d.n, exec, "comparing rows", find_nearest,
                          &(nearest){&d, out, m}, NULL, err);
    near_clear(&d);
    return st;
}

/* ---- Outliers ---------------------------------------------- */

typedef struct outlying {
    const near *d;
    const int32_t *label; /* NULL: all of one class */
    double *out;
} outlying;

/* n over the sum of squared proximities to the rows of its class. */
static ens_status measure(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    const outlying *job = ctx;
    const near *d = job->d;
    uint32_t *count = d->count + worker * d->n,
             *touched = d->touched + worker * (d->n + 1);
    size_t n = meet(d, i, count, touched);
    double sum = n == 0; /* drawn by all: it is near itself alone */

    (void)err;
    for (size_t a = 0; a < n; a++) {
        uint32_t j = touched[a];
        double near_j = share(d, i, j, count[j]);

        if (job->label == NULL || job->label[i] == job->label[j])
            sum += near_j * near_j;
        count[j] = 0;
    }
    job->out[i] = (double)d->n / sum;
    return ENS_OK;
}

/* Centre the rows of class c at their median, in units of their mean absolute deviation from it. */
static void standardise(double *out, const int32_t *label, size_t n, int32_t c,
                        double *sorted)
{
    double median, deviation = 0;
    size_t m = 0;

    for (size_t i = 0; i < n; i++)
        if (label == NULL || label[i] == c)
            sorted[m++] = out[i];
    if (m == 0)
        return;
    ens__sort_doubles(sorted, m);
    median = ens__quantile_sorted(sorted, m, 0.5);
    for (size_t i = 0; i < m; i++)
        deviation += fabs(sorted[i] - median) / (double)m;
    for (size_t i = 0; i < n; i++)
        if (label == NULL || label[i] == c)
            out[i] = deviation > 0 ? (out[i] - median) / deviation : 0;
}

ens_status ens_model_outliers(const ens_model *model, const ens_dataset *data,
                              ens_proximity which, double *out, const ens_exec *exec,
                              ens_error *err)
{
    bool classes = model->schema.task == ENS_TASK_CLASSIFICATION;
    near d = {0};
    int32_t *label = NULL;
    double *sorted = NULL;
    ens_status st;

    if ((st = near_make(&d, model, data, which, exec, err)) != ENS_OK)
        goto done;
    sorted = ens__array(d.n, sizeof *sorted);
    label = ens__array(d.n, sizeof *label);
    if (sorted == NULL || label == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if (classes && (st = ens_model_targets(model, data, label, NULL, err)) != ENS_OK)
        goto done;
    st = ens__par_for(d.n, exec, "comparing rows", measure,
                      &(outlying){&d, classes ? label : NULL, out}, NULL, err);
    for (int32_t c = -1; c < (int32_t)model->schema.k && st == ENS_OK; c++)
        if (classes || c == 0)
            standardise(out, classes ? label : NULL, d.n, c, sorted);
done:
    ens__free(sorted);
    ens__free(label);
    near_clear(&d);
    return st;
}
