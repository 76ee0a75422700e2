/* compare.c - which differences between learners may be chance.
 *
 * Every test is of pairs of the same cases: scores of the same splits, the same rows, or the same tables.  Which of
 * them apply is seen from what there is, and p values of one test are adjusted for the pairs it looked at. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <ensemble/select.h>
#include <math.h>
#include <num/paired.h>
#include <num/stats.h>
#include <stdbool.h>
#include <string.h>

const char *ens_test_name(ens_test test)
{
    static const char *const name[] = {
        "corrected resampled t", "5x2cv F",  "McNemar", "DeLong",
        "Wilcoxon signed ranks", "Friedman", "Nemenyi"};

    return (unsigned)test < sizeof name / sizeof *name ? name[test] : NULL;
}

void ens_comparisons_free(ens_comparison *comparisons)
{
    ens__free(comparisons);
}

static ens_comparison comparison(ens_test test, size_t a, size_t b, double difference,
                                 ens__verdict v)
{
    return (ens_comparison){test, a, b, difference, v.low, v.high, v.statistic, v.p, v.p};
}

/* n tests of one kind. */
static ens_status adjust(ens_comparison *c, size_t n, ens_error *err)
{
    double *p = ens__array(n, sizeof *p);
    ens_status st = ENS_OK;

    if (p == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n; i++)
        p[i] = c[i].p;
    if ((st = ens__paired_holm(p, n, err)) == ENS_OK)
        for (size_t i = 0; i < n; i++)
            c[i].p_adjusted = p[i];
    ens__free(p);
    return st;
}

/* ---- One plan of one table ----------------------------------------------------------------------------- */

/* What tests two of the same table. room[4 n] */
typedef ens_status (*pair_fn)(ens_comparison *out, const ens_cv *a, const ens_cv *b,
                              size_t m, double level, double *room, ens_error *err);

static ens_status by_splits(ens_comparison *out, const ens_cv *a, const ens_cv *b,
                            size_t m, double level, double *room, ens_error *err)
{
    size_t n = 0;

    (void)err;
    for (size_t s = 0; s < a->n_splits; s++) {
        double d = a->score[s * a->n_metrics + m] - b->score[s * b->n_metrics + m];

        if (!isnan(d))
            room[n++] = d;
    }
    *out = n == 10 && a->n_splits == 10 && a->n_repeats == 5
               ? comparison(ENS_TEST_5X2CV_F, 0, 0, ens__mean(room, NULL, n),
                            ens__paired_five_by_two(room))
               : comparison(ENS_TEST_RESAMPLED_T, 0, 0, ens__mean(room, NULL, n),
                            ens__paired_resampled(room, n, a->ratio, level));
    return ENS_OK;
}

static bool is_tested(const ens_cv *cv, size_t i)
{
    return !isnan(cv->pred[i * cv->k]);
}

static bool is_right(const ens_cv *cv, size_t i)
{
    return cv->label[i] >= 0 &&
           ens_argmax(cv->pred + i * cv->k, cv->k) == (size_t)cv->label[i];
}

static ens_status mcnemar(ens_comparison *out, const ens_cv *a, const ens_cv *b, size_t m,
                          double level, double *room, ens_error *err)
{
    size_t alone[2] = {0, 0}, n = 0;

    (void)m;
    (void)level;
    (void)room;
    (void)err;
    for (size_t i = 0; i < a->n; i++)
        if (is_tested(a, i)) {
            n++;
            alone[0] += is_right(a, i) && !is_right(b, i);
            alone[1] += is_right(b, i) && !is_right(a, i);
        }
    *out = comparison(ENS_TEST_MCNEMAR, 0, 0,
                      ((double)alone[0] - (double)alone[1]) / (double)n,
                      ens__paired_mcnemar(alone[0], alone[1]));
    return ENS_OK;
}

