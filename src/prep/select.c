/* select.c - the transform `select`: the columns that tell the most about the target, one by one; the others go.
 *
 * By `f`, the statistic of scikit-learn's f_classif and f_regression (numbers alone; categories stay); by
 * `mutual_info`, of the target and a column cut into n_bins parts of like size, or its levels, gaps apart
 * (mutual_info_score on these); or by `variance`, as VarianceThreshold. Rows count by their weights, and those with a
 * gap tell nothing but to mutual_info. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <float.h>
#include <math.h>
#include <num/stats.h>
#include <prep/prep.h>
#include <prep/sorted.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { F, MUTUAL_INFO, VARIANCE };

typedef struct select_params {
    int score_func;
    ens_amount k;
    double threshold;
    int64_t n_bins;
} select_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_WORD, select_params, score_func, "f", 0, 0,
            "f,mutual_info,variance", "", "what columns are compared by"),
    ENS_ROW(ENS_PARAM_AMOUNT, select_params, k, "10", 1, 1e6, "all", "",
            "f, mutual_info: columns that stay, those that are compared alone; or a "
            "share of them"),
    ENS_ROW(ENS_PARAM_REAL, select_params, threshold, "0", 0, 1e300, "", "",
            "variance: of columns that go at most"),
    ENS_ROW(ENS_PARAM_INT, select_params, n_bins, "10", 2, 1000, "", "",
            "mutual_info: parts of a number"),
    ENS_PARAM_LAST};

typedef struct selection {
    size_t p, n_made;
    uint8_t *is_number, *kept; /* [p] */
    double *score;             /* [p] 0 where none was computed */
    size_t *from;              /* [n_made] */
} selection;

static void selection_free(void *fit)
{
    selection *m = fit;

    if (m == NULL)
        return;
    ens__free(m->is_number);
    ens__free(m->kept);
    ens__free(m->score);
    ens__free(m->from);
    ens__free(m);
}

static ens_status selection_new(selection **out, const ens_feature *feature, size_t p,
                                ens_error *err)
{
    selection *m = ens__zeros(1, sizeof *m);

    if (m == NULL || (m->is_number = ens__zeros(p, sizeof *m->is_number)) == NULL ||
        (m->kept = ens__zeros(p, sizeof *m->kept)) == NULL ||
        (m->score = ens__zeros(p, sizeof *m->score)) == NULL ||
        (m->from = ens__zeros(p, sizeof *m->from)) == NULL) {
        selection_free(m);
        return ens__nomem(err);
    }
    m->p = p;
    for (size_t j = 0; j < p; j++)
        m->is_number[j] = feature[j].x != NULL;
    *out = m;
    return ENS_OK;
}

static void lay_columns(selection *m)
{
    for (size_t j = 0; j < m->p; j++)
        if (m->kept[j])
            m->from[m->n_made++] = j;
}

static ens_status check(const void *params, ens_error *err)
{
    const select_params *p = params;

    if (p->score_func == VARIANCE && (p->k.kind != ENS_AMOUNT_COUNT || p->k.value != 10))
        return ens__fail(
            err, ENS_EINVAL,
            "select.k is of score_func=f and mutual_info; variance has threshold");
    if (p->score_func != VARIANCE && p->threshold != 0)
        return ens__fail(err, ENS_EINVAL,
                         "select.threshold = %g is of score_func=variance alone",
                         p->threshold);
    if (p->score_func != MUTUAL_INFO && p->n_bins != 10)
        return ens__fail(err, ENS_EINVAL,
                         "select.n_bins = %lld is of score_func=mutual_info alone",
                         (long long)p->n_bins);
    return ENS_OK;
}

/* ---- Scores -------------------------------------------------------------------------------------------- */

/* What a task has for itself. */
typedef struct room {
    double *x, *y, *w;             /* [n] */
    uint32_t *cell;                /* [n] */
    double *joint;                 /* [parts + 1][classes], of mutual_info */
    double *sum, *square, *weight; /* [classes] */
} room;

