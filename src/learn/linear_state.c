/* linear_state.c - coefficients of `linear` and `logistic`: kept, written, read, told of, applied. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/linear_state.h>
#include <math.h>
#include <num/dd.h>
#include <num/solve.h>
#include <num/stats.h>
#include <stdio.h>
#include <string.h>

/* Lines that a description has at most. */
#define MOST_LINES 1000

void ens__linear_free(void *fit)
{
    ens__linear *m = fit;

    if (m == NULL)
        return;
    for (size_t j = 0; j < m->p && m->name != NULL; j++)
        ens__free(m->name[j]);
    ens__free(m->name);
    ens__free(m->coef);
    ens__free(m->intercept);
    ens__free(m->error);
    ens__free(m);
}

ens_status ens__linear_new(ens__linear **out, size_t k, const ens_feature *feature,
                           size_t p, ens_error *err)
{
    ens__linear *m = ens__zeros(1, sizeof *m);
    ens_status st = ENS_ENOMEM;

    if (m == NULL)
        goto done;
    m->k = k;
    m->p = p;
    if ((m->coef = ens__zeros(p, k * sizeof *m->coef)) == NULL ||
        (m->intercept = ens__zeros(k, sizeof *m->intercept)) == NULL ||
        (m->name = ens__zeros(p, sizeof *m->name)) == NULL)
        goto done;
    for (size_t j = 0; j < p; j++) {
        if ((m->name[j] = ens__strdup(feature[j].name)) == NULL)
            goto done;
        ens__one_line(m->name[j]);
    }
    *out = m;
    m = NULL;
    st = ENS_OK;
done:
    ens__linear_free(m);
    return st == ENS_OK ? st : ens__nomem(err);
}

/* ---- From a fit ------------------------------------------------------------------------- */

ens_status ens__linear_set(ens__linear *m, const ens__design *d, const double *theta,
                           double response, double response_mean, ens_error *err)
{
    for (size_t c = 0; c < m->k; c++) {
        const double *t = theta + c * d->q;
        ens__dd sum = {d->q > d->p ? t[d->p] : 0, 0};

        sum = ens__dd_add(sum, (ens__dd){response_mean, 0});
        for (size_t j = 0; j < m->p; j++) {
            double *coef = &m->coef[c * m->p + j];

            *coef = t[j] * d->column[j].scale * response;
            if (!isfinite(*coef))
                return ens__fail(err, ENS_EDATA,
                                 "the coefficient of column `%s` is too large for a "
                                 "number; multiply the column by 1e100 or so",
                                 m->name[j]);
            sum = ens__dd_add(sum, ens__two_product(-t[j], d->column[j].mean));
        }
        m->intercept[c] = sum.high * response;
        if (!isfinite(m->intercept[c]))
            return ens__fail(err, ENS_EDATA, "the intercept is too large for a number");
    }
    return ENS_OK;
}

/* v[k][q]: what coefficient j of output c is of theta, the intercept for j = p; of several outputs less their mean. */
static void functional(double *v, const ens__linear *m, const ens__design *d, size_t c,
                       size_t j)
{
    size_t q = d->q;

    memset(v, 0, m->k * q * sizeof *v);
    for (size_t e = 0; e < m->k; e++) {
        double part = (e == c) - (m->k > 1 ? 1 / (double)m->k : 0);

        v[e * q + j] = part;
        for (size_t i = 0; i < m->p && j == m->p; i++)
            v[e * q + i] = -part * d->column[i].mean;
    }
}

ens_status ens__linear_errors(ens__linear *m, const ens__design *d, const double *l,
                              const bool *aliased, double sigma, ens_error *err)
{
    size_t n = m->k * d->q;
    double *v = ens__array(n, sizeof *v);

    m->error = ens__zeros(m->k, (m->p + 1) * sizeof *m->error);
    if (v == NULL || m->error == NULL) {
        ens__free(v);
        return ens__nomem(err);
    }
    for (size_t c = 0; c < m->k; c++)
        for (size_t j = 0; j < d->q; j++) {
            double *error = &m->error[c * (m->p + 1) + j];
            double scale = j < m->p ? d->column[j].scale : 1;

            if (aliased[j]) /* of all outputs then */
                continue;
            functional(v, m, d, c, j);
            ens__chol_forward(l, n, aliased, v);
            *error = sqrt(ens__dot(v, v, n)) * sigma * scale;
            *error = isfinite(*error) ? *error : 0;
        }
    ens__free(v);
    return ENS_OK;
}

