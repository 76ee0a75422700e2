/* normalize.c - the transform `normalize`: the numbers of each row by their norm; categories as they are.
 *
 * As scikit-learn's Normalizer. A row of zeros stays one; missing numbers count as none and stay missing. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <math.h>
#include <prep/prep.h>
#include <string.h>

enum { L1, L2, MAX };

typedef struct normalize_params {
    int norm;
} normalize_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_WORD, normalize_params, norm, "l2", 0, 0, "l1,l2,max", "",
            "the sum of sizes, the root of the sum of squares, or the greatest size"),
    ENS_PARAM_LAST};

typedef struct normalizer {
    size_t p;
    int norm;
    uint8_t is_number[]; /* [p] */
} normalizer;

static ens_status normalizer_new(void **out, int norm, const ens_feature *feature,
                                 size_t p, ens_error *err)
{
    normalizer *m = ens__alloc(sizeof *m + p);

    if (m == NULL)
        return ens__nomem(err);
    m->p = p;
    m->norm = norm;
    for (size_t j = 0; j < p; j++)
        m->is_number[j] = feature[j].x != NULL;
    *out = m;
    return ENS_OK;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    return normalizer_new(out, ((const normalize_params *)params)->norm, a->rows.feature,
                          a->rows.p, err);
}

static size_t n_columns(const void *fit)
{
    return ((const normalizer *)fit)->p;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    *out = (ens_made_column){
        .from = c, .categorical = !((const normalizer *)fit)->is_number[c], .level = -1};
}

/* The norm of table row r is *most times what this returns; *most is its greatest size. */
static double norm_of(const normalizer *m, const ens_rows *rows, uint32_t r, double *most)
{
    double sum = 0;

    *most = 0;
    for (size_t j = 0; j < m->p; j++)
        if (m->is_number[j] && fabs(rows->feature[j].x[r]) > *most)
            *most = fabs(rows->feature[j].x[r]);
    if (m->norm == MAX || *most == 0)
        return 1;
    for (size_t j = 0; j < m->p; j++) {
        double v = m->is_number[j] ? fabs(rows->feature[j].x[r]) / *most : 0;

        if (!isnan(v))
            sum += m->norm == L1 ? v : v * v;
    }
    return m->norm == L1 ? sum : sqrt(sum);
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const normalizer *m = fit;

    (void)scratch;
    for (size_t i = 0; i < rows->n; i++) {
        uint32_t r = rows->row[i];
        double most, norm = norm_of(m, rows, r, &most);

        for (size_t j = 0; j < m->p; j++)
            if (!m->is_number[j])
                out[j].code[i] = rows->feature[j].code[r];
            else
                out[j].x[i] = most > 0 ? rows->feature[j].x[r] / most / norm
                                       : rows->feature[j].x[r];
    }
}

static ens_status write_normalizer(const void *fit, ens_writer *w, ens_error *err)
{
    const normalizer *m = fit;

    return ens__prep_write_kinds(m->is_number, m->p, w, err);
}

static ens_status read_normalizer(void **out, const ens_read_args *a, ens_error *err)
{
    ens_status st = ens__prep_read_kinds(a, err);

    if (st != ENS_OK)
        return st;
    return normalizer_new(
        out, ((const normalize_params *)ens_learner_params(a->learner))->norm, a->feature,
        a->p, err);
}

static const ens_transform_type transform = {
    .gives = 0,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__normalize_type = {
    .abi = ENS_EXT_ABI,
    .name = "normalize",
    .help = "transform: the numbers of each row by their norm",
    .caps = ENS__TRANSFORM_CAPS,
    .params = table,
    .params_size = sizeof(normalize_params),
    .fit = fit,
    .write = write_normalizer,
    .read = read_normalizer,
    .free = ens__free,
    .transform = &transform,
};