typedef struct job {
    const select_params *params;
    const ens_fit_args *a;
    selection *m;
    const uint32_t *target; /* [n] of mutual_info: class or part of each row */
    size_t classes;
} job;

static void room_clear(room *r)
{
    ens__free(r->x);
    ens__free(r->y);
    ens__free(r->w);
    ens__free(r->cell);
    ens__free(r->joint);
    ens__free(r->sum);
    ens__free(r->square);
    ens__free(r->weight);
}

static ens_status room_init(room *r, const job *k, size_t parts, ens_error *err)
{
    size_t n = k->a->rows.n, classes = k->classes > k->a->k ? k->classes : k->a->k;

    *r = (room){ens__array(n, sizeof *r->x),
                ens__array(n, sizeof *r->y),
                ens__array(n, sizeof *r->w),
                ens__array(n, sizeof *r->cell),
                ens__zeros(parts + 1, classes * sizeof *r->joint),
                ens__zeros(classes, sizeof *r->sum),
                ens__zeros(classes, sizeof *r->square),
                ens__zeros(classes, sizeof *r->weight)};
    if (r->x != NULL && r->y != NULL && r->w != NULL && r->cell != NULL &&
        r->joint != NULL && r->sum != NULL && r->square != NULL && r->weight != NULL)
        return ENS_OK;
    room_clear(r);
    return ens__nomem(err);
}

/* Numbers of column j that are there, in units that no square of them exceeds; with classes or responses. */
static size_t take_numbers(room *r, const job *k, size_t j)
{
    const ens_fit_args *a = k->a;
    const double *x = a->rows.feature[j].x;
    double most = 0;
    size_t n = 0;
    int unit;

    for (size_t i = 0; i < a->rows.n; i++) {
        uint32_t row = a->rows.row[i];

        if (isnan(x[row]))
            continue;
        most = fmax(most, fabs(x[row]));
        r->x[n] = x[row];
        r->w[n] = ens_fit_weight(a, i);
        if (a->label != NULL)
            r->cell[n] = (uint32_t)a->label[row];
        else
            r->y[n] = a->y[row];
        n++;
    }
    frexp(most, &unit);
    unit = unit < -1000 ? -1000 : unit;
    for (size_t i = 0; i < n; i++)
        r->x[i] = ldexp(r->x[i], -unit);
    return n;
}

/* One-way analysis of variance: the spread between classes by that within them. */
static double f_of_classes(room *r, const job *k, size_t n)
{
    double total = ens__sum(r->w, n), mean = ens__mean(r->x, r->w, n), between = 0,
           within = 0;
    size_t groups = 0;

    for (size_t i = 0; i < n; i++) {
        r->weight[r->cell[i]] += r->w[i];
        r->sum[r->cell[i]] += r->w[i] * (r->x[i] - mean);
    }
    for (size_t c = 0; c < k->a->k; c++) {
        groups += r->weight[c] > 0;
        between += r->weight[c] > 0 ? r->sum[c] * r->sum[c] / r->weight[c] : 0;
    }
    for (size_t i = 0; i < n; i++) {
        double d = r->x[i] - mean - r->sum[r->cell[i]] / r->weight[r->cell[i]];

        within += r->w[i] * d * d;
    }
    if (groups < 2 || !(between > 0))
        return 0;
    return fmin(between / (double)(groups - 1) /
                    (within / fmax(total - (double)groups, 1)),
                DBL_MAX);
}