/* ---- Applied ---------------------------------------------------------------------------- */

void ens__linear_scores(const ens__linear *m, const ens_rows *rows, double *out,
                        size_t stride)
{
    const double most = 1e300; /* sums of these stay finite */

    for (size_t i = 0; i < rows->n; i++)
        memcpy(out + i * stride, m->intercept, m->k * sizeof *out);
    for (size_t j = 0; j < m->p; j++)
        for (size_t i = 0; i < rows->n; i++) {
            double x = rows->feature[j].x[rows->row[i]];

            for (size_t c = 0; c < m->k; c++) {
                double v = m->coef[c * m->p + j] * x;

                v = v > most ? most : v;
                out[i * stride + c] += v < -most ? -most : v;
            }
        }
}

/* ---- Tensors ---------------------------------------------------------------------------- */

ens_status ens__linear_write(const void *fit, ens_writer *w, ens_error *err)
{
    const ens__linear *m = fit;
    uint32_t *about;
    double *df;
    ens_status st;

    if ((st = ens_writer_array(w, "coef", ENS_F64, 2, (size_t[]){m->k, m->p}, m->coef,
                               err)) != ENS_OK ||
        (st = ens_writer_array(w, "intercept", ENS_F64, 1, &m->k, m->intercept, err)) !=
            ENS_OK ||
        (st = ens_writer_buffer((void **)&df, w, "df", ENS_F64, 1, (size_t[]){1}, err)) !=
            ENS_OK)
        return st;
    *df = m->df;
    if (m->error != NULL &&
        (st = ens_writer_array(w, "std_error", ENS_F64, 2, (size_t[]){m->k, m->p + 1},
                               m->error, err)) != ENS_OK)
        return st;
    if ((st = ens_writer_buffer((void **)&about, w, "about", ENS_U32, 1, (size_t[]){3},
                                err)) != ENS_OK)
        return st;
    about[0] = m->steps;
    about[1] = m->ended;
    about[2] = m->error != NULL;
    return ENS_OK;
}

/* An array of finite numbers of this shape. */
static ens_status read_numbers(const double **out, ens_reader *r, const char *name,
                               size_t rank, const size_t *want, ens_error *err)
{
    size_t shape[2] = {1, 1}, n = 1;
    const void *data;
    ens_status st = ens_reader_array(&data, shape, r, name, ENS_F64, rank, err);

    if (st != ENS_OK)
        return st;
    for (size_t i = 0; i < rank; i++) {
        if (shape[i] != want[i])
            return ens_reader_bad(r, err, "dimension %zu of %s is %zu, expected %zu", i,
                                  name, shape[i], want[i]);
        n *= shape[i];
    }
    *out = data;
    for (size_t i = 0; i < n; i++)
        if (!isfinite((*out)[i]))
            return ens_reader_bad(r, err, "%s has a number that is not finite", name);
    return ENS_OK;
}

ens_status ens__linear_read(void **out, const ens_read_args *a, size_t k, ens_error *err)
{
    const double *coef, *intercept, *df, *error = NULL;
    const void *data;
    const uint32_t *about;
    size_t n_about;
    ens__linear *m = NULL;
    ens_status st;

    if ((st = read_numbers(&coef, a->reader, "coef", 2, (size_t[]){k, a->p}, err)) !=
            ENS_OK ||
        (st = read_numbers(&intercept, a->reader, "intercept", 1, &k, err)) != ENS_OK ||
        (st = read_numbers(&df, a->reader, "df", 1, (size_t[]){1}, err)) != ENS_OK ||
        (st = ens_reader_array(&data, &n_about, a->reader, "about", ENS_U32, 1, err)) !=
            ENS_OK)
        goto done;
    if (n_about != 3) {
        st = ens_reader_bad(a->reader, err, "about has %zu numbers, expected 3", n_about);
        goto done;
    }
    about = data;
    if (about[2] != 0 && (st = read_numbers(&error, a->reader, "std_error", 2,
                                            (size_t[]){k, a->p + 1}, err)) != ENS_OK)
        goto done;
    if ((st = ens__linear_new(&m, k, a->feature, a->p, err)) != ENS_OK)
        goto done;
    memcpy(m->coef, coef, k * a->p * sizeof *coef);
    memcpy(m->intercept, intercept, k * sizeof *intercept);
    m->df = *df > 0 ? *df : 0;
    m->steps = about[0];
    m->ended = about[1];
    if (error != NULL) {
        if ((m->error = ens__array(k * (a->p + 1), sizeof *error)) == NULL) {
            st = ens__nomem(err);
            goto done;
        }
        memcpy(m->error, error, k * (a->p + 1) * sizeof *error);
    }
    *out = m;
    m = NULL;
done:
    ens__linear_free(m);
    return st;
}

