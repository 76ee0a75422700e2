/* csv_cells.c - a chunk of CSV into values: numbers straight into their columns, texts as numbers of this chunk's
 * own.
 *
 * libcsv splits what has quotes. A chunk without any is split here, by delimiters and ends of lines alone, which
 * is more than twice as fast; both ways meet in put_field() and end_record(), and both drop spaces and tabs around
 * unquoted fields, as libcsv does. */
#include <config.h>

#include <assert.h>
#include <core/error.h>
#include <core/mem.h>
#include <core/str.h>
#include <csv.h>
#include <data/csv.h>
#include <math.h>
#include <string.h>

/* Where reading a chunk stands. */
typedef struct cells {
    const ens__csv *csv;
    ens__csv_chunk *chunk;
    size_t n;      /* records finished */
    size_t c;      /* fields of the current record */
    ens_status st; /* after a failure the rest is passed over */
    ens_error *err;
} cells;

/* ---- Missing ---------------------------------------------------------------------------------------- */

static bool is_word(const char *s, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if ((s[i] >= 'A' && s[i] <= 'Z' ? s[i] + 32 : s[i]) != word[i])
            return false;
    return word[n] == 0;
}

bool ens__csv_is_missing(const char *s, size_t n, const char *const *na)
{
    static const char *const usual[] = {"", "na", "nan", "n/a", "null", "?"};

    for (size_t i = 0; n <= 4 && i < sizeof usual / sizeof *usual; i++)
        if (is_word(s, n, usual[i]))
            return true;
    for (size_t i = 0; na != NULL && na[i] != NULL; i++)
        if (strncmp(s, na[i], n) == 0 && na[i][n] == 0)
            return true;
    return false;
}

/* ---- One field -------------------------------------------------------------------------------------- */

static void fail_number(cells *k, const char *s, size_t n)
{
    size_t line = ens__csv_record_line(k->csv, k->chunk, k->n);

    k->st =
        ens__fail_at(k->err, ENS_EPARSE, line, k->c + 1,
                     "%s:%zu: `%.*s` in column `%s` is not a number", k->csv->name, line,
                     (int)(n < 60 ? n : 60), s, k->csv->table->column[k->c].name);
}

static void put_number(cells *k, const char *s, size_t n)
{
    const char *const *na = k->csv->options->na;
    double *x = k->csv->table->column[k->c].x + k->chunk->base + k->n;

    if (k->chunk->broken[k->c])
        return;
    if ((na != NULL && ens__csv_is_missing(s, n, na)) || !ens__number_parse(x, s, n)) {
        *x = NAN;
        if (ens__csv_is_missing(s, n, na))
            return;
        if (k->csv->fixed[k->c])
            fail_number(k, s, n);
        else
            k->chunk->broken[k->c] = true;
    }
}

static void put_text(cells *k, const char *s, size_t n)
{
    int32_t *code = k->csv->table->column[k->c].code + k->chunk->base + k->n;

    *code = -1;
    if (!ens__csv_is_missing(s, n, k->csv->options->na) &&
        (*code = ens__intern_add(&k->chunk->levels[k->c], s, n)) < 0)
        k->st = ens__nomem(k->err);
}

static void put_field(cells *k, const char *s, size_t n)
{
    if (k->st != ENS_OK)
        return;
    if (k->c < k->csv->n_columns) {
        if (k->csv->kind[k->c] == ENS__CSV_NUMBER)
            put_number(k, s, n);
        else if (k->csv->kind[k->c] == ENS__CSV_TEXT)
            put_text(k, s, n);
    }
    k->c++;
}

/* A record without fields is a blank line: skipped, or the missing value of an only column. */
static void end_record(cells *k)
{
    if (k->c == 0 && k->csv->n_columns == 1)
        put_field(k, "", 0);
    if (k->c == 0 || k->st != ENS_OK)
        return;
    if (k->c != k->csv->n_columns) {
        size_t line = ens__csv_record_line(k->csv, k->chunk, k->n);

        k->st = ens__fail_at(k->err, ENS_EPARSE, line, 0,
                             "%s:%zu: %zu field%s, expected %zu", k->csv->name, line,
                             k->c, k->c == 1 ? "" : "s", k->csv->n_columns);
        return;
    }
    k->n++;
    k->c = 0;
    assert(k->n <= k->chunk->most);
}

