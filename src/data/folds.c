/* folds.c - plans of folds: their texts, what each kind makes of the rows, and which rows a split trains on.
 *
 * Most plans are a number for each row, the split that tests it, once for each repeat; every other split of the repeat
 * trains on it.  Only time() keeps more: where its tests begin, and the gap before them. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/param.h>
#include <data/folds.h>
#include <limits.h>
#include <math.h>
#include <num/stats.h>
#include <string.h>

/* ---- Texts --------------------------------------------------------------------------------------------- */

/* The parameters of every kind, of which each table has some. */
typedef struct folds_params {
    int64_t n_splits, repeats;
    int shuffle;
    int64_t gap, test_size, max_train_size;
    double fraction;
    char *column;
} folds_params;

#define ROW(field, kind, def, min, max, words, aliases, help)                            \
    ENS_ROW(kind, folds_params, field, def, min, max, words, aliases, help)
#define N_SPLITS ROW(n_splits, ENS_PARAM_INT, "5", 2, 1e6, "", "n_folds,k", "folds")
#define REPEATS                                                                          \
    ROW(repeats, ENS_PARAM_INT, "1", 1, 1e4, "", "n_repeats",                            \
        "plans, one after the other, each with other random draws")

static const ens_param deal_table[] = {
    N_SPLITS, REPEATS,
    ROW(shuffle, ENS_PARAM_BOOL, "true", 0, 1, "", "", "at random, else in their order"),
    ENS_PARAM_LAST};

static const ens_param time_table[] = {
    N_SPLITS,
    ROW(gap, ENS_PARAM_INT, "0", 0, 1e9, "", "", "rows left out before each test"),
    ROW(test_size, ENS_PARAM_INT, "auto", 1, 1e9, "auto", "", "rows of a test"),
    ROW(max_train_size, ENS_PARAM_INT, "none", 1, 1e9, "none", "",
        "rows to train on at most"),
    ENS_PARAM_LAST};

static const ens_param holdout_table[] = {ROW(fraction, ENS_PARAM_REAL, "0.2", 1e-6,
                                              0.999999, "", "test_size",
                                              "part of the rows that is tested"),
                                          REPEATS, ENS_PARAM_LAST};

static const ens_param predefined_table[] = {
    ROW(column, ENS_PARAM_TEXT, "", 0, 0, "", "", "whose values tell the folds"),
    ENS_PARAM_LAST};

static const ens_param empty_table[] = {ENS_PARAM_LAST};

typedef enum kind {
    AUTO,
    KFOLD,
    STRATIFIED,
    GROUP,
    STRATIFIED_GROUP,
    IN_TIME,
    LEAVE_ONE_OUT,
    PREDEFINED,
    HOLDOUT,
    N_KINDS
} kind;

static const char *const names[N_KINDS] = {
    "folds", "kfold",         "stratified", "group",  "stratified_group",
    "time",  "leave_one_out", "predefined", "holdout"};

static const char *name_of(const void *ctx, size_t i)
{
    (void)ctx;
    return i < N_KINDS ? names[i] : NULL;
}

static const ens_param *table_of(const void *ctx, size_t i)
{
    (void)ctx;
    return i == IN_TIME         ? time_table
           : i == LEAVE_ONE_OUT ? empty_table
           : i == PREDEFINED    ? predefined_table
           : i == HOLDOUT       ? holdout_table
                                : deal_table;
}

/* A text at work. */
typedef struct spec {
    kind kind;
    folds_params p;
} spec;

static void spec_clear(spec *s)
{
    ens__params_clear(&s->p, table_of(NULL, s->kind));
}

