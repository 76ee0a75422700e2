/* test_rng.c - Philox's published answers, independence of names, distributions. */
#include <config.h>

#include "run.h"
#include <core/cpu.h>
#include <ensemble/ext.h>
#include <num/gsl.h>
#include <num/rng.h>

#include "chi.h"

/* Random123's kat_vectors, philox4x32 with 10 rounds: counter, key, answer. */
START_TEST(block_gives_the_known_answers)
{
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ens__stream s = {0};
        uint32_t out[4];

        memcpy(s.counter, known[i].counter, sizeof s.counter);
        memcpy(s.key, known[i].key, sizeof s.key);
        ens__stream_block(out, &s);
        for (int k = 0; k < 4; k++)
            ck_assert_uint_eq(out[k], known[i].answer[k]);
    }
}
END_TEST

/* Models depend on these numbers: a change here is a change of every result. */
START_TEST(streams_never_change)
{
    ens__stream s;

    ens__stream_init(&s, 42, ENS__FOR_BOOTSTRAP, 7);
    ck_assert_uint_eq(ens__stream_u32(&s), 0xbe9abf80U);
    ck_assert_uint_eq(ens_seed(42, ENS__FOR_MEMBER, 7), 0x103d32944653f87dULL);
}
END_TEST

/* At every CPU level, also where the counter carries, and after a move to another stream. */
START_TEST(words_come_in_order_of_blocks)
{
    ens__cpu_cap((ens__cpu)_i);
    for (uint32_t at = 0; at < 4; at++) {
        ens__stream words, blocks;
        uint32_t block[4];

        ens__stream_init(&words, 1, ENS__FOR_TEST, 5);
        (void)ens__stream_u32(&words);
        ens__stream_move(&words, 0x200000003);
        ens__stream_init(&blocks, 1, ENS__FOR_TEST, 0x200000003);
        words.counter[0] = blocks.counter[0] = at == 0 ? 0 : 0 - at;
        for (int b = 0; b < 10; b++) {
            ens__stream_block(block, &blocks);
            for (int k = 0; k < 4; k++)
                ck_assert_uint_eq(ens__stream_u32(&words), block[k]);
        }
    }
    ens__cpu_cap(ENS__CPU_V4);
}
END_TEST

START_TEST(counter_carries_into_its_second_word)
{
    ens__stream s;
    uint32_t before[4], after[4], start[4];

    ens__stream_init(&s, 1, ENS__FOR_TEST, 0);
    ens__stream_block(start, &s);
    s.counter[0] = UINT32_MAX;
    ens__stream_block(before, &s);
    ck_assert_uint_eq(s.counter[0], 0);
    ck_assert_uint_eq(s.counter[1], 1);
    ens__stream_block(after, &s);
    ck_assert_mem_ne(start, after, sizeof after);
    ck_assert_mem_ne(before, after, sizeof after);
}
END_TEST

