/* understood.c - rows, columns, types, levels, gaps and notes of a table. */
#include <config.h>

#include <cli/report.h>
#include <cli/tables.h>
#include <cli/understood.h>
#include <stdio.h>
#include <stdlib.h>

/* More than this is not read but scrolled past. */
#define MOST_COLUMNS 40
#define MOST_CLASSES 8

static const char *const role_name[] = {"feature", "target", "weight", "group",
                                        "ignored", "offset"};

static void print_columns(const ens_dataset *data)
{
    size_t n = ens_dataset_n_columns(data), shown = n < MOST_COLUMNS ? n : MOST_COLUMNS;
    ens_column_info c;
    report r;

    report_begin(&r, "lllrr");
    report_add(&r, "column");
    report_add(&r, "role");
    report_add(&r, "type");
    report_add(&r, "levels");
    report_add(&r, "missing");
    for (size_t i = 0; i < shown && ens_dataset_column(&c, data, i, NULL) == ENS_OK;
         i++) {
        report_add(&r, "%s", c.name);
        report_add(&r, "%s", role_name[c.role]);
        report_add(&r, "%s", c.type == ENS_NUMERIC ? "number" : "category");
        if (c.type == ENS_CATEGORICAL)
            report_add(&r, "%zu", c.n_levels);
        else
            report_add(&r, "%s", "");
        report_add(&r, "%zu", c.n_missing);
    }
    report_end(&r);
    if (shown < n)
        printf("  ... and %zu more columns\n", n - shown);
}

/* "no 809, yes 500" */
static void print_classes(const ens_dataset *data)
{
    size_t k = ens_dataset_n_classes(data), *count = cli_array(k, sizeof *count);
    size_t shown = k < MOST_CLASSES ? k : MOST_CLASSES;

    for (size_t i = 0; i < ens_dataset_n(data); i++)
        count[(size_t)ens_dataset_y(data, i)]++;
    fputs("  classes: ", stdout);
    for (size_t c = 0; c < shown; c++) {
        char text[256];

        snprintf(text, sizeof text, "%s %zu%s", ens_dataset_class(data, c), count[c],
                 c + 1 < shown ? ", " : "");
        report_text(text);
    }
    if (shown < k)
        printf(" and %zu more", k - shown);
    putchar('\n');
    free(count);
}

void understood_print(const char *path, const ens_dataset *data)
{
    size_t p = ens_dataset_p(data);
    int classes = ens_dataset_task(data) == ENS_TASK_CLASSIFICATION;
    const char *note;

    printf("%s: %zu rows, %zu feature%s, %s\n", cli_name_of(path), ens_dataset_n(data), p,
           p == 1 ? "" : "s",
           ens_dataset_target(data) == NULL ? "no target"
                                            : cli_task_name(ens_dataset_task(data)));
    print_columns(data);
    if (classes)
        print_classes(data);
    for (size_t i = 0; (note = ens_dataset_note(data, i)) != NULL; i++)
        report_line("  note: ", note);
    fflush(stdout);
}
