/* report.c - printing tables and JSON. */
#include <config.h>

#include <cli/report.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Tables ---- */

static void make_harmless(char *s)
{
    for (; *s != 0; s++)
        if ((unsigned char)*s < 32 || *s == 127)
            *s = '?';
}

/* Columns on a screen: UTF-8 characters, wide ones taken as one. */
static size_t width_of(const char *s)
{
    size_t n = 0;

    for (; *s != 0; s++)
        n += ((unsigned char)*s & 0xc0) != 0x80;
    return n;
}

void report_begin(report *r, const char *align)
{
    *r = (report){.n_columns = strlen(align), .align = align};
}

static void add_text(report *r, const char *text, size_t n)
{
    if (r->n == r->room) {
        char **more = cli_array(2 * r->room + 64, sizeof *more);

        r->room = 2 * r->room + 64;
        for (size_t i = 0; i < r->n; i++)
            more[i] = r->cell[i];
        free(r->cell);
        r->cell = more;
    }
    r->cell[r->n] = cli_array(n + 1, 1);
    memcpy(r->cell[r->n], text, n);
    make_harmless(r->cell[r->n++]);
}

void report_add(report *r, const char *fmt, ...)
{
    char text[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    add_text(r, text, strlen(text));
}

void report_score(report *r, double value)
{
    if (isnan(value))
        report_add(r, "-");
    else if (fabs(value) < 100)
        report_add(r, "%.4f", value);
    else if (fabs(value) < 1e7)
        report_add(r, "%.2f", value);
    else
        report_add(r, "%.6g", value);
}

static void print_row(const report *r, size_t first, const size_t *width)
{
    for (size_t j = 0; j < r->n_columns; j++) {
        const char *s = r->cell[first + j];
        int gap = (int)(width[j] - width_of(s));
        int last = j + 1 == r->n_columns;

        if (r->align[j] == 'r')
            printf("  %*s%s", gap, "", s);
        else
            printf("  %s%*s", s, last ? 0 : gap, "");
    }
    putchar('\n');
}

void report_end(report *r)
{
    size_t *width = cli_array(r->n_columns, sizeof *width);

    for (size_t i = 0; i < r->n; i++) {
        size_t w = width_of(r->cell[i]), j = i % r->n_columns;

        if (w > width[j])
            width[j] = w;
    }
    for (size_t i = 0; i + r->n_columns <= r->n; i += r->n_columns)
        print_row(r, i, width);
    for (size_t i = 0; i < r->n; i++)
        free(r->cell[i]);
    free(r->cell);
    free(width);
    *r = (report){0};
}

void report_text(const char *text)
{
    for (; *text != 0; text++)
        putchar((unsigned char)*text < 32 || *text == 127 ? '?' : *text);
}

void report_line(const char *prefix, const char *text)
{
    fputs(prefix, stdout);
    report_text(text);
    putchar('\n');
}

/* ---- JSON ---- */

/* Bytes of the UTF-8 character at s, or 0 if there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *s)
{
    size_t n = s[0] < 0x80   ? 1
               : s[0] < 0xc2 ? 0
               : s[0] < 0xe0 ? 2
               : s[0] < 0xf0 ? 3
               : s[0] < 0xf5 ? 4
                             : 0;

    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] >= 0xa0) ||
        (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] >= 0x90))
        return 0;
    return n;
}

json_t *json_of_text(const char *s)
{
    static const char unknown[] = "\xef\xbf\xbd"; /* U+FFFD */
    char *clean = cli_array(3 * strlen(s) + 1, 1), *to = clean;
    json_t *text;

    while (*s != 0) {
        size_t n = utf8_length((const unsigned char *)s);

        memcpy(to, n > 0 ? s : unknown, n > 0 ? n : 3);
        to += n > 0 ? n : 3;
        s += n > 0 ? n : 1;
    }
    text = json_string(clean);
    free(clean);
    return text;
}

json_t *json_of_number(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

int json_finish(json_t *object)
{
    int bad = json_dumpf(object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) != 0;

    json_decref(object);
    if (bad)
        return cli_failf("out of memory");
    putchar('\n');
    return CLI_OK;
}