static ens_status delong(ens_comparison *out, const ens_cv *a, const ens_cv *b, size_t m,
                         double level, double *room, ens_error *err)
{
    double *pa = room, *pb = room + a->n;
    unsigned char *positive = (unsigned char *)(room + 2 * a->n);
    ens__verdict v;
    size_t n = 0;
    ens_status st;

    (void)m;
    for (size_t i = 0; i < a->n; i++)
        if (is_tested(a, i) && a->label[i] >= 0) {
            pa[n] = a->pred[2 * i + 1];
            pb[n] = b->pred[2 * i + 1];
            positive[n++] = a->label[i] == 1;
        }
    if ((st = ens__paired_delong(&v, pa, pb, positive, n, level, err)) == ENS_OK)
        *out = comparison(ENS_TEST_DELONG, 0, 0, (v.low + v.high) / 2, v);
    return st;
}

static ens_status by_errors(ens_comparison *out, const ens_cv *a, const ens_cv *b,
                            size_t m, double level, double *room, ens_error *err)
{
    ens__verdict v;
    size_t n = 0;
    ens_status st;

    (void)m;
    (void)level;
    for (size_t i = 0; i < a->n; i++)
        if (is_tested(a, i))
            room[n++] = fabs(a->pred[i] - a->y[i]) - fabs(b->pred[i] - b->y[i]);
    if ((st = ens__paired_wilcoxon(&v, room, n, err)) == ENS_OK)
        *out = comparison(ENS_TEST_WILCOXON, 0, 0, ens__mean(room, NULL, n), v);
    return st;
}

/* The tests that apply, at most 3. */
static size_t applicable(pair_fn *fn, const ens_cv *cv)
{
    size_t n = 0;

    if (cv->n_splits > 1)
        fn[n++] = by_splits;
    if (cv->group != NULL) /* rows of a group are not cases of their own */
        return n;
    if (cv->task == ENS_TASK_CLASSIFICATION)
        fn[n++] = mcnemar;
    if (cv->task == ENS_TASK_CLASSIFICATION && cv->k == 2)
        fn[n++] = delong;
    if (cv->task == ENS_TASK_REGRESSION)
        fn[n++] = by_errors;
    return n;
}

static bool same_rows(const ens_cv *a, const ens_cv *b)
{
    for (size_t i = 0; i < a->n; i++)
        if (is_tested(a, i) != is_tested(b, i) ||
            (a->label != NULL ? a->label[i] != b->label[i] : a->y[i] != b->y[i]))
            return false;
    return true;
}

static ens_status check_alike(const ens_cv *const *cv, size_t n_cv, size_t m,
                              ens_error *err)
{
    for (size_t c = 0; c < n_cv; c++) {
        const char *what =
            cv[c]->task != cv[0]->task ? "task"
            : cv[c]->n != cv[0]->n     ? "number of rows"
            : cv[c]->k != cv[0]->k     ? "number of classes"
            : cv[c]->n_splits != cv[0]->n_splits || cv[c]->n_repeats != cv[0]->n_repeats
                ? "plan"
            : m >= cv[c]->n_metrics || strcmp(cv[c]->metric[m], cv[0]->metric[m]) != 0
                ? "metric"
            : !same_rows(cv[0], cv[c]) ? "rows"
                                       : NULL;

        if (what != NULL)
            return ens__fail(err, ENS_EINVAL,
                             "nothing to compare: %zu and 0 differ in their %s", c, what);
    }
    return ENS_OK;
}

