/* onehot.c - the transform `onehot`: a column of 0 and 1 for each level of a category; numbers as they are.
 *
 * As scikit-learn's OneHotEncoder with handle_unknown="ignore": levels that training did not have are 0 in all
 * columns, rare ones share a column, which comes after the others; missing is a level of its own, the last, where
 * training had it. A feature's columns stand where the feature stood. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <math.h>
#include <prep/prep.h>
#include <stdbool.h>
#include <string.h>

enum { DROP_NONE, DROP_FIRST, DROP_IF_BINARY };

typedef struct onehot_params {
    ens_amount min_frequency;
    int drop;
} onehot_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_AMOUNT, onehot_params, min_frequency, "1", 1, 1e9, "", "",
            "weight of rows that a level of its own column needs: a count, or a fraction of all; others share one"),
    ENS_ROW(ENS_PARAM_WORD, onehot_params, drop, "none", 0, 0, "none,first,if_binary", "",
            "leave out a column: the first of each category, or of those with two columns"),
    ENS_PARAM_LAST};

/* Places of a feature: of a number one, of a category one for each level, then that of missing. */
typedef struct onehot {
    size_t p, n_places, n_made;
    size_t *place;       /* [p + 1] the first place of each feature */
    int32_t *to;         /* [n_places] the column of each, -1: none */
    size_t *first;       /* [p + 1] the first column of each feature */
    size_t *from;        /* [n_made] the feature of each column */
    int32_t *level;      /* [n_made] the place of it in the feature, the first if several share it */
    uint8_t *shared;     /* [n_made] several do */
    uint8_t *is_number;  /* [p] */
} onehot;

static void onehot_free(void *fit)
{
    onehot *m = fit;

    if (m == NULL)
        return;
    ens__free(m->place);
    ens__free(m->to);
    ens__free(m->first);
    ens__free(m->from);
    ens__free(m->level);
    ens__free(m->shared);
    ens__free(m->is_number);
    ens__free(m);
}

