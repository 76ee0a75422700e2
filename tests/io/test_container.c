/* test_container.c - model files as containers: the hash, the layout, and every way a header can lie. */
#include <config.h>

#include "io/fixture.h"
#include "run.h"
#include <core/hash.h>
#include <core/mem.h>
#include <core/str.h>
#include <io/reader.h>
#include <io/writer.h>

/* ---- XXH64 ------------------------------------------------------------------------------------------------ */

static uint64_t hash_of(const char *s, size_t n)
{
    ens__hash h;

    ens__hash_init(&h);
    ens__hash_add(&h, s, n);
    return ens__hash_value(&h);
}

/* Values of the reference implementation, libxxhash 0.8.1. */
START_TEST(hash_is_xxh64)
{
    const char *fox = "The quick brown fox jumps over the lazy dog. 0123456789";

    ck_assert_uint_eq(hash_of("", 0), 0xef46db3751d8e999u);
    ck_assert_uint_eq(hash_of("a", 1), 0xd24ec4f1a98c6e5bu);
    ck_assert_uint_eq(hash_of("abc", 3), 0x44bc2cf5ad770999u);
    ck_assert_uint_eq(hash_of(fox, strlen(fox)), 0x08f89107164f6f9bu);
}
END_TEST

START_TEST(hash_of_pieces_is_that_of_the_whole)
{
    char text[200];

    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)(i * i + 7);
    for (size_t n = 0; n <= sizeof text; n++)
        for (size_t piece = 1; piece <= 70; piece += 3) {
            ens__hash h;

            ens__hash_init(&h);
            for (size_t at = 0; at < n; at += piece)
                ens__hash_add(&h, text + at, n - at < piece ? n - at : piece);
            ck_assert_uint_eq(ens__hash_value(&h), hash_of(text, n));
        }
}
END_TEST

/* ---- Byte order ------------------------------------------------------------------------------------------- */

