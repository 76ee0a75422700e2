/* csv_stream.c - a CSV or svmlight file a batch of records at a time, in memory bounded by the batch.
 *
 * A batch is the header and the next records, read as a text of their own, so streams and whole files have one
 * way of reading. For that the header is copied down the buffer to stand before each batch, over records that
 * have been read. An svmlight file is the same without a header, and its records are lines. */
#include <config.h>

#include <core/bytes.h>
#include <core/error.h>
#include <core/mem.h>
#include <data/csv.h>
#include <data/svmlight.h>
#include <string.h>

#define PIECE ((size_t)1 << 18)

struct ens_csv_stream {
    ens__source *source;
    bool at_end; /* of the source */
    bool svmlight;
    char *name;
    ens_csv_options options;
    char *s; /* [n], from start on: the header, then records */
    size_t start, n, cap;
    size_t header; /* bytes of the header, with the blank lines before it */
    size_t
        skipped; /* lines of the file between the header and the buffer's first record */
};

/* Have room for another piece: by moving to the front if that frees half of the buffer, else by growing. */
static ens_status make_room(ens_csv_stream *stream, ens_error *err)
{
    size_t cap = 2 * stream->cap + PIECE;
    char *s;

    if (stream->cap - stream->n >= PIECE)
        return ENS_OK;
    if (stream->start > stream->cap / 2 && stream->start > PIECE) {
        stream->n -= stream->start;
        memmove(stream->s, stream->s + stream->start, stream->n);
        stream->start = 0;
        return ENS_OK;
    }
    if ((s = ens__resize(stream->s, cap, 1)) == NULL)
        return ens__nomem(err);
    stream->s = s;
    stream->cap = cap;
    return ENS_OK;
}

static ens_status fill(ens_csv_stream *stream, ens_error *err)
{
    ens_status st;
    size_t got;

    if ((st = make_room(stream, err)) != ENS_OK)
        return st;
    st = ens__source_read(&got, stream->source, stream->s + stream->n,
                          stream->cap - stream->n, err);
    stream->n += got;
    stream->at_end = st == ENS_OK && got == 0;
    return st;
}

/* Add a whole record to the `length` bytes from the start. While more may come, one that reaches the buffer's end
 * may go on. */
static ens_status add_record(size_t *length, ens_csv_stream *stream, ens_error *err)
{
    for (;;) {
        size_t left = stream->n - stream->start - *length;
        const char *s = stream->s + stream->start + *length;
        size_t record = stream->svmlight ? ens__svm_line(s, left) : ens__csv_record(s, left);
        ens_status st;

        if (record < left || stream->at_end) {
            *length += record;
            return ENS_OK;
        }
        /* Have twice as much before looking again, or a long record is quadratic. */
        while (stream->n - stream->start - *length <= 2 * left && !stream->at_end)
            if ((st = fill(stream, err)) != ENS_OK)
                return st;
    }
}

/* As much as tells what it is. */
static ens_status read_first(ens_csv_stream *stream, ens_error *err)
{
    ens_status st;

    do
        if ((st = fill(stream, err)) != ENS_OK)
            return st;
    while (!stream->at_end && stream->n < PIECE / 2);
    stream->start = ens__csv_bom(stream->s, stream->n);
    return ENS_OK;
}

static ens_status read_header(ens_csv_stream *stream, ens_error *err)
{
    size_t length = 0, blank;
    ens_status st;

    if (stream->options.delimiter == 0)
        stream->options.delimiter =
            ens__csv_find_delimiter(stream->s + stream->start, stream->n - stream->start);
    if ((st = ens__csv_check_delimiter(stream->options.delimiter, err)) != ENS_OK)
        return st;
    do {
        blank = length;
        if ((st = add_record(&length, stream, err)) != ENS_OK)
            return st;
    } while (length > blank &&
             ens__csv_is_blank(stream->s + stream->start + blank, length - blank,
                               stream->options.delimiter));
    stream->header = length;
    return ENS_OK;
}

