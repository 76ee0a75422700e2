/* stack.c - members of unlike recipes at work: their predictions, and what becomes of them.
 *
 * Rows are taken in blocks.  A weighted sum adds one member after the other; a median and a final learner see the
 * outputs of all at once, the learner as features: numbers by row of the block, and beside them copies of the original
 * features if it sees those too. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/bag.h>
#include <ensemble/stack.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Rows that all members predict before others do. */
#define BLOCK ((size_t)2048)

/* ---- Making one ------------------------------------------------------------------------------------------- */

void ens__stack_free(void *fit)
{
    ens__stack *m = fit;

    if (m == NULL)
        return;
    for (size_t i = 0; m->fit != NULL && i < m->n * m->n_each; i++)
        ens_fitted_clear(&m->fit[i]);
    ens_fitted_clear(&m->final);
    for (size_t i = 0; m->name != NULL && i < m->n_names; i++)
        ens_string_free(m->name[i]);
    ens__stack_report_clear(&m->report);
    ens__free(m->name);
    ens__free(m->first);
    ens__free(m->which);
    ens__free(m->fit);
    ens__free(m->weight);
    ens__free(m->final_recipe);
    ens__free(m->is_code);
    ens__free(m->n_levels);
    ens__free(m);
}

ens_status ens__stack_new(ens__stack **out, const ens_learner *learner, size_t k,
                          size_t p, ens_error *err)
{
    size_t n = learner->n_members;
    ens__stack *m = ens__zeros(1, sizeof *m);
    ens_status st = ENS_OK;

    if (m == NULL || (m->name = ens__zeros(n, sizeof *m->name)) == NULL ||
        (m->first = ens__zeros(n, sizeof *m->first)) == NULL)
        st = ens__nomem(err);
    for (size_t i = 0; i < n && st == ENS_OK; i++) {
        if ((st = ens_learner_print(&m->name[i], learner->member[i], ENS_PRINT_SHORT,
                                    err)) != ENS_OK)
            break;
        m->n_names++;
        while (strcmp(m->name[m->first[i]], m->name[i]) != 0)
            m->first[i]++;
    }
    if (st == ENS_OK) {
        m->k = k;
        m->p = p;
        *out = m;
    } else {
        ens__stack_free(m);
    }
    return st;
}

ens_status ens__stack_use(ens__stack *m, const size_t *use, size_t n, size_t n_each,
                          ens_error *err)
{
    if ((m->which = ens__array(n, sizeof *m->which)) == NULL ||
        (m->fit = ens__zeros(n, n_each * sizeof *m->fit)) == NULL ||
        (m->weight = ens__array(n, n_each * sizeof *m->weight)) == NULL)
        return ens__nomem(err);
    memcpy(m->which, use, n * sizeof *use);
    m->n = n;
    m->n_each = n_each;
    for (size_t i = 0; i < n * n_each; i++)
        m->weight[i] = 1 / (double)(n * n_each);
    return ENS_OK;
}

void ens__stack_finish(ens__stack *m)
{
    if (m->final.type != NULL)
        m->scratch = ens_fitted_scratch(&m->final);
    for (size_t i = 0; i < m->n * m->n_each; i++) {
        size_t scratch = ens_fitted_scratch(&m->fit[i]);

        m->scratch = scratch > m->scratch ? scratch : m->scratch;
    }
}

/* ---- Columns for the final learner ------------------------------------------------------------------------- */

char *ens__stack_column_name(const ens__stack *m, size_t i, size_t c)
{
    const char *type = m->fit[i * m->n_each].type->name;
    ens__buf b = {0};
    char *name;

    ens__buf_printf(&b, "%s%zu", type, m->which[i] + 1);
    if (m->k > 2)
        ens__buf_printf(&b, "[%zu]", c);
    return ens__buf_take(&name, &b, NULL) == ENS_OK ? name : NULL;
}

void ens__stack_columns_of(double *to, const ens__stack *m, const double *out)
{
    size_t top = m->form.labels ? ens_argmax(out, m->k) : 0, skip = m->k == 2;

    for (size_t c = skip; c < m->k; c++)
        to[c - skip] = m->form.labels ? c == top : out[c];
}

ens_status ens__stack_note_features(ens__stack *m, const ens_feature *feature,
                                    ens_error *err)
{
    if ((m->is_code = ens__zeros(m->p, sizeof *m->is_code)) == NULL ||
        (m->n_levels = ens__zeros(m->p, sizeof *m->n_levels)) == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < m->p; j++) {
        m->is_code[j] = feature[j].code != NULL;
        m->n_levels[j] = feature[j].n_levels;
    }
    return ENS_OK;
}