/* Of the correlation with the response. */
static double f_of_numbers(room *r, size_t n)
{
    double total = ens__sum(r->w, n), mx = ens__mean(r->x, r->w, n), most = 0, my;
    double xx = 0, yy = 0, xy = 0, square;
    int unit;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs(r->y[i]));
    frexp(most, &unit);
    unit = unit < -1000 ? -1000 : unit;
    for (size_t i = 0; i < n; i++)
        r->y[i] = ldexp(r->y[i], -unit);
    my = ens__mean(r->y, r->w, n);
    for (size_t i = 0; i < n; i++) {
        double x = r->x[i] - mx, y = r->y[i] - my;

        xx += r->w[i] * x * x;
        yy += r->w[i] * y * y;
        xy += r->w[i] * x * y;
    }
    if (!(xx > 0) || !(yy > 0))
        return 0;
    square = fmin(xy / sqrt(xx) * (xy / sqrt(xx)) / yy, 1);
    return fmin(square / (1 - square) * fmax(total - 2, 1), DBL_MAX);
}

/* The part of each value among `parts` of like size: values between two quantiles; gaps are one more. */
static ens_status cut(uint32_t *part, const double *value, const ens_fit_args *a,
                      size_t j, size_t parts, ens_error *err)
{
    ens__sorted s = {0};
    double *edge = ens__array(parts, sizeof *edge);
    ens_status st = ENS_OK;

    if (edge == NULL)
        return ens__nomem(err);
    if ((st = ens__sort_feature(&s, a, j, err)) != ENS_OK)
        goto done;
    for (size_t e = 1; e < parts && s.n > 0; e++)
        edge[e - 1] = ens__sorted_quantile(&s, (double)e / (double)parts);
    for (size_t i = 0; i < a->rows.n; i++) {
        double v = value[a->rows.row[i]];
        size_t low = 0, high = parts - 1;

        while (low < high) { /* edges below or at v */
            size_t middle = low + (high - low) / 2;

            if (edge[middle] <= v)
                low = middle + 1;
            else
                high = middle;
        }
        part[i] = (uint32_t)(isnan(v) ? parts : low);
    }
done:
    ens__sorted_clear(&s);
    ens__free(edge);
    return st;
}

/* sum p(x, y) log (p(x, y) / p(x) p(y)), in nats */
static double information(room *r, const job *k, size_t parts)
{
    double total = 0, sum = 0;

    for (size_t i = 0; i < k->a->rows.n; i++) {
        double w = ens_fit_weight(k->a, i);

        r->joint[r->cell[i] * k->classes + k->target[i]] += w;
        r->weight[k->target[i]] += w;
        total += w;
    }
    for (size_t b = 0; b <= parts; b++) {
        const double *joint = r->joint + b * k->classes;
        double of_part = ens__sum(joint, k->classes);

        for (size_t c = 0; c < k->classes; c++)
            if (joint[c] > 0)
                sum += joint[c] / total *
                       (log(joint[c] / of_part) - log(r->weight[c] / total));
    }
    return fmax(sum, 0);
}

static ens_status mutual_info(double *score, const job *k, size_t j, ens_error *err)
{
    const ens_feature *f = &k->a->rows.feature[j];
    size_t parts = f->x != NULL ? (size_t)k->params->n_bins : f->n_levels;
    room r;
    ens_status st = room_init(&r, k, parts, err);

    if (st != ENS_OK)
        return st;
    if (f->x != NULL)
        st = cut(r.cell, f->x, k->a, j, parts, err);
    for (size_t i = 0; i < k->a->rows.n && f->code != NULL; i++) {
        int32_t c = f->code[k->a->rows.row[i]];

        r.cell[i] = c < 0 ? (uint32_t)parts : (uint32_t)c;
    }
    if (st == ENS_OK)
        *score = information(&r, k, parts);
    room_clear(&r);
    return st;
}

