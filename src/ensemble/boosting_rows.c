/* boosting_rows.c - which rows boosting learns from, and which are held out to tell when to stop. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/boosting.h>
#include <ensemble/members.h>
#include <learn/plan.h>

ens_status ens__boosting_order(uint32_t *row, uint32_t *count, size_t *n_fit,
                               const ens__boosting_params *p, const ens_fit_args *a,
                               ens_error *err)
{
    size_t n = a->rows.n, n_held = 0, at[2] = {0};
    uint8_t *held = ens__zeros(n, sizeof *held);
    ens_status st = held != NULL ? ENS_OK : ens__nomem(err);

    if (st == ENS_OK && p->n_iter_no_change > 0)
        st = ens__plan_hold_part(&n_held, held, p->validation_fraction, "boosting", a,
                                 err);
    *n_fit = at[1] = n - n_held;
    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        size_t to = at[held[i]]++;

        row[to] = a->rows.row[i];
        if (count != NULL)
            count[to] = a->count[i];
    }
    ens__free(held);
    return st;
}
