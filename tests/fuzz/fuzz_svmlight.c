/* fuzz_svmlight.c - any bytes as an svmlight file: a table or a message.
 *
 * What was read is written as text and read again, which must give the same rows. */
#include <config.h>

#include "fuzz.h"
#include <math.h>

static int same_number(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void must_be_same(const ens_dataset *a, const ens_dataset *b)
{
    ens_column_info x, y;
    ens_error err;

    must(ens_dataset_n(a) == ens_dataset_n(b));
    must(ens_dataset_n_columns(a) == ens_dataset_n_columns(b));
    must(ens_dataset_n_groups(a) == ens_dataset_n_groups(b));
    for (size_t c = 0; c < ens_dataset_n_columns(a); c++) {
        must_ok(ens_dataset_column(&x, a, c, &err));
        must_ok(ens_dataset_column(&y, b, c, &err));
        must(strcmp(x.name, y.name) == 0 && x.role == y.role);
        must(x.n_missing == y.n_missing);
    }
    for (size_t i = 0; i < ens_dataset_n(a); i++) {
        for (size_t j = 0; j < ens_dataset_p(a); j++)
            must(same_number(ens_dataset_get(a, i, j), ens_dataset_get(b, i, j)));
        must(ens_dataset_y(a, i) == ens_dataset_y(b, i));
        must(ens_dataset_group(a, i) == ens_dataset_group(b, i));
    }
}

/* Written as text; zeros too, so that no column is lost. */
static char *written(const ens_dataset *data, size_t *size)
{
    char *text = NULL;
    FILE *to = open_memstream(&text, size);
    size_t n_columns = ens_dataset_n_columns(data);
    ens_column_info c;
    ens_error err;

    must(to != NULL);
    for (size_t i = 0; i < ens_dataset_n(data); i++) {
        must_ok(ens_csv_write_number(to, ens_dataset_y(data, i), &err));
        if (ens_dataset_n_groups(data) > 0)
            fprintf(to, " qid:%zu", ens_dataset_group(data, i));
        for (size_t j = 0; j < ens_dataset_p(data); j++) {
            double v = ens_dataset_get(data, i, j);

            must_ok(
                ens_dataset_column(&c, data, n_columns - ens_dataset_p(data) + j, &err));
            fprintf(to, " %s:%s", c.name + 1, isnan(v) ? "nan" : "");
            must_ok(ens_csv_write_number(to, v, &err));
        }
        putc('\n', to);
    }
    must(fclose(to) == 0);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    ens_csv_options options = {.task = ENS_TASK_REGRESSION};
    ens_dataset *data = NULL, *again = NULL;
    size_t n;
    char *text;
    ens_error err;
    ens_status st;

    st = ens_svmlight_parse(&data, (const char *)bytes, size, "fuzz.svm", &options, &err);
    if (st != ENS_OK) {
        must_explain(st, data, &err);
        return 0;
    }
    if (ens_dataset_n(data) * ens_dataset_p(data) < 100000) {
        text = written(data, &n);
        must_ok(ens_svmlight_parse(&again, text, n, "written.svm", &options, &err));
        must_be_same(data, again);
        ens_dataset_free(again);
        free(text);
    }
    ens_dataset_free(data);
    return 0;
}
