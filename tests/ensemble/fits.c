/* fits.c - what tests of ensembles share. */
#include <config.h>

#include "ensemble/fits.h"
#include "run.h"

static ens_error err;

ens_model *fit_with(const char *recipe, const ens_dataset *d, uint64_t seed,
                    const ens_exec *exec)
{
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_ok(ens_fit(&m, l, d, NULL, seed, exec, &err));
    ens_learner_free(l);
    return m;
}

ens_model *fit(const char *recipe, const ens_dataset *d)
{
    return fit_with(recipe, d, 1, NULL);
}

void fit_fails(const char *recipe, const ens_dataset *d, ens_status st, const char *text)
{
    ens_learner *l;
    ens_model *m;

    ck_ok(ens_learner_parse(&l, recipe, &err));
    ck_fails(ens_fit(&m, l, d, NULL, 1, NULL, &err), st, text);
    ens_learner_free(l);
}

double *predict(const ens_model *m, const ens_dataset *d)
{
    double *out = calloc(ens_dataset_n(d) * ens_model_k(m), sizeof *out);

    ck_ok(ens_model_predict(m, d, out, NULL, &err));
    return out;
}

void must_be_same_file(const ens_model *a, const ens_model *b)
{
    void *x, *y;
    size_t n, m;

    ck_ok(ens_model_save_bytes(&x, &n, a, &err));
    ck_ok(ens_model_save_bytes(&y, &m, b, &err));
    ck_assert_uint_eq(n, m);
    ck_assert_int_eq(memcmp(x, y, n), 0);
    ens_bytes_free(x);
    ens_bytes_free(y);
}
