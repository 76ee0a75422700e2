/* csv_text.c - a CSV file as bytes: its delimiter, records and lines, and chunks that can be read apart.
 *
 * A quote changes whether an end of line ends a record, so a chunk's end is found by the parity of the quotes
 * since its beginning. Where quotes are out of place that is a guess, but then the first such quote is in a
 * chunk that begins right, and libcsv refuses it there. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <data/csv.h>
#include <string.h>

#define WORD_OF(byte) (UINT64_C(0x0101010101010101) * (uint64_t)(unsigned char)(byte))
#define HIGH_BITS     UINT64_C(0x8080808080808080)

static bool is_end(char c)
{
    return c == '\n' || c == '\r';
}

static uint64_t load_word(const char *s)
{
    uint64_t v;

    memcpy(&v, s, sizeof v);
    return v;
}

/* The high bit of each byte of v that is zero. */
static uint64_t zero_bytes(uint64_t v)
{
    return ~(((v & ~HIGH_BITS) + ~HIGH_BITS) | v) & HIGH_BITS;
}

/* Eight counts of up to 255 in the bytes of a word at a time. */
static size_t count_byte(const char *s, size_t n, char byte)
{
    const uint64_t word = WORD_OF(byte), pairs = UINT64_C(0x00ff00ff00ff00ff);
    size_t count = 0, i = 0;

    while (n - i >= 8) {
        size_t most = (n - i) / 8 < 255 ? i + (n - i) / 8 * 8 : i + 255 * 8;
        uint64_t counts = 0;

        for (; i < most; i += 8)
            counts += zero_bytes(load_word(s + i) ^ word) >> 7;
        counts = (counts & pairs) + (counts >> 8 & pairs);
        count += (size_t)(counts * UINT64_C(0x0001000100010001) >> 48);
    }
    for (; i < n; i++)
        count += s[i] == byte;
    return count;
}

/* ---- Records ---------------------------------------------------------------------------------------- */

/* The end of the record that at is in, with its end of line; inside: at is between quotes. */
static size_t end_of_record(const char *s, size_t at, size_t n, bool inside)
{
    for (; at < n; at++) {
        if (s[at] == '"')
            inside = !inside;
        else if (!inside && is_end(s[at]))
            return at + 1 + (s[at] == '\r' && at + 1 < n && s[at + 1] == '\n');
    }
    return n;
}

size_t ens__csv_record(const char *s, size_t n)
{
    return end_of_record(s, 0, n, false);
}

bool ens__csv_is_blank(const char *s, size_t n, char delimiter)
{
    for (size_t i = 0; i < n; i++)
        if (!is_end(s[i]) && (s[i] == delimiter || (s[i] != ' ' && s[i] != '\t')))
            return false;
    return true;
}

