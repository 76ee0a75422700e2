/* csv_read.c - a CSV text as a dataset.
 *
 * The text is cut into chunks by its size alone, so that nothing depends on the number of threads. All chunks are
 * looked over for what would stop them and to count their lines, which gives every chunk its own stretch of the
 * columns; then they are read in parallel. A column is taken for numbers until some chunk finds a text in it, the
 * first chunk, which is small, before all others; then the text is passed once more for such columns alone, since
 * a level is its spelling. Chunks number their texts for themselves; these numbers are joined at the end. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/par.h>
#include <data/csv.h>
#include <math.h>
#include <string.h>

static void clear(ens__csv *csv)
{
    for (size_t i = 0; i < csv->n_chunks; i++) {
        for (size_t c = 0; csv->chunk[i].levels != NULL && c < csv->n_columns; c++)
            ens__intern_clear(&csv->chunk[i].levels[c]);
        ens__free(csv->chunk[i].levels);
        ens__free(csv->chunk[i].broken);
    }
    ens__free(csv->chunk);
    ens__free(csv->kind);
    ens__free(csv->fixed);
    ens__free(csv->named);
    ens__intern_clear(&csv->names);
    ens__table_free(csv->table);
}

/* ---- Chunks ----------------------------------------------------------------------------------------- */

static ens_status survey_chunk(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    ens__csv *csv = ctx;

    (void)worker;
    return ens__csv_survey(csv, &csv->chunk[i], err);
}

/* Have the text surveyed and give each chunk its place in the columns; *most is the room they need. */
static ens_status place_chunks(size_t *most, ens__csv *csv, const ens_exec *exec,
                               ens_error *err)
{
    ens_status st;

    *most = 0;
    if ((st = ens__csv_cut(csv, err)) != ENS_OK ||
        (st = ens__par_for(csv->n_chunks, exec, NULL, survey_chunk, csv, NULL, err)) !=
            ENS_OK)
        return st;
    for (size_t i = 0; i < csv->n_chunks; i++) {
        ens__csv_chunk *k = &csv->chunk[i];

        k->base = *most;
        *most += k->most;
        if ((k->broken = ens__zeros(csv->n_columns, sizeof *k->broken)) == NULL ||
            (k->levels = ens__zeros(csv->n_columns, sizeof *k->levels)) == NULL)
            return ens__nomem(err);
    }
    return ENS_OK;
}

/* Memory for the columns that are still to be read, by their kind. */
static ens_status make_columns(ens__csv *csv, size_t most, ens_error *err)
{
    for (size_t c = 0; c < csv->n_columns; c++) {
        ens__column *column = &csv->table->column[c];

        if (csv->kind[c] == ENS__CSV_NUMBER && column->x == NULL &&
            (column->x = ens__array(most, sizeof *column->x)) == NULL)
            return ens__nomem(err);
        if (csv->kind[c] == ENS__CSV_TEXT && column->code == NULL &&
            (column->code = ens__array(most, sizeof *column->code)) == NULL)
            return ens__nomem(err);
    }
    return ENS_OK;
}

static ens_status read_chunk(void *ctx, size_t i, unsigned worker, ens_error *err)
{
    ens__csv *csv = ctx;

    (void)worker;
    return ens__csv_cells(csv, &csv->chunk[i], err);
}

/* Turn the columns in which some of the first n_chunks found a text into text columns; whether there are any. */
static bool give_up_numbers(ens__csv *csv, size_t n_chunks)
{
    bool any = false;

    for (size_t c = 0; c < csv->n_columns; c++) {
        bool broken = false;

        for (size_t i = 0; i < n_chunks; i++)
            broken |= csv->chunk[i].broken[c];
        if (!broken || csv->kind[c] != ENS__CSV_NUMBER)
            continue;
        csv->kind[c] = ENS__CSV_TEXT;
        ens__free(csv->table->column[c].x);
        csv->table->column[c].x = NULL;
        any = true;
    }
    return any;
}

/* What a pass has read is done, but for columns that it showed to be text. */
static bool another_pass(ens__csv *csv)
{
    bool any;

    for (size_t c = 0; c < csv->n_columns; c++)
        if (csv->kind[c] == ENS__CSV_TEXT)
            csv->kind[c] = ENS__CSV_SKIP;
    any = give_up_numbers(csv, csv->n_chunks);
    for (size_t c = 0; c < csv->n_columns; c++)
        if (csv->kind[c] == ENS__CSV_NUMBER)
            csv->kind[c] = ENS__CSV_SKIP;
    return any;
}

