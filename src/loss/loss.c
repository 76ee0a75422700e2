/* loss.c - a loss at work: targets, blocks of rows, gradients and values of all of them, predictions. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <loss/loss.h>
#include <math.h>
#include <num/stats.h>

/* Rows of a task of the loops below. */
#define BLOCK ((size_t)4096)
/* Responses are kept as floats, of whose range this leaves room for scores. */
#define LARGEST 1e30

/* ---- Targets --------------------------------------------------------------------------------------------------- */

/* The response of row i that scores are compared with. */
static double response(const ens__loss *loss, const ens__loss_targets *t, size_t i)
{
    double y = t->y[t->row[i]];

    return t->offset != NULL && ens__loss_shifts(loss) ? y - t->offset[t->row[i]] : y;
}

ens_status ens__loss_check_offset(const ens__loss *loss, ens_error *err)
{
    if (loss->k == 1 || ens__loss_shifts(loss))
        return ENS_OK;
    return ens__fail(err, ENS_ESUPPORT,
                     "loss %s has %zu scores a row: one offset for all of them changes "
                     "nothing",
                     loss->type->name, loss->k);
}

static const char *trouble(const ens__loss *loss, double origin, double y)
{
    if (!isfinite(y))
        return "is not finite";
    if (fabs(y - origin) > LARGEST)
        return "is beyond 1e+30";
    return loss->type->refuses != NULL ? loss->type->refuses(loss->params, y) : NULL;
}

ens_status ens__loss_check(const ens__loss *loss, double origin,
                           const ens__loss_targets *t, ens_error *err)
{
    const char *what;

    if ((loss->type->caps & ENS_LOSS_CLASSIFIES) != 0)
        return ENS_OK;
    for (size_t i = 0; i < t->n; i++) {
        double y = response(loss, t, i);

        if ((what = trouble(loss, origin, y)) != NULL)
            return ens__fail(err, ENS_EDATA, "loss %s: the target %g of row %zu %s",
                             loss->type->name, y, (size_t)t->row[i] + 1, what);
    }
    return ENS_OK;
}

/* The lower median. */
static ens_status median(double *out, const ens__loss *loss, const ens__loss_targets *t,
                         ens_error *err)
{
    double *y = ens__array(t->n, sizeof *y);

    if (y == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < t->n; i++)
        y[i] = response(loss, t, i);
    *out = ens__kth(y, t->n, (t->n - 1) / 2);
    ens__free(y);
    return ENS_OK;
}

ens_status ens__loss_origin(double *out, const ens__loss *loss,
                            const ens__loss_targets *t, ens_error *err)
{
    ens_status st;

    *out = 0;
    if ((loss->type->caps & ENS_LOSS_SHIFTS) != 0 && t->n > 0 &&
        (st = median(out, loss, t, err)) != ENS_OK)
        return st;
    return ens__loss_check(loss, *out, t, err);
}

void ens__loss_fill(float *y, const ens__loss *loss, double origin,
                    const ens__loss_targets *t)
{
    if ((loss->type->caps & ENS_LOSS_CLASSIFIES) != 0) {
        for (size_t i = 0; i < t->n; i++)
            y[i] = (float)t->label[t->row[i]];
        return;
    }
    for (size_t i = 0; i < t->n; i++)
        y[i] = (float)(response(loss, t, i) - origin);
}

/* ---- Groups ---------------------------------------------------------------------------------------------------- */

/* Row i of a fit by its place in the table. */
static size_t table_row(const uint32_t *row, size_t i)
{
    return row != NULL ? row[i] : i;
}

/* No two of q runs of rows are of the same group. */
static ens_status check_apart(const uint32_t *begin, size_t q, const uint32_t *of_row,
                              const uint32_t *row, ens_error *err)
{
    double *number = ens__array(q, sizeof *number);
    uint32_t *order = ens__array(q, sizeof *order);
    ens_status st = ENS_OK;

    if (number == NULL || order == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < q; i++)
        number[i] = of_row[table_row(row, begin[i])];
    ens__sort_index(order, number, q);
    for (size_t i = 1; i < q && st == ENS_OK; i++)
        if (number[order[i]] == number[order[i - 1]])
            st = ens__fail(
                err, ENS_EDATA,
                "row %zu is of the group of row %zu, but others lie between them",
                table_row(row, begin[order[i]]) + 1,
                table_row(row, begin[order[i - 1]]) + 1);
done:
    ens__free(number);
    ens__free(order);
    return st;
}

static ens_status check_sizes(const uint32_t *begin, size_t q, const ens__loss *loss,
                              const uint32_t *row, ens_error *err)
{
    size_t most = loss->type->max_group;

    for (size_t i = 0; i < q && most > 0; i++)
        if (begin[i + 1] - begin[i] > most)
            return ens__fail(
                err, ENS_EDATA,
                "loss %s: the group of row %zu has %zu rows, the limit is %zu",
                loss->type->name, table_row(row, begin[i]) + 1,
                (size_t)(begin[i + 1] - begin[i]), most);
    return ENS_OK;
}

/* ---- Blocks ---------------------------------------------------------------------------------------------------- */