/* ---- Predicting ------------------------------------------------------------------------------------------- */

/* Where the parts of the scratch begin, in bytes. */
typedef struct layout {
    size_t one; /* [BLOCK][k] outputs of a fit */
    size_t
        sum; /* [BLOCK][k] of the fits of a member; or [fits][BLOCK] of all, for a median */
    size_t
        column; /* [members * columns][BLOCK] of the final learner; or [2][fits], for a median */
    size_t copy;    /* [p][BLOCK] features beside them */
    size_t row;     /* [BLOCK] 0, 1, ... */
    size_t feature; /* [members * columns + p] */
    size_t rest, end;
} layout;

static layout layout_of(const ens__stack *m)
{
    size_t fits = m->n * m->n_each, columns = m->n * ens__stack_columns(m);
    bool learner = m->form.combine == ENS__COMBINE_LEARNER;
    bool median = m->form.combine == ENS__COMBINE_MEDIAN;
    size_t p = learner && m->form.passthrough ? m->p : 0;
    layout s = {0};

    s.sum = s.one + ens__bag_round(BLOCK * m->k * sizeof(double));
    s.column = s.sum + ens__bag_round((median ? fits : m->k) * BLOCK * sizeof(double));
    s.copy = s.column + ens__bag_round((learner  ? columns * BLOCK
                                        : median ? 2 * fits
                                                 : 0) *
                                       sizeof(double));
    s.row = s.copy + p * BLOCK * sizeof(double);
    s.feature = s.row + ens__bag_round(learner ? BLOCK * sizeof(uint32_t) : 0);
    s.rest =
        s.feature + ens__bag_round((learner ? columns + p : 0) * sizeof(ens_feature));
    s.end = s.rest + ens__bag_round(m->scratch);
    return s;
}

size_t ens__stack_scratch(const void *fit)
{
    return layout_of(fit).end;
}

/* A fit's outputs, in blocks that it takes. */
static void predict_fit(const ens_fitted *f, const ens_rows *rows, size_t k, double *out,
                        void *rest)
{
    size_t block =
        (f->type->caps & ENS_TAKES_LONG_BLOCKS) != 0 ? ENS_LONG_BLOCK : ENS_BLOCK;

    for (size_t i = 0; i < rows->n; i += block) {
        ens_rows part = *rows;

        part.row += i;
        part.n = rows->n - i < block ? rows->n - i : block;
        f->type->predict(f->state, &part, out + i * k, rest);
    }
}

/* out += weight * outputs, or weight for the most probable class */
static void sum_fits(const ens__stack *m, const ens_rows *rows, double *out,
                     char *scratch)
{
    layout at = layout_of(m);
    double *one = (double *)(void *)(scratch + at.one);
    size_t cells = rows->n * m->k;

    memset(out, 0, cells * sizeof *out);
    for (size_t f = 0; f < m->n * m->n_each; f++) {
        predict_fit(&m->fit[f], rows, m->k, one, scratch + at.rest);
        if (m->form.combine == ENS__COMBINE_VOTE)
            for (size_t i = 0; i < rows->n; i++)
                out[i * m->k + ens_argmax(one + i * m->k, m->k)] += m->weight[f];
        else
            for (size_t c = 0; c < cells; c++)
                out[c] += m->weight[f] * one[c];
    }
}

/* The weighted median of v[n], which is sorted by insertion: few values. Where the weights below and above are equal
 * it lies half-way. */
static double median(double *v, double *w, size_t n)
{
    double half = 0, below = 0;

    for (size_t i = 0; i < n; i++) {
        double value = v[i], weight = w[i];
        size_t at = i;

        half += weight / 2;
        for (; at > 0 && v[at - 1] > value; at--) {
            v[at] = v[at - 1];
            w[at] = w[at - 1];
        }
        v[at] = value;
        w[at] = weight;
    }
    for (size_t i = 0; i < n; i++) {
        below += w[i];
        if (fabs(below - half) <= 1e-12 * half && i + 1 < n)
            return v[i] + (v[i + 1] - v[i]) / 2;
        if (below > half)
            return v[i];
    }
    return v[n - 1];
}

