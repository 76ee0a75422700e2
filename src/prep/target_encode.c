/* target_encode.c - the transform `target_encode`: a category by the mean of the target in each of its levels.
 *
 * As scikit-learn's TargetEncoder. The mean of a level is drawn towards the mean of all the more, the fewer rows it has
 * (Micci-Barreca 2001): with smooth=auto by empirical Bayes,
 *   code = b mean(level) + (1 - b) mean(all),  b = n var(all) / (n var(all) + var(level)),
 * else by b = n / (n + smooth). Missing is a level like others; those that training did not have get the mean of all.
 * Of three or more classes there is a column for each. Codes of all rows are for later data: the rows of the fit
 * itself get those of cv folds, each from the rows outside its own, or the learner after it would trust what the
 * target itself has told. Rows count by their weights. Numbers stay as they are. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/folds.h>
#include <math.h>
#include <prep/prep.h>
#include <stdbool.h>
#include <string.h>

typedef struct target_params {
    ens_amount smooth;
    int64_t cv;
} target_params;

static const ens_param table[] = {
    ENS_ROW(ENS_PARAM_AMOUNT, target_params, smooth, "auto", 0, 1e9, "auto", "",
            "rows that the mean of all counts as in each level; auto: by the variances"),
    ENS_ROW(ENS_PARAM_INT, target_params, cv, "5", 2, 1000, "", "",
            "folds by which the rows of the fit are coded"),
    ENS_PARAM_LAST};

/* Places of a category: one for each level, then that of missing. */
typedef struct encoder {
    size_t p, k, n_places, n_made; /* k: codes of a level */
    uint8_t *is_number;            /* [p] */
    size_t *place; /* [p + 1] the first place of each feature; none of numbers */
    size_t *first; /* [p + 1] the first column of each feature */
    double *code;  /* [n_places][k] */
} encoder;

static void encoder_free(void *fit)
{
    encoder *m = fit;

    if (m == NULL)
        return;
    ens__free(m->is_number);
    ens__free(m->place);
    ens__free(m->first);
    ens__free(m->code);
    ens__free(m);
}

static ens_status encoder_new(encoder **out, size_t classes, const ens_feature *feature,
                              size_t p, ens_error *err)
{
    encoder *m = ens__zeros(1, sizeof *m);

    if (m == NULL || (m->is_number = ens__zeros(p, sizeof *m->is_number)) == NULL ||
        (m->place = ens__zeros(p + 1, sizeof *m->place)) == NULL ||
        (m->first = ens__zeros(p + 1, sizeof *m->first)) == NULL) {
        encoder_free(m);
        return ens__nomem(err);
    }
    m->p = p;
    m->k = classes > 2 ? classes : 1;
    for (size_t j = 0; j < p; j++) {
        m->is_number[j] = feature[j].x != NULL;
        m->place[j + 1] =
            m->place[j] + (m->is_number[j] ? 0 : (size_t)feature[j].n_levels + 1);
        m->first[j + 1] = m->first[j] + (m->is_number[j] ? 1 : m->k);
    }
    m->n_places = m->place[p];
    m->n_made = m->first[p];
    if ((m->code = ens__zeros(m->n_places, m->k * sizeof *m->code)) == NULL) {
        encoder_free(m);
        return ens__nomem(err);
    }
    *out = m;
    return ENS_OK;
}

static size_t place_of(const encoder *m, size_t j, const ens_feature *f, uint32_t row)
{
    int32_t c = f->code[row];

    return m->place[j] + (c >= 0 ? (size_t)c : m->place[j + 1] - m->place[j] - 1);
}

/* ---- Codes --------------------------------------------------------------------------------------------- */

/* Some rows of a fit: those that are not in a fold. */
typedef struct part {
    const ens_fit_args *a;
    const uint32_t *fold; /* [n] or NULL: all rows */
    uint32_t without;
    size_t c; /* which of the codes */
    size_t k;
} part;

static bool has(const part *t, size_t i)
{
    return t->fold == NULL || t->fold[i] != t->without;
}