/* ---- Told of ---------------------------------------------------------------------------- */

/* What follows a number of one output: ", std. error 0.05, z 6.2, p 5.6e-10", nothing without an error. */
static size_t test_text(char *text, size_t size, const ens__linear *m, double v,
                        double error)
{
    double z = v / error;

    if (!(error > 0))
        return 0;
    return (size_t)snprintf(text, size, ", std. error %.6g, %s %.4g, p %.4g", error,
                            m->df > 0 ? "t" : "z", z,
                            m->df > 0 ? ens__t_tails(z, m->df) : ens__normal_tails(z));
}

/* One feature, or the intercept: "age: 0.31, std. error 0.05, z 6.2, p 5.6e-10", a value for each output; of several
 * with errors, "age of output 1: ..." on a line each. */
static ens_status coefficient_lines(const ens__linear *m, const char *name, size_t j,
                                    ens_status (*add)(void *ctx, const char *line),
                                    void *ctx)
{
    bool each = m->k > 1 && m->error != NULL;
    char line[640];
    size_t at = 0;
    ens_status st = ENS_OK;

    for (size_t c = 0; c < m->k && st == ENS_OK; c++) {
        double v = j < m->p ? m->coef[c * m->p + j] : m->intercept[c];

        if (each)
            at = (size_t)snprintf(line, sizeof line, "%.60s of class %zu:", name, c + 1);
        else if (c == 0)
            at = (size_t)snprintf(line, sizeof line, "%.60s:", name);
        if (at + 200 < sizeof line)
            at += (size_t)snprintf(line + at, sizeof line - at, " %.10g", v);
        if (m->error != NULL)
            at += test_text(line + at, sizeof line - at, m, v,
                            m->error[c * (m->p + 1) + j]);
        if (each || c + 1 == m->k) {
            snprintf(line + at, sizeof line - at, "\n");
            st = add(ctx, line);
        }
    }
    return st;
}

ens_status ens__linear_describe(const void *fit,
                                ens_status (*add)(void *ctx, const char *line), void *ctx,
                                ens_error *err)
{
    const ens__linear *m = fit;
    size_t shown = m->p < MOST_LINES ? m->p : MOST_LINES, zero = 0;
    char line[640];
    ens_status st;

    (void)err;
    for (size_t i = 0; i < m->k * m->p; i++)
        zero += m->coef[i] == 0;
    snprintf(line, sizeof line, "steps: %u%s\ncoefficients: %zu, of which %zu are 0\n",
             m->steps,
             m->ended == ENS__LINEAR_GAVE_UP      ? " (not converged; raise max_iter)"
             : m->ended == ENS__LINEAR_FEW_EPOCHS ? " (not converged; raise epochs)"
                                                  : "",
             m->k * m->p, zero);
    if ((st = add(ctx, line)) != ENS_OK)
        return st;
    st = coefficient_lines(m, "intercept", m->p, add, ctx);
    for (size_t j = 0; j < shown && st == ENS_OK; j++)
        st = coefficient_lines(m, m->name[j], j, add, ctx);
    return st;
}

size_t ens__linear_bytes(const void *fit)
{
    const ens__linear *m = fit;

    return sizeof *m + m->p * (sizeof *m->name + 32) +
           m->k * (m->p + 1) * 2 * sizeof *m->coef;
}
