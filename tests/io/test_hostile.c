/* test_hostile.c - models altered on purpose, with a checksum that is right: each is refused, or predicts, describes
 * itself and is saved without touching memory that is not its own (which a sanitizer or valgrind sees). */
#include <config.h>

#include "io/fixture.h"
#include "io/pieces.h"
#include "run.h"
#include <core/mem.h>
#include <core/str.h>
#include <num/rng.h>
#include <stdio.h>

enum { N_MUTANTS = 400 };

/* ---- Mutations ------------------------------------------------------------------------------------------ */

static void poke(piece *p, ens__stream *s)
{
    static const double reals[] = {NAN,    INFINITY, -INFINITY, -0.0, 1e308,
                                   -1e308, 5e-324,   0.5,       2};
    static const uint64_t counts[] = {
        0,         1,           2,           3,          4,
        5,         31,          32,          63,         64,
        70,        127,         255,         256,        65535,
        INT32_MAX, 0x80000000u, 0xc0000000u, UINT32_MAX, (uint64_t)INT64_MAX,
        UINT64_MAX};
    unsigned char *at =
        p->data + ens__stream_below(s, (uint32_t)(p->n / p->width)) * p->width;
    double real = reals[ens__stream_below(s, sizeof reals / sizeof *reals)];
    float single = (float)real;
    uint64_t old = 0, new = counts[ens__stream_below(s, sizeof counts / sizeof *counts)];

    memcpy(&old, at, p->width); /* little-endian hosts; others poke other values */
    switch (ens__stream_below(s, 5)) {
    case 0:
        new = old + 1;
        break;
    case 1:
        new = old - 1;
        break;
    case 2:
        new = old ^ (uint64_t)1 << ens__stream_below(s, (uint32_t)(8 * p->width));
        break;
    case 3:
        if (p->width == 8)
            memcpy(&new, &real, 8);
        else if (p->width == 4)
            memcpy(&new, &single, 4);
        break;
    default:
        break;
    }
    memcpy(at, &new, p->width);
}

static void exchange(piece *p, ens__stream *s)
{
    uint32_t n = (uint32_t)(p->n / p->width);
    unsigned char *a = p->data + ens__stream_below(s, n) * p->width;
    unsigned char *b = p->data + ens__stream_below(s, n) * p->width, held[8];

    memcpy(held, a, p->width);
    memmove(a, b, p->width);
    memcpy(b, held, p->width);
}

/* One more or one fewer of the last dimension's rows. */
static void resize(piece *p, ens__stream *s)
{
    json_t *shape = json_object_get(p->node, "shape");
    json_int_t rows = json_integer_value(json_array_get(shape, 0));
    size_t row = rows > 0 ? p->n / (size_t)rows : 0;
    bool more = ens__stream_below(s, 2) == 0;

    if (rows == 0 || row > p->width * N_LEVELS)
        return;
    if (more)
        memcpy(p->data + p->n, p->data, row);
    p->n += more ? row : -row;
    json_array_set_new(shape, 0, json_integer(rows + (more ? 1 : -1)));
}

static void reshape(piece *p, ens__stream *s)
{
    static const char *const types[] = {"F64", "U64", "I64", "F32", "U32", "I32"};
    json_t *shape = json_object_get(p->node, "shape"), *first;

    if (ens__stream_below(s, 2) == 0 && p->width >= 4) {
        size_t type = ens__stream_below(s, 3) + (p->width == 4 ? 3 : 0);

        json_object_set_new(p->node, "dtype", json_string(types[type]));
    } else if (json_array_size(shape) == 1) {
        json_array_insert_new(shape, ens__stream_below(s, 2), json_integer(1));
    } else if (json_array_size(shape) > 1) {
        first = json_incref(json_array_get(shape, 0));
        json_array_remove(shape, 0);
        json_array_append_new(shape, first);
    }
}

/* The data of two arrays of one width, or their names, change places. */
static void confuse(pieces *ps, piece *p, ens__stream *s)
{
    piece *q = &ps->piece[ens__stream_below(s, (uint32_t)ps->n)];
    unsigned char *data = p->data;
    size_t n = p->n;

    if (p->width != q->width || p->n != q->n)
        return;
    p->data = q->data;
    p->n = q->n;
    q->data = data;
    q->n = n;
}