/* The response; of classes, 1 for the one that is coded. In halves, so that differences do not overflow. */
static double target_of(const part *t, size_t i)
{
    uint32_t row = t->a->rows.row[i];

    if (t->a->label == NULL)
        return t->a->y[row] / 2;
    return t->a->label[row] == (t->k > 1 ? (int32_t)t->c : 1) ? 0.5 : 0;
}

/* Of a level, or of all rows. */
typedef struct moments {
    double n, mean, square; /* weight; squares about the mean, in units */
} moments;

static void count(moments *v, double w, double y, double unit)
{
    double by = y - v->mean;

    v->n += w;
    v->mean += by * (w / v->n);
    v->square += w * (by * unit) * ((y - v->mean) * unit);
}

/* What responses are multiplied by before they are squared: a power of two. */
static double unit_of(const part *t)
{
    double most = 0;
    int unit;

    for (size_t i = 0; i < t->a->rows.n; i++)
        most = fmax(most, fabs(target_of(t, i)));
    frexp(most, &unit);
    return ldexp(1, unit < -1000 ? 1000 : -unit);
}

static double blend(const ens_amount *smooth, const moments *level, const moments *all)
{
    double spread = all->square / all->n, b;

    if (!(level->n > 0))
        return 2 * all->mean;
    if (smooth->kind == ENS_AMOUNT_WORD)
        b = spread > 0
                ? spread * level->n / (spread * level->n + level->square / level->n)
                : 0;
    else
        b = level->n / (level->n + smooth->value);
    return 2 * (b * level->mean + (1 - b) * all->mean);
}

/* code[n_places][k] from these rows; v[n_places] is scratch. */
static void find_codes(double *code, const encoder *m, part t,
                       const target_params *params, moments *v)
{
    const ens_rows *rows = &t.a->rows;
    double unit = unit_of(&t);

    for (t.c = 0; t.c < m->k; t.c++) {
        moments all = {0};

        memset(v, 0, m->n_places * sizeof *v);
        for (size_t i = 0; i < rows->n; i++) {
            double w = ens_fit_weight(t.a, i), y = target_of(&t, i);

            if (!has(&t, i))
                continue;
            count(&all, w, y, unit);
            for (size_t j = 0; j < m->p; j++)
                if (!m->is_number[j])
                    count(&v[place_of(m, j, &rows->feature[j], rows->row[i])], w, y,
                          unit);
        }
        for (size_t l = 0; l < m->n_places; l++)
            code[l * m->k + t.c] = blend(&params->smooth, &v[l], &all);
    }
}

static ens_status fit(void **out, const void *params, const ens_fit_args *a,
                      ens_error *err)
{
    encoder *m = NULL;
    moments *v = NULL;
    ens_status st =
        encoder_new(&m, a->label != NULL ? a->k : 1, a->rows.feature, a->rows.p, err);

    if (st != ENS_OK)
        return st;
    if ((v = ens__array(m->n_places, sizeof *v)) == NULL) {
        encoder_free(m);
        return ens__nomem(err);
    }
    find_codes(m->code, m, (part){.a = a, .k = m->k}, params, v);
    ens__free(v);
    *out = m;
    return ENS_OK;
}

/* ---- Applying ------------------------------------------------------------------------------------------ */

static size_t n_columns(const void *fit)
{
    return ((const encoder *)fit)->n_made;
}

static void column(ens_made_column *out, const void *fit, size_t c)
{
    const encoder *m = fit;
    size_t j = 0;

    while (m->first[j + 1] <= c)
        j++;
    *out = (ens_made_column){.from = j, .level = -1};
    if (m->is_number[j])
        return;
    out->what = m->k > 1 ? "class " : "target";
    out->level = m->k > 1 ? (int32_t)(c - m->first[j]) : -1;
}

static void apply(const void *fit, const ens_rows *rows, const ens_made *out,
                  void *scratch)
{
    const encoder *m = fit;

    (void)scratch;
    for (size_t j = 0; j < m->p; j++) {
        const ens_feature *f = &rows->feature[j];

        if (m->is_number[j]) {
            ens__prep_copy(&out[m->first[j]], f, rows);
            continue;
        }
        for (size_t i = 0; i < rows->n; i++) {
            const double *code = m->code + place_of(m, j, f, rows->row[i]) * m->k;

            for (size_t c = 0; c < m->k; c++)
                out[m->first[j] + c].x[i] = code[c];
        }
    }
}