START_TEST(swapping_reverses_each_element)
{
    unsigned char a[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    const unsigned char by2[8] = {2, 1, 4, 3, 6, 5, 8, 7};
    const unsigned char by4[8] = {3, 4, 1, 2, 7, 8, 5, 6};
    const unsigned char by8[8] = {6, 5, 8, 7, 2, 1, 4, 3};

    ens__swap_elements(a, 8, 1);
    ck_assert_uint_eq(a[0], 1);
    ens__swap_elements(a, 8, 2);
    ck_assert_mem_eq(a, by2, 8);
    ens__swap_elements(a, 8, 4);
    ck_assert_mem_eq(a, by4, 8);
    ens__swap_elements(a, 8, 8);
    ck_assert_mem_eq(a, by8, 8);
}
END_TEST

/* ---- Layout ----------------------------------------------------------------------------------------------- */

START_TEST(file_is_aligned_without_holes_widest_first)
{
    size_t size, at = 0, last = 8;
    unsigned char *file = probe_file(&size, "probe");
    json_t *header = file_header(file, size), *node;
    const char *name;

    ck_assert_uint_eq((8 + file[0] + 256u * file[1]) % 64, 0);
    json_object_foreach(header, name, node)
    {
        const char *dtype = json_string_value(json_object_get(node, "dtype"));
        const json_t *place = json_object_get(node, "data_offsets");
        ens_dtype type;

        if (strcmp(name, "__metadata__") == 0)
            continue;
        ck_assert(ens__dtype_find(&type, dtype));
        ck_assert_uint_eq(json_integer_value(json_array_get(place, 0)), at);
        ck_assert_uint_le(ens__dtype_width(type), last);
        ck_assert_uint_eq(at % ens__dtype_width(type), 0);
        at = (size_t)json_integer_value(json_array_get(place, 1));
        last = ens__dtype_width(type);
    }
    ck_assert_str_eq(json_object_iter_key(json_object_iter_at(header, "checksum")),
                     "checksum");
    ck_assert_uint_eq(8 + file[0] + 256u * file[1] + at, size);
    json_decref(header);
    free(file);
}
END_TEST

START_TEST(writer_refuses_what_no_file_can_hold)
{
    const size_t huge[3] = {SIZE_MAX / 2, 3, 1}, one = 1;
    const double x = 1;
    ens_writer *w = NULL;
    void *buffer;
    size_t size;
    ens_error err;

    ck_ok(ens__writer_new(&w, &err));
    ck_fails(ens_writer_array(w, "", ENS_F64, 1, &one, &x, &err), ENS_EINVAL, "name");
    ck_fails(ens_writer_array(w, "a/b", ENS_F64, 1, &one, &x, &err), ENS_EINVAL, "a/b");
    ck_fails(ens_writer_array(w, "a b", ENS_F64, 1, &one, &x, &err), ENS_EINVAL, "a b");
    ck_fails(ens_writer_push(w, "a\"b", &err), ENS_EINVAL, "a\"b");
    ck_fails(ens_writer_array(w, "a", ENS_F64, 4, huge, &x, &err), ENS_EINVAL, "rank 4");
    ck_fails(ens_writer_array(w, "a", (ens_dtype)99, 1, &one, &x, &err), ENS_EINVAL,
             "type 99");
    ck_fails(ens_writer_array(w, "a", ENS_F64, 2, huge, &x, &err), ENS_EINVAL, "larger");
    ck_fails(ens_writer_array(w, "a", ENS_F64, 1, &one, NULL, &err), ENS_EINVAL,
             "no data");
    ck_fails(ens_writer_buffer(&buffer, w, "/", ENS_F64, 1, &one, &err), ENS_EINVAL, "/");
    ck_fails(ens__writer_meta(w, "recipe", "\xff", &err), ENS_EDATA,
             "recipe is not UTF-8");
    ens_writer_pop(w); /* of no group: nothing */
    ens__writer_free(w);

    ck_ok(ens__writer_new(&w, &err));
    ck_ok(ens_writer_array(w, "a", ENS_F64, 1, &one, &x, &err));
    ck_ok(ens_writer_array(w, "a", ENS_F64, 1, &one, &x, &err));
    ck_fails(ens__writer_finish(&size, w, &err), ENS_EINVAL, "`a` is written twice");
    ens__writer_free(w);

    ck_ok(ens__writer_new(&w, &err));
    ck_ok(ens_writer_array(w, "checksum", ENS_F64, 1, &one, &x, &err));
    ck_fails(ens__writer_finish(&size, w, &err), ENS_EINVAL,
             "`checksum` is written twice");
    ens__writer_free(w);
}
END_TEST

START_TEST(reader_tells_what_does_not_fit)
{
    size_t size, shape[3];
    unsigned char *file = probe_file(&size, "probe");
    ens_reader *r = NULL;
    const void *data;
    ens_error err;

    ck_ok(ens__reader_open(&r, file, size, &err));
    ck_ok(ens_reader_push(r, "model", &err));
    ck_fails(ens_reader_array(&data, shape, r, "median", ENS_F64, 1, &err), ENS_EFORMAT,
             "`model/median` is missing");
    ck_fails(ens_reader_array(&data, shape, r, "mean", ENS_F32, 1, &err), ENS_EFORMAT,
             "`model/mean` is of type F64, expected F32");
    ck_fails(ens_reader_array(&data, shape, r, "mean", ENS_F64, 2, &err), ENS_EFORMAT,
             "`model/mean` has 1 dimensions, expected 2");
    ck_ok(ens_reader_push(r, "deep", &err));
    ck_fails(ens_reader_bad(r, &err, "row %d of %s", 3, "x"), ENS_EFORMAT,
             "group `model/deep`: row 3 of x");
    ck_ok(ens_reader_array(&data, shape, r, "grid", ENS_F32, 2, &err));
    ck_assert_uint_eq(shape[0], 2);
    ck_assert_uint_eq(shape[1], 3);
    ck_fails(ens__reader_finish(r, &err), ENS_EFORMAT, "is no part of this model");
    ens_reader_pop(r);
    ens_reader_pop(r);
    ens_reader_pop(r);
    ck_fails(ens_reader_bad(r, &err, "odd"), ENS_EFORMAT, "odd");
    ens__reader_free(r);
    free(file);
}
END_TEST

/* ---- Lies in the header ------------------------------------------------------------------------------------- */

typedef struct lie {
    const char *find, *replace;
    ens_status status;
    const char *message;
} lie;

#define MEAN   "\"dtype\":\"F64\",\"shape\":[3],\"data_offsets\":[0,24]"
#define GRID   "\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[40,64]"
#define CHECK  "\"checksum\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[113,121]}"
#define FORMAT "\"format\":\"ensemble\""
#define NUMBER "\"format_version\":\"1\""

static const lie lies[] = {
    {FORMAT, "\"format\":\"pt\"", ENS_EFORMAT, "not of libensemble"},
    {FORMAT, "\"formal\":\"ensemble\"", ENS_EFORMAT, "the metadata have no `format`"},
    {NUMBER, "\"format_version\":\"2\"", ENS_EVERSION,
     "format version 2 is newer than 1, the newest that libensemble"},
    {NUMBER, "\"format_version\":\"99999999999999999999\"", ENS_EVERSION,
     "is newer than 1"},
    {NUMBER, "\"format_version\":\"0\"", ENS_EFORMAT, "format_version"},
    {NUMBER, "\"format_version\":\"\"", ENS_EFORMAT, "format_version"},
    {NUMBER, "\"format_version\":\"-1\"", ENS_EFORMAT, "format_version"},
    {NUMBER, "\"format_version\":\"1.0\"", ENS_EFORMAT, "format_version"},
    {NUMBER, "\"format_version\":1", ENS_EFORMAT, "no text"},
    {NUMBER ",", "", ENS_EFORMAT, "the metadata have no `format_version`"},
    {"__metadata__", "metadata", ENS_EFORMAT, "no metadata"},
    {"{\"__metadata__\":", "{\"__metadata__\":[],\"x\":", ENS_EFORMAT, "no metadata"},
    {"\"F64\"", "\"F63\"", ENS_EFORMAT, "tensor `model/mean`: unknown dtype"},
    {"\"F64\"", "\"BF16\"", ENS_EFORMAT, "unknown dtype"},
    {"\"F64\"", "64", ENS_EFORMAT, "unknown dtype"},
    {"\"F64\"", "null", ENS_EFORMAT, "unknown dtype"},
    {"[3]", "[4]", ENS_EFORMAT, "takes 24 bytes, its shape 32"},
    {"[3]", "[-3]", ENS_EFORMAT, "size 1 is not a count"},
    {"[3]", "[3.0]", ENS_EFORMAT, "size 1 is not a count"},
    {"[3]", "[1,\"3\"]", ENS_EFORMAT, "size 2 is not a count"},
    {"[3]", "{}", ENS_EFORMAT, "shape is not a list"},
    {"[3]", "3", ENS_EFORMAT, "shape is not a list"},
    {"[3]", "[1,1,1,3]", ENS_EFORMAT, "shape is not a list of at most 3"},
    {"[3]", "[4294967296,4294967296,3]", ENS_EFORMAT, "its shape overflows"},
    {"[3]", "[2305843009213693952]", ENS_EFORMAT, "its shape overflows"},
    {"[3]", "[18446744073709551619]", ENS_EFORMAT, "header: byte"},
    {"[3]", "[0,4294967296,4294967296]", ENS_EFORMAT, "its shape 0"},
    {"[3]", "[[[3]]]", ENS_EFORMAT, "nested deeper than 3"},
    {"[3]", "[3", ENS_EFORMAT, "header: byte"},
    {"[3],", "", ENS_EFORMAT, "header: byte"},
    {"[0,24]", "[8,32]", ENS_EFORMAT, "begins at 8, not at 0"},
    {"[0,24]", "[24,0]", ENS_EFORMAT, "data_offsets are not"},
    {"[0,24]", "[0,23]", ENS_EFORMAT, "takes 23 bytes, its shape 24"},
    {"[0,24]", "[0,24,24]", ENS_EFORMAT, "data_offsets are not"},
    {"[0,24]", "[0]", ENS_EFORMAT, "data_offsets are not"},
    {"[0,24]", "[0,9223372036854775807]", ENS_EFORMAT, "takes 9223372036854775807 bytes"},
    {"[0,24]", "[-8,16]", ENS_EFORMAT, "data_offsets are not"},
    {"[0,24]", "24", ENS_EFORMAT, "data_offsets are not"},
    {"[24,32]", "[16,24]", ENS_EFORMAT, "begins at 16, not at 24"}, /* overlap */
    {"[24,32]", "[32,40]", ENS_EFORMAT, "begins at 32, not at 24"}, /* hole */
    {MEAN, "", ENS_EFORMAT, "unknown dtype"},
    {"{" MEAN "}", "7", ENS_EFORMAT, "unknown dtype"},
    {"model/mean", "model/deep/grid", ENS_EFORMAT, "duplicate"},
    {"model/mean", "model/\\u0064eep/grid", ENS_EFORMAT, "duplicate"},
    {"model/mean", "model/ mean", ENS_EFORMAT, "its name is not plain ASCII"},
    {"model/mean", "", ENS_EFORMAT, "its name is not plain ASCII"},
    {"model/mean", "m\\u0000", ENS_EFORMAT, "header: byte"},
    {"model/mean", "\xff", ENS_EFORMAT, "header:"},
    {GRID, "\"dtype\":\"F32\",\"shape\":[2,1073741824],\"data_offsets\":[40,8589934632]",
     ENS_EFORMAT, "truncated"},
    {CHECK, "\"checksun\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[113,121]}",
     ENS_EFORMAT, "the last tensor is not `checksum`"},
    {CHECK, "\"checksum\":{\"dtype\":\"U8\",\"shape\":[2,4],\"data_offsets\":[113,121]}",
     ENS_EFORMAT, "the last tensor is not `checksum`"},
    {CHECK, "\"checksum\":{\"dtype\":\"U8\",\"shape\":[7],\"data_offsets\":[113,120]}",
     ENS_EFORMAT, "1 bytes follow the last tensor"},
    {"," CHECK, "", ENS_EFORMAT, "8 bytes follow the last tensor"},
    {CHECK "}", CHECK "}}", ENS_EFORMAT, "header: byte"},
    {CHECK "}", CHECK, ENS_EFORMAT, "header: byte"},
    {"{\"__metadata__\"", "[\"__metadata__\"", ENS_EFORMAT,
     "does not begin with a header"},
};

START_TEST(header_lies_are_refused)
{
    const lie *l = &lies[_i];
    size_t size, n;
    unsigned char *file = probe_file(&size, "probe");
    unsigned char *bad = file_replace(&n, file, size, NULL, l->find, l->replace);
    ens_model *m = NULL;
    ens_error err;

    ck_fails(ens_model_load_bytes(&m, bad, n, &err), l->status, l->message);
    ck_assert_ptr_null(m);
    ck_assert_ptr_null(strchr(err.message, '\n'));
    free(bad);
    free(file);
}
END_TEST

START_TEST(file_of_lies_untold_is_a_model)
{
    size_t size, n;
    unsigned char *file = probe_file(&size, "probe");
    unsigned char *good =
        file_replace(&n, file, size, NULL, FORMAT, "\"by\":\"me\"," FORMAT);
    ens_model *m = NULL;
    ens_error err;

    ck_ok(ens_model_load_bytes(&m, good, n,
                               &err)); /* a further text in the metadata is no error */
    ens_model_free(m);
    free(good);
    free(file);
}
END_TEST

/* A header of one kind of thing over and over, `n` times; ens__free(). */
static char *many(const char *before, const char *thing, size_t n, const char *after)
{
    ens__buf b = {0};

    ens__buf_puts(&b, before);
    for (size_t i = 0; i < n; i++)
        ens__buf_puts(&b, thing);
    ens__buf_puts(&b, after);
    return b.s;
}

START_TEST(costly_headers_are_refused_before_they_are_parsed)
{
    size_t size, n;
    unsigned char *file = probe_file(&size, "probe"), *bad;
    char *deep = many("{\"a\":", "[", 100000, "]}");
    char *wide = many("{\"a\":[", "{},", 100000, "{}]}");
    ens_reader *r = NULL;
    ens_error err;

    bad = file_with_header(&n, deep, file, size);
    ck_fails(ens__reader_open(&r, bad, n, &err), ENS_EFORMAT,
             "nested deeper than 3 levels");
    free(bad);
    bad = file_with_header(&n, wide, file, size);
    ck_fails(ens__reader_open(&r, bad, n, &err), ENS_EFORMAT,
             "100003 objects and arrays in");
    free(bad);
    ens__free(deep);
    ens__free(wide);
    free(file);
}
END_TEST

START_TEST(unaligned_array_is_refused)
{
    const char *header =
        "{\"__metadata__\":{\"format\":\"ensemble\",\"format_version\":\"1\"},"
        "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
        "\"b\":{\"dtype\":\"U16\",\"shape\":[60],\"data_offsets\":[1,121]}}";
    size_t size, n;
    unsigned char *file = probe_file(&size, "probe");
    unsigned char *bad = file_with_header(&n, header, file, size);
    ens_reader *r = NULL;
    ens_error err;

    ck_fails(ens__reader_open(&r, bad, n, &err), ENS_EFORMAT,
             "`b` begins at 1, unaligned");
    free(bad);
    free(file);
}
END_TEST

START_TEST(header_length_is_checked)
{
    static const struct {
        uint64_t length;
        const char *message;
    } table[] = {
        {0, "does not begin with a header"},     {1, "does not begin with a header"},
        {100000001, "does not begin with"},      {UINT64_MAX, "does not begin with"},
        {UINT64_MAX - 7, "does not begin with"}, {1 << 20, "truncated"},
        {9, "which is no multiple of 64"},
    };
    size_t size;
    unsigned char *file = probe_file(&size, "probe");
    ens_reader *r = NULL;
    ens_error err;

    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        for (int b = 0; b < 8; b++)
            file[b] = (unsigned char)(table[i].length >> 8 * b);
        ck_fails(ens__reader_open(&r, file, size, &err), ENS_EFORMAT, table[i].message);
    }
    ck_fails(ens__reader_open(&r, "", 0, &err), ENS_EFORMAT, "0 bytes are no model file");
    ck_fails(ens__reader_open(&r, "a,b,c,d\n1,2,3,4\n", 16, &err), ENS_EFORMAT,
             "not a model file");
    free(file);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, hash_is_xxh64);
    tcase_add_test(tc, hash_of_pieces_is_that_of_the_whole);
    tcase_add_test(tc, swapping_reverses_each_element);
    tcase_add_test(tc, file_is_aligned_without_holes_widest_first);
    tcase_add_test(tc, writer_refuses_what_no_file_can_hold);
    tcase_add_test(tc, reader_tells_what_does_not_fit);
    tcase_add_loop_test(tc, header_lies_are_refused, 0, sizeof lies / sizeof *lies);
    tcase_add_test(tc, file_of_lies_untold_is_a_model);
    tcase_add_test(tc, costly_headers_are_refused_before_they_are_parsed);
    tcase_add_test(tc, unaligned_array_is_refused);
    tcase_add_test(tc, header_length_is_checked);
}

Suite *container_suite(void);

Suite *container_suite(void)
{
    return suite_of("container", add);
}
