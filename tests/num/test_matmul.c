/* test_matmul.c - products of matrices and activations: right, and the same bits at every CPU level. */
#include <config.h>

#include "run.h"
#include <core/cpu.h>
#include <core/mem.h>
#include <num/activate.h>
#include <num/matmul.h>
#include <num/rng.h>
#include <stdbool.h>

enum { MOST = 70, PAD = 80 };

typedef struct matrices {
    float *a, *b, *c, *start;
} matrices;

static matrices draw(uint64_t seed)
{
    matrices m = {
        ens__aligned(MOST * PAD, sizeof(float)), ens__aligned(MOST * PAD, sizeof(float)),
        ens__aligned(MOST * PAD, sizeof(float)), ens__aligned(PAD, sizeof(float))};
    ens__stream s;

    ens__stream_init(&s, seed, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < MOST * PAD; i++) {
        m.a[i] = (float)ens__stream_gaussian(&s);
        m.b[i] = (float)ens__stream_gaussian(&s);
    }
    for (size_t i = 0; i < PAD; i++)
        m.start[i] = (float)ens__stream_gaussian(&s);
    return m;
}

static void release(matrices *m)
{
    ens__free(m->a);
    ens__free(m->b);
    ens__free(m->c);
    ens__free(m->start);
}

/* Any shape and level: bit for bit the plain sums, in floats and in order. */
START_TEST(products_are_plain_sums)
{
    static const size_t sizes[] = {1, 2, 3, 5, 6, 7, 8, 11, 12, 15, 16, 17, 28, 33, 70};
    matrices m = draw(1);

    ens__cpu_cap((ens__cpu)_i);
    for (size_t t = 0; t < 400; t++) {
        size_t rows = sizes[t % 15], depth = sizes[t / 7 % 15],
               n = (1 + t % 5) * ENS__REAL_LANES;
        bool turned = t % 2, starts = t / 2 % 2;
        ens__matmul_args g = {.c = m.c,
                              .a = m.a,
                              .b = m.b,
                              .start = starts ? m.start : NULL,
                              .m = rows,
                              .n = n,
                              .depth = depth,
                              .c_row = PAD,
                              .a_row = turned ? 1 : PAD,
                              .a_step = turned ? PAD : 1,
                              .b_row = PAD};

        memset(m.c, 0xff, MOST * PAD * sizeof *m.c);
        ens__matmul(&g);
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j < PAD; j++) {
                volatile float sum = starts ? m.start[j] : 0;

                for (size_t l = 0; l < depth; l++) {
                    volatile float product =
                        m.a[i * g.a_row + l * g.a_step] * m.b[l * PAD + j];

                    sum = sum + product;
                }
                ck_assert(j < n ? m.c[i * PAD + j] == sum : isnan(m.c[i * PAD + j]));
            }
    }
    ens__cpu_cap(ENS__CPU_V4);
    release(&m);
}
END_TEST

START_TEST(sums_and_transposes)
{
    matrices m = draw(2);

    ens__cpu_cap((ens__cpu)_i);
    ens__column_sums(m.start, m.a, 33, 64, PAD);
    for (size_t j = 0; j < 64; j++) {
        volatile float sum = 0;

        for (size_t i = 0; i < 33; i++)
            sum = sum + m.a[i * PAD + j];
        ck_assert_float_eq(m.start[j], sum);
    }
    ens__transpose(m.c, PAD, m.a, PAD, 37, 70);
    for (size_t i = 0; i < 37; i++)
        for (size_t j = 0; j < 70; j++)
            ck_assert_float_eq(m.c[j * PAD + i], m.a[i * PAD + j]);
    ens__cpu_cap(ENS__CPU_V4);
    release(&m);
}
END_TEST

static double exact(ens__activation kind, double z)
{
    double u = sqrt(2 / 3.14159265358979323846) * (z + 0.044715 * z * z * z);

    switch (kind) {
    case ENS__RELU:
        return fmax(z, 0);
    case ENS__LEAKY_RELU:
        return fmax(z, 0.01 * z);
    case ENS__TANH:
        return tanh(z);
    case ENS__LOGISTIC:
        return 1 / (1 + exp(-z));
    case ENS__GELU:
        return z / 2 * (1 + tanh(u));
    case ENS__SELU:
        break;
    }
    return z > 0 ? 1.0507009873554805 * z
                 : 1.0507009873554805 * 1.6732632423543772 * (exp(z) - 1);
}

/* Floats of values up to 20 have steps of 2e-6 at most. */
START_TEST(activations_are_their_functions)
{
    enum { N = 4096 };
    float *z = ens__aligned(2 * N, sizeof *z), *slope = z + N,
          *first = ens__aligned(2 * N, sizeof *z);

    for (int level = ENS__CPU_BASE; level <= ENS__CPU_V4; level++) {
        ens__cpu_cap((ens__cpu)level);
        for (size_t i = 0; i < N; i++)
            z[i] = -20 + 40 * (float)i / N;
        ens__activate(z, slope, N, (ens__activation)_i);
        for (size_t i = 0; i < N && level == ENS__CPU_BASE; i++) {
            double x = -20 + 40 * (float)i / N;

            ck_assert_double_eq_tol(z[i], exact((ens__activation)_i, x), 3e-6);
            if (fabs(x) > 1e-3)
                ck_assert_double_eq_tol(slope[i],
                                        (exact((ens__activation)_i, x + 1e-5) -
                                         exact((ens__activation)_i, x - 1e-5)) /
                                            2e-5,
                                        3e-6);
        }
        if (level == ENS__CPU_BASE)
            memcpy(first, z, 2 * N * sizeof *z);
        ck_assert_mem_eq(first, z, 2 * N * sizeof *z);
        for (size_t i = 0; i < N; i++)
            z[i] = -20 + 40 * (float)i / N;
        ens__activate(z, NULL, N, (ens__activation)_i);
        ck_assert_mem_eq(first, z, N * sizeof *z);
    }
    ens__cpu_cap(ENS__CPU_V4);
    ens__free(z);
    ens__free(first);
}
END_TEST

START_TEST(activations_of_huge_sums_are_finite)
{
    float *z = ens__aligned(32, sizeof *z);
    static const float huge[] = {INFINITY, -INFINITY, 3e38F, -3e38F,
                                 1e15F,    -1e15F,    0,     -0.0F};

    for (size_t i = 0; i < 16; i++)
        z[i] = huge[i % 8];
    ens__activate(z, z + 16, 16, (ens__activation)_i);
    for (size_t i = 0; i < 16; i++) {
        ck_assert(fabsf(z[i]) <= 1.1e15F);
        ck_assert(fabsf(z[16 + i]) <= 2);
    }
    ens__free(z);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, products_are_plain_sums, ENS__CPU_BASE, ENS__CPU_V4 + 1);
    tcase_add_loop_test(tc, sums_and_transposes, ENS__CPU_BASE, ENS__CPU_V4 + 1);
    tcase_add_loop_test(tc, activations_are_their_functions, 0, ENS__SELU + 1);
    tcase_add_loop_test(tc, activations_of_huge_sums_are_finite, 0, ENS__SELU + 1);
}

Suite *matmul_suite(void);
Suite *matmul_suite(void)
{
    return suite_of("matmul", add);
}
