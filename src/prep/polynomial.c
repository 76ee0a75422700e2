/* polynomial.c - the transform `polynomial`: products of numbers up to a degree, as columns after them.
 *
 * As scikit-learn's PolynomialFeatures, in its order; without a column of ones unless include_bias asks for it. Each
 * product is one of the degree below times a number. A product with a gap is a gap. Categories come last, as they
 * are. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <float.h>
#include <prep/prep.h>
#include <stdbool.h>
#include <string.h>

/* Columns at most: beyond, a table of some rows has no place in memory. */
#define MOST_COLUMNS 100000

typedef struct polynomial_params {
    int64_t degree;
    int interaction_only, include_bias;
} polynomial_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_INT, polynomial_params, degree, "2", 1, 16, "", "",
            "factors of a product at most"),
    ENS_ROW(ENS_PARAM_BOOL, polynomial_params, interaction_only, "false", 0, 0, "", "",
            "no number twice in a product"),
    ENS_ROW(ENS_PARAM_BOOL, polynomial_params, include_bias, "false", 0, 0, "", "",
            "a column of ones first"),
    ENS_PARAM_LAST};

/* A column is that of `before`, one of those of the degree below, times the last of its factors. */
typedef struct product {
    size_t before;
    size_t begin, n; /* its factors */
} product;

typedef struct polynomial {
    size_t p, n_products, n_made;
    bool bias;
    uint8_t *is_number; /* [p] */
    product *made;      /* [n_products] */
    uint32_t *factor;
    size_t *category; /* [n_made - n_products - bias] */
} polynomial;

static void polynomial_free(void *fit)
{
    polynomial *m = fit;

    if (m == NULL)
        return;
    ens__free(m->is_number);
    ens__free(m->made);
    ens__free(m->factor);
    ens__free(m->category);
    ens__free(m);
}

/* Products of `degree` out of q numbers; more than MOST_COLUMNS if there are. */
static size_t n_of_degree(size_t q, size_t degree, bool apart)
{
    double n = 1;

    for (size_t d = 0; d < degree; d++)
        n = apart ? (q > d ? n * (double)(q - d) / (double)(d + 1) : 0)
                  : n * (double)(q + d) / (double)(d + 1);
    return n < MOST_COLUMNS + 1 ? (size_t)(n + 0.5) : MOST_COLUMNS + 1;
}

/* Products of the degree d from those of the one below, which are from .. to - 1: in the order of their factors. */
static void multiply(polynomial *m, size_t d, size_t from, size_t to, bool apart)
{
    for (size_t b = from; b < to; b++) {
        const uint32_t *old = m->factor + m->made[b].begin;

        for (size_t j = old[d - 2] + apart; j < m->p; j++) {
            product *made = &m->made[m->n_products];

            if (!m->is_number[j])
                continue;
            *made = (product){b, m->made[b].begin + m->made[b].n, d};
            if (m->n_products > 0)
                made->begin = made[-1].begin + made[-1].n;
            memcpy(m->factor + made->begin, old, (d - 1) * sizeof *old);
            m->factor[made->begin + d - 1] = (uint32_t)j;
            m->n_products++;
        }
    }
}

