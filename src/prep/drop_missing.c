/* drop_missing.c - the transform `drop_missing`: a fit goes on with the rows that have no gap.
 *
 * Columns stay as they are. Predictions leave out no row: one with a gap is refused, unless the learner takes it. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <prep/prep.h>
#include <string.h>

typedef struct drop_params {
    char unused;
} drop_params;

static const ens_param table[] = {ENS_PARAM_LAST};

typedef struct dropper {
    size_t p;
    uint8_t is_number[]; /* [p] */
} dropper;

static ens_status dropper_new(void **out, const ens_feature *feature, size_t p,
                              ens_error *err)
{
    dropper *m = ens__alloc(sizeof *m + p);

    if (m == NULL)
        return ens__nomem(err);
    m->p = p;
    for (size_t j = 0; j < p; j++)
        m->is_number[j] = feature[j].x != NULL;
    *out = m;
    return ENS_OK;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    (void)params;
    return dropper_new(out, a->rows.feature, a->rows.p, err);
}

static void keep(const void *fit, const ens_rows *rows, unsigned char *out)
{
    const dropper *m = fit;

    memset(out, 1, rows->n);
    for (size_t j = 0; j < m->p; j++) {
        const ens_feature *f = &rows->feature[j];

        for (size_t i = 0; i < rows->n; i++)
            if (f->x != NULL ? isnan(f->x[rows->row[i]]) : f->code[rows->row[i]] < 0)
                out[i] = 0;
    }
}

static size_t n_columns(const void *fit)
{
    return ((const dropper *)fit)->p;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    *out = (ens_made_column){
        .from = c, .categorical = !((const dropper *)fit)->is_number[c], .level = -1};
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const dropper *m = fit;

    (void)scratch;
    for (size_t j = 0; j < m->p; j++)
        ens__prep_copy(&out[j], &rows->feature[j], rows);
}

static ens_status write_dropper(const void *fit, ens_writer *w, ens_error *err)
{
    const dropper *m = fit;

    return ens__prep_write_kinds(m->is_number, m->p, w, err);
}

static ens_status read_dropper(void **out, const ens_read_args *a, ens_error *err)
{
    ens_status st = ens__prep_read_kinds(a, err);

    if (st != ENS_OK)
        return st;
    return dropper_new(out, a->feature, a->p, err);
}

static const ens_transform_type transform = {
    .gives = ENS_GIVES_WHOLE_ROWS,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
    .keep = keep,
};

const ens_learner_type ens__drop_missing_type = {
    .abi = ENS_EXT_ABI,
    .name = "drop_missing",
    .help = "transform: fits go on without the rows that have a gap",
    .caps = ENS__TRANSFORM_CAPS,
    .params = table,
    .params_size = sizeof(drop_params),
    .fit = fit,
    .write = write_dropper,
    .read = read_dropper,
    .free = ens__free,
    .transform = &transform,
};
