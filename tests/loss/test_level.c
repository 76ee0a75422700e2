/* test_level.c - the same bits on every CPU level, for any cut into blocks and any number of threads. */
#include <config.h>

#include "losses.h"
#include "run.h"

#include <core/cpu.h>
#include <core/mem.h>

#define ROWS 9001

START_TEST(levels_give_the_same_bits)
{
    const loss_case *c = &loss_cases[_i];
    const ens__cpu level[] = {ENS__CPU_BASE, ENS__CPU_V3, ENS__CPU_V4};
    ens_error err;
    float *g, *h;
    size_t size;
    sample s;

    sample_make(&s, c, ROWS, 1);
    size = ROWS * s.rows.k * sizeof *g;
    g = ens__alloc(size);
    h = ens__alloc(size);
    for (size_t l = 0; l < 3; l++)
        for (int weighted = 0; weighted < 2; weighted++) {
            s.rows.w = weighted ? s.w : NULL;
            ens__cpu_cap(ENS__CPU_BASE);
            ck_ok(ens__loss_gradient(s.g, s.h, s.loss, &s.rows, NULL, &err));
            ens__cpu_cap(level[l]);
            ck_ok(ens__loss_gradient(g, h, s.loss, &s.rows, NULL, &err));
            ck_assert(memcmp(g, s.g, size) == 0 && memcmp(h, s.h, size) == 0);
        }
    ens__free(g);
    ens__free(h);
    sample_clear(&s);
}
END_TEST

/* Rows of a block are what they are in the whole. */
START_TEST(blocks_give_the_same_bits)
{
    const loss_case *c = &loss_cases[_i];
    ens_error err;
    float *g, *h;
    size_t size, begin = 0, step = 1;
    sample s;

    sample_make(&s, c, ROWS, 2);
    size = ROWS * s.rows.k * sizeof *g;
    g = ens__alloc(size);
    h = ens__alloc(size);
    ck_ok(ens__loss_gradient(s.g, s.h, s.loss, &s.rows, NULL, &err));
    while (begin < ROWS) {
        size_t end = ens__loss_cut(s.loss, &s.rows, begin + step);
        ens_loss_rows part = ens__loss_block(s.loss, &s.rows, begin, end - begin);

        s.loss->type->gradient(s.loss->params, &part, g + begin, h + begin);
        begin = end;
        step = step % 97 + 7;
    }
    ck_assert(memcmp(g, s.g, size) == 0 && memcmp(h, s.h, size) == 0);
    ens__free(g);
    ens__free(h);
    sample_clear(&s);
}
END_TEST

START_TEST(threads_give_the_same_bits)
{
    const loss_case *c = &loss_cases[_i];
    ens_error err;
    double one, value;
    sample s;

    sample_make(&s, c, ROWS, 3);
    ck_ok(ens__loss_value(&one, s.loss, &s.rows, &(ens_exec){.threads = 1}, &err));
    for (unsigned t = 2; t < 6; t++) {
        ck_ok(ens__loss_value(&value, s.loss, &s.rows, &(ens_exec){.threads = t}, &err));
        ck_assert(memcmp(&one, &value, sizeof one) == 0);
    }
    sample_clear(&s);
}
END_TEST

static void add_cases(TCase *tc)
{
    int n = (int)n_loss_cases;

    tcase_add_loop_test(tc, levels_give_the_same_bits, 0, n);
    tcase_add_loop_test(tc, blocks_give_the_same_bits, 0, n);
    tcase_add_loop_test(tc, threads_give_the_same_bits, 0, n);
}

Suite *level_suite(void);
Suite *level_suite(void)
{
    return suite_of("level", add_cases);
}
