/* svmlight_query.c - groups of rows from a file beside the table: the number of rows of each group, one a line, in the
 * order of the table. LightGBM's .query files are such. */
#include <config.h>

#include <core/bytes.h>
#include <core/error.h>
#include <core/mem.h>
#include <data/csv.h>
#include <data/svmlight.h>
#include <stdio.h>
#include <string.h>

/* The digits of a line, to its end or a comment; false for anything else. *blank: there was nothing. */
static bool read_size(uint64_t *out, bool *blank, const char *s, size_t n)
{
    size_t i = 0;

    *out = 0;
    while (i < n && (s[i] == ' ' || s[i] == '\t'))
        i++;
    *blank = i == n || s[i] == '\n' || s[i] == '\r' || s[i] == '#';
    for (; i < n && s[i] >= '0' && s[i] <= '9'; i++)
        if (*out <= UINT32_MAX)
            *out = 10 * *out + (uint64_t)(s[i] - '0');
    while (i < n && (s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r'))
        i++;
    return i == n || s[i] == '#';
}

static ens_status fill(double *group, size_t n, const ens__bytes *bytes, const char *path,
                       ens_error *err)
{
    size_t filled = 0, line = 0, q = 0;

    for (size_t at = 0, length; at < bytes->size; at += length) {
        uint64_t size;
        bool blank;

        length = ens__svm_line(bytes->data + at, bytes->size - at);
        line++;
        if (!read_size(&size, &blank, bytes->data + at, length) || (!blank && size == 0))
            return ens__fail_at(err, ENS_EPARSE, line, 0,
                                "%s:%zu: expected a number of rows, at least 1", path,
                                line);
        if (size > n - filled)
            return ens__fail_at(
                err, ENS_EDATA, line, 0,
                "%s:%zu: groups of more than %zu rows, which the table has", path, line,
                n);
        q += !blank;
        for (uint64_t i = 0; i < size; i++)
            group[filled++] = (double)q;
    }
    if (filled < n)
        return ens__fail(err, ENS_EDATA, "%s: groups of %zu rows, the table has %zu",
                         path, filled, n);
    return ENS_OK;
}

ens_status ens__query_read(double *group, size_t n, const char *path, ens_error *err)
{
    ens__bytes bytes;
    ens_status st;

    if ((st = ens__bytes_load(&bytes, path, 1, err)) != ENS_OK)
        return st;
    st = fill(group, n, &bytes, path, err);
    ens__bytes_clear(&bytes);
    return st;
}

static bool is_there(const char *path)
{
    FILE *f = fopen(path, "rb");

    if (f != NULL)
        fclose(f);
    return f != NULL;
}

/* The first n bytes of path, and ".query". */
static char *with_query(const char *path, size_t n)
{
    char *s = ens__array(n + sizeof ".query", 1);

    if (s != NULL) {
        memcpy(s, path, n);
        memcpy(s + n, ".query", sizeof ".query");
    }
    return s;
}

ens_status ens__query_beside(char **out, const char *path, ens_error *err)
{
    size_t n = strlen(path);

    *out = NULL;
    if (strcmp(path, "-") == 0)
        return ENS_OK;
    for (int cut = 0; cut < 3; cut++) { /* of a.libsvm.gz: that, a.libsvm, a */
        if ((*out = with_query(path, n)) == NULL)
            return ens__nomem(err);
        if (is_there(*out))
            return ENS_OK;
        ens__free(*out);
        *out = NULL;
        while (n > 0 && path[n - 1] != '.' && path[n - 1] != '/')
            n--;
        if (n < 2 || path[n - 1] == '/')
            break;
        n--;
    }
    return ENS_OK;
}