static void find_medians(const ens__stack *m, const ens_rows *rows, double *out,
                         char *scratch)
{
    layout at = layout_of(m);
    size_t fits = m->n * m->n_each;
    double *all = (double *)(void *)(scratch + at.sum);
    double *v = (double *)(void *)(scratch + at.column), *w = v + fits;

    for (size_t f = 0; f < fits; f++)
        predict_fit(&m->fit[f], rows, 1, all + f * BLOCK, scratch + at.rest);
    for (size_t i = 0; i < rows->n; i++) {
        for (size_t f = 0; f < fits; f++)
            v[f] = all[f * BLOCK + i];
        memcpy(w, m->weight, fits * sizeof *w);
        out[i] = median(v, w, fits);
    }
}

/* column[..][BLOCK]: the mean outputs of each member. */
static void fill_columns(const ens__stack *m, const ens_rows *rows, char *scratch)
{
    layout at = layout_of(m);
    double *one = (double *)(void *)(scratch + at.one);
    double *sum = (double *)(void *)(scratch + at.sum);
    double *column = (double *)(void *)(scratch + at.column);
    size_t columns = ens__stack_columns(m), cells = rows->n * m->k;

    for (size_t i = 0; i < m->n; i++) {
        memset(sum, 0, cells * sizeof *sum);
        for (size_t e = 0; e < m->n_each; e++) {
            predict_fit(&m->fit[i * m->n_each + e], rows, m->k, one, scratch + at.rest);
            for (size_t c = 0; c < cells; c++)
                sum[c] += one[c] / (double)m->n_each;
        }
        for (size_t r = 0; r < rows->n; r++) {
            double *row = one; /* which is free again */

            ens__stack_columns_of(row, m, sum + r * m->k);
            for (size_t c = 0; c < columns; c++)
                column[(i * columns + c) * BLOCK + r] = row[c];
        }
    }
}

/* Beside the columns: the features as they are. */
static void copy_features(const ens__stack *m, const ens_rows *rows, ens_feature *feature,
                          char *copy)
{
    for (size_t j = 0; j < m->p && m->form.passthrough; j++) {
        const ens_feature *from = &rows->feature[j];
        void *to = copy + j * BLOCK * sizeof(double);

        feature[j] = (ens_feature){.n_levels = m->n_levels[j]};
        if (m->is_code[j]) {
            int32_t *code = to;

            for (size_t i = 0; i < rows->n; i++)
                code[i] = from->code[rows->row[i]];
            feature[j].code = code;
        } else {
            double *x = to;

            for (size_t i = 0; i < rows->n; i++)
                x[i] = from->x[rows->row[i]];
            feature[j].x = x;
        }
    }
}

static void learn_from_columns(const ens__stack *m, const ens_rows *rows, double *out,
                               char *scratch)
{
    layout at = layout_of(m);
    size_t columns = m->n * ens__stack_columns(m);
    double *column = (double *)(void *)(scratch + at.column);
    ens_feature *feature = (ens_feature *)(void *)(scratch + at.feature);
    uint32_t *row = (uint32_t *)(void *)(scratch + at.row);
    ens_rows made = {feature, columns + (m->form.passthrough ? m->p : 0), row, rows->n};

    fill_columns(m, rows, scratch);
    for (size_t c = 0; c < columns; c++)
        feature[c] = (ens_feature){.x = column + c * BLOCK};
    copy_features(m, rows, feature + columns, scratch + at.copy);
    for (size_t i = 0; i < rows->n; i++)
        row[i] = (uint32_t)i;
    predict_fit(&m->final, &made, m->k, out, scratch + at.rest);
}

void ens__stack_predict(const void *fit, const ens_rows *rows, double *out, void *scratch)
{
    const ens__stack *m = fit;

    for (size_t i = 0; i < rows->n; i += BLOCK) {
        ens_rows part = *rows;
        double *to = out + i * m->k;

        part.row += i;
        part.n = rows->n - i < BLOCK ? rows->n - i : BLOCK;
        if (m->form.combine == ENS__COMBINE_LEARNER)
            learn_from_columns(m, &part, to, scratch);
        else if (m->form.combine == ENS__COMBINE_MEDIAN)
            find_medians(m, &part, to, scratch);
        else
            sum_fits(m, &part, to, scratch);
    }
}

/* ---- Asking ------------------------------------------------------------------------------------------------ */

size_t ens__stack_bytes(const void *fit)
{
    const ens__stack *m = fit;
    size_t bytes =
        sizeof *m + m->n * m->n_each * (sizeof *m->fit + sizeof *m->weight);

    if (m->final.type != NULL)
        bytes += ens__fitted_bytes(&m->final);
    for (size_t i = 0; i < m->n * m->n_each; i++)
        bytes += ens__fitted_bytes(&m->fit[i]);
    return bytes;
}
