/* csv_write.c - tables and single fields as CSV that reads back the same. */
#include <config.h>

#include <core/error.h>
#include <core/str.h>
#include <data/dataset.h>
#include <errno.h>
#include <math.h>
#include <string.h>

static ens_status write_error(ens_error *err)
{
    return ens__fail(err, ENS_EIO, "cannot write: %s", strerror(errno));
}

/* Reading drops blanks around a field that is not quoted, and a byte order mark before the first
 * one; an empty one is missing. */
static bool needs_quotes(const char *s, size_t n, char delimiter)
{
    const char special[] = {delimiter, '"', '\n', '\r', 0};

    return n == 0 || s[strcspn(s, special)] != 0 || strchr(" \t", s[0]) != NULL ||
           strchr(" \t", s[n - 1]) != NULL || strncmp(s, "\xEF\xBB\xBF", 3) == 0;
}

ens_status ens_csv_write_text(FILE *to, const char *text, char delimiter, ens_error *err)
{
    size_t n = strlen(text);

    if (!needs_quotes(text, n, delimiter != 0 ? delimiter : ','))
        return fwrite(text, 1, n, to) == n ? ENS_OK : write_error(err);
    if (putc('"', to) == EOF)
        return write_error(err);
    for (size_t i = 0; i < n; i++)
        if ((text[i] == '"' && putc('"', to) == EOF) || putc(text[i], to) == EOF)
            return write_error(err);
    return putc('"', to) != EOF ? ENS_OK : write_error(err);
}

ens_status ens_csv_write_number(FILE *to, double value, ens_error *err)
{
    char s[ENS__NUMBER_SIZE];
    size_t n;

    if (isnan(value))
        return ENS_OK;
    n = ens__number_print(s, value);
    return fwrite(s, 1, n, to) == n ? ENS_OK : write_error(err);
}

static ens_status write_names(const ens__table *t, FILE *to, char delimiter,
                              ens_error *err)
{
    ens_status st = ENS_OK;

    for (size_t c = 0; c < t->n_columns && st == ENS_OK; c++) {
        if (c > 0 && putc(delimiter, to) == EOF)
            return write_error(err);
        st = ens_csv_write_text(to, t->column[c].name, delimiter, err);
    }
    return st;
}

static ens_status write_row(const ens__table *t, uint32_t row, FILE *to, char delimiter,
                            ens_error *err)
{
    ens_status st = ENS_OK;

    for (size_t c = 0; c < t->n_columns && st == ENS_OK; c++) {
        const ens__column *column = &t->column[c];

        if (c > 0 && putc(delimiter, to) == EOF)
            return write_error(err);
        if (column->x != NULL)
            st = ens_csv_write_number(to, column->x[row], err);
        else if (column->code[row] >= 0)
            st = ens_csv_write_text(to, column->levels.name[column->code[row]], delimiter,
                                    err);
    }
    return st;
}

ens_status ens_csv_write(const ens_dataset *data, FILE *to, char delimiter,
                         ens_error *err)
{
    const ens__table *t = data->table;
    ens_status st;

    if (delimiter == 0)
        delimiter = ',';
    if ((st = write_names(t, to, delimiter, err)) != ENS_OK)
        return st;
    for (size_t i = 0; i < data->n; i++)
        if (putc('\n', to) == EOF)
            return write_error(err);
        else if ((st = write_row(t, data->row[i], to, delimiter, err)) != ENS_OK)
            return st;
    return putc('\n', to) != EOF && fflush(to) == 0 ? ENS_OK : write_error(err);
}
