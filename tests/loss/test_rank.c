/* test_rank.c - lambdarank beside its definition in doubles, and a case worked by hand. */
#include <config.h>

#include "losses.h"
#include "run.h"

#include <core/mem.h>

typedef struct naive {
    const float *y, *s;
    size_t n, cut;
    double sigma;
    bool norm;
    double g[64], h[64];
} naive;

static size_t rank_of(const naive *v, const float *by, size_t i)
{
    size_t rank = 0;

    for (size_t j = 0; j < v->n; j++)
        rank += by[j] > by[i] || (by[j] == by[i] && j < i);
    return rank;
}

static double gain(float y)
{
    return pow(2, y) - 1;
}

static double dcg(const naive *v, const float *by)
{
    double sum = 0;

    for (size_t i = 0; i < v->n; i++)
        if (rank_of(v, by, i) < v->cut)
            sum += gain(v->y[i]) / log2((double)rank_of(v, by, i) + 2);
    return sum;
}

/* |dNDCG| if i and j change places, as it goes into the gradients. */
static double change(const naive *v, size_t i, size_t j, bool apart)
{
    double a = 1 / log2((double)rank_of(v, v->s, i) + 2);
    double b = 1 / log2((double)rank_of(v, v->s, j) + 2);
    double d = fabs(gain(v->y[i]) - gain(v->y[j])) * fabs(a - b) / dcg(v, v->y);

    return v->norm && apart ? d / (0.01 + fabs(v->s[i] - v->s[j])) : d;
}

static void naive_rank(naive *v)
{
    double sum = 0;
    bool apart = false;

    for (size_t i = 0; i < v->n; i++) {
        v->g[i] = v->h[i] = 0;
        apart = apart || v->s[i] != v->s[0];
    }
    for (size_t i = 0; i < v->n; i++)
        for (size_t j = 0; j < v->n; j++) {
            double rho, lambda;

            if (v->y[i] <= v->y[j] ||
                (rank_of(v, v->s, i) >= v->cut && rank_of(v, v->s, j) >= v->cut))
                continue;
            rho = 1 / (1 + exp(v->sigma * (v->s[i] - v->s[j])));
            lambda = v->sigma * rho * change(v, i, j, apart);
            v->g[i] -= lambda;
            v->g[j] += lambda;
            v->h[i] += v->sigma * (1 - rho) * lambda;
            v->h[j] += v->sigma * (1 - rho) * lambda;
            sum += 2 * lambda;
        }
    for (size_t i = 0; i < v->n && v->norm && sum > 0; i++) {
        v->g[i] *= log2(1 + sum) / sum;
        v->h[i] *= log2(1 + sum) / sum;
    }
}

static void check_group(const sample *s, const naive *v, size_t begin)
{
    for (size_t i = 0; i < v->n; i++) {
        size_t at = begin + i;

        ck_assert_msg(fabs(s->g[at] - v->g[i]) < 1e-5 && fabs(s->h[at] - v->h[i]) < 1e-5,
                      "row %zu: %g %g, naively %g %g", at, s->g[at], s->h[at], v->g[i],
                      v->h[i]);
    }
    if (begin == 0) /* the value of the first group */
        ck_assert(dcg(v, v->y) == 0 ||
                  fabs(s->value[0] - (1 - dcg(v, v->s) / dcg(v, v->y))) < 1e-12);
}

static void compare(const char *line, size_t cut, double sigma, bool norm, uint64_t seed)
{
    loss_case c = loss_cases[n_loss_cases - 1];
    naive v = {.cut = cut, .sigma = sigma, .norm = norm};
    ens_error err;
    sample s;

    c.line = line;
    sample_make(&s, &c, 500, seed);
    s.rows.w = NULL;
    if (seed == 3)
        memset(s.score, 0, 500 * sizeof *s.score);
    ck_ok(ens__loss_gradient(s.g, s.h, s.loss, &s.rows, NULL, &err));
    s.loss->type->value(s.loss->params, &s.rows, s.value);
    for (size_t q = 0; q < s.rows.n_groups; q++) {
        v.n = s.group[q + 1] - s.group[q];
        v.y = s.y + s.group[q];
        v.s = s.score + s.group[q];
        naive_rank(&v);
        check_group(&s, &v, s.group[q]);
    }
    sample_clear(&s);
}

START_TEST(gradients_are_those_of_the_paper)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        compare("lambdarank", 30, 1, true, seed);
        compare("lambdarank(norm=false)", 30, 1, false, seed);
        compare("lambdarank(truncation=2, sigma=3)", 2, 3, true, seed);
        compare("lambdarank(truncation=1, norm=false)", 1, 1, false, seed);
    }
}
END_TEST

/* Two rows, the relevant one below: dNDCG = (1 - 1 / log2(3)) * 1 / 1, rho = 1 / (1 + e^-1). */
START_TEST(a_pair_by_hand)
{
    const float y[] = {0, 1}, s[] = {1, 0};
    const uint32_t group[] = {0, 2};
    const double want = (1 - 1 / log2(3)) / (1 + exp(-1));
    ens_loss_rows rows = {
        .n = 2, .k = 1, .y = y, .score = s, .stride = 2, .group = group, .n_groups = 1};
    float g[2], h[2];
    double value;
    ens__loss *loss;
    ens_error err;

    ck_ok(ens__loss_new(&loss, "lambdarank(norm=false)", ENS_TASK_REGRESSION, 0, &err));
    ck_ok(ens__loss_gradient(g, h, loss, &rows, NULL, &err));
    ck_ok(ens__loss_value(&value, loss, &rows, NULL, &err));
    ck_assert(fabs(g[0] - want) < 1e-7 && fabs(g[1] + want) < 1e-7);
    ck_assert(fabs(h[0] - want / (1 + exp(1))) < 1e-7 && h[0] == h[1]);
    ck_assert(fabs(value - (1 - 1 / log2(3))) < 1e-15);
    ens__loss_free(loss);
}
END_TEST

static void add_cases(TCase *tc)
{
    tcase_add_test(tc, gradients_are_those_of_the_paper);
    tcase_add_test(tc, a_pair_by_hand);
}

Suite *rank_suite(void);
Suite *rank_suite(void)
{
    return suite_of("rank", add_cases);
}
