/* boosting_predict.c - scores: the start and the members' outputs times their steps; what the loss makes of them. */
#include <config.h>

#include <ensemble/boosting.h>
#include <string.h>

static size_t rounded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* score[n][k] = sum over the first members of step times output, for at most ENS_BLOCK rows */
static void add_members(const ens__boosting *m, size_t members, const ens_rows *rows,
                        double *score, void *scratch)
{
    double *one = scratch;
    void *rest = (char *)scratch + rounded(ENS_BLOCK * sizeof *one);

    memset(score, 0, rows->n * m->k * sizeof *score);
    for (size_t t = 0; t < members; t++) {
        const ens_fitted *fit = &m->chain->fit[t];
        size_t c = t % m->k;

        fit->type->predict(fit->state, rows, one, rest);
        for (size_t i = 0; i < rows->n; i++)
            score[i * m->k + c] += m->step[t] * one[i];
    }
}

size_t ens__boosting_scratch(const void *fit)
{
    const ens__boosting *m = fit;
    size_t score = rounded(ENS_LONG_BLOCK * m->k * sizeof(double));
    size_t one = rounded(ENS_BLOCK * sizeof(double)) + rounded(m->chain->scratch);
    size_t all = m->trees != NULL ? ens__trees_scratch(m->trees) : 0;

    return score + (all > one ? all : one);
}

void ens__boosting_predict_first(const void *fit, size_t n, const ens_rows *rows,
                                 const double *offset, double *out, void *scratch)
{
    const ens__boosting *m = fit;
    bool all = n >= m->chain->n / m->k;
    size_t members = all ? m->chain->n : n * m->k;
    double *score = scratch;
    void *rest = (char *)scratch + rounded(ENS_LONG_BLOCK * m->k * sizeof *score);

    if (all && m->trees != NULL)
        ens__trees_predict(m->trees, rows, score, rest);
    else
        for (size_t i = 0; i < rows->n; i += ENS_BLOCK) {
            ens_rows part = {rows->feature, rows->p, rows->row + i,
                             rows->n - i < ENS_BLOCK ? rows->n - i : ENS_BLOCK};

            add_members(m, members, &part, score + i * m->k, rest);
        }
    for (size_t i = 0; i < rows->n * m->k; i++)
        score[i] += m->start[i % m->k];
    if (offset != NULL && !ens__loss_shifts(m->loss))
        for (size_t i = 0; i < rows->n; i++) /* of one score a row */
            score[i] += offset[i];
    ens__loss_link(m->loss, m->origin, score, rows->n, out);
    if (offset != NULL && ens__loss_shifts(m->loss))
        for (size_t i = 0; i < rows->n; i++)
            out[i] += offset[i];
}

void ens__boosting_predict(const void *fit, const ens_rows *rows, double *out,
                           void *scratch)
{
    ens__boosting_predict_first(fit, SIZE_MAX, rows, NULL, out, scratch);
}