static ens_status score_feature(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const job *k = ctx;
    room r;
    size_t n;
    ens_status st;

    (void)worker;
    if (k->params->score_func == MUTUAL_INFO)
        return mutual_info(&k->m->score[j], k, j, err);
    if (!k->m->is_number[j])
        return ENS_OK;
    if ((st = room_init(&r, k, 0, err)) != ENS_OK)
        return st;
    n = take_numbers(&r, k, j);
    if (n == 0)
        k->m->score[j] = 0;
    else if (k->params->score_func == F)
        k->m->score[j] =
            k->a->label != NULL ? f_of_classes(&r, k, n) : f_of_numbers(&r, n);
    room_clear(&r);
    return ENS_OK;
}

/* Not in units, since it is compared with a number of the user's; of one value it is 0. */
static ens_status score_variance(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const job *k = ctx;
    const double *x = k->a->rows.feature[j].x;
    double total = 0, mean = 0, variance = 0, least = INFINITY, most = -INFINITY;

    (void)worker;
    (void)err;
    for (size_t i = 0; i < k->a->rows.n && x != NULL; i++) {
        double v = x[k->a->rows.row[i]];

        if (isnan(v))
            continue;
        total += ens_fit_weight(k->a, i);
        mean += ens_fit_weight(k->a, i) / total * (v - mean);
        least = fmin(least, v);
        most = fmax(most, v);
    }
    for (size_t i = 0; i < k->a->rows.n && least < most; i++) {
        double v = x[k->a->rows.row[i]];

        if (!isnan(v))
            variance += ens_fit_weight(k->a, i) / total * (v - mean) * (v - mean);
    }
    k->m->score[j] = isnan(variance) ? DBL_MAX : fmin(variance, DBL_MAX);
    return ENS_OK;
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

/* The columns of the highest scores, the first of equal ones. */
static ens_status keep_best(const job *k, ens_error *err)
{
    selection *m = k->m;
    const ens_amount *want = &k->params->k;
    bool all = k->params->score_func == MUTUAL_INFO;
    uint32_t *order = ens__array(m->p, sizeof *order);
    double *low = ens__array(m->p, sizeof *low);
    size_t n = 0, most;

    if (order == NULL || low == NULL) {
        ens__free(order);
        ens__free(low);
        return ens__nomem(err);
    }
    for (size_t j = 0; j < m->p; j++) {
        bool compared = all || m->is_number[j];

        n += compared;
        m->kept[j] = !compared;
        low[j] = compared ? -m->score[j] : INFINITY;
    }
    most = want->kind == ENS_AMOUNT_WORD    ? n
           : want->kind == ENS_AMOUNT_COUNT ? (size_t)want->value
                                            : (size_t)fmax(1, want->value * (double)n);
    ens__sort_index(order, low, m->p);
    for (size_t i = 0; i < n && i < most; i++)
        m->kept[order[i]] = 1;
    ens__free(order);
    ens__free(low);
    return ENS_OK;
}

/* The class or the part of each row's target. */
static ens_status take_target(uint32_t **out, job *k, ens_error *err)
{
    const ens_fit_args *a = k->a;
    const ens_feature response = {.x = a->y};
    ens_fit_args of_target = *a;
    uint32_t *target = ens__array(a->rows.n, sizeof *target);
    ens_status st = ENS_OK;

    if (target == NULL)
        return ens__nomem(err);
    k->classes = a->label != NULL ? a->k : (size_t)k->params->n_bins;
    of_target.rows.feature = &response;
    of_target.rows.p = 1;
    if (a->label == NULL)
        st = cut(target, a->y, &of_target, 0, k->classes, err);
    for (size_t i = 0; i < a->rows.n && a->label != NULL; i++)
        target[i] = (uint32_t)a->label[a->rows.row[i]];
    k->target = *out = target;
    return st;
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    job k = {.params = params, .a = a};
    bool variance = k.params->score_func == VARIANCE;
    uint32_t *target = NULL;
    ens_status st;

    if (a->task == ENS_TASK_ANOMALY && !variance)
        return ens__fail(err, ENS_ESUPPORT,
                         "select: there is no target; score_func=variance needs none");
    if ((st = selection_new(&k.m, a->rows.feature, a->rows.p, err)) != ENS_OK)
        return st;
    if (k.params->score_func == MUTUAL_INFO &&
        (st = take_target(&target, &k, err)) != ENS_OK)
        goto done;
    if ((st = ens__par_for(a->rows.p, a->exec, NULL,
                           variance ? score_variance : score_feature, &k, NULL, err)) !=
        ENS_OK)
        goto done;
    for (size_t j = 0; j < a->rows.p && variance; j++)
        k.m->kept[j] = !k.m->is_number[j] || k.m->score[j] > k.params->threshold;
    if (!variance && (st = keep_best(&k, err)) != ENS_OK)
        goto done;
    lay_columns(k.m);
    *out = k.m;
    k.m = NULL;
done:
    ens__free(target);
    selection_free(k.m);
    return st;
}

/* ---- Applying ------------------------------------------------------------------------------------------ */

static size_t n_columns(const void *fit)
{
    return ((const selection *)fit)->n_made;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    const selection *m = fit;

    *out = (ens_made_column){
        .from = m->from[c], .categorical = !m->is_number[m->from[c]], .level = -1};
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const selection *m = fit;

    (void)scratch;
    for (size_t c = 0; c < m->n_made; c++)
        ens__prep_copy(&out[c], &rows->feature[m->from[c]], rows);
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_selection(const void *fit, ens_writer *w, ens_error *err)
{
    const selection *m = fit;
    ens_status st = ens_writer_array(w, "score", ENS_F64, 1, &m->p, m->score, err);

    return st != ENS_OK ? st
                        : ens_writer_array(w, "kept", ENS_U8, 1, &m->p, m->kept, err);
}

static ens_status read_selection(void **out, const ens_read_args *a, ens_error *err)
{
    const void *score, *kept;
    size_t p, q;
    selection *m = NULL;
    ens_status st;

    if ((st = ens_reader_array(&score, &p, a->reader, "score", ENS_F64, 1, err)) !=
            ENS_OK ||
        (st = ens_reader_array(&kept, &q, a->reader, "kept", ENS_U8, 1, err)) != ENS_OK)
        return st;
    if (p != a->p || q != a->p)
        return ens_reader_bad(a->reader, err, "%zu and %zu values for %zu features", p, q,
                              a->p);
    if ((st = selection_new(&m, a->feature, p, err)) != ENS_OK)
        return st;
    memcpy(m->score, score, p * sizeof *m->score);
    memcpy(m->kept, kept, p);
    for (size_t j = 0; j < p && st == ENS_OK; j++)
        if (!isfinite(m->score[j]) || m->kept[j] > 1)
            st = ens_reader_bad(a->reader, err, "feature %zu has score %g", j,
                                m->score[j]);
    if (st != ENS_OK) {
        selection_free(m);
        return st;
    }
    lay_columns(m);
    *out = m;
    return ENS_OK;
}

static ens_status describe(const void *fit,
                           ens_status (*add)(void *ctx, const char *line), void *ctx,
                           ens_error *err)
{
    const selection *m = fit;
    ens_status st = ENS_OK;

    (void)err;
    for (size_t j = 0; j < m->p && st == ENS_OK; j++) {
        char line[96];

        snprintf(line, sizeof line, "column %zu before select: score %.12g, %s\n", j + 1, m->score[j],
                 m->kept[j] ? "kept" : "left out");
        st = add(ctx, line);
    }
    return st;
}

static const ens_transform_type transform = {
    .gives = 0,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__select_type = {
    .abi = ENS_EXT_ABI,
    .name = "select",
    .help = "transform: the columns that tell the most about the target, one by one",
    .caps = ENS__TRANSFORM_CAPS,
    .params = table,
    .params_size = sizeof(select_params),
    .check = check,
    .fit = fit,
    .write = write_selection,
    .read = read_selection,
    .free = selection_free,
    .describe = describe,
    .transform = &transform,
};