static ens_status onehot_new(onehot **out, const ens_feature *feature, size_t p,
                             ens_error *err)
{
    onehot *m = ens__zeros(1, sizeof *m);
    ens_status st = ENS_OK;

    if (m == NULL || (m->place = ens__zeros(p + 1, sizeof *m->place)) == NULL ||
        (m->first = ens__zeros(p + 1, sizeof *m->first)) == NULL ||
        (m->is_number = ens__zeros(p, sizeof *m->is_number)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    m->p = p;
    for (size_t j = 0; j < p; j++) {
        m->is_number[j] = feature[j].x != NULL;
        m->place[j + 1] =
            m->place[j] + (m->is_number[j] ? 1 : (size_t)feature[j].n_levels + 1);
    }
    m->n_places = m->place[p];
    if (m->n_places > INT32_MAX) {
        st = ens__fail(err, ENS_ESUPPORT, "onehot: %zu levels are too many", m->n_places);
        goto done;
    }
    if ((m->to = ens__zeros(m->n_places, sizeof *m->to)) == NULL)
        st = ens__nomem(err);
done:
    if (st != ENS_OK)
        onehot_free(m);
    else
        *out = m;
    return st;
}

/* Once `to` and `first` are set and sound: what each column is of. */
static ens_status name_columns(onehot *m, ens_error *err)
{
    m->n_made = m->first[m->p];
    if ((m->from = ens__zeros(m->n_made, sizeof *m->from)) == NULL ||
        (m->level = ens__zeros(m->n_made, sizeof *m->level)) == NULL ||
        (m->shared = ens__zeros(m->n_made, sizeof *m->shared)) == NULL)
        return ens__nomem(err);
    for (size_t c = 0; c < m->n_made; c++)
        m->level[c] = -1;
    for (size_t j = 0; j < m->p; j++)
        for (size_t l = m->place[j]; l < m->place[j + 1]; l++) {
            int32_t c = m->to[l];

            if (c < 0)
                continue;
            m->from[c] = j;
            m->shared[c] = m->level[c] >= 0;
            if (m->level[c] < 0)
                m->level[c] = (int32_t)(l - m->place[j]);
        }
    return ENS_OK;
}

/* ---- Fitting ------------------------------------------------------------------------------------------- */

typedef struct job {
    const onehot_params *params;
    const ens_fit_args *a;
    onehot *m;
    double *weight; /* [n_places] */
    double total;
} job;

static ens_status count_levels(void *ctx, size_t j, unsigned worker, ens_error *err)
{
    const job *k = ctx;
    const ens_feature *f = &k->a->rows.feature[j];
    double *weight = k->weight + k->m->place[j];

    (void)worker;
    (void)err;
    for (size_t i = 0; i < k->a->rows.n && f->code != NULL; i++) {
        int32_t c = f->code[k->a->rows.row[i]];

        weight[c >= 0 ? (size_t)c : f->n_levels] += ens_fit_weight(k->a, i);
    }
    return ENS_OK;
}

/* Columns of category j: of levels that are frequent enough, of the others together, less what is dropped.
 * Returns how many. */
static size_t number_levels(const job *k, size_t j, int32_t begin)
{
    const ens_amount *need = &k->params->min_frequency;
    const double *weight = k->weight + k->m->place[j];
    size_t n = k->m->place[j + 1] - k->m->place[j];
    double least = need->kind == ENS_AMOUNT_FRACTION ? need->value * k->total : need->value;
    int32_t *to = k->m->to + k->m->place[j], next = 0, drop;
    bool rare = false;

    if (need->kind == ENS_AMOUNT_COUNT && need->value <= 1)
        least = 0; /* weights may be below one */
    for (size_t l = 0; l < n; l++)
        if (weight[l] > 0 && weight[l] >= least)
            to[l] = next++;
        else
            rare = rare || weight[l] > 0;
    for (size_t l = 0; l < n && rare; l++)
        if (weight[l] > 0 && weight[l] < least)
            to[l] = next;
    next += rare;
    drop = k->params->drop == DROP_FIRST ||
           (k->params->drop == DROP_IF_BINARY && next == 2);
    for (size_t l = 0; l < n; l++)
        to[l] = weight[l] > 0 && to[l] >= drop ? begin + to[l] - drop : -1;
    return (size_t)(next > drop ? next - drop : 0);
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    job k = {.params = params, .a = a};
    size_t p = a->rows.p;
    ens_status st;

    if ((st = onehot_new(&k.m, a->rows.feature, p, err)) != ENS_OK)
        return st;
    if ((k.weight = ens__zeros(k.m->n_places, sizeof *k.weight)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < a->rows.n; i++)
        k.total += ens_fit_weight(a, i);
    if ((st = ens__par_for(p, a->exec, NULL, count_levels, &k, NULL, err)) != ENS_OK)
        goto done;
    for (size_t j = 0; j < p; j++) {
        size_t begin = k.m->first[j];

        if (k.m->is_number[j])
            k.m->to[k.m->place[j]] = (int32_t)begin;
        k.m->first[j + 1] =
            begin + (k.m->is_number[j] ? 1 : number_levels(&k, j, (int32_t)begin));
    }
    if ((st = name_columns(k.m, err)) != ENS_OK)
        goto done;
    *out = k.m;
    k.m = NULL;
done:
    ens__free(k.weight);
    onehot_free(k.m);
    return st;
}

/* ---- Applying ------------------------------------------------------------------------------------------ */

static size_t n_columns(const void *fit)
{
    return ((const onehot *)fit)->n_made;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    const onehot *m = fit;
    size_t j = m->from[c];
    bool missing = m->place[j] + (size_t)m->level[c] + 1 == m->place[j + 1];

    *out = (ens_made_column){.from = j, .level = -1};
    if (m->is_number[j])
        return;
    if (m->shared[c])
        out->what = "rare";
    else if (missing)
        out->what = "missing";
    else
        out->level = m->level[c];
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const onehot *m = fit;

    (void)scratch;
    for (size_t j = 0; j < m->p; j++) {
        const ens_feature *f = &rows->feature[j];
        const int32_t *to = m->to + m->place[j];

        if (m->is_number[j]) {
            for (size_t i = 0; i < rows->n; i++)
                out[m->first[j]].x[i] = f->x[rows->row[i]];
            continue;
        }
        for (size_t c = m->first[j]; c < m->first[j + 1]; c++)
            memset(out[c].x, 0, rows->n * sizeof *out[c].x);
        for (size_t i = 0; i < rows->n; i++) {
            int32_t code = f->code[rows->row[i]];
            int32_t c = to[code >= 0 ? (uint32_t)code : f->n_levels];

            if (c >= 0)
                out[c].x[i] = 1;
        }
    }
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_onehot(const void *fit, ens_writer *w, ens_error *err)
{
    const onehot *m = fit;

    return ens_writer_array(w, "to", ENS_I32, 1, &m->n_places, m->to, err);
}

/* Columns of each feature follow those of the one before, and each has a place. */
static ens_status check_places(onehot *m, ens_reader *r, ens_error *err)
{
    uint8_t *used = ens__zeros(m->n_places, sizeof *used);
    ens_status st = ENS_OK;

    if (used == NULL)
        return ens__nomem(err);
    for (size_t j = 0; j < m->p && st == ENS_OK; j++) {
        size_t begin = m->first[j], end = begin;

        for (size_t l = m->place[j]; l < m->place[j + 1] && st == ENS_OK; l++) {
            int32_t c = m->to[l];

            if (c == -1 && !m->is_number[j])
                continue;
            if (c < 0 || (size_t)c < begin ||
                (size_t)c >= begin + (m->place[j + 1] - m->place[j])) {
                st = ens_reader_bad(r, err, "place %zu has column %d", l, (int)c);
                break;
            }
            used[c] = 1;
            end = (size_t)c + 1 > end ? (size_t)c + 1 : end;
        }
        for (size_t c = begin; c < end && st == ENS_OK; c++)
            if (!used[c])
                st = ens_reader_bad(r, err, "column %zu is of no level", c);
        m->first[j + 1] = end;
    }
    ens__free(used);
    return st;
}

static ens_status read_onehot(void **out, const ens_read_args *a, ens_error *err)
{
    const void *to;
    size_t n;
    onehot *m = NULL;
    ens_status st;

    if ((st = ens_reader_array(&to, &n, a->reader, "to", ENS_I32, 1, err)) != ENS_OK ||
        (st = onehot_new(&m, a->feature, a->p, err)) != ENS_OK)
        return st;
    if (n != m->n_places) {
        st = ens_reader_bad(a->reader, err, "%zu places, expected %zu", n, m->n_places);
        goto done;
    }
    memcpy(m->to, to, n * sizeof *m->to);
    if ((st = check_places(m, a->reader, err)) != ENS_OK ||
        (st = name_columns(m, err)) != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    onehot_free(m);
    return st;
}

static const ens_transform_type transform = {
    .gives = ENS_GIVES_NUMBERS | ENS_GIVES_LEVELS,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
};

const ens_learner_type ens__onehot_type = {
    .abi = ENS_EXT_ABI,
    .name = "onehot",
    .help = "transform: a column of 0 and 1 for each level of a category",
    .caps = ENS__TRANSFORM_CAPS,
    .params = table,
    .params_size = sizeof(onehot_params),
    .fit = fit,
    .write = write_onehot,
    .read = read_onehot,
    .free = onehot_free,
    .transform = &transform,
};
