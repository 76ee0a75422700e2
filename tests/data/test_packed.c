/* test_packed.c - records hold the codes of their columns, copied or gathered, and are found again for these only. */
#include <config.h>

#include <core/mem.h>
#include <data/packed.h>
#include <num/rng.h>

#include "run.h"

static ens_error err;

/* The code as the layout tells where it is. */
static unsigned code_in(const uint8_t *record, const ens__field *f)
{
    uint16_t wide;

    if (f->width == 0)
        return record[f->offset] >> f->shift & 1;
    if (f->width == 1)
        return record[f->offset];
    memcpy(&wide, record + f->offset, sizeof wide);
    return wide;
}

/* Columns 0 .. 69 have two values, of which 3 lacks one somewhere; 70 .. 72 have many values, 73 has one. */
enum { N = 300, P = 74, GAP = 3 };

static ens_dataset *make_table(void)
{
    double *x = calloc(N * P, sizeof *x);
    ens_dataset *d;
    ens__stream s;

    ens__stream_init(&s, 1, ENS__FOR_TEST, 0);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < P - 1; j++)
            x[i * P + j] = j >= 70              ? ens__stream_gaussian(&s)
                           : j == GAP && i == 7 ? NAN
                                                : ens__stream_below(&s, 2);
    ck_ok(ens_dataset_from_matrix(&d, x, N, P, NULL, ENS_TASK_AUTO, &err));
    free(x);
    return d;
}

static void check_records(const uint8_t *record, size_t stride, const ens__field *field,
                          const ens__bins *const *bins, size_t p, const uint32_t *row,
                          size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++)
            ck_assert_uint_eq(code_in(record + i * stride, &field[j]),
                              ens__bins_code(bins[j], row[i]));
}

START_TEST(records_hold_every_code)
{
    static const unsigned max_bins[] = {255, 1000};
    ens_dataset *d = make_table();
    const ens_feature *f = d->table->feature;
    uint32_t row[N];

    for (size_t i = 0; i < N; i++)
        row[i] = (uint32_t)(i * 7 % N);
    for (size_t setting = 0; setting < 2; setting++) {
        const ens__bins *bins[P];
        const ens__packed *packed;
        ens__field field[P];
        uint64_t bits;
        size_t stride, one_bit = 0;
        uint8_t *record;
        uint32_t all[N];

        for (size_t j = 0; j < P; j++)
            ck_ok(ens__bins_get(&bins[j], f[j].column, N, max_bins[setting], &err));
        ck_assert_ptr_null(ens__packed_find(f[0].column, bins, P));
        ck_ok(ens__packed_prepare(f, P, N, max_bins[setting], NULL, &err));
        ck_ok(ens__packed_prepare(f, P, N, max_bins[setting], NULL, &err));
        ck_assert_ptr_nonnull(packed = ens__packed_find(f[0].column, bins, P));
        ck_assert_ptr_null(ens__packed_find(f[0].column, bins, P - 1));
        stride = ens__packed_lay(field, &bits, bins, P);
        ck_assert_uint_eq(stride, packed->stride);
        ck_assert_uint_eq(stride,
                          setting == 0 ? 16 : 24); /* 70 bits, a byte, three codes */
        ck_assert(bits == UINT64_MAX);
        for (size_t j = 0; j < P; j++) {
            one_bit += field[j].width == 0;
            ck_assert(field[j].slot == ENS__SLOTS || field[j].width == 0);
            ck_assert(field[j].slot == ENS__SLOTS ||
                      field[j].slot == field[j].offset * 8 + field[j].shift);
        }
        ck_assert_uint_eq(one_bit, 70);
        ck_assert_uint_eq(field[GAP].width, 1);
        for (size_t i = 0; i < N; i++)
            all[i] = (uint32_t)i;
        check_records(packed->record, stride, field, bins, P, all, N);
        record = malloc(N * stride);
        ens__packed_gather(record, stride, field, bins, P, row, N);
        check_records(record, stride, field, bins, P, row, N);
        free(record);
    }
    ens_dataset_free(d);
}
END_TEST

/* Wide records are not made; no allocation that fails leaks or leaves half a record behind. */
START_TEST(wide_or_failed_records_are_not_kept)
{
    ens_dataset *d = make_table();
    const ens_feature *f = d->table->feature;
    const ens__bins *bins[P];
    ens_feature wide[300];
    ens_status st = ENS_ENOMEM;

    for (size_t j = 0; j < 300; j++)
        wide[j] = f[70 + j % 3];
    ck_ok(ens__packed_prepare(wide, 300, N, 255, NULL, &err));
    for (size_t j = 0; j < P; j++)
        ck_ok(ens__bins_get(&bins[j], f[j].column, N, 255, &err));
    ck_assert_ptr_null(atomic_load(&f[70].column->packed));
    for (long fail = 0; st == ENS_ENOMEM; fail++) {
        ck_assert_ptr_null(ens__packed_find(f[0].column, bins, P));
        ens__mem_fail_at(fail);
        st = ens__packed_prepare(f, P, N, 255, NULL, &err);
        ens__mem_fail_at(-1);
    }
    ck_ok(st);
    ck_assert_ptr_nonnull(ens__packed_find(f[0].column, bins, P));
    ens_dataset_free(d);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, records_hold_every_code);
    tcase_add_test(tc, wide_or_failed_records_are_not_kept);
}

Suite *packed_suite(void);

Suite *packed_suite(void)
{
    return suite_of("packed", add);
}