static ens_status polynomial_new(polynomial **out, const polynomial_params *params,
                                 const ens_feature *feature, size_t p, ens_error *err)
{
    bool apart = params->interaction_only != 0;
    size_t degree = (size_t)params->degree, q = 0, products = 0, factors = 0,
           categories = 0;
    polynomial *m = NULL;
    ens_status st = ENS_ENOMEM;

    for (size_t j = 0; j < p; j++)
        q += feature[j].x != NULL;
    for (size_t d = 1; d <= degree && products <= MOST_COLUMNS; d++) {
        products += n_of_degree(q, d, apart);
        factors += d * n_of_degree(q, d, apart);
    }
    if (products > MOST_COLUMNS)
        return ens__fail(
            err, ENS_ESUPPORT,
            "polynomial.degree = %zu of %zu numbers makes more than %d columns", degree,
            q, MOST_COLUMNS);
    if ((m = ens__zeros(1, sizeof *m)) == NULL ||
        (m->is_number = ens__zeros(p, sizeof *m->is_number)) == NULL ||
        (m->made = ens__array(products, sizeof *m->made)) == NULL ||
        (m->factor = ens__array(factors, sizeof *m->factor)) == NULL ||
        (m->category = ens__array(p, sizeof *m->category)) == NULL)
        goto done;
    m->p = p;
    m->bias = params->include_bias != 0;
    for (size_t j = 0; j < p; j++) {
        m->is_number[j] = feature[j].x != NULL;
        if (!m->is_number[j]) {
            m->category[categories++] = j;
            continue;
        }
        m->factor[m->n_products] = (uint32_t)j;
        m->made[m->n_products] = (product){SIZE_MAX, m->n_products, 1};
        m->n_products++;
    }
    for (size_t d = 2, from = 0; d <= degree; d++) {
        size_t to = m->n_products;

        multiply(m, d, from, to, apart);
        from = to;
    }
    m->n_made = m->bias + m->n_products + categories;
    *out = m;
    m = NULL;
    st = ENS_OK;
done:
    polynomial_free(m);
    return st == ENS_OK ? st : ens__nomem(err);
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    polynomial *m = NULL;
    ens_status st = polynomial_new(&m, params, a->rows.feature, a->rows.p, err);

    *out = m;
    return st;
}

static size_t n_columns(const void *fit)
{
    return ((const polynomial *)fit)->n_made;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    const polynomial *m = fit;

    *out = (ens_made_column){.level = -1};
    if (c < m->bias) {
        out->from = ENS_FROM_ALL;
        out->what = "bias";
        return;
    }
    c -= m->bias;
    if (c >= m->n_products) {
        out->from = m->category[c - m->n_products];
        out->categorical = 1;
        return;
    }
    out->factor = m->factor + m->made[c].begin;
    out->n_factors = m->made[c].n;
    out->from = out->factor[0];
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const polynomial *m = fit;

    (void)scratch;
    for (size_t i = 0; i < rows->n && m->bias; i++)
        out[0].x[i] = 1;
    out += m->bias;
    for (size_t c = 0; c < m->n_products; c++) {
        const product *made = &m->made[c];
        size_t j = m->factor[made->begin + made->n - 1];
        const double *x = rows->feature[j].x;

        if (made->before == SIZE_MAX) {
            ens__prep_copy(&out[c], &rows->feature[j], rows);
            continue;
        }
        for (size_t i = 0; i < rows->n; i++)
            out[c].x[i] =
                ens__kept_in(out[made->before].x[i] * x[rows->row[i]], -DBL_MAX, DBL_MAX);
    }
    for (size_t c = m->n_products; c < m->n_made - m->bias; c++)
        ens__prep_copy(&out[c], &rows->feature[m->category[c - m->n_products]], rows);
}

static ens_status write_polynomial(const void *fit, ens_writer *w, ens_error *err)
{
    const polynomial *m = fit;

    return ens__prep_write_kinds(m->is_number, m->p, w, err);
}

static ens_status read_polynomial(void **out, const ens_read_args *a, ens_error *err)
{
    polynomial *m = NULL;
    ens_status st = ens__prep_read_kinds(a, err);

    if (st != ENS_OK)
        return st;
    st = polynomial_new(&m, ens_learner_params(a->learner), a->feature, a->p, err);
    *out = m;
    return st;
}

static const ens_transform_type transform = {
    .gives = 0,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__polynomial_type = {
    .abi = ENS_EXT_ABI,
    .name = "polynomial",
    .help = "transform: products of numbers as further columns",
    .caps = ENS__TRANSFORM_CAPS,
    .params = table,
    .params_size = sizeof(polynomial_params),
    .fit = fit,
    .write = write_polynomial,
    .read = read_polynomial,
    .free = polynomial_free,
    .transform = &transform,
};