size_t ens__csv_bom(const char *s, size_t n)
{
    return n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* ---- Delimiter -------------------------------------------------------------------------------------- */

static const char candidates[] = {',', ';', '\t', '|'};
enum { N_CANDIDATES = sizeof candidates };

static void count_delimiters(size_t *count, const char *s, size_t n)
{
    bool inside = false;

    memset(count, 0, N_CANDIDATES * sizeof *count);
    for (size_t i = 0; i < n; i++) {
        inside ^= s[i] == '"';
        for (size_t d = 0; d < N_CANDIDATES && !inside; d++)
            count[d] += s[i] == candidates[d];
    }
}

/* Of those that each record has as often as the header the most frequent; if none is so regular, the header's
 * most frequent. */
char ens__csv_find_delimiter(const char *s, size_t n)
{
    enum { MOST_RECORDS = 50, MOST_BYTES = 1 << 16 };
    size_t header[N_CANDIDATES] = {0}, count[N_CANDIDATES], seen = 0, best = 0;
    bool regular[N_CANDIDATES] = {true, true, true, true};

    for (size_t at = 0, length; at < n && at < MOST_BYTES && seen < MOST_RECORDS;
         at += length) {
        length = ens__csv_record(s + at, n - at);
        if (ens__csv_is_blank(s + at, length, 0) || (seen > 0 && length > MOST_BYTES))
            continue;
        count_delimiters(count, s + at, length);
        if (seen++ == 0)
            memcpy(header, count, sizeof header);
        for (size_t d = 0; d < N_CANDIDATES; d++)
            regular[d] &= count[d] == header[d] && count[d] > 0;
    }
    for (size_t d = 1; d < N_CANDIDATES; d++)
        if (regular[d] != regular[best] ? regular[d] : header[d] > header[best])
            best = d;
    return candidates[best];
}

ens_status ens__csv_check_delimiter(char d, ens_error *err)
{
    bool in_number = (d >= '0' && d <= '9') || (d >= 'a' && d <= 'z') ||
                     (d >= 'A' && d <= 'Z') || d == '.' || d == '+' || d == '-';

    if (in_number)
        return ens__fail(err, ENS_EINVAL, "delimiter `%c` can be part of a number", d);
    if (d == '"' || is_end(d) || (unsigned char)d >= 0x80)
        return ens__fail(err, ENS_EINVAL, "byte 0x%02x cannot be the delimiter",
                         (unsigned)(unsigned char)d);
    return ENS_OK;
}

/* ---- Lines ------------------------------------------------------------------------------------------ */

size_t ens__csv_count_lines(const char *s, size_t n)
{
    size_t lines = count_byte(s, n, '\n');

    for (const char *at = s; (at = memchr(at, '\r', n - (size_t)(at - s))) != NULL; at++)
        lines += (size_t)(at - s) + 1 == n || at[1] != '\n';
    return lines;
}

size_t ens__csv_line(const ens__csv *csv, size_t offset)
{
    size_t skipped = offset >= csv->data && csv->data > 0 ? csv->how.skipped_lines : 0;

    return ens__csv_count_lines(csv->s, offset) + 1 + skipped;
}

size_t ens__csv_record_line(const ens__csv *csv, const ens__csv_chunk *k, size_t r)
{
    size_t at = k->from;

    while (at < k->to) {
        size_t length = ens__csv_record(csv->s + at, k->to - at);
        bool counts = csv->n_columns == 1 ||
                      !ens__csv_is_blank(csv->s + at, length, csv->delimiter);

        if (counts && r-- == 0)
            break;
        at += length;
    }
    return ens__csv_line(csv, at);
}

/* ---- Chunks ----------------------------------------------------------------------------------------- */

/* A first small chunk shows cheaply what the columns hold. */
#define FIRST_CHUNK ((size_t)1 << 16)
#define CHUNK       ((size_t)1 << 20)
#define MOST_CHUNKS 256

ens_status ens__csv_cut(ens__csv *csv, ens_error *err)
{
    size_t left = csv->n - csv->data, size = csv->how.chunk, from = csv->data;

    if (size == 0)
        size = left / MOST_CHUNKS > CHUNK ? left / MOST_CHUNKS : CHUNK;
    if ((csv->chunk = ens__zeros(left / size + 2, sizeof *csv->chunk)) == NULL)
        return ens__nomem(err);
    while (from < csv->n) {
        size_t step = from == csv->data && csv->how.chunk == 0 ? FIRST_CHUNK : size,
               to = csv->n;

        if (step < csv->n - from)
            to = end_of_record(csv->s, from + step, csv->n,
                               count_byte(csv->s + from, step, '"') % 2 != 0);
        csv->chunk[csv->n_chunks++] = (ens__csv_chunk){.from = from, .to = to};
        from = to;
    }
    return ENS_OK;
}

/* Offset of the first byte of s[n] that begins no UTF-8 character; SIZE_MAX: none. */
static size_t find_odd_byte(const char *text, size_t n)
{
    const unsigned char *s = (const unsigned char *)text;

    for (size_t i = 0; i < n;) {
        size_t more;
        unsigned low = 0x80, high = 0xBF; /* of the second byte */

        if (n - i >= 8 && (load_word(text + i) & HIGH_BITS) == 0) {
            i += 8;
            continue;
        }
        if (s[i] < 0x80) {
            i++;
            continue;
        }
        if (s[i] < 0xC2 || s[i] > 0xF4)
            return i;
        more = s[i] < 0xE0 ? 1 : s[i] < 0xF0 ? 2 : 3;
        if (more > n - i - 1)
            return i;
        if (s[i] == 0xE0)
            low = 0xA0; /* else too long */
        else if (s[i] == 0xED)
            high = 0x9F; /* else a surrogate */
        else if (s[i] == 0xF0)
            low = 0x90;
        else if (s[i] == 0xF4)
            high = 0x8F; /* else beyond U+10FFFF */
        if (s[i + 1] < low || s[i + 1] > high)
            return i;
        for (size_t b = 2; b <= more; b++)
            if (s[i + b] < 0x80 || s[i + b] > 0xBF)
                return i;
        i += more + 1;
    }
    return SIZE_MAX;
}

ens_status ens__csv_survey(const ens__csv *csv, ens__csv_chunk *k, ens_error *err)
{
    const char *s = csv->s + k->from;
    size_t n = k->to - k->from, from;
    const char *nul = memchr(s, 0, n);

    if (nul != NULL) {
        size_t line = ens__csv_line(csv, (size_t)(nul - csv->s));

        return ens__fail_at(err, ENS_EPARSE, line, 0,
                            "%s:%zu: NUL byte: this is no text, or in UTF-16", csv->name,
                            line);
    }
    k->quoted = memchr(s, '"', n) != NULL;
    /* The first chunk answers for the header too. */
    from = k == csv->chunk ? 0 : k->from;
    k->odd_byte = find_odd_byte(csv->s + from, k->to - from);
    if (k->odd_byte != SIZE_MAX)
        k->odd_byte += from;
    k->most = ens__csv_count_lines(s, n) + !is_end(s[n - 1]);
    return ENS_OK;
}