/* ---- By libcsv -------------------------------------------------------------------------------------- */

static void *resize_bytes(void *p, size_t n)
{
    return ens__resize(p, n, 1);
}

/* What libcsv refused: at byte `at` of the text, in this field of its record. */
static ens_status quote_error(const ens__csv *csv, int code, size_t at, size_t field,
                              ens_error *err)
{
    size_t line;

    if (code != CSV_EPARSE)
        return ens__nomem(err);
    line = ens__csv_line(csv, at);
    return ens__fail_at(err, ENS_EPARSE, line, field, "%s:%zu: stray quote in field %zu",
                        csv->name, line, field);
}

static ens_status unclosed_quote(const ens__csv *csv, const char *s, size_t n,
                                 size_t field, ens_error *err)
{
    size_t line;

    /* The last quote opened it. */
    while (n > 0 && s[n - 1] != '"')
        n--;
    line = ens__csv_line(csv, (size_t)(s - csv->s) + n - (n > 0));
    return ens__fail_at(err, ENS_EPARSE, line, field,
                        "%s:%zu: the quote that opens field %zu is never closed",
                        csv->name, line, field);
}

static bool init_parser(struct csv_parser *p, char delimiter)
{
    if (csv_init(p, CSV_STRICT | CSV_STRICT_FINI) != 0)
        return false;
    csv_set_delim(p, (unsigned char)delimiter);
    csv_set_realloc_func(p, resize_bytes);
    csv_set_free_func(p, ens__free);
    csv_set_blk_size(p, 1024);
    return true;
}

static void on_field(void *s, size_t n, void *ctx)
{
    put_field(ctx, s, n);
}

static void on_record(int end, void *ctx)
{
    (void)end;
    end_record(ctx);
}

/* The bytes of s[n] that libcsv gets at once: of an only column a record, for libcsv says nothing of blank lines. */
static size_t next_piece(const cells *k, const char *s, size_t n)
{
    const size_t most = (size_t)1 << 16;

    if (k->csv->n_columns == 1)
        return ens__csv_record(s, n);
    return n < most ? n : most;
}

static bool is_blank_line(const cells *k, const char *s, size_t n)
{
    return k->csv->n_columns == 1 && (s[n - 1] == '\n' || s[n - 1] == '\r') &&
           ens__csv_is_blank(s, n, k->csv->delimiter);
}

static void split_by_libcsv(cells *k, const char *s, size_t n)
{
    struct csv_parser p;

    if (!init_parser(&p, k->csv->delimiter)) {
        k->st = ens__nomem(k->err);
        return;
    }
    for (size_t at = 0, piece, used; at < n && k->st == ENS_OK; at += piece) {
        piece = next_piece(k, s + at, n - at);
        if (is_blank_line(k, s + at, piece)) {
            end_record(k);
            continue;
        }
        used = csv_parse(&p, s + at, piece, on_field, on_record, k);
        if (used != piece && k->st == ENS_OK)
            k->st = quote_error(k->csv, csv_error(&p),
                                (size_t)(s - k->csv->s) + at + used, k->c + 1, k->err);
    }
    if (k->st == ENS_OK && csv_fini(&p, on_field, on_record, k) != 0 && k->st == ENS_OK)
        k->st = csv_error(&p) == CSV_EPARSE
                    ? unclosed_quote(k->csv, s, n, k->c + 1, k->err)
                    : ens__nomem(k->err);
    csv_free(&p);
}

/* One record apart, with a callback of the caller's own. */
typedef struct record {
    void (*field)(const char *s, size_t n, void *ctx);
    void *ctx;
    size_t n;
} record;

static void on_record_field(void *s, size_t n, void *ctx)
{
    record *r = ctx;

    r->n++;
    r->field(s, n, r->ctx);
}