/* `5` stands for `folds(5)`. */
static ens_status parse(spec *out, const char *cv, ens_error *err)
{
    static const ens__family family = {"fold plan", name_of, table_of, NULL};
    ens__lexer lx, ahead;
    size_t which = AUTO;
    ens_status st;

    *out = (spec){.p = {.repeats = 1}};
    if (cv == NULL)
        return ens__fail(err, ENS_EINVAL, "the fold plan is NULL");
    if ((st = ens__lexer_init(&lx, cv, err)) != ENS_OK)
        return st;
    ahead = lx;
    if (lx.token.kind == ENS__TOKEN_NUMBER && ens__lexer_next(&ahead, NULL) == ENS_OK &&
        ahead.token.kind == ENS__TOKEN_END) {
        if ((st = ens__params_init(&out->p, deal_table, err)) == ENS_OK &&
            (st = ens__param_parse(&out->p, deal_table, names[AUTO], &lx, err)) != ENS_OK)
            ens__params_clear(&out->p, deal_table);
    } else {
        st = ens__family_parse(&which, &out->p, &family, cv, err);
    }
    if (st != ENS_OK)
        return st;
    out->kind = (kind)which;
    if (out->kind == PREDEFINED && out->p.column == NULL)
        st = ens__fail(err, ENS_EINVAL, "predefined: which column tells the folds?");
    if (table_of(NULL, which) == deal_table && !out->p.shuffle && out->p.repeats > 1)
        st = ens__fail(err, ENS_EINVAL,
                       "%s: repeats = %lld without shuffle are all the same",
                       names[which], (long long)out->p.repeats);
    if (st != ENS_OK)
        spec_clear(out);
    return st;
}

ens_status ens__folds_check(const char *cv, const char *owner, ens_error *err)
{
    spec s;
    ens_status st = parse(&s, cv, err);

    if (st == ENS_OK)
        spec_clear(&s);
    else if (st != ENS_ENOMEM)
        ens__error_prefix(err, "%s", owner);
    return st;
}

/* ---- Plans --------------------------------------------------------------------------------------------- */

void ens_folds_free(ens_folds *f)
{
    if (f == NULL)
        return;
    ens__free(f->fold);
    ens__free(f->begin);
    ens__free(f->note);
    ens__free(f);
}

static ens_status folds_new(ens_folds **out, size_t n, size_t per_repeat,
                            size_t n_repeats, ens_error *err)
{
    ens_folds *f = ens__zeros(1, sizeof *f);

    if (f == NULL || (n_repeats > 0 && n > SIZE_MAX / n_repeats) ||
        (f->fold = ens__array(n * n_repeats, sizeof *f->fold)) == NULL) {
        ens_folds_free(f);
        return ens__nomem(err);
    }
    f->n = n;
    f->n_repeats = n_repeats;
    f->n_splits = per_repeat * n_repeats;
    memset(f->fold, 0xff, n * n_repeats * sizeof *f->fold); /* ENS__FOLD_NONE */
    *out = f;
    return ENS_OK;
}

static kind kind_for(kind asked, const ens__split_rows *rows)
{
    if (asked != AUTO)
        return asked;
    if (rows->group != NULL)
        return rows->label != NULL ? STRATIFIED_GROUP : GROUP;
    return rows->label != NULL ? STRATIFIED : KFOLD;
}

/* Are there rows enough, and what a plan of this kind looks at? Notes classes of few rows. */
static ens_status check_rows(ens_folds *f, kind k, size_t n_splits,
                             const ens__split_rows *rows, ens_error *err)
{
    bool by_class = k == STRATIFIED || k == STRATIFIED_GROUP;
    bool by_group = k == GROUP || k == STRATIFIED_GROUP;
    size_t *count = NULL, most = 0, rarest = 0;
    ens__buf note = {0};
    ens_status st = ENS_OK;

    if (n_splits > rows->n)
        return ens__fail(err, ENS_EINVAL, "%s: n_splits = %zu is above the %zu rows",
                         names[k], n_splits, rows->n);
    if (by_group && rows->group == NULL)
        return ens__fail(err, ENS_EINVAL, "%s: the table has no group column", names[k]);
    if (by_class && rows->label == NULL)
        return ens__fail(err, ENS_EINVAL, "%s: the target has no classes", names[k]);
    if (!by_class)
        return ENS_OK;
    if ((count = ens__zeros(rows->k, sizeof *count)) == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < rows->n; i++)
        count[rows->label[rows->row[i]]]++;
    for (size_t c = 0; c < rows->k; c++) {
        most = count[c] > most ? count[c] : most;
        if (count[c] > 0 && (count[rarest] == 0 || count[c] < count[rarest]))
            rarest = c;
    }
    if (most < n_splits) {
        st = ens__fail(err, ENS_EINVAL,
                       "%s: n_splits = %zu is above the %zu rows of the largest class",
                       names[k], n_splits, most);
    } else if (count[rarest] < n_splits) {
        const ens__levels *classes = rows->table != NULL ? &rows->table->classes : NULL;

        ens__buf_puts(&note, "class ");
        if (classes != NULL && rarest < classes->n)
            ens__buf_printf(&note, "`%s`", classes->name[rarest]);
        else
            ens__buf_printf(&note, "%zu", rarest);
        ens__buf_printf(&note,
                        " has %zu row%s, fewer than the %zu folds: some test none of it",
                        count[rarest], count[rarest] == 1 ? "" : "s", n_splits);
        st = ens__buf_take(&f->note, &note, err);
    }
    ens__free(count);
    return st;
}

