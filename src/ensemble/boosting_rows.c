/* boosting_rows.c - which rows boosting learns from, and which are held out to tell when to stop. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/boosting.h>
#include <math.h>
#include <num/rng.h>

/* held[i]: whether row i is held out, of each class the same part; returns how many. place is for [rows.n] numbers. */
static size_t hold_out(uint32_t *held, uint32_t *place, double part,
                       const ens_fit_args *a)
{
    bool classes = a->task == ENS_TASK_CLASSIFICATION;
    size_t total = 0;

    for (size_t c = 0; c < (classes ? a->k : 1); c++) {
        size_t n = 0, m;
        ens__stream s;

        for (size_t i = 0; i < a->rows.n; i++)
            if (!classes || (size_t)a->label[a->rows.row[i]] == c)
                place[n++] = (uint32_t)i;
        m = (size_t)floor(part * (double)n + 0.5);
        ens__stream_init(&s, a->seed, ENS__FOR_SPLIT, c);
        for (size_t i = 0, left = m; i < n && left > 0; i++)
            if (ens__stream_below(&s, (uint32_t)(n - i)) < left) {
                held[place[i]] = 1;
                left--;
            }
        total += m;
    }
    return total;
}

ens_status ens__boosting_order(uint32_t *row, uint32_t *count, size_t *n_fit,
                               const ens__boosting_params *p, const ens_fit_args *a,
                               ens_error *err)
{
    size_t n = a->rows.n, n_held = 0, at[2] = {0};
    uint32_t *held = ens__zeros(n, sizeof *held), *place = ens__array(n, sizeof *place);
    ens_status st = held != NULL && place != NULL ? ENS_OK : ens__nomem(err);

    if (st == ENS_OK && p->n_iter_no_change > 0) {
        n_held = hold_out(held, place, p->validation_fraction, a);
        if (n_held == 0 || n_held == n)
            st = ens__fail(err, ENS_ERANGE,
                           "boosting.validation_fraction = %g holds out %zu of %zu rows",
                           p->validation_fraction, n_held, n);
    }
    *n_fit = at[1] = n - n_held;
    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        size_t to = at[held[i]]++;

        row[to] = a->rows.row[i];
        if (count != NULL)
            count[to] = a->count[i];
    }
    ens__free(held);
    ens__free(place);
    return st;
}
