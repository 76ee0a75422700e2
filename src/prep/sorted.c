/* sorted.c - the numbers of a feature in their order, and their quantiles. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <num/stats.h>
#include <prep/sorted.h>

void ens__sorted_clear(ens__sorted *s)
{
    ens__free(s->x);
    ens__free(s->upto);
    *s = (ens__sorted){0};
}

ens_status ens__sort_feature(ens__sorted *out, const ens_fit_args *a, size_t j,
                             ens_error *err)
{
    const ens_rows *rows = &a->rows;
    const double *x = rows->feature[j].x;
    double *value = ens__array(rows->n, sizeof *value),
           *w = ens__array(rows->n, sizeof *w);
    uint32_t *order = ens__array(rows->n, sizeof *order);
    ens__sorted s = {ens__array(rows->n, sizeof *s.x),
                     ens__array(rows->n, sizeof *s.upto), 0};
    ens_status st = ENS_OK;
    double sum = 0;

    if (value == NULL || w == NULL || order == NULL || s.x == NULL || s.upto == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < rows->n; i++) {
        if (isnan(x[rows->row[i]]))
            continue;
        value[s.n] = x[rows->row[i]];
        w[s.n++] = ens_fit_weight(a, i);
    }
    ens__sort_index(order, value, s.n);
    for (size_t i = 0; i < s.n; i++) {
        s.x[i] = value[order[i]];
        s.upto[i] = sum += w[order[i]];
    }
    for (size_t i = 0; i < s.n && sum < (double)s.n; i++)
        s.upto[i] *= (double)s.n / sum;
    *out = s;
    s = (ens__sorted){0};
done:
    ens__sorted_clear(&s);
    ens__free(value);
    ens__free(w);
    ens__free(order);
    return st;
}

/* The value at place t of all, from 0, if each stood there as often as it weighs. */
static double value_at(const ens__sorted *s, double t)
{
    size_t low = 0, high = s->n - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (s->upto[middle] > t)
            high = middle;
        else
            low = middle + 1;
    }
    return s->x[low];
}

double ens__sorted_quantile(const ens__sorted *s, double q)
{
    double place = fmax(0, q * (s->upto[s->n - 1] - 1)), whole = floor(place);
    double part = place - whole;

    return value_at(s, whole) * (1 - part) + value_at(s, whole + 1) * part;
}
