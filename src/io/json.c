/* json.c - JSON text of model files: read without trust, printed, and names that are not UTF-8.
 *
 * jansson does the parsing.  A look at the text beforehand bounds what that can cost: the depth of its
 * recursion, and its memory, since the smallest containers take a hundred times the bytes that ask for them. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <io/json.h>
#include <string.h>

/* Legal texts have at least so many bytes for each container: {"hex":"ff"}, is the tightest. */
#define CONTAINER_BYTES 12
#define FREE_CONTAINERS 8

/* ---- Parsing ---------------------------------------------------------------------------------------- */

/* The byte after the string that begins at text[i]. */
static size_t skip_string(const char *text, size_t i, size_t n)
{
    for (i++; i < n && text[i] != '"'; i++)
        if (text[i] == '\\')
            i++;
    return i;
}

static ens_status check_nesting(const char *what, const char *text, size_t n, int limit,
                                ens_error *err)
{
    size_t containers = 0;
    int depth = 0;

    for (size_t i = 0; i < n; i++) {
        if (text[i] == '"') {
            i = skip_string(text, i, n);
        } else if (text[i] == '{' || text[i] == '[') {
            containers++;
            if (++depth > limit)
                return ens__fail(err, ENS_EFORMAT,
                                 "%s: byte %zu: nested deeper than %d levels", what,
                                 i + 1, limit);
        } else if (text[i] == '}' || text[i] == ']') {
            depth--;
        }
    }
    if (containers > FREE_CONTAINERS + n / CONTAINER_BYTES)
        return ens__fail(err, ENS_EFORMAT, "%s: %zu objects and arrays in %zu bytes",
                         what, containers, n);
    return ENS_OK;
}

/* jansson quotes the text, which may hold anything. */
static ens_status syntax_error(const char *what, json_error_t *e, ens_error *err)
{
    if (e->text[0] == 0)
        return ens__nomem(err);
    for (char *s = e->text; *s != 0; s++)
        if ((unsigned char)*s < 32 || (unsigned char)*s > 126)
            *s = '?';
    return ens__fail(err, ENS_EFORMAT, "%s: byte %d: %s", what, e->position, e->text);
}

ens_status ens__json_parse(json_t **out, const char *what, const char *text, size_t n,
                           int depth, ens_error *err)
{
    json_error_t e;
    ens_status st;

    *out = NULL;
    if ((st = check_nesting(what, text, n, depth, err)) != ENS_OK)
        return st;
    if ((*out = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e)) == NULL)
        return syntax_error(what, &e, err);
    return ENS_OK;
}

/* ---- Printing --------------------------------------------------------------------------------------- */

static int add_piece(const char *s, size_t n, void *buf)
{
    ens__buf_add(buf, s, n);
    return 0;
}

void ens__json_print(ens__buf *b, const json_t *node)
{
    if (json_dump_callback(node, add_piece, b, JSON_COMPACT) != 0)
        b->failed = true;
}

/* ---- Bytes ------------------------------------------------------------------------------------------ */

static json_t *hex_of(const char *s)
{
    static const char digit[] = "0123456789abcdef";
    ens__buf b = {0};
    json_t *node = NULL;

    for (; *s != 0; s++) {
        unsigned char c = (unsigned char)*s;
        const char pair[2] = {digit[c >> 4], digit[c & 15]};

        ens__buf_add(&b, pair, 2);
    }
    if (!b.failed)
        node = json_pack("{s:s}", "hex", b.s != NULL ? b.s : "");
    ens__buf_clear(&b);
    return node;
}

json_t *ens__json_text(const char *s)
{
    json_t *node = json_string(s); /* refuses what is not UTF-8 */

    return node != NULL ? node : hex_of(s); /* and without memory this fails too */
}

static int hex_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static ens_status bytes_of_hex(char **out, const char *hex, const char *what,
                               ens_error *err)
{
    size_t n = strlen(hex);
    char *s = ens__alloc(n / 2 + 1);

    if (s == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i + 1 < n; i += 2) {
        int high = hex_value(hex[i]), low = hex_value(hex[i + 1]);

        if (high < 0 || low < 0 || (high == 0 && low == 0))
            n = 1;
        else
            s[i / 2] = (char)(high << 4 | low);
    }
    if (n % 2 != 0) {
        ens__free(s);
        return ens__fail(err, ENS_EFORMAT,
                         "%s: `hex` needs pairs of 0-9 and a-f, none 00", what);
    }
    s[n / 2] = 0;
    *out = s;
    return ENS_OK;
}

ens_status ens__json_get_text(char **out, const json_t *node, const char *what,
                              ens_error *err)
{
    const json_t *hex = json_object_get(node, "hex");

    *out = NULL;
    if (json_is_string(hex))
        return bytes_of_hex(out, json_string_value(hex), what, err);
    if (!json_is_string(node))
        return ens__fail(err, ENS_EFORMAT, "%s is not a text", what);
    *out = ens__strdup(json_string_value(node));
    return *out != NULL ? ENS_OK : ens__nomem(err);
}