static ens_status deal(ens_folds **out, const spec *s, const ens__split_rows *rows,
                       uint64_t seed, ens_error *err)
{
    kind k = kind_for(s->kind, rows);
    size_t n_splits = (size_t)s->p.n_splits, repeats = (size_t)s->p.repeats;
    ens_folds *f = NULL;
    ens_status st = folds_new(&f, rows->n, n_splits, repeats, err);

    if (st == ENS_OK)
        st = check_rows(f, k, n_splits, rows, err);
    for (size_t r = 0; r < repeats && st == ENS_OK; r++) {
        ens__dealing how = {n_splits, s->p.shuffle, seed, r};
        uint32_t *fold = f->fold + r * rows->n;

        st = k == GROUP ? ens__split_deal_groups(fold, rows, &how, err)
             : k == STRATIFIED_GROUP
                 ? ens__split_deal_both(fold, rows, &how, err)
                 : ens__split_deal(fold, rows, k == STRATIFIED, &how, err);
    }
    if (st == ENS_OK)
        *out = f;
    else
        ens_folds_free(f);
    return st;
}

static ens_status hold_out(ens_folds **out, const spec *s, const ens__split_rows *rows,
                           uint64_t seed, ens_error *err)
{
    size_t repeats = (size_t)s->p.repeats;
    unsigned char *second = ens__array(rows->n, sizeof *second);
    ens_folds *f = NULL;
    ens_status st =
        second != NULL ? folds_new(&f, rows->n, 1, repeats, err) : ens__nomem(err);

    for (size_t r = 0; r < repeats && st == ENS_OK; r++) {
        st = ens__split_holdout(second, rows, s->p.fraction, seed, r, err);
        for (size_t i = 0; i < rows->n && st == ENS_OK; i++)
            if (second[i])
                f->fold[r * rows->n + i] = 0;
    }
    ens__free(second);
    if (st == ENS_OK)
        *out = f;
    else
        ens_folds_free(f);
    return st;
}

static ens_status leave_one_out(ens_folds **out, const ens__split_rows *rows,
                                ens_error *err)
{
    ens_status st;

    if (rows->n < 2)
        return ens__fail(err, ENS_EINVAL, "leave_one_out: a table of %zu rows", rows->n);
    if ((st = folds_new(out, rows->n, rows->n, 1, err)) != ENS_OK)
        return st;
    for (size_t i = 0; i < rows->n; i++)
        (*out)->fold[i] = (uint32_t)i;
    return ENS_OK;
}

/* A group whose rows are in two folds, or before all and in one, would be trained on and tested. */
static ens_status check_groups_in_time(const ens_folds *f, const spec *s,
                                       const ens__split_rows *rows, ens_error *err)
{
    size_t *first;
    ens_status st = ENS_OK;

    if (rows->group == NULL)
        return ENS_OK;
    if ((first = ens__array(rows->n_groups, sizeof *first)) == NULL)
        return ens__nomem(err);
    for (size_t q = 0; q < rows->n_groups; q++)
        first[q] = SIZE_MAX;
    for (size_t i = 0; i < rows->n && st == ENS_OK; i++) {
        size_t *at = &first[rows->group[rows->row[i]]];

        if (*at == SIZE_MAX)
            *at = i;
        else if (f->fold[*at] != f->fold[i])
            st = ens__fail(
                err, ENS_EDATA,
                "time: rows %zu and %zu are of one group, but in different folds "
                "of %lld",
                *at + 1, i + 1, (long long)s->p.n_splits);
    }
    ens__free(first);
    return st;
}