ens_status ens_compare(ens_comparison **out, size_t *n_out, const ens_cv *const *cv,
                       size_t n_cv, size_t m, double level, ens_error *err)
{
    size_t n_pairs = n_cv * (n_cv - (n_cv > 0)) / 2, n_tests, n = 0;
    ens_comparison *all = NULL;
    double *room = NULL;
    pair_fn fn[3];
    ens_status st;

    *out = NULL;
    *n_out = 0;
    if (n_cv < 2)
        return ens__fail(err, ENS_EINVAL, "%zu to compare, the least is 2", n_cv);
    if (!(level > 0 && level < 1))
        return ens__fail(err, ENS_ERANGE, "level = %g is outside (0, 1)", level);
    if ((st = check_alike(cv, n_cv, m, err)) != ENS_OK)
        return st;
    n_tests = applicable(fn, cv[0]);
    all = ens__array(n_tests, n_pairs * sizeof *all);
    room = ens__array(cv[0]->n + cv[0]->n_splits, 4 * sizeof *room);
    if (all == NULL || room == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t t = 0; t < n_tests && st == ENS_OK; t++) {
        for (size_t a = 0; a < n_cv; a++)
            for (size_t b = a + 1; b < n_cv && st == ENS_OK; b++) {
                st = fn[t](&all[n], cv[a], cv[b], m, level, room, err);
                all[n].a = a;
                all[n++].b = b;
            }
        if (st == ENS_OK)
            st = adjust(all + n - n_pairs, n_pairs, err);
    }
    if (st == ENS_OK) {
        *out = all;
        *n_out = n;
        all = NULL;
    }
done:
    ens__free(all);
    ens__free(room);
    return st;
}

/* ---- Several tables ------------------------------------------------------------------------------------ */

static ens_status two_on_tables(ens_comparison *out, const double *score, size_t n_sets,
                                ens_error *err)
{
    double *d = ens__array(n_sets, sizeof *d);
    ens__verdict v;
    ens_status st;

    if (d == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < n_sets; i++)
        d[i] = score[2 * i] - score[2 * i + 1];
    if ((st = ens__paired_wilcoxon(&v, d, n_sets, err)) == ENS_OK)
        *out = comparison(ENS_TEST_WILCOXON, 0, 1, ens__mean(d, NULL, n_sets), v);
    ens__free(d);
    return st;
}

/* Friedman's, and Nemenyi's of each pair behind it. */
static void many_on_tables(ens_comparison *out, ens__verdict friedman, const double *rank,
                           size_t n_sets, size_t k)
{
    size_t n = 0;

    out[n++] = comparison(ENS_TEST_FRIEDMAN, 0, 0, NAN, friedman);
    for (size_t a = 0; a < k; a++)
        for (size_t b = a + 1; b < k; b++) {
            double apart = rank[a] - rank[b];
            double p = ens__paired_nemenyi(fabs(apart), n_sets, k);

            out[n++] = comparison(ENS_TEST_NEMENYI, a, b, apart,
                                  (ens__verdict){apart, p, NAN, NAN});
        }
}

ens_status ens_compare_tables(ens_comparison **out, size_t *n_out, double *rank,
                              const double *score, size_t n_sets, size_t k,
                              int more_is_better, ens_error *err)
{
    size_t n = k == 2 ? 1 : 1 + k * (k - (k > 0)) / 2;
    ens_comparison *all = NULL;
    double *ranks = NULL, *good = NULL;
    ens__verdict friedman;
    ens_status st;

    *out = NULL;
    *n_out = 0;
    if (n_sets < 2 || k < 2)
        return ens__fail(err, ENS_EINVAL,
                         "%zu learners on %zu tables, the least is 2 of each", k, n_sets);
    for (size_t i = 0; i < n_sets * k; i++)
        if (!isfinite(score[i]))
            return ens__fail(err, ENS_EDATA, "score of learner %zu on table %zu is %g",
                             i % k, i / k, score[i]);
    all = ens__array(n, sizeof *all);
    ranks = ens__array(k, sizeof *ranks);
    good = ens__array(n_sets, k * sizeof *good);
    if (all == NULL || ranks == NULL || good == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n_sets * k; i++)
        good[i] = more_is_better ? score[i] : -score[i];
    if ((st = ens__paired_friedman(&friedman, ranks, good, n_sets, k, err)) != ENS_OK)
        goto done;
    if (k == 2 && (st = two_on_tables(all, score, n_sets, err)) != ENS_OK)
        goto done;
    if (k > 2)
        many_on_tables(all, friedman, ranks, n_sets, k);
    if (rank != NULL)
        memcpy(rank, ranks, k * sizeof *rank);
    *out = all;
    *n_out = n;
    all = NULL;
done:
    ens__free(all);
    ens__free(ranks);
    ens__free(good);
    return st;
}
