/* calibration.c - the learner `calibration`: probabilities in, probabilities that come true as often as they say out.
 *
 * Its features are a classifier's probabilities: that of the second class of two, or those of all classes.  For more
 * than two, sigmoid, isotonic and beta map each class against the rest, and the results are scaled to sum to one
 * (Zadrozny and Elkan 2002); temperature is one number for all.
 *
 *   sigmoid      1 / (1 + exp(-(a p + b))) with Platt's (1999) targets, as scikit-learn's
 *   isotonic     the non-decreasing map of least squares, by pooling violators (Ayer et al. 1955), linear between knots
 *   beta         a ln p - b ln(1 - p) + c is the log odds, a and b not negative (Kull, Silva Filho and Flach 2017)
 *   temperature  log probabilities over T (Guo et al. 2017)
 *
 * O(n log n) for isotonic, else O(n) a Newton step. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <learn/learner.h>
#include <math.h>
#include <num/solve.h>
#include <num/stats.h>
#include <stdio.h>
#include <string.h>

enum { SIGMOID, ISOTONIC, BETA, TEMPERATURE };

/* Probabilities nearer to 0 or 1 than this count as this far. */
#define LEAST 1e-12

typedef struct calibration_params {
    int method;
} calibration_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_WORD, calibration_params, method, "sigmoid", 0, 0,
            "sigmoid,isotonic,beta,temperature", "",
            "the map: a logistic curve, any that does not fall, or log odds of a beta "
            "distribution; temperature: one number that spreads them"),
    ENS_PARAM_LAST};

/* One map of numbers in [0, 1]. */
typedef struct map {
    double coef[3]; /* slope(s) and intercept; 1 / T */
    size_t n;       /* isotonic: knots */
    double *x, *y;  /* [n] both ascending */
} map;

typedef struct calibration {
    int method;
    size_t k, n_maps;
    map map[]; /* [n_maps] */
} calibration;

static size_t columns_of(size_t k)
{
    return k == 2 ? 1 : k;
}

static void calibration_free(void *fit)
{
    calibration *m = fit;

    if (m == NULL)
        return;
    for (size_t i = 0; i < m->n_maps; i++) {
        ens__free(m->map[i].x);
        ens__free(m->map[i].y);
    }
    ens__free(m);
}

static calibration *calibration_new(int method, size_t k)
{
    size_t n = method == TEMPERATURE ? 1 : columns_of(k);
    calibration *m = ens__zeros(1, sizeof *m + n * sizeof *m->map);

    if (m != NULL) {
        m->method = method;
        m->k = k;
        m->n_maps = n;
    }
    return m;
}

static double inside(double p)
{
    return fmin(1 - LEAST, fmax(LEAST, p));
}

static double logistic(double s)
{
    double e = exp(-fabs(s));

    return s < 0 ? e / (1 + e) : 1 / (1 + e);
}

/* ---- Logistic curves ------------------------------------------------------------------------------------ */

/* Some rows: p of each, what it should be, and its weight. */
typedef struct cases {
    size_t n;
    double *p, *t, *w; /* [n] */
} cases;

/* The features of one case: of sigmoid, p; of beta, ln p and -ln(1 - p); and 1. */
static void features(double z[3], int method, double p)
{
    z[0] = method == BETA ? log(inside(p)) : p;
    z[1] = method == BETA ? -log(1 - inside(p)) : 0;
    z[2] = 1;
}

static double loss_of(const double coef[3], int method, const cases *c)
{
    double sum = 0;

    for (size_t i = 0; i < c->n; i++) {
        double z[3], s;

        features(z, method, c->p[i]);
        s = coef[0] * z[0] + coef[1] * z[1] + coef[2];
        /* log(1 + exp(s)) - t s */
        sum += c->w[i] * (fmax(s, 0) + log1p(exp(-fabs(s))) - c->t[i] * s);
    }
    return sum;
}