/* The first group that begins at `row` (counted from rows) or after it. */
static size_t group_at(const ens_loss_rows *rows, size_t row)
{
    size_t low = 0, high = rows->n_groups;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (rows->group[middle] - rows->group[0] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool ranks(const ens__loss *loss)
{
    return (loss->type->caps & ENS_LOSS_RANKS) != 0;
}

size_t ens__loss_cut(const ens__loss *loss, const ens_loss_rows *rows, size_t row)
{
    if (!ranks(loss))
        return row < rows->n ? row : rows->n;
    return rows->group[group_at(rows, row)] - rows->group[0];
}

ens_loss_rows ens__loss_block(const ens__loss *loss, const ens_loss_rows *rows,
                              size_t begin, size_t n)
{
    ens_loss_rows part = *rows;

    part.n = n;
    part.y += begin;
    if (part.score != NULL)
        part.score += begin;
    if (part.w != NULL)
        part.w += begin;
    if (ranks(loss)) {
        size_t first = group_at(rows, begin);

        part.group += first;
        part.n_groups = group_at(rows, begin + n) - first;
    }
    return part;
}

ens_status ens__loss_groups(uint32_t **group, size_t *n_groups, const ens__loss *loss,
                            const uint32_t *of_row, const uint32_t *row, size_t n,
                            ens_error *err)
{
    uint32_t *begin = ens__array(n + 1, sizeof *begin);
    size_t q = 0;
    ens_status st = ENS_OK;

    *group = NULL;
    *n_groups = 0;
    if (begin == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || of_row[table_row(row, i)] != of_row[table_row(row, i - 1)])
            begin[q++] = (uint32_t)i;
    begin[q] = (uint32_t)n;
    if ((st = check_apart(begin, q, of_row, row, err)) != ENS_OK ||
        (st = check_sizes(begin, q, loss, row, err)) != ENS_OK) {
        ens__free(begin);
        return st;
    }
    *group = begin;
    *n_groups = q;
    return ENS_OK;
}

typedef struct over_blocks {
    const ens__loss *loss;
    const ens_loss_rows *rows;
    float *g, *h;
    double *sum; /* of values by block */
} over_blocks;

/* Block i: rows between the cuts of its multiples of BLOCK. */
static ens_loss_rows block_of(const over_blocks *o, size_t i, size_t *begin)
{
    size_t end = ens__loss_cut(o->loss, o->rows, (i + 1) * BLOCK);

    *begin = ens__loss_cut(o->loss, o->rows, i * BLOCK);
    return ens__loss_block(o->loss, o->rows, *begin, end - *begin);
}

static size_t n_blocks(const ens_loss_rows *rows)
{
    return rows->n / BLOCK + 1;
}

static ens_status gradient_task(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    over_blocks *o = ctx;
    size_t begin;
    ens_loss_rows part = block_of(o, i, &begin);

    (void)worker;
    (void)err;
    if (part.n > 0)
        o->loss->type->gradient(o->loss->params, &part, o->g + begin,
                                o->h != NULL ? o->h + begin : NULL);
    return ENS_OK;
}

ens_status ens__loss_gradient(float *g, float *h, const ens__loss *loss,
                              const ens_loss_rows *rows, const ens_exec *exec,
                              ens_error *err)
{
    over_blocks o = {loss, rows, g, h, NULL};

    return ens__par_for(n_blocks(rows), exec, NULL, gradient_task, &o, NULL, err);
}

static ens_status value_task(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    over_blocks *o = ctx;
    size_t begin;
    ens_loss_rows part = block_of(o, i, &begin);
    double *value = ens__array(part.n, sizeof *value), sum = 0;

    (void)worker;
    if (value == NULL)
        return ens__nomem(err);
    if (part.n > 0)
        o->loss->type->value(o->loss->params, &part, value);
    for (size_t l = 0; l < part.n; l++)
        sum += (part.w != NULL ? part.w[l] : 1.0) * value[l];
    o->sum[i] = sum;
    ens__free(value);
    return ENS_OK;
}

/* What the sum of values is divided by: weights, of groups those of their first rows. */
static double total_weight(const ens__loss *loss, const ens_loss_rows *rows)
{
    size_t n = ranks(loss) ? rows->n_groups : rows->n;
    double sum = 0;

    if (rows->w == NULL)
        return (double)n;
    for (size_t i = 0; i < n; i++)
        sum += rows->w[ranks(loss) ? rows->group[i] - rows->group[0] : i];
    return sum;
}

ens_status ens__loss_value(double *out, const ens__loss *loss, const ens_loss_rows *rows,
                           const ens_exec *exec, ens_error *err)
{
    size_t n = n_blocks(rows);
    over_blocks o = {loss, rows, NULL, NULL, ens__array(n, sizeof *o.sum)};
    ens_status st;

    *out = NAN;
    if (o.sum == NULL)
        return ens__nomem(err);
    st = ens__par_for(n, exec, NULL, value_task, &o, NULL, err);
    if (st == ENS_OK)
        *out = ens__sum(o.sum, n) / total_weight(loss, rows);
    ens__free(o.sum);
    return st;
}

/* ---- Predictions ----------------------------------------------------------------------------------------------- */

void ens__loss_link(const ens__loss *loss, double origin, const double *score, size_t n,
                    double *out)
{
    size_t k = loss->k;

    if (loss->type->link != NULL)
        loss->type->link(loss->params, score, n, k, out);
    else
        for (size_t i = 0; i < n * k; i++)
            out[i] = score[i];
    for (size_t i = 0; i < n * k && origin != 0; i++)
        out[i] += origin;
}