ens_status ens__csv_fields(const ens__csv *csv, const char *s, size_t n,
                           void (*field)(const char *s, size_t n, void *ctx), void *ctx,
                           ens_error *err)
{
    record r = {field, ctx, 0};
    ens_status st = ENS_OK;
    struct csv_parser p;
    size_t used;

    if (!init_parser(&p, csv->delimiter))
        return ens__nomem(err);
    if ((used = csv_parse(&p, s, n, on_record_field, NULL, &r)) != n)
        st = quote_error(csv, csv_error(&p), (size_t)(s - csv->s) + used, r.n + 1, err);
    else if (csv_fini(&p, on_record_field, NULL, &r) != 0)
        st = csv_error(&p) == CSV_EPARSE ? unclosed_quote(csv, s, n, r.n + 1, err)
                                         : ens__nomem(err);
    csv_free(&p);
    return st;
}

/* ---- Without quotes --------------------------------------------------------------------------------- */

/* What ends a field. */
typedef struct stops {
    bool at[256];
    char delimiter;
} stops;

static bool is_stop(const stops *t, char c)
{
    return t->at[(unsigned char)c];
}

static const char *skip_blanks(const stops *t, const char *s)
{
    while ((*s == ' ' || *s == '\t') && *s != t->delimiter)
        s++;
    return s;
}

/* Pass a field of any kind, which begins with no blank; returns where it ends. */
static const char *plain_field(cells *k, const stops *t, const char *s)
{
    const char *from = s, *to;

    while (!is_stop(t, *s))
        s++;
    for (to = s; to > from && (to[-1] == ' ' || to[-1] == '\t');)
        to--;
    put_field(k, from, (size_t)(to - from));
    return s;
}

/* Pass a record, which has an end of line; returns where that is. */
static const char *plain_record(cells *k, const stops *t, const char *s, const char *end)
{
    const ens__csv *csv = k->csv;
    const ens__column *column = csv->table->column;
    size_t row = k->chunk->base + k->n;
    bool quick = csv->options->na == NULL; /* a number may be a spelling of missing */

    s = skip_blanks(t, s);
    if (*s != t->delimiter && is_stop(t, *s))
        return s;
    for (;; s = skip_blanks(t, s + 1)) {
        const char *stop = NULL;
        double v;

        if (quick && k->c < csv->n_columns && csv->kind[k->c] == ENS__CSV_NUMBER)
            stop = ens__number_scan(&v, s, end);
        if (stop != NULL && is_stop(t, *stop)) {
            column[k->c++].x[row] = v;
            s = stop;
        } else {
            s = plain_field(k, t, s);
        }
        if (*s != t->delimiter)
            return s;
    }
}

/* s[n] ends with an end of line, which every loop below stops at. */
static void split_plainly(cells *k, const char *s, size_t n)
{
    const char *end = s + n;
    stops t = {.delimiter = k->csv->delimiter};

    t.at['\n'] = t.at['\r'] = t.at[(unsigned char)t.delimiter] = true;
    while (s < end && k->st == ENS_OK) {
        s = plain_record(k, &t, s, end);
        if (k->st == ENS_OK)
            end_record(k);
        s += s[0] == '\r' && s + 1 < end && s[1] == '\n' ? 2 : 1;
    }
}

ens_status ens__csv_cells(const ens__csv *csv, ens__csv_chunk *chunk, ens_error *err)
{
    cells k = {.csv = csv, .chunk = chunk, .err = err};
    const char *s = csv->s + chunk->from;
    size_t n = chunk->to - chunk->from,
           plain = chunk->quoted || csv->how.tokens_only ? 0 : n;

    /* A last line without an end has no stop. */
    while (plain > 0 && s[plain - 1] != '\n' && s[plain - 1] != '\r')
        plain--;
    split_plainly(&k, s, plain);
    if (k.st == ENS_OK && plain < n)
        split_by_libcsv(&k, s + plain, n - plain);
    chunk->n = k.n;
    return k.st;
}