/* Recipe and schema tell of another model. */
static void retell(pieces *ps, ens__stream *s)
{
    static const struct {
        const char *key, *find, *replace;
    } tales[] = {
        {"recipe", "n_estimators=4", "n_estimators=3"},
        {"recipe", "n_estimators=4", "n_estimators=5"},
        {"recipe", "max_features=2", "max_features=1"},
        {"recipe", "max_features=2", "max_features=3"},
        {"classes", ",\"l02\"", ""},
        {"classes", "\"l02\"", "\"l02\",\"l03\""},
        {"classes", "[\"l00\",\"l01\",\"l02\"]", "[]"},
        {"schema", "classification", "regression"},
        {"schema", "\"task\":\"anomaly\"", "\"task\":\"regression\""},
        {"schema", "\"task\":\"classification\"", "\"task\":\"anomaly\""},
        {"schema", ",\"anomaly\":1", ",\"anomaly\":2"},
        {"schema", ",\"anomaly\":1", ""},
        {"schema", "\"target\":\"y\",", ""},
        {"schema", ",\"l69\"", ""},
        {"schema", ",\"l69\"", ",\"l69\",\"l70\""},
        {"schema", "\"l00\",\"l01\",\"l02\"", "\"l00\""},
        {"schema", "\"l00\",\"l01\",\"l02\"", ""},
        {"schema",
         "\"numeric\",\"missing\":", "\"categorical\",\"levels\":[\"z\"],\"missing\":"},
        {"schema",
         "\"numeric\",\"missing\":", "\"categorical\",\"levels\":[],\"missing\":"},
        {"schema", "{\"name\":\"a\"",
         "{\"name\":\"c\",\"type\":\"numeric\",\"missing\":0},{\"name\":\"a\""},
    };
    size_t i = ens__stream_below(s, sizeof tales / sizeof *tales);
    json_t *metadata = json_object_get(ps->header, "__metadata__");
    const char *text = json_string_value(json_object_get(metadata, tales[i].key));
    const char *at = strstr(text, tales[i].find);
    ens__buf b = {0};

    if (at == NULL)
        return;
    ens__buf_add(&b, text, (size_t)(at - text));
    ens__buf_puts(&b, tales[i].replace);
    ens__buf_puts(&b, at + strlen(tales[i].find));
    json_object_set_new(metadata, tales[i].key, json_string(b.s));
    ens__buf_clear(&b);
}

static unsigned char *mutate(size_t *size_out, const unsigned char *file, size_t size,
                             ens__stream *s)
{
    uint32_t times = 1 + ens__stream_below(s, 3);
    pieces ps;

    pieces_take(&ps, file, size);
    while (times-- > 0) {
        piece *p = &ps.piece[ens__stream_below(s, (uint32_t)ps.n)];
        uint32_t what = ens__stream_below(s, 12);

        if (what == 0)
            retell(&ps, s);
        else if (p->n == 0)
            continue;
        else if (what == 1)
            resize(p, s);
        else if (what == 2)
            reshape(p, s);
        else if (what == 3)
            confuse(&ps, p, s);
        else if (what == 4)
            exchange(p, s);
        else
            poke(p, s);
    }
    return pieces_put(size_out, &ps);
}

/* ---- The trial ------------------------------------------------------------------------------------------ */

/* Everything that a program may do with a model. */
static void use(const ens_model *m, const ens_dataset *data)
{
    const ens_predict_options lenient = {.unseen = ENS_UNSEEN_MISSING, .absent = ENS_ABSENT_MISSING};
    size_t k = ens_model_k(m), n, n_q = 0;
    double *out = malloc(N_ROWS * k * sizeof *out);
    double *importance = malloc(ens_model_p(m) * sizeof *importance);
    char *text = NULL;
    void *bytes = NULL;
    ens_error err;

    ck_ok(
        ens_model_predict_with(m, data, &lenient, out, &(ens_exec){.threads = 1}, &err));
    if (ens_model_quantiles(m, &n_q) != NULL) {
        double *quantile = malloc(N_ROWS * n_q * sizeof *quantile);

        ck_ok(ens_model_predict_quantiles(
            m, data, &(ens_quantile_options){.predict = lenient}, quantile,
            &(ens_exec){.threads = 1}, &err));
        free(quantile);
    }
    ens_model_importance(m, importance, NULL);
    ck_ok(ens_model_describe(&text, m, &err));
    ck_ok(ens_model_save_bytes(&bytes, &n, m, &err));
    ens_bytes_free(bytes);
    ens_string_free(text);
    free(importance);
    free(out);
}

START_TEST(altered_models_are_refused_or_harmless)
{
    ens_dataset *data = real_table(real_models[_i].task);
    size_t size, n, refused = 0;
    unsigned char *file = real_file(&size, _i, data), *bad;
    ens__stream s;
    ens_error err;

    ens__stream_init(&s, 2, ENS__FOR_TEST, (uint64_t)_i);
    for (int t = 0; t < N_MUTANTS; t++) {
        ens_model *m = NULL;
        ens_status st;

        bad = mutate(&n, file, size, &s);
        st = ens_model_load_bytes(&m, bad, n, &err);
        ck_assert_msg(st == ENS_OK || st == ENS_EFORMAT, "mutant %d: status %d, %s", t,
                      (int)st, err.message);
        ck_assert_int_eq(st == ENS_OK, m != NULL);
        if (st == ENS_OK)
            use(m, data);
        refused += st != ENS_OK;
        ens_model_free(m);
        free(bad);
    }
    ck_assert_uint_gt(refused, 0);
    ck_assert_uint_lt(refused, N_MUTANTS);
    ens_bytes_free(file);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_loop_test(tc, altered_models_are_refused_or_harmless, 0, N_REAL_MODELS);
}

Suite *hostile_suite(void);

Suite *hostile_suite(void)
{
    return suite_of("hostile", add);
}
