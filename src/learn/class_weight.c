/* class_weight.c - weights of classes. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/class_weight.h>

enum { NONE, BALANCED };

ens_status ens__class_weight(double **out, const ens_list *list, const ens_fit_args *a,
                             const char *owner, ens_error *err)
{
    double *w, total = 0;

    *out = NULL;
    if (list->v == NULL && list->word == NONE)
        return ENS_OK;
    if (list->v != NULL && list->n != a->k)
        return ens__fail(err, ENS_ERANGE,
                         "%s.class_weight has %zu values for %zu classes", owner, list->n,
                         a->k);
    if ((w = ens__zeros(a->k, sizeof *w)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < a->rows.n; i++) {
        double row = ens_fit_weight(a, i);

        w[a->label[a->rows.row[i]]] += row;
        total += row;
    }
    for (size_t c = 0; c < a->k; c++)
        if (list->v != NULL)
            w[c] = list->v[c];
        else
            w[c] = w[c] > 0 ? total / ((double)a->k * w[c]) : 1;
    *out = w;
    return ENS_OK;
}