static ens_status in_time(ens_folds **out, const spec *s, const ens__split_rows *rows,
                          ens_error *err)
{
    size_t k = (size_t)s->p.n_splits, gap = (size_t)s->p.gap;
    size_t test = s->p.test_size < 0 ? rows->n / (k + 1) : (size_t)s->p.test_size;
    ens_folds *f = NULL;
    ens_status st;

    if (test == 0 || (rows->n - 1) / k < test || rows->n - k * test <= gap)
        return ens__fail(
            err, ENS_EINVAL,
            "time: %zu rows are too few for %zu tests of %zu and a gap of %zu", rows->n,
            k, test > 0 ? test : 1, gap);
    if ((st = folds_new(&f, rows->n, k, 1, err)) != ENS_OK)
        return st;
    if ((f->begin = ens__array(k, sizeof *f->begin)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    f->in_time = true;
    f->gap = gap;
    f->most = s->p.max_train_size < 0 ? rows->n : (size_t)s->p.max_train_size;
    for (size_t i = 0; i < k; i++) {
        f->begin[i] = rows->n - (k - i) * test;
        for (size_t r = 0; r < test; r++)
            f->fold[f->begin[i] + r] = (uint32_t)i;
    }
    if ((st = check_groups_in_time(f, s, rows, err)) != ENS_OK)
        goto done;
    *out = f;
    f = NULL;
done:
    ens_folds_free(f);
    return st;
}

/* ---- Predefined ---------------------------------------------------------------------------------------- */

/* The column that tells the folds. */
static ens_status find_column(const ens__column **out, const char *name,
                              const ens__split_rows *rows, ens_error *err)
{
    const ens__table *t = rows->table;

    for (size_t c = 0; t != NULL && c < t->n_columns; c++)
        if (strcmp(t->column[c].name, name) == 0) {
            *out = &t->column[c];
            return ENS_OK;
        }
    return ens__fail(err, ENS_ENAME, "predefined: there is no column `%s`", name);
}

/* value[n], NaN for rows that are never tested. */
static void read_column(double *value, const ens__column *c, const ens__split_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++) {
        size_t r = rows->origin != NULL ? rows->origin[rows->row[i]] : rows->row[i];

        value[i] = c->x != NULL ? c->x[r] : c->code[r];
        if (value[i] == -1)
            value[i] = NAN;
    }
}

/* Numbers of the distinct values in ascending order. */
static ens_status predefined(ens_folds **out, const spec *s, const ens__split_rows *rows,
                             ens_error *err)
{
    const ens__column *c = NULL;
    double *value = ens__array(rows->n, sizeof *value);
    uint32_t *row = ens__array(rows->n, sizeof *row);
    uint32_t *order = ens__array(rows->n, sizeof *order);
    double *sorted = ens__array(rows->n, sizeof *sorted);
    size_t m = 0, k = 0;
    ens_status st = ENS_OK;

    if (value == NULL || row == NULL || order == NULL || sorted == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = find_column(&c, s->p.column, rows, err)) != ENS_OK)
        goto done;
    read_column(value, c, rows);
    for (size_t i = 0; i < rows->n; i++)
        if (!isnan(value[i])) {
            sorted[m] = value[i];
            row[m++] = (uint32_t)i;
        }
    if (m == 0) {
        st = ens__fail(err, ENS_EINVAL, "predefined: no row of column `%s` is in a fold",
                       s->p.column);
        goto done;
    }
    ens__sort_index(order, sorted, m);
    for (size_t i = 1; i < m; i++)
        k += sorted[order[i]] != sorted[order[i - 1]];
    if ((st = folds_new(out, rows->n, k + 1, 1, err)) != ENS_OK)
        goto done;
    k = 0;
    for (size_t i = 0; i < m; i++) {
        k += i > 0 && sorted[order[i]] != sorted[order[i - 1]];
        (*out)->fold[row[order[i]]] = (uint32_t)k;
    }
done:
    ens__free(value);
    ens__free(row);
    ens__free(order);
    ens__free(sorted);
    return st;
}

/* ---- Making one ---------------------------------------------------------------------------------------- */

bool ens__folds_tests(const ens_folds *f, size_t s, size_t i)
{
    size_t per_repeat = f->n_splits / f->n_repeats;

    return f->fold[s / per_repeat * f->n + i] == s % per_repeat;
}

bool ens__folds_trains(const ens_folds *f, size_t s, size_t i)
{
    size_t end;

    if (!f->in_time)
        return !ens__folds_tests(f, s, i);
    end = f->begin[s] - f->gap;
    return i < end && (end <= f->most || i >= end - f->most);
}