static ens_status read_chunks(ens__csv *csv, const ens_exec *exec, ens_error *err)
{
    ens_status st;
    size_t most;

    if ((st = place_chunks(&most, csv, exec, err)) != ENS_OK ||
        (st = make_columns(csv, most, err)) != ENS_OK)
        return st;
    /* The first chunk alone, to know most text columns early. What it interned is found again. */
    if (csv->n_chunks > 1 && (st = ens__csv_cells(csv, &csv->chunk[0], err)) != ENS_OK)
        return st;
    if (csv->n_chunks > 1)
        give_up_numbers(csv, 1);
    do {
        if ((st = make_columns(csv, most, err)) != ENS_OK ||
            (st = ens__par_for(csv->n_chunks, exec, NULL, read_chunk, csv, NULL, err)) !=
                ENS_OK)
            return st;
    } while (another_pass(csv));
    return ENS_OK;
}

/* ---- Columns ---------------------------------------------------------------------------------------- */

/* Close the gaps that blank lines and quoted ends of lines left between the chunks' rows. */
static void close_gaps(ens__csv *csv)
{
    size_t n = 0;

    for (size_t i = 0; i < csv->n_chunks; i++) {
        ens__csv_chunk *k = &csv->chunk[i];

        for (size_t c = 0; c < csv->n_columns && k->base != n; c++) {
            ens__column *to = &csv->table->column[c];

            if (to->x != NULL)
                memmove(to->x + n, to->x + k->base, k->n * sizeof *to->x);
            if (to->code != NULL)
                memmove(to->code + n, to->code + k->base, k->n * sizeof *to->code);
        }
        k->base = n;
        n += k->n;
    }
    csv->table->n = n;
}

/* Renumber the codes of one chunk as those of all chunks. */
static ens_status join_chunk(ens__intern *all, const ens__intern *part, int32_t *code,
                             size_t n, ens_error *err)
{
    int32_t *map = ens__array(part->n, sizeof *map);
    ens_status st = ENS_OK;

    for (size_t l = 0; l < part->n && map != NULL; l++) {
        size_t length;
        const char *text = ens__intern_text(part, l, &length);

        if ((map[l] = ens__intern_add(all, text, length)) < 0)
            st = ENS_ENOMEM;
    }
    if (map == NULL || st != ENS_OK) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t i = 0; i < n; i++)
        if (code[i] >= 0)
            code[i] = map[code[i]];
done:
    ens__free(map);
    return st;
}

static ens_status make_levels(ens__column *column, size_t n, const ens__intern *texts,
                              ens_error *err)
{
    char **name = ens__array(texts->n, sizeof *name);
    ens_status st;
    size_t l = 0;

    if (name == NULL)
        return ens__nomem(err);
    for (; l < texts->n; l++)
        if ((name[l] = ens__strdup(ens__intern_text(texts, l, NULL))) == NULL)
            break;
    if (l == texts->n) {
        st = ens__levels_make(&column->levels, name, l, column->code, n, err);
    } else {
        while (l-- > 0)
            ens__free(name[l]);
        st = ens__nomem(err);
    }
    ens__free(name);
    return st;
}

static ens_status finish_column(void *ctx, size_t c, unsigned worker, ens_error *err)
{
    ens__csv *csv = ctx;
    ens__column *column = &csv->table->column[c];
    ens__intern all = {0};
    ens_status st = ENS_OK;

    (void)worker;
    column->type = column->code != NULL ? ENS_CATEGORICAL : ENS_NUMERIC;
    if (column->type == ENS_NUMERIC)
        return ENS_OK;
    for (size_t i = 0; i < csv->n_chunks && st == ENS_OK; i++) {
        const ens__csv_chunk *k = &csv->chunk[i];

        st = join_chunk(&all, &k->levels[c], column->code + k->base, k->n, err);
    }
    if (st == ENS_OK)
        st = make_levels(column, csv->table->n, &all, err);
    ens__intern_clear(&all);
    return st;
}

/* ---- Remarks ---------------------------------------------------------------------------------------- */

static size_t count_present(const ens__column *column, size_t n)
{
    size_t present = 0;

    for (size_t i = 0; i < n; i++)
        present += column->code != NULL ? column->code[i] >= 0 : !isnan(column->x[i]);
    return present;
}

/* A text that nearly every row has for itself names the row; nothing can be learned from it. */
static ens_status judge_column(ens__csv *csv, size_t c, ens_error *err)
{
    enum { FEWEST = 50 };
    ens__column *column = &csv->table->column[c];
    size_t present = count_present(column, csv->table->n), distinct = column->levels.n;

    if (present == 0)
        return ens__table_note(csv->table, err, "column `%s`: all values are missing",
                               column->name);
    if (column->role != ENS_FEATURE || column->type != ENS_CATEGORICAL ||
        present < FEWEST || distinct <= present - present / 10 || csv->named[c] ||
        csv->options->keep_identifiers)
        return ENS_OK;
    column->role = ENS_IGNORE;
    if (distinct == present)
        return ens__table_note(csv->table, err,
                               "column `%s`: ignored, every value is distinct",
                               column->name);
    return ens__table_note(csv->table, err,
                           "column `%s`: ignored, %zu of %zu values are distinct",
                           column->name, distinct, present);
}

