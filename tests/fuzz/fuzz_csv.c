/* fuzz_csv.c - any bytes as a CSV file: a table or a message; what was read reads back the same.
 *
 * A table is written and read again, which must give the same columns, levels and values; then it is
 * read with one of its columns as the target. */
#include <config.h>

#include "fuzz.h"
#include <math.h>

static int same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Every value of a table can be looked at. */
static double touch(const ens_dataset *data)
{
    size_t n = ens_dataset_n(data), p = ens_dataset_p(data);
    double sum = 0;

    must(n > 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < p; j++)
            sum += ens_dataset_get(data, i, j);
        sum += ens_dataset_y(data, i) + ens_dataset_weight(data, i);
    }
    for (size_t i = 0; ens_dataset_note(data, i) != NULL; i++)
        must(ens_dataset_note(data, i)[0] != 0);
    for (size_t c = 0; c < ens_dataset_n_classes(data); c++)
        must(ens_dataset_class(data, c) != NULL);
    return sum;
}

static void must_be_same(const ens_dataset *a, const ens_dataset *b)
{
    ens_column_info x, y;
    ens_error err;

    must(ens_dataset_n(a) == ens_dataset_n(b));
    must(ens_dataset_p(a) == ens_dataset_p(b));
    must(ens_dataset_n_columns(a) == ens_dataset_n_columns(b));
    for (size_t c = 0; c < ens_dataset_n_columns(a); c++) {
        must_ok(ens_dataset_column(&x, a, c, &err));
        must_ok(ens_dataset_column(&y, b, c, &err));
        must(strcmp(x.name, y.name) == 0);
        must(x.type == y.type && x.role == y.role);
        must(x.n_levels == y.n_levels && x.n_missing == y.n_missing);
        for (size_t l = 0; l < x.n_levels; l++)
            must(strcmp(ens_dataset_level(a, c, l), ens_dataset_level(b, c, l)) == 0);
    }
    for (size_t i = 0; i < ens_dataset_n(a); i++)
        for (size_t j = 0; j < ens_dataset_p(a); j++)
            must(same_number(ens_dataset_get(a, i, j), ens_dataset_get(b, i, j)));
}

static void round_trip(const ens_dataset *data, const ens_csv_options *options)
{
    ens_dataset *again = NULL;
    char *text = NULL;
    size_t size = 0;
    ens_error err;
    FILE *to = open_memstream(&text, &size);

    must(to != NULL);
    must_ok(ens_csv_write(data, to, ',', &err));
    must(fclose(to) == 0);
    must_ok(ens_csv_parse(&again, text, size, "written.csv", options, &err));
    must_be_same(data, again);
    ens_dataset_free(again);
    free(text);
}

static void with_target(const uint8_t *bytes, size_t size, const ens_dataset *table)
{
    ens_csv_options options = {.task = (ens_task)(size % 3)};
    ens_dataset *data = NULL;
    ens_column_info column;
    ens_error err;
    ens_status st;

    must_ok(ens_dataset_column(&column, table, size % ens_dataset_n_columns(table), &err));
    options.target = column.name;
    st = ens_csv_parse(&data, (const char *)bytes, size, "fuzz.csv", &options, &err);
    if (st == ENS_OK)
        touch(data);
    else
        must_explain(st, data, &err);
    ens_dataset_free(data);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    /* Written with commas, so commas are what is read again. */
    ens_csv_options options = {.keep_identifiers = 1, .delimiter = ','};
    ens_dataset *data = NULL, *guessed = NULL;
    ens_error err;
    ens_status st;

    st = ens_csv_parse(&data, (const char *)bytes, size, "fuzz.csv", &options, &err);
    if (st == ENS_OK) {
        touch(data);
        round_trip(data, &options);
    } else {
        must_explain(st, data, &err);
    }
    st = ens_csv_parse(&guessed, (const char *)bytes, size, "fuzz.csv", NULL, &err);
    if (st == ENS_OK) {
        touch(guessed);
        with_target(bytes, size, guessed);
    } else {
        must_explain(st, guessed, &err);
    }
    ens_dataset_free(data);
    ens_dataset_free(guessed);
    return 0;
}