/* The rows of the fit by the codes of the other folds. */
static ens_status apply_own(const void *fit, const void *params, const ens_fit_args *a,
                            const ens_made *out, ens_error *err)
{
    const encoder *m = fit;
    const target_params *q = params;
    size_t n = a->rows.n, folds = (size_t)q->cv < n ? (size_t)q->cv : n;
    const ens__dealing how = {.n_folds = folds, .shuffle = true, .seed = a->seed};
    ens__split_rows rows = ens__split_rows_of_fit(a);
    encoder other = *m;
    uint32_t *fold = ens__array(n, sizeof *fold);
    moments *v = ens__array(m->n_places, sizeof *v);
    double *code = ens__array(m->n_places, m->k * sizeof *code);
    ens_made *made = ens__array(m->n_made, sizeof *made);
    ens_status st = ENS_OK;

    if (fold == NULL || v == NULL || code == NULL || made == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if (folds < 2) {
        apply(m, &a->rows, out, NULL);
        goto done;
    }
    if ((st = ens__split_deal(fold, &rows, a->label != NULL, &how, err)) != ENS_OK)
        goto done;
    other.code = code;
    for (uint32_t f = 0; f < folds; f++) {
        find_codes(code, m, (part){.a = a, .fold = fold, .without = f, .k = m->k}, q, v);
        for (size_t i = 0; i < n; i++) {
            const ens_rows one = {a->rows.feature, a->rows.p, a->rows.row + i, 1};

            for (size_t c = 0; c < m->n_made; c++)
                made[c] = (ens_made){out[c].x + i, NULL};
            if (fold[i] == f)
                apply(&other, &one, made, NULL);
        }
    }
done:
    ens__free(fold);
    ens__free(v);
    ens__free(code);
    ens__free(made);
    return st;
}

/* ---- Tensors ------------------------------------------------------------------------------------------- */

static ens_status write_encoder(const void *fit, ens_writer *w, ens_error *err)
{
    const encoder *m = fit;

    return ens_writer_array(w, "code", ENS_F64, 2, (size_t[]){m->n_places, m->k}, m->code,
                            err);
}

static ens_status read_encoder(void **out, const ens_read_args *a, ens_error *err)
{
    const void *code;
    size_t shape[2];
    encoder *m = NULL;
    ens_status st = ens_reader_array(&code, shape, a->reader, "code", ENS_F64, 2, err);

    if (st != ENS_OK ||
        (st = encoder_new(&m, a->task == ENS_TASK_CLASSIFICATION ? a->k : 1, a->feature,
                          a->p, err)) != ENS_OK)
        return st;
    if (shape[0] != m->n_places || shape[1] != m->k) {
        st = ens_reader_bad(a->reader, err, "%zu x %zu codes, expected %zu x %zu",
                            shape[0], shape[1], m->n_places, m->k);
        goto done;
    }
    memcpy(m->code, code, m->n_places * m->k * sizeof *m->code);
    for (size_t i = 0; i < m->n_places * m->k && st == ENS_OK; i++)
        if (!isfinite(m->code[i]))
            st = ens_reader_bad(a->reader, err, "code %zu is %g", i, m->code[i]);
    if (st != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    encoder_free(m);
    return st;
}

static const ens_transform_type transform = {
    .gives = ENS_GIVES_NUMBERS | ENS_GIVES_LEVELS,
    .n_columns = n_columns,
    .column = column,
    .apply = apply,
    .apply_own = apply_own,
};

const ens_learner_type ens__target_encode_type = {
    .abi = ENS_EXT_ABI,
    .name = "target_encode",
    .help = "transform: a category by the mean of the target in each level, cross-fitted",
    .caps = ENS__TRANSFORM_CAPS & ~(unsigned)ENS_DETECTS,
    .params = table,
    .params_size = sizeof(target_params),
    .fit = fit,
    .write = write_encoder,
    .read = read_encoder,
    .free = encoder_free,
    .transform = &transform,
};