/* Of the mean log loss, by a step of Newton's; used[3] says which coefficients are free. */
static void newton_step(double step[3], const double coef[3], int method,
                        const bool used[3], const cases *c)
{
    double h[9] = {0};
    bool aliased[3];

    memset(step, 0, 3 * sizeof *step);
    for (size_t i = 0; i < c->n; i++) {
        double z[3], q, g;

        features(z, method, c->p[i]);
        q = logistic(coef[0] * z[0] + coef[1] * z[1] + coef[2]);
        g = c->w[i] * (c->t[i] - q);
        for (size_t a = 0; a < 3; a++) {
            step[a] += used[a] ? g * z[a] : 0;
            for (size_t b = 0; b < 3; b++)
                h[3 * a + b] +=
                    used[a] && used[b] ? c->w[i] * q * (1 - q) * z[a] * z[b] : 0;
        }
    }
    for (size_t a = 0; a < 3; a++)
        aliased[a] = !used[a];
    ens__chol_factor(h, 3, 1e-14, aliased);
    ens__chol_solve(h, 3, aliased, step);
}

/* The coefficients of least loss. */
static void fit_curve(double coef[3], int method, const bool used[3], const cases *c)
{
    double loss;

    memset(coef, 0, 3 * sizeof *coef);
    loss = loss_of(coef, method, c);
    for (int round = 0; round < 100; round++) {
        double step[3], next[3], less = loss, scale = 1;

        newton_step(step, coef, method, used, c);
        for (int half = 0; half < 40; half++, scale /= 2) {
            for (size_t a = 0; a < 3; a++)
                next[a] = coef[a] + scale * step[a];
            if ((less = loss_of(next, method, c)) <= loss)
                break;
        }
        if (!(less < loss))
            return;
        memcpy(coef, next, sizeof next);
        if (loss - less <= 1e-14 * fabs(loss))
            return;
        loss = less;
    }
}

static void fit_sigmoid(map *m, cases *c)
{
    const bool used[3] = {true, false, true};
    double of[2] = {0, 0};

    for (size_t i = 0; i < c->n; i++)
        of[c->t[i] > 0] += c->w[i];
    for (size_t i = 0; i < c->n; i++)
        c->t[i] = c->t[i] > 0 ? (of[1] + 1) / (of[1] + 2) : 1 / (of[0] + 2);
    fit_curve(m->coef, SIGMOID, used, c);
}

static void fit_beta(map *m, const cases *c)
{
    bool used[3] = {true, true, true};

    fit_curve(m->coef, BETA, used, c);
    for (size_t a = 0; a < 2; a++)
        if (m->coef[a] < 0) {
            used[a] = false;
            fit_curve(m->coef, BETA, used, c);
        }
    for (size_t a = 0; a < 2; a++)
        m->coef[a] = fmax(0, m->coef[a]);
}

/* ---- Isotonic ------------------------------------------------------------------------------------------- */

/* A run of cases that get one value. */
typedef struct pool {
    double first, last, sum, weight;
} pool;

static double value_of(const pool *p)
{
    return p->sum / p->weight;
}

static ens_status fit_isotonic(map *m, const cases *c, ens_error *err)
{
    uint32_t *order = ens__array(c->n, sizeof *order);
    pool *stack = ens__array(c->n, sizeof *stack);
    size_t top = 0;
    ens_status st = ENS_OK;

    m->x = ens__array(c->n, 2 * sizeof *m->x);
    m->y = ens__array(c->n, 2 * sizeof *m->y);
    if (order == NULL || stack == NULL || m->x == NULL || m->y == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    ens__sort_index(order, c->p, c->n);
    for (size_t i = 0; i < c->n; i++) {
        double p = c->p[order[i]], w = c->w[order[i]];

        if (top > 0 && stack[top - 1].first == p && stack[top - 1].last == p) {
            stack[top - 1].sum += w * c->t[order[i]];
            stack[top - 1].weight += w;
        } else {
            stack[top++] = (pool){p, p, w * c->t[order[i]], w};
        }
        if (i + 1 < c->n && c->p[order[i + 1]] == p)
            continue; /* ties are one case */
        for (; top > 1 && value_of(&stack[top - 2]) >= value_of(&stack[top - 1]); top--) {
            stack[top - 2].last = stack[top - 1].last;
            stack[top - 2].sum += stack[top - 1].sum;
            stack[top - 2].weight += stack[top - 1].weight;
        }
    }
    for (size_t i = 0; i < top; i++) {
        double y = fmin(1, value_of(&stack[i]));

        m->x[m->n] = stack[i].first;
        m->y[m->n++] = y;
        if (stack[i].last > stack[i].first) {
            m->x[m->n] = stack[i].last;
            m->y[m->n++] = y;
        }
    }
done:
    ens__free(order);
    ens__free(stack);
    return st;
}

static double interpolate(const map *m, double p)
{
    size_t low = 0, high = m->n - 1;

    if (p <= m->x[0])
        return m->y[0];
    if (p >= m->x[high])
        return m->y[high];
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (m->x[middle] <= p)
            low = middle;
        else
            high = middle;
    }
    return m->y[low] +
           (m->y[high] - m->y[low]) * ((p - m->x[low]) / (m->x[high] - m->x[low]));
}

