/* predict_row.c - prediction of one row in memory of the caller's: no lock, no allocation.
 *
 * The learner sees a table of that row alone, whose columns are the caller's numbers themselves and, for
 * categories, codes made of them. */
#include <config.h>

#include <core/error.h>
#include <learn/model.h>
#include <math.h>

#define ALIGN ((size_t)64)

/* The caller's scratch, aligned, in the order of its parts. */
typedef struct parts {
    ens_feature *feature; /* [p] */
    int32_t *code;        /* [p] */
    char *rest;           /* for the learner's predict */
} parts;

static size_t rounded(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static size_t lay(parts *s, char *base, const ens_model *m)
{
    size_t features = rounded(m->schema.p * sizeof *s->feature);
    size_t codes = rounded(m->schema.p * sizeof *s->code);

    s->feature = (ens_feature *)(void *)base;
    s->code = (int32_t *)(void *)(base + features);
    s->rest = base + features + codes;
    return features + codes + rounded(m->scratch);
}

size_t ens_model_row_scratch(const ens_model *m)
{
    static char base[1];
    parts unused;

    return lay(&unused, base, m) + ALIGN - 1;
}

/* Feature j as a column of the one row. */
static ens_status put_feature(const parts *s, size_t j, const ens_model *m,
                              const double *x, ens_error *err)
{
    const ens__schema_feature *f = &m->schema.feature[j];

    if (isnan(x[j]) &&
        !(f->type == ENS_NUMERIC ? m->takes_missing : m->takes_missing_levels))
        return ens__fail(err, ENS_ESUPPORT,
                         "%s cannot take missing values (feature `%s`)",
                         m->root.type->name, f->name);
    s->feature[j] = (ens_feature){.n_levels = (uint32_t)f->levels.n};
    if (f->type == ENS_NUMERIC) {
        s->feature[j].x = &x[j];
        return ENS_OK;
    }
    if (!isnan(x[j]) && !(x[j] >= 0 && x[j] < (double)f->levels.n && x[j] == floor(x[j])))
        return ens__fail(err, ENS_EINVAL,
                         "feature `%s`: %g is not the place of one of its %zu levels",
                         f->name, x[j], f->levels.n);
    s->code[j] = isnan(x[j]) ? -1 : (int32_t)x[j];
    s->feature[j].code = &s->code[j];
    return ENS_OK;
}

ens_status ens_model_predict_row(const ens_model *m, const double *x, double *out,
                                 void *scratch, ens_error *err)
{
    static const uint32_t first = 0;
    ens_rows rows = {.row = &first, .n = 1};
    ens_status st = ENS_OK;
    parts s;

    if (m == NULL || x == NULL || out == NULL || scratch == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_model_predict_row: %s is NULL",
                         m == NULL     ? "model"
                         : x == NULL   ? "x"
                         : out == NULL ? "out"
                                       : "scratch");
    lay(&s, (char *)scratch + (ALIGN - (uintptr_t)scratch % ALIGN) % ALIGN, m);
    for (size_t j = 0; j < m->schema.p && st == ENS_OK; j++)
        st = put_feature(&s, j, m, x, err);
    if (st != ENS_OK)
        return st;
    if (m->schema.offset != NULL && !isfinite(x[m->schema.p]))
        return ens__fail(err, ENS_EINVAL, "offset `%s` is not finite", m->schema.offset);
    rows.feature = s.feature;
    rows.p = m->schema.p;
    ens__fitted_block(&m->root, 0, &rows, m->schema.offset != NULL ? &x[m->schema.p] : NULL,
                      out, s.rest);
    return ENS_OK;
}