/* Every split trains on rows of some weight, and tests such. O(n), but for time. */
static ens_status check_weights(const ens_folds *f, const ens__split_rows *rows,
                                ens_error *err)
{
    size_t per_repeat = f->n_splits / f->n_repeats;
    size_t *tested = ens__zeros(per_repeat, sizeof *tested);
    ens_status st = tested != NULL ? ENS_OK : ens__nomem(err);

    for (size_t r = 0; r < f->n_repeats && st == ENS_OK; r++) {
        size_t all = 0;

        memset(tested, 0, per_repeat * sizeof *tested);
        for (size_t i = 0; i < f->n; i++) {
            uint32_t t = f->fold[r * f->n + i];

            if (rows->w != NULL && !(rows->w[rows->row[i]] > 0))
                continue;
            all++;
            if (t != ENS__FOLD_NONE)
                tested[t]++;
        }
        for (size_t t = 0; t < per_repeat && st == ENS_OK; t++) {
            size_t train = all - tested[t];

            if (f->in_time) {
                train = 0;
                for (size_t i = 0; i < f->begin[t]; i++)
                    train += ens__folds_trains(f, t, i) &&
                             (rows->w == NULL || rows->w[rows->row[i]] > 0);
            }
            if (train == 0 || tested[t] == 0)
                st = ens__fail(err, ENS_EDATA,
                               "fold %zu has no row of positive weight to %s",
                               r * per_repeat + t + 1, train == 0 ? "train on" : "test");
        }
    }
    ens__free(tested);
    return st;
}

ens_status ens__folds_make(ens_folds **out, const ens__split_rows *rows, const char *cv,
                           uint64_t seed, ens_error *err)
{
    ens_folds *f = NULL;
    spec s;
    ens_status st = parse(&s, cv, err);

    *out = NULL;
    if (st != ENS_OK)
        return st;
    if (rows->n > UINT32_MAX - 1)
        st = ens__fail(err, ENS_EINVAL, "folds of %zu rows", rows->n);
    else if (s.kind == IN_TIME)
        st = in_time(&f, &s, rows, err);
    else if (s.kind == LEAVE_ONE_OUT)
        st = leave_one_out(&f, rows, err);
    else if (s.kind == PREDEFINED)
        st = predefined(&f, &s, rows, err);
    else if (s.kind == HOLDOUT)
        st = hold_out(&f, &s, rows, seed, err);
    else
        st = deal(&f, &s, rows, seed, err);
    if (st == ENS_OK)
        st = check_weights(f, rows, err);
    if (st == ENS_OK) {
        *out = f;
        f = NULL;
    }
    ens_folds_free(f);
    spec_clear(&s);
    return st;
}

ens_status ens_folds_make(ens_folds **out, const ens_dataset *data, const char *cv,
                          uint64_t seed, ens_error *err)
{
    ens__split_rows rows;

    if (out == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_folds_make: out is NULL");
    *out = NULL;
    if (data == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_folds_make: data is NULL");
    rows = ens__split_rows_of(data);
    return ens__folds_make(out, &rows, cv, seed, err);
}

ens__split_rows ens__split_rows_of_fit(const ens_fit_args *a)
{
    ens__split_rows rows = {.n = a->rows.n,
                            .row = a->rows.row,
                            .label = a->label,
                            .k = a->k,
                            .group = a->group,
                            .w = a->w,
                            .table = a->table,
                            .origin = a->origin};

    for (size_t i = 0; i < rows.n && rows.group != NULL; i++)
        if (rows.group[rows.row[i]] >= rows.n_groups)
            rows.n_groups = (size_t)rows.group[rows.row[i]] + 1;
    return rows;
}

/* ---- Looking ------------------------------------------------------------------------------------------- */

size_t ens_folds_n(const ens_folds *f)
{
    return f->n;
}

size_t ens_folds_n_splits(const ens_folds *f)
{
    return f->n_splits;
}

size_t ens_folds_n_repeats(const ens_folds *f)
{
    return f->n_repeats;
}

const char *ens_folds_note(const ens_folds *f)
{
    return f->note;
}

static size_t list(size_t *rows, const ens_folds *f, size_t s,
                   bool (*has)(const ens_folds *, size_t, size_t))
{
    size_t m = 0;

    for (size_t i = 0; s < f->n_splits && i < f->n; i++)
        if (has(f, s, i)) {
            if (rows != NULL)
                rows[m] = i;
            m++;
        }
    return m;
}

size_t ens_folds_train(size_t *rows, const ens_folds *f, size_t s)
{
    return list(rows, f, s, ens__folds_trains);
}

size_t ens_folds_test(size_t *rows, const ens_folds *f, size_t s)
{
    return list(rows, f, s, ens__folds_tests);
}