/* ---- Temperature ---------------------------------------------------------------------------------------- */

/* Probabilities of one row to the power s, scaled. */
static void spread(double *out, const double *p, size_t k, double s)
{
    double most = -INFINITY, sum = 0;

    for (size_t c = 0; c < k; c++) {
        out[c] = s * log(inside(p[c]));
        most = fmax(most, out[c]);
    }
    for (size_t c = 0; c < k; c++)
        sum += out[c] = exp(out[c] - most);
    for (size_t c = 0; c < k; c++)
        out[c] /= sum;
}

/* Slope of the log loss by s: mean of log p less the log p of the class that it is. q[k] is room. */
static double slope(double s, const double *p, const int32_t *label, const double *w,
                    size_t n, size_t k, double *q)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        spread(q, p + i * k, k, s);
        for (size_t c = 0; c < k; c++)
            sum += w[i] * (q[c] - (c == (size_t)label[i])) * log(inside(p[i * k + c]));
    }
    return sum;
}

/* ---- Fitting -------------------------------------------------------------------------------------------- */

/* Row i's probabilities of all classes. */
static void row_of(double *p, const ens_rows *rows, size_t i, size_t k)
{
    for (size_t c = 0; c < columns_of(k); c++)
        p[k == 2 ? 1 : c] = rows->feature[c].x[rows->row[i]];
    if (k == 2)
        p[0] = 1 - p[1];
}

static ens_status fit_temperature(map *m, const ens_fit_args *a, ens_error *err)
{
    size_t n = a->rows.n, k = a->k;
    double *p = ens__array(n + 1, k * sizeof *p), *w = ens__array(n, sizeof *w);
    int32_t *label = ens__array(n, sizeof *label);
    double low = 1e-3, high = 1e3;
    ens_status st = ENS_OK;

    if (p == NULL || w == NULL || label == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        row_of(p + i * k, &a->rows, i, k);
        w[i] = ens_fit_weight(a, i);
        label[i] = a->label[a->rows.row[i]];
    }
    /* The loss is convex in s: halve the interval of log s that has its slope's zero. */
    for (int round = 0; round < 60; round++) {
        double middle = sqrt(low * high);

        if (slope(middle, p, label, w, n, k, p + n * k) < 0)
            low = middle;
        else
            high = middle;
    }
    m->coef[0] = sqrt(low * high);
done:
    ens__free(p);
    ens__free(w);
    ens__free(label);
    return st;
}

/* The map of column c. */
static ens_status fit_map(map *m, int method, size_t c, const ens_fit_args *a,
                          ens_error *err)
{
    size_t n = a->rows.n;
    double *room = ens__array(n, 3 * sizeof *room);
    cases all = {n, room, room + n, room + 2 * n};
    int32_t class = a->k == 2 ? 1 : (int32_t)c;
    ens_status st = ENS_OK;

    if (room == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++) {
        uint32_t row = a->rows.row[i];

        all.p[i] = a->rows.feature[c].x[row];
        all.t[i] = a->label[row] == class;
        all.w[i] = ens_fit_weight(a, i);
    }
    if (method == SIGMOID)
        fit_sigmoid(m, &all);
    else if (method == BETA)
        fit_beta(m, &all);
    else
        st = fit_isotonic(m, &all, err);
    ens__free(room);
    return st;
}