START_TEST(every_part_of_a_name_matters)
{
    static const struct {
        uint64_t seed, index;
        uint32_t purpose;
    } name[] = {
        {5, 0, ENS__FOR_TEST},
        {6, 0, ENS__FOR_TEST},
        {5, 1, ENS__FOR_TEST},
        {5, 0, ENS__FOR_NODE},
        {5 + (1ULL << 32), 0, ENS__FOR_TEST},
        {5, 1ULL << 32, ENS__FOR_TEST},
    };
    enum { NAMES = sizeof name / sizeof *name };
    uint64_t first[2 * NAMES];

    for (size_t i = 0; i < NAMES; i++) {
        ens__stream s;

        ens__stream_init(&s, name[i].seed, name[i].purpose, name[i].index);
        first[2 * i] = ens__stream_u64(&s);
        first[2 * i + 1] = ens_seed(name[i].seed, name[i].purpose, name[i].index);
    }
    for (size_t i = 0; i < 2 * NAMES; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert_uint_ne(first[i], first[k]);
}
END_TEST

START_TEST(below_is_even_and_below)
{
    static const uint32_t n[] = {1, 2, 3, 10, 97};
    ens__stream s;

    ens__stream_init(&s, 3, ENS__FOR_TEST, 0);
    for (size_t k = 0; k < sizeof n / sizeof *n; k++) {
        double seen[97] = {0}, expected[97];

        for (int i = 0; i < 50000; i++) {
            uint32_t v = ens__stream_below(&s, n[k]);

            ck_assert_uint_lt(v, n[k]);
            seen[v]++;
        }
        for (uint32_t i = 0; i < n[k]; i++)
            expected[i] = 50000.0 / n[k];
        if (n[k] > 1)
            ck_chi_square(seen, expected, n[k]);
    }
}
END_TEST

/* Where plain multiplication is off most: 2^32 words onto 3 * 2^30 numbers would favour every third. */
START_TEST(below_has_no_bias_at_large_n)
{
    double seen[3] = {0}, expected[3] = {20000, 20000, 20000};
    ens__stream s;

    ens__stream_init(&s, 4, ENS__FOR_TEST, 0);
    for (int i = 0; i < 60000; i++)
        seen[ens__stream_below(&s, 3U << 30) % 3]++;
    ck_chi_square(seen, expected, 3);
}
END_TEST

START_TEST(uniform_is_even_on_the_unit_interval)
{
    double seen[100] = {0}, expected[100];
    ens__stream s;

    ens__stream_init(&s, 5, ENS__FOR_TEST, 0);
    for (int i = 0; i < 100000; i++) {
        double u = ens__stream_uniform(&s);

        ck_assert(u >= 0 && u < 1);
        seen[(int)(u * 100)]++;
    }
    for (int i = 0; i < 100; i++)
        expected[i] = 1000;
    ck_chi_square(seen, expected, 100);
}
END_TEST

START_TEST(gaussian_is_normal)
{
    enum { CELLS = 40, DRAWS = 100000 };
    double seen[CELLS] = {0}, expected[CELLS];
    ens__stream s;

    ens__stream_init(&s, 6, ENS__FOR_TEST, 0);
    for (int i = 0; i < DRAWS; i++) { /* cells of equal probability */
        int cell = (int)(gsl_cdf_ugaussian_P(ens__stream_gaussian(&s)) * CELLS);

        seen[cell < CELLS ? cell : CELLS - 1]++;
    }
    for (int i = 0; i < CELLS; i++)
        expected[i] = (double)DRAWS / CELLS;
    ck_chi_square(seen, expected, CELLS);
}
END_TEST

START_TEST(gsl_generator_draws_from_the_stream)
{
    ens__stream s, same;

    ens__stream_init(&s, 8, ENS__FOR_TEST, 0);
    same = s;
    gsl_rng r = ens__stream_gsl(&s);
    ck_assert_uint_eq(gsl_rng_get(&r), ens__stream_u32(&same));
    ck_assert(gsl_rng_uniform(&r) == ens__stream_uniform(&same));
    ck_assert_uint_eq(gsl_rng_max(&r), UINT32_MAX);
    ck_assert_uint_eq(gsl_rng_size(&r), sizeof s);
    gsl_rng_set(&r, 9);
    ens__stream_init(&same, 9, ENS__FOR_SEED, 0);
    ck_assert_uint_eq(gsl_rng_get(&r), ens__stream_u32(&same));
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, block_gives_the_known_answers);
    tcase_add_test(tc, streams_never_change);
    tcase_add_loop_test(tc, words_come_in_order_of_blocks, ENS__CPU_BASE, ENS__CPU_V4 + 1);
    tcase_add_test(tc, counter_carries_into_its_second_word);
    tcase_add_test(tc, every_part_of_a_name_matters);
    tcase_add_test(tc, below_is_even_and_below);
    tcase_add_test(tc, below_has_no_bias_at_large_n);
    tcase_add_test(tc, uniform_is_even_on_the_unit_interval);
    tcase_add_test(tc, gaussian_is_normal);
    tcase_add_test(tc, gsl_generator_draws_from_the_stream);
}

Suite *rng_suite(void);

Suite *rng_suite(void)
{
    return suite_of("rng", add);
}
