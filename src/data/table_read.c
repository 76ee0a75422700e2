/* table_read.c - reading a table whatever kind of file it is in: CSV or svmlight. */
#include <config.h>

#include <core/bytes.h>
#include <core/error.h>
#include <core/mem.h>
#include <data/csv.h>
#include <data/svmlight.h>
#include <string.h>

static bool ends_in(const char *s, size_t n, const char *end)
{
    size_t m = strlen(end);

    return n > m && memcmp(s + n - m, end, m) == 0;
}

ens_format ens__format_of(const char *path, const char *s, size_t n)
{
    size_t length = strlen(path), bom = ens__csv_bom(s, n);

    if (ends_in(path, length, ".gz"))
        length -= 3;
    if (ends_in(path, length, ".svm") || ends_in(path, length, ".libsvm") ||
        ends_in(path, length, ".svmlight"))
        return ENS_FORMAT_SVMLIGHT;
    if (ends_in(path, length, ".csv") || ends_in(path, length, ".tsv"))
        return ENS_FORMAT_CSV;
    return ens__svm_looks(s + bom, n - bom) ? ENS_FORMAT_SVMLIGHT : ENS_FORMAT_CSV;
}

static const char *name_of(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

/* With the groups of a file beside it, unless the options or the lines have some. */
static ens_status parse_svmlight(ens_dataset **out, const ens__bytes *bytes,
                                 const char *path, const ens_csv_options *options,
                                 ens_error *err)
{
    ens_csv_options with = options != NULL ? *options : (ens_csv_options){0};
    char *beside = NULL;
    ens_status st;

    if (with.query == NULL && with.group == NULL &&
        (st = ens__query_beside(&beside, path, err)) != ENS_OK)
        return st;
    if (beside != NULL && !ens__svm_has_groups(bytes->data, bytes->size))
        with.query = beside;
    st = ens_svmlight_parse(out, bytes->data, bytes->size, name_of(path), &with, err);
    if (st == ENS_OK && with.query != NULL && with.query == beside &&
        (st = ens__table_note((*out)->table, err, "groups are those of `%s`", beside)) !=
            ENS_OK) {
        ens_dataset_free(*out);
        *out = NULL;
    }
    ens__free(beside);
    return st;
}

static ens_status read_as(ens_dataset **out, const char *path, ens_format format,
                          const ens_csv_options *options, ens_error *err)
{
    ens__bytes bytes;
    ens_status st;

    *out = NULL;
    if ((st = ens__bytes_load(&bytes, path, 1, err)) != ENS_OK)
        return st;
    if (format == ENS_FORMAT_AUTO)
        format = ens__format_of(path, bytes.data, bytes.size);
    if (format == ENS_FORMAT_SVMLIGHT)
        st = parse_svmlight(out, &bytes, path, options, err);
    else
        st = ens_csv_parse(out, bytes.data, bytes.size, name_of(path), options, err);
    ens__bytes_clear(&bytes);
    return st;
}

ens_status ens_csv_read(ens_dataset **out, const char *path,
                        const ens_csv_options *options, ens_error *err)
{
    return read_as(out, path, ENS_FORMAT_CSV, options, err);
}

ens_status ens_svmlight_read(ens_dataset **out, const char *path,
                             const ens_csv_options *options, ens_error *err)
{
    return read_as(out, path, ENS_FORMAT_SVMLIGHT, options, err);
}

ens_status ens_table_read(ens_dataset **out, const char *path,
                          const ens_csv_options *options, ens_error *err)
{
    return read_as(out, path, options != NULL ? options->format : ENS_FORMAT_AUTO,
                   options, err);
}