static ens_status check_columns(const ens_rows *rows, size_t k, ens_error *err)
{
    if (rows->p != columns_of(k))
        return ens__fail(err, ENS_EINVAL,
                         "calibration takes %zu columns of probabilities of %zu classes, "
                         "not %zu",
                         columns_of(k), k, rows->p);
    for (size_t j = 0; j < rows->p; j++)
        for (size_t i = 0; i < rows->n; i++) {
            double p = rows->feature[j].x[rows->row[i]];

            if (!(p >= 0 && p <= 1))
                return ens__fail(err, ENS_EDATA,
                                 "calibration: %g is no probability (column %zu)", p,
                                 j + 1);
        }
    return ENS_OK;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    int method = ((const calibration_params *)params)->method;
    calibration *m = NULL;
    ens_status st = check_columns(&a->rows, a->k, err);

    if (st != ENS_OK)
        return st;
    if ((m = calibration_new(method, a->k)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < m->n_maps && st == ENS_OK; i++)
        st = method == TEMPERATURE ? fit_temperature(&m->map[i], a, err)
                                   : fit_map(&m->map[i], method, i, a, err);
    if (st == ENS_OK)
        *out = m;
    else
        calibration_free(m);
    return st;
}

/* ---- Predicting ----------------------------------------------------------------------------------------- */

static double apply(const map *m, int method, double p)
{
    double z[3];

    if (method == ISOTONIC)
        return interpolate(m, p);
    features(z, method, p);
    return logistic(m->coef[0] * z[0] + m->coef[1] * z[1] + m->coef[2] * z[2]);
}

static void predict(const void *fitted, const ens_rows *rows, double *out, void *scratch)
{
    const calibration *m = fitted;
    double *p = scratch;

    for (size_t i = 0; i < rows->n; i++) {
        double *to = out + i * m->k, sum = 0;

        row_of(p, rows, i, m->k);
        if (m->method == TEMPERATURE) {
            spread(to, p, m->k, m->map[0].coef[0]);
            continue;
        }
        if (m->k == 2) {
            to[1] = apply(&m->map[0], m->method, p[1]);
            to[0] = 1 - to[1];
            continue;
        }
        for (size_t c = 0; c < m->k; c++)
            sum += to[c] = apply(&m->map[c], m->method, p[c]);
        for (size_t c = 0; c < m->k; c++)
            to[c] = sum > 0 ? to[c] / sum : 1 / (double)m->k;
    }
}

static size_t scratch_size(const void *fitted)
{
    return ((const calibration *)fitted)->k * sizeof(double);
}

/* ---- Files ---------------------------------------------------------------------------------------------- */

static ens_status write_calibration(const void *fitted, ens_writer *w, ens_error *err)
{
    const calibration *m = fitted;
    double *coef;
    ens_status st = ENS_OK;

    if (m->method != ISOTONIC) {
        st = ens_writer_buffer((void **)&coef, w, "coef", ENS_F64, 2,
                               (size_t[]){m->n_maps, 3}, err);
        for (size_t i = 0; i < m->n_maps && st == ENS_OK; i++)
            memcpy(coef + 3 * i, m->map[i].coef, sizeof m->map[i].coef);
        return st;
    }
    for (size_t i = 0; i < m->n_maps && st == ENS_OK; i++) {
        char name[32];

        snprintf(name, sizeof name, "x%zu", i);
        st = ens_writer_array(w, name, ENS_F64, 1, &m->map[i].n, m->map[i].x, err);
        snprintf(name, sizeof name, "y%zu", i);
        if (st == ENS_OK)
            st = ens_writer_array(w, name, ENS_F64, 1, &m->map[i].n, m->map[i].y, err);
    }
    return st;
}

/* Knots in [0, 1], x rising, y not falling. */
static ens_status read_knots(map *m, size_t i, const ens_read_args *a, ens_error *err)
{
    const void *x, *y;
    size_t n, n_y;
    char name[32];
    ens_status st;

    snprintf(name, sizeof name, "x%zu", i);
    if ((st = ens_reader_array(&x, &n, a->reader, name, ENS_F64, 1, err)) != ENS_OK)
        return st;
    snprintf(name, sizeof name, "y%zu", i);
    if ((st = ens_reader_array(&y, &n_y, a->reader, name, ENS_F64, 1, err)) != ENS_OK)
        return st;
    if (n == 0 || n_y != n)
        return ens_reader_bad(a->reader, err, "%zu knots of %zu values", n, n_y);
    if ((m->x = ens__array(n, sizeof *m->x)) == NULL ||
        (m->y = ens__array(n, sizeof *m->y)) == NULL)
        return ens__nomem(err);
    memcpy(m->x, x, n * sizeof *m->x);
    memcpy(m->y, y, n * sizeof *m->y);
    m->n = n;
    for (size_t j = 0; j < n; j++)
        if (!(m->x[j] >= 0 && m->x[j] <= 1 && m->y[j] >= 0 && m->y[j] <= 1) ||
            (j > 0 && !(m->x[j] > m->x[j - 1] && m->y[j] >= m->y[j - 1])))
            return ens_reader_bad(a->reader, err, "knot %zu of map %zu is out of order",
                                  j, i);
    return ENS_OK;
}

static ens_status read_coefficients(calibration *m, const ens_read_args *a,
                                    ens_error *err)
{
    size_t shape[2];
    const void *data;
    ens_status st = ens_reader_array(&data, shape, a->reader, "coef", ENS_F64, 2, err);

    if (st != ENS_OK)
        return st;
    if (shape[0] != m->n_maps || shape[1] != 3)
        return ens_reader_bad(a->reader, err,
                              "coefficients are %zu x %zu, expected %zu x 3", shape[0],
                              shape[1], m->n_maps);
    for (size_t i = 0; i < m->n_maps; i++) {
        memcpy(m->map[i].coef, (const double *)data + 3 * i, sizeof m->map[i].coef);
        for (size_t c = 0; c < 3; c++)
            if (!(fabs(m->map[i].coef[c]) < 1e300))
                return ens_reader_bad(a->reader, err, "coefficient %zu of map %zu is %g",
                                      c, i, m->map[i].coef[c]);
    }
    return ENS_OK;
}

static ens_status read_calibration(void **out, const ens_read_args *a, ens_error *err)
{
    const calibration_params *p = ens_learner_params(a->learner);
    calibration *m = NULL;
    ens_status st = ENS_OK;

    if (a->p != columns_of(a->k))
        return ens_reader_bad(a->reader, err, "%zu columns of %zu classes", a->p, a->k);
    if ((m = calibration_new(p->method, a->k)) == NULL)
        return ens__nomem(err);
    if (p->method != ISOTONIC)
        st = read_coefficients(m, a, err);
    for (size_t i = 0; i < m->n_maps && st == ENS_OK && p->method == ISOTONIC; i++)
        st = read_knots(&m->map[i], i, a, err);
    if (st == ENS_OK)
        *out = m;
    else
        calibration_free(m);
    return st;
}

/* ---- Asking --------------------------------------------------------------------------------------------- */

static ens_status describe(const void *fitted,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const calibration *m = fitted;
    ens_status st = ENS_OK;

    (void)err;
    for (size_t i = 0; i < m->n_maps && st == ENS_OK; i++) {
        const double *c = m->map[i].coef;
        char line[160];

        if (m->method == ISOTONIC)
            snprintf(line, sizeof line, "calibration %zu: %zu knots\n", i, m->map[i].n);
        else if (m->method == TEMPERATURE)
            snprintf(line, sizeof line, "temperature: %.6g\n", 1 / c[0]);
        else if (m->method == BETA)
            snprintf(line, sizeof line,
                     "calibration %zu: %.6g ln p - %.6g ln(1 - p) + %.6g\n", i, c[0],
                     c[1], c[2]);
        else
            snprintf(line, sizeof line, "calibration %zu: %.6g p + %.6g\n", i, c[0],
                     c[2]);
        st = add(ctx, line);
    }
    return st;
}

static size_t calibration_bytes(const void *fitted)
{
    const calibration *m = fitted;
    size_t bytes = sizeof *m + m->n_maps * sizeof *m->map;

    for (size_t i = 0; i < m->n_maps; i++)
        bytes += 2 * m->map[i].n * sizeof(double);
    return bytes;
}

const ens_learner_type ens__calibration_type = {
    .abi = ENS_EXT_ABI,
    .name = "calibration",
    .help = "maps a classifier's probabilities to those that come true; see `calibrated`",
    .caps = ENS_CLASSIFIES | ENS_TAKES_WEIGHTS | ENS_TAKES_NUMBERS,
    .params = table,
    .params_size = sizeof(calibration_params),
    .fit = fit,
    .predict = predict,
    .scratch_size = scratch_size,
    .write = write_calibration,
    .read = read_calibration,
    .free = calibration_free,
    .describe = describe,
    .bytes = calibration_bytes,
};