static ens_status parse(ens_dataset **out, const ens_csv_stream *stream, size_t length,
                        ens_error *err)
{
    const char *s = stream->s + stream->start;
    const ens__csv_how how = {.may_be_empty = true, .skipped_lines = stream->skipped};
    const ens__svm_how svm = {stream->skipped, true};

    return stream->svmlight
               ? ens__svm_parse(out, s, length, stream->name, &stream->options, &svm, err)
               : ens__csv_parse(out, s, length, stream->name, &stream->options, &how, err);
}

/* Read what there is before the rows: complains of a bad header, or options that do not fit it. */
static ens_status check_header(ens_csv_stream *stream, ens_error *err)
{
    ens_dataset *none = NULL;
    ens_status st = parse(&none, stream, stream->header, err);

    ens_dataset_free(none);
    return st;
}

static ens_status open_as(ens_csv_stream **out, const char *path, ens_format format,
                          const ens_csv_options *options, ens_error *err)
{
    ens_csv_stream *stream = ens__zeros(1, sizeof *stream);
    const char *name = strcmp(path, "-") == 0 ? "standard input" : path;
    ens_status st;

    *out = NULL;
    if (stream == NULL || (stream->name = ens__strdup(name)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if (options != NULL)
        stream->options = *options;
    stream->options.keep_identifiers =
        1; /* what a batch of them looks like says nothing */
    if ((st = ens__source_open(&stream->source, path, err)) != ENS_OK ||
        (st = read_first(stream, err)) != ENS_OK)
        goto done;
    if (format == ENS_FORMAT_AUTO)
        format = ens__format_of(path, stream->s, stream->n);
    stream->svmlight = format == ENS_FORMAT_SVMLIGHT;
    if ((!stream->svmlight && (st = read_header(stream, err)) != ENS_OK) ||
        (st = check_header(stream, err)) != ENS_OK)
        goto done;
    *out = stream;
    stream = NULL;
done:
    ens_csv_stream_free(stream);
    return st;
}

ens_status ens_csv_stream_open(ens_csv_stream **out, const char *path,
                               const ens_csv_options *options, ens_error *err)
{
    return open_as(out, path, ENS_FORMAT_CSV, options, err);
}

ens_status ens_table_stream_open(ens_csv_stream **out, const char *path,
                                 const ens_csv_options *options, ens_error *err)
{
    return open_as(out, path, options != NULL ? options->format : ENS_FORMAT_AUTO, options,
                   err);
}

/* The next at most max_rows records, after the header. */
static ens_status find_batch(size_t *length, ens_csv_stream *stream, size_t max_rows,
                             ens_error *err)
{
    ens_status st;

    *length = stream->header;
    for (size_t i = 0; i < max_rows; i++) {
        if (stream->start + *length == stream->n && stream->at_end)
            break;
        if ((st = add_record(length, stream, err)) != ENS_OK)
            return st;
    }
    return ENS_OK;
}

/* Pass the records of a batch that was read. */
static void consume(ens_csv_stream *stream, size_t length)
{
    char *s = stream->s + stream->start;

    stream->skipped += ens__csv_count_lines(s + stream->header, length - stream->header);
    memmove(s + length - stream->header, s, stream->header);
    stream->start += length - stream->header;
}

ens_status ens_csv_stream_next(ens_dataset **out, ens_csv_stream *stream, size_t max_rows,
                               ens_error *err)
{
    ens_status st;
    size_t length;

    *out = NULL;
    if (max_rows == 0)
        return ens__fail(err, ENS_EINVAL, "a batch of 0 rows");
    for (;;) {
        if ((st = find_batch(&length, stream, max_rows, err)) != ENS_OK ||
            length == stream->header)
            return st;
        if ((st = parse(out, stream, length, err)) != ENS_OK)
            return st;
        consume(stream, length);
        if (ens_dataset_n(*out) > 0)
            return ENS_OK;
        ens_dataset_free(*out); /* blank lines */
        *out = NULL;
    }
}

void ens_csv_stream_free(ens_csv_stream *stream)
{
    if (stream == NULL)
        return;
    ens__source_free(stream->source);
    ens__free(stream->name);
    ens__free(stream->s);
    ens__free(stream);
}
