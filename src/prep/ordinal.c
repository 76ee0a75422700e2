/* ordinal.c - the transform `ordinal`: the place of each level among those of training as a number.
 *
 * As scikit-learn's OrdinalEncoder. Levels are in the order of the table: as numbers if all are, else by their bytes.
 * Missing ones are missing numbers; those that training did not have are -1. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <prep/prep.h>
#include <stdbool.h>
#include <string.h>

typedef struct ordinal_params {
    char unused;
} ordinal_params;

static const ens_param table[] = {ENS_PARAM_LAST};

typedef struct ordinal {
    size_t p, n_levels;
    size_t *first;      /* [p + 1] of `to` */
    uint8_t *is_number; /* [p] */
    int32_t *to;        /* [n_levels] number of each level of each category, -1: not in training */
} ordinal;

static void ordinal_free(void *fit)
{
    ordinal *m = fit;

    if (m == NULL)
        return;
    ens__free(m->first);
    ens__free(m->is_number);
    ens__free(m->to);
    ens__free(m);
}

static ens_status ordinal_new(ordinal **out, const ens_feature *feature, size_t p,
                              ens_error *err)
{
    ordinal *m = ens__zeros(1, sizeof *m);
    ens_status st = ENS_ENOMEM;

    if (m == NULL || (m->first = ens__zeros(p + 1, sizeof *m->first)) == NULL ||
        (m->is_number = ens__zeros(p, sizeof *m->is_number)) == NULL)
        goto done;
    m->p = p;
    for (size_t j = 0; j < p; j++) {
        m->is_number[j] = feature[j].x != NULL;
        m->first[j + 1] = m->first[j] + (m->is_number[j] ? 0 : feature[j].n_levels);
    }
    m->n_levels = m->first[p];
    if ((m->to = ens__zeros(m->n_levels, sizeof *m->to)) == NULL)
        goto done;
    *out = m;
    m = NULL;
    st = ENS_OK;
done:
    ordinal_free(m);
    return st == ENS_OK ? st : ens__nomem(err);
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    ordinal *m = NULL;
    ens_status st = ordinal_new(&m, a->rows.feature, a->rows.p, err);

    (void)params;
    if (st != ENS_OK)
        return st;
    for (size_t j = 0; j < m->p; j++) {
        const int32_t *code = a->rows.feature[j].code;
        int32_t *to = m->to + m->first[j], next = 0;

        for (size_t i = 0; i < a->rows.n && code != NULL; i++)
            if (code[a->rows.row[i]] >= 0)
                to[code[a->rows.row[i]]] = 1;
        for (size_t l = 0; l < m->first[j + 1] - m->first[j]; l++)
            to[l] = to[l] > 0 ? next++ : -1;
    }
    *out = m;
    return ENS_OK;
}

static size_t n_columns(const void *fit)
{
    return ((const ordinal *)fit)->p;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    (void)fit;
    *out = (ens_made_column){.from = c, .level = -1};
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const ordinal *m = fit;

    (void)scratch;
    for (size_t j = 0; j < m->p; j++) {
        const ens_feature *f = &rows->feature[j];
        const int32_t *to = m->to + m->first[j];

        for (size_t i = 0; i < rows->n; i++) {
            uint32_t r = rows->row[i];

            if (m->is_number[j])
                out[j].x[i] = f->x[r];
            else
                out[j].x[i] = f->code[r] >= 0 ? to[f->code[r]] : NAN;
        }
    }
}

static ens_status write_ordinal(const void *fit, ens_writer *w, ens_error *err)
{
    const ordinal *m = fit;

    return ens_writer_array(w, "to", ENS_I32, 1, &m->n_levels, m->to, err);
}

static ens_status read_ordinal(void **out, const ens_read_args *a, ens_error *err)
{
    const void *to;
    size_t n;
    ordinal *m = NULL;
    ens_status st;

    if ((st = ens_reader_array(&to, &n, a->reader, "to", ENS_I32, 1, err)) != ENS_OK ||
        (st = ordinal_new(&m, a->feature, a->p, err)) != ENS_OK)
        return st;
    if (n != m->n_levels)
        st = ens_reader_bad(a->reader, err, "%zu levels, expected %zu", n, m->n_levels);
    else
        memcpy(m->to, to, n * sizeof *m->to);
    for (size_t l = 0; st == ENS_OK && l < n; l++)
        if (m->to[l] < -1)
            st = ens_reader_bad(a->reader, err, "level %zu is %d", l, (int)m->to[l]);
    if (st != ENS_OK) {
        ordinal_free(m);
        return st;
    }
    *out = m;
    return ENS_OK;
}

static const ens_transform_type transform = {
    .gives = ENS_GIVES_NUMBERS,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__ordinal_type = {
    .abi = ENS_EXT_ABI,
    .name = "ordinal",
    .help = "transform: a number for each level of a category, in their order",
    .caps = ENS__TRANSFORM_CAPS,
    .params = table,
    .params_size = sizeof(ordinal_params),
    .fit = fit,
    .write = write_ordinal,
    .read = read_ordinal,
    .free = ordinal_free,
    .transform = &transform,
};