static ens_status note_encoding(ens__csv *csv, ens_error *err)
{
    for (size_t i = 0; i < csv->n_chunks; i++)
        if (csv->chunk[i].odd_byte != SIZE_MAX)
            return ens__table_note(
                csv->table, err,
                "line %zu is not UTF-8: names and texts are kept as bytes",
                ens__csv_line(csv, csv->chunk[i].odd_byte));
    return ENS_OK;
}

/* The task, by the target's values where the options leave it open. */
static ens_status choose_task(ens_task *task, ens__csv *csv, ens_error *err)
{
    const ens__column *target = NULL;

    *task = csv->options->task;
    for (size_t c = 0; c < csv->n_columns; c++)
        if (csv->table->column[c].role == ENS_TARGET)
            target = &csv->table->column[c];
    if (target == NULL || *task != ENS_TASK_AUTO || csv->table->n == 0)
        return ENS_OK;
    *task = ens__guess_task(target, csv->table->n);
    return ens__table_note(csv->table, err, "target `%s`: %s", target->name,
                           target->type == ENS_CATEGORICAL ? "text, so classification"
                           : *task == ENS_TASK_CLASSIFICATION
                               ? "few values, so classification"
                               : "numbers, so regression");
}

/* ---- The whole -------------------------------------------------------------------------------------- */

/* Hand the table over. What it finds wrong with a row is told by line. */
static ens_status make_dataset(ens_dataset **out, ens__csv *csv, ens_task task,
                               ens_error *err)
{
    ens__table *table = csv->table;
    ens_error found;
    ens_status st;
    size_t i = 0;

    csv->table = NULL;
    found.line = 0;
    st = ens__dataset_of_table(out, table, task, NULL, &found);
    if (st == ENS_OK || err == NULL)
        return st;
    *err = found;
    if (found.line == 0) {
        if (st != ENS_ENOMEM)
            ens__error_prefix(err, "%s", csv->name);
        return st;
    }
    while (i + 1 < csv->n_chunks && csv->chunk[i + 1].base < found.line)
        i++;
    err->line =
        ens__csv_record_line(csv, &csv->chunk[i], found.line - 1 - csv->chunk[i].base);
    ens__error_prefix(err, "%s:%zu", csv->name, err->line);
    return st;
}

static ens_status begin(ens__csv *csv, ens_error *err)
{
    size_t bom = ens__csv_bom(csv->s, csv->n);

    csv->s = csv->n > 0 ? csv->s + bom : ""; /* nothing may be NULL */
    csv->n -= bom;
    csv->delimiter = csv->options->delimiter;
    if (csv->delimiter == 0)
        csv->delimiter = ens__csv_find_delimiter(csv->s, csv->n);
    return ens__csv_check_delimiter(csv->delimiter, err);
}

ens_status ens__csv_parse(ens_dataset **out, const char *s, size_t n, const char *name,
                          const ens_csv_options *options, const ens__csv_how *how,
                          ens_error *err)
{
    static const ens_csv_options defaults = {0};
    ens__csv csv = {.s = s, .n = n, .name = name, .how = *how};
    ens_exec exec = {0};
    ens_task task;
    ens_status st;

    *out = NULL;
    csv.options = options != NULL ? options : &defaults;
    exec.threads = csv.options->threads;
    if ((st = begin(&csv, err)) != ENS_OK ||
        (st = ens__csv_header(&csv, err)) != ENS_OK ||
        (st = read_chunks(&csv, &exec, err)) != ENS_OK)
        goto done;
    close_gaps(&csv);
    if (csv.table->n == 0 && !how->may_be_empty) {
        st = ens__fail(err, ENS_EDATA, "%s: no rows after the header", name);
        goto done;
    }
    if ((st = ens__par_for(csv.n_columns, &exec, NULL, finish_column, &csv, NULL, err)) !=
        ENS_OK)
        goto done;
    for (size_t c = 0; c < csv.n_columns && csv.table->n > 0; c++)
        if ((st = judge_column(&csv, c, err)) != ENS_OK)
            goto done;
    if ((st = note_encoding(&csv, err)) != ENS_OK ||
        (st = choose_task(&task, &csv, err)) != ENS_OK)
        goto done;
    st = make_dataset(out, &csv, task, err);
done:
    clear(&csv);
    return st;
}

ens_status ens_csv_parse(ens_dataset **out, const char *bytes, size_t size,
                         const char *name, const ens_csv_options *options, ens_error *err)
{
    return ens__csv_parse(out, bytes, size, name, options, &(ens__csv_how){0}, err);
}
