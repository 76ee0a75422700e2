/* test_model.c - models to files and memory and back: the same model, the same bytes, and damage of every kind. */
#include <config.h>

#include "io/fixture.h"
#include "run.h"
#include <core/mem.h>
#include <ensemble/model.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The same model -------------------------------------------------------------------------------------- */

static void same_scores(const ens_model *a, const ens_model *b)
{
    const ens_score *s, *t;

    for (size_t i = 0; (s = ens_model_score(a, i)) != NULL; i++) {
        ck_assert_ptr_nonnull(t = ens_model_score(b, i));
        ck_assert_str_eq(s->kind, t->kind);
        ck_assert_str_eq(s->name, t->name);
        ck_assert((isnan(s->value) && isnan(t->value)) || s->value == t->value);
    }
    ck_assert_uint_eq(a->n_scores, b->n_scores);
}

static void same_levels(const ens__levels *a, const ens__levels *b)
{
    ck_assert_uint_eq(a->n, b->n);
    for (size_t l = 0; l < a->n; l++)
        ck_assert_str_eq(a->name[l], b->name[l]);
}

static void same_model(const ens_model *a, const ens_model *b)
{
    char *recipe[2];
    ens_error err;

    ck_assert_uint_eq(a->schema.p, b->schema.p);
    ck_assert_uint_eq(a->schema.k, b->schema.k);
    ck_assert_int_eq(a->schema.task, b->schema.task);
    ck_assert_pstr_eq(a->schema.target, b->schema.target);
    ck_assert_uint_eq(a->schema.anomaly, b->schema.anomaly);
    same_levels(&a->schema.classes, &b->schema.classes);
    for (size_t j = 0; j < a->schema.p; j++) {
        const ens__schema_feature *f = &a->schema.feature[j], *g = &b->schema.feature[j];

        ck_assert_str_eq(f->name, g->name);
        ck_assert_int_eq(f->type, g->type);
        ck_assert_uint_eq(f->n_missing, g->n_missing);
        same_levels(&f->levels, &g->levels);
    }
    ck_assert_uint_eq(a->seed, b->seed);
    ck_assert_uint_eq(a->n_train, b->n_train);
    ck_assert_uint_eq(a->fingerprint, b->fingerprint);
    ck_assert_str_eq(a->library, b->library);
    same_scores(a, b);
    ck_ok(ens_learner_print(&recipe[0], a->learner, ENS_PRINT_FULL, &err));
    ck_ok(ens_learner_print(&recipe[1], b->learner, ENS_PRINT_FULL, &err));
    ck_assert_str_eq(recipe[0], recipe[1]);
    ens_string_free(recipe[0]);
    ens_string_free(recipe[1]);
}

static void same_bytes(const ens_model *a, const ens_model *b)
{
    void *x = NULL, *y = NULL;
    size_t n, m;
    ens_error err;

    ck_ok(ens_model_save_bytes(&x, &n, a, &err));
    ck_ok(ens_model_save_bytes(&y, &m, b, &err));
    ck_assert_uint_eq(n, m);
    ck_assert_mem_eq(x, y, n);
    ens_bytes_free(x);
    ens_bytes_free(y);
}

START_TEST(memory_gives_the_model_back)
{
    ens_model *m = probe_model("probe(level=7, rate=0.30000000000000004)"), *back = NULL;
    void *bytes = NULL;
    size_t n;
    ens_error err;

    ck_ok(ens_model_save_bytes(&bytes, &n, m, &err));
    ck_ok(ens_model_load_bytes(&back, bytes, n, &err));
    ens_bytes_free(bytes);
    same_model(m, back);
    same_bytes(m, back);
    ens_model_free(m);
    ens_model_free(back);
}
END_TEST

START_TEST(file_gives_the_model_back)
{
    ens_model *m = probe_model("probe"), *back = NULL;
    const char *path = scratch_path("model.ens");
    ens_error err;

    ck_ok(ens_model_save(m, path, &err));
    ck_ok(ens_model_save(m, path, &err)); /* over the old one */
    ck_ok(ens_model_load(&back, path, &err));
    ck_assert_int_eq(unlink(path), 0);
    same_model(m, back);
    same_bytes(m, back);
    ens_model_free(m);
    ens_model_free(back);
}
END_TEST

START_TEST(file_and_memory_hold_the_same_bytes)
{
    ens_model *m = probe_model("probe");
    const char *path = scratch_path("same.ens");
    void *bytes = NULL;
    unsigned char *read;
    size_t n;
    FILE *f;
    ens_error err;

    ck_ok(ens_model_save(m, path, &err));
    ck_ok(ens_model_save_bytes(&bytes, &n, m, &err));
    read = malloc(n + 1);
    ck_assert_ptr_nonnull(f = fopen(path, "rb"));
    ck_assert_uint_eq(fread(read, 1, n + 1, f), n);
    fclose(f);
    unlink(path);
    ck_assert_mem_eq(read, bytes, n);
    free(read);
    ens_bytes_free(bytes);
    ens_model_free(m);
}
END_TEST

START_TEST(unaligned_memory_is_no_matter)
{
    size_t n;
    unsigned char *file = probe_file(&n, "probe"), *moved = malloc(n + 1);
    ens_model *m = NULL;
    ens_error err;

    memcpy(moved + 1, file, n);
    ck_ok(ens_model_load_bytes(&m, moved + 1, n, &err));
    ens_model_free(m);
    free(moved);
    free(file);
}
END_TEST

/* ---- Real learners ---------------------------------------------------------------------------------------- */

static void same_predictions(const ens_model *a, const ens_model *b,
                             const ens_dataset *data)
{
    size_t bytes = N_ROWS * ens_model_k(a) * sizeof(double);
    double *x = malloc(bytes), *y = malloc(bytes);
    ens_error err;

    ck_ok(ens_model_predict(a, data, x, &(ens_exec){.threads = 1}, &err));
    ck_ok(ens_model_predict(b, data, y, &(ens_exec){.threads = 1}, &err));
    ck_assert_mem_eq(x, y, bytes);
    free(x);
    free(y);
}

static void same_importance(const ens_model *a, const ens_model *b)
{
    double x[8], y[8];
    ens_status st = ens_model_importance(a, x, NULL);

    ck_assert_int_eq(ens_model_importance(b, y, NULL), st);
    if (st == ENS_OK)
        ck_assert_mem_eq(x, y, ens_model_p(a) * sizeof *x);
}

static void same_description(const ens_model *a, const ens_model *b)
{
    char *x = NULL, *y = NULL;
    ens_error err;

    ck_ok(ens_model_describe(&x, a, &err));
    ck_ok(ens_model_describe(&y, b, &err));
    ck_assert_str_eq(x, y);
    ens_string_free(x);
    ens_string_free(y);
}

START_TEST(real_learner_comes_back_the_same)
{
    ens_dataset *data = real_table(real_models[_i].task);
    ens_model *m = real_model(_i, data), *back = NULL;
    size_t n;
    void *file = real_file(&n, _i, data);
    ens_error err;

    ck_ok(ens_model_load_bytes(&back, file, n, &err));
    same_model(m, back);
    same_bytes(m, back);
    same_predictions(m, back, data);
    same_importance(m, back);
    same_description(m, back);
    ens_bytes_free(file);
    ens_model_free(m);
    ens_model_free(back);
    ens_dataset_free(data);
}
END_TEST

/* ---- Damage ---------------------------------------------------------------------------------------------- */

START_TEST(every_truncation_is_found)
{
    size_t size;
    unsigned char *file = probe_file(&size, "probe");
    ens_model *m = NULL;
    ens_error err;

    for (size_t n = 0; n < size; n++) {
        unsigned char *part =
            malloc(n != 0 ? n : 1); /* its own, so that a sanitizer sees the end */

        memcpy(part, file, n);
        ck_fails(ens_model_load_bytes(&m, part, n, &err), ENS_EFORMAT, "model: ");
        ck_assert_ptr_null(m);
        free(part);
    }
    free(file);
}
END_TEST

START_TEST(every_flipped_bit_is_found)
{
    size_t size;
    unsigned char *file = probe_file(&size, "probe");
    ens_model *m = NULL;
    ens_status st;

    for (size_t i = 0; i < size; i++) {
        file[i] ^= (unsigned char)(1u << i % 8);
        st = ens_model_load_bytes(&m, file, size, NULL);
        ck_assert_msg(st == ENS_EFORMAT || st == ENS_EVERSION, "byte %zu: status %d", i,
                      (int)st);
        ck_assert_ptr_null(m);
        file[i] ^= (unsigned char)(1u << i % 8);
    }
    free(file);
}
END_TEST

START_TEST(trailing_bytes_are_refused)
{
    size_t n;
    unsigned char *file = probe_file(&n, "probe");
    ens_model *m = NULL;
    ens_error err;

    file = realloc(file, n + 1);
    file[n] = 0;
    ck_fails(ens_model_load_bytes(&m, file, n + 1, &err), ENS_EFORMAT, "1 bytes follow");
    free(file);
}
END_TEST

/* ---- Lies in the metadata, the checksum right ------------------------------------------------------------ */

typedef struct lie {
    const char *key, *find, *replace;
    ens_status status;
    const char *message;
} lie;

static const lie lies[] = {
    {"recipe", "probe(", "prob(", ENS_ENAME, "must be registered before loading"},
    {"recipe", "probe(", "prob(", ENS_ENAME, "no learner is called `prob`"},
    {"recipe", "level", "leven", ENS_ENAME, "probe has no parameter `leven`"},
    {"recipe", "level=3", "level=10", ENS_EFORMAT, "recipe: "},
    {"recipe", "probe(", "probe((", ENS_EFORMAT, "recipe: "},
    {"seed", "18446744073709551614", "18446744073709551616", ENS_EFORMAT,
     "seed is not a count"},
    {"seed", "18446744073709551614", "", ENS_EFORMAT, "seed is not a count"},
    {"seed", "18446744073709551614", "-1", ENS_EFORMAT, "seed is not a count"},
    {"n_train", "150", "150 ", ENS_EFORMAT, "n_train is not a count"},
    {"fingerprint", "1234567890123456789", "0x12", ENS_EFORMAT, "fingerprint is not a count"},
    {"schema", "\"classification\"", "\"regression\"", ENS_EFORMAT,
     "3 classes do not suit"},
    {"schema", "\"classification\"", "\"auto\"", ENS_EFORMAT,
     "schema: the task is neither"},
    {"schema", "\"task\"", "\"tusk\"", ENS_EFORMAT, "schema: the task is neither"},
    {"schema", "\"target\":\"grade\"", "\"target\":1", ENS_EFORMAT,
     "the target is not a text"},
    {"schema", "\"target\":\"grade\"", "\"target\":\"\"", ENS_EFORMAT, "without a name"},
    {"schema", "\"target\":\"grade\"", "\"target\":\"age\"", ENS_EFORMAT,
     "two columns are called `age`"},
    {"schema", "\"age\"", "\"age", ENS_EFORMAT, "schema: byte"},
    {"schema", "\"age\"", "{\"hex\":\"4\"}", ENS_EFORMAT, "feature 1: `hex` needs pairs"},
    {"schema", "\"age\"", "{\"hex\":\"4142zz\"}", ENS_EFORMAT,
     "feature 1: `hex` needs pairs"},
    {"schema", "\"age\"", "{\"hex\":\"00\"}", ENS_EFORMAT,
     "feature 1: `hex` needs pairs"},
    {"schema", "\"age\"", "{\"hex\":\"ff687565\"}", ENS_EFORMAT,
     "two columns are called"},
    {"schema", "\"age\"", "{\"hax\":\"41\"}", ENS_EFORMAT, "feature 1 is not a text"},
    {"schema", "\"age\"", "[[[[[]]]]]", ENS_EFORMAT, "nested deeper than 5"},
    {"schema", "\"numeric\"", "\"text\"", ENS_EFORMAT,
     "feature 1 is neither numeric nor"},
    {"schema", "\"numeric\"", "\"categorical\"", ENS_EFORMAT,
     "levels of feature 1 are not a list"},
    {"schema", "\"categorical\"", "\"numeric\"", ENS_EFORMAT,
     "feature 3: numbers have no levels"},
    {"schema", "\"missing\":12", "\"missing\":-12", ENS_EFORMAT, "feature 2: `missing`"},
    {"schema", "\"missing\":12", "\"missing\":1.5", ENS_EFORMAT, "feature 2: `missing`"},
    {"schema", "\"missing\":12", "\"missing\":12,\"missing\":12", ENS_EFORMAT,
     "duplicate"},
    {"schema", "\"blue\",", "\"blue\",\"blue\",", ENS_EFORMAT,
     "levels of feature 3 are not distinct"},
    {"schema", "\"blue\",", "\"zebra\",", ENS_EFORMAT,
     "levels of feature 3 are not distinct"},
    {"schema", "\"blue\",", "true,", ENS_EFORMAT, "levels of feature 3 is not a text"},
    {"schema", "\"features\":", "\"features\":[],\"f\":", ENS_EFORMAT,
     "there are no features"},
    {"schema", "\"features\":[", "\"features\":[0,", ENS_EFORMAT,
     "feature 1 is not a text"},
    {"classes", "\"10\"", "\"1.5\"", ENS_EFORMAT,
     "classes are not distinct and in order"},
    {"classes", "\"10\"", "\"2\"", ENS_EFORMAT, "classes are not distinct and in order"},
    {"classes", "\"10\"", "10", ENS_EFORMAT, "classes is not a text"},
    {"classes", "[\"1\",\"2\",\"10\"]", "{}", ENS_EFORMAT, "classes are not a list"},
    {"classes", "[\"1\",\"2\",\"10\"]", "[]", ENS_EFORMAT, "0 classes do not suit"},
    {"classes", "[\"1\",\"2\",\"10\"]", "[\"1\"]", ENS_EFORMAT,
     "probe has one class only"},
    {"classes", "\"10\"", "\"10\",\"11\"", ENS_EFORMAT,
     "group `model`: mean has size 3, expected 4"},
    {"scores", "0.95", "0,95", ENS_EFORMAT,
     "score `accuracy`: its value is not a number"},
    {"scores", "\"0.95\"", "0.95", ENS_EFORMAT,
     "score `accuracy`: its value is not a number"},
    {"scores", "\"oob\"", "null", ENS_EFORMAT, "the kind of a score is not a text"},
    {"scores", "\"accuracy\"", "7", ENS_EFORMAT, "the name of a score is not a text"},
    {"scores", "[", "{\"a\":[", ENS_EFORMAT, "scores: byte"},
    {NULL, "\"scores\":\"", "\"sores\":\"", ENS_EFORMAT, "the metadata have no `scores`"},
    {NULL, "\"library_version\":\"", "\"version\":\"", ENS_EFORMAT,
     "no `library_version`"},
    {NULL, "model/mean", "model/moan", ENS_EFORMAT, "tensor `model/mean` is missing"},
    {NULL, "model/words", "words", ENS_EFORMAT, "tensor `model/words` is missing"},
    {NULL, "\"shape\":[2,3]", "\"shape\":[3,2]", ENS_EFORMAT, "group `model/deep`: grid"},
    {NULL, "\"shape\":[2,3]", "\"shape\":[6]", ENS_EFORMAT,
     "has 1 dimensions, expected 2"},
    {NULL, "{\"dtype\":\"U64\"", "{\"dtype\":\"I64\"", ENS_EFORMAT,
     "tensor `model/deep/large` is of type I64, expected U64"},
    {NULL, "\"model/mean\"",
     "\"e\":{\"dtype\":\"I64\",\"shape\":[0],\"data_offsets\":[0,0]},\"model/mean\"",
     ENS_EFORMAT, "tensor `e` is no part of this model"},
};

START_TEST(metadata_lies_are_refused)
{
    const lie *l = &lies[_i];
    size_t size, n;
    unsigned char *file = probe_file(&size, "probe");
    unsigned char *bad = file_replace(&n, file, size, l->key, l->find, l->replace);
    ens_model *m = NULL;
    ens_error err;

    ck_fails(ens_model_load_bytes(&m, bad, n, &err), l->status, l->message);
    ck_assert_int_eq(err.code, l->status);
    ck_assert_ptr_null(m);
    ck_assert_int_eq(ens_model_load_bytes(&m, bad, n, NULL), l->status);
    free(bad);
    free(file);
}
END_TEST

/* ---- Files that cannot be ---------------------------------------------------------------------------------- */

START_TEST(what_is_no_file_is_told)
{
    ens_model *m = NULL;
    const char *path = scratch_path("none.ens");
    ens_error err;

    ck_fails(ens_model_load(&m, path, &err), ENS_EIO, path);
    ck_fails(ens_model_load(&m, TEST_BUILD, &err), ENS_EIO, "directory");
    ck_fails(ens_model_load(&m, "/dev/null", &err), ENS_EFORMAT, "/dev/null: 0 bytes");
    ck_fails(ens_model_load(&m, TEST_SRC "/tests/run.h", &err), ENS_EFORMAT,
             "run.h: not a model file");
    ck_fails(ens_model_load(&m, NULL, &err), ENS_EINVAL, "path is NULL");
    ck_fails(ens_model_load_bytes(&m, NULL, 0, &err), ENS_EINVAL, "bytes is NULL");
    ck_assert_ptr_null(m);
}
END_TEST

START_TEST(message_of_a_file_begins_with_its_path)
{
    const char *path = scratch_path("short.ens");
    FILE *f = fopen(path, "wb");
    ens_model *m = NULL;
    ens_error err;

    ck_assert_ptr_nonnull(f);
    fputs("12345", f);
    fclose(f);
    ck_fails(ens_model_load(&m, path, &err), ENS_EFORMAT, "5 bytes are no model file");
    ck_assert_int_eq(strncmp(err.message, path, strlen(path)), 0);
    unlink(path);
}
END_TEST

START_TEST(failed_save_is_told_and_leaves_nothing)
{
    ens_model *m = probe_model("probe");
    const char *path = scratch_path("no/such/folder.ens");
    void *bytes = NULL;
    size_t n;
    ens_error err;

    ck_fails(ens_model_save(m, path, &err), ENS_EIO, path);
    ck_fails(ens_model_save(m, TEST_BUILD, &err), ENS_EIO, "directory");
    ck_fails(ens_model_save(m, NULL, &err), ENS_EINVAL, "path is NULL");
    ck_fails(ens_model_save(NULL, path, &err), ENS_EINVAL, "model is NULL");
    ck_fails(ens_model_save_bytes(&bytes, &n, NULL, &err), ENS_EINVAL, "model is NULL");
    if (access("/dev/full", W_OK) == 0)
        ck_fails(ens_model_save(m, "/dev/full", &err), ENS_EIO, "/dev/full");
    if (access("/proc/self", R_OK) == 0) /* where not even root can make a file */
        ck_fails(ens_model_save(m, "/proc/self/m.ens", &err), ENS_EIO,
                 "/proc/self/m.ens");
    ens_model_free(m);
}
END_TEST

START_TEST(failed_save_keeps_the_old_file)
{
    ens_model *m = probe_model("probe"), *bad = probe_model("probe(write_fails=true)");
    ens_model *back = NULL;
    const char *path = scratch_path("old.ens");
    ens_error err;

    ck_ok(ens_model_save(m, path, &err));
    ck_fails(ens_model_save(bad, path, &err), ENS_EINVAL, "not/a/name");
    ck_ok(ens_model_load(&back, path, &err));
    same_bytes(m, back);
    unlink(path);
    ens_model_free(m);
    ens_model_free(bad);
    ens_model_free(back);
}
END_TEST

/* ---- Out of memory ------------------------------------------------------------------------------------------ */

START_TEST(save_survives_every_failing_allocation)
{
    ens_model *m = probe_model("probe");
    ens_status st = ENS_ENOMEM;
    void *bytes = NULL;
    size_t n;
    long k;

    json_set_alloc_funcs(ens__alloc, ens__free);
    for (k = 0; st != ENS_OK; k++) {
        ens_error err = {0};

        ens__mem_fail_at(k);
        st = ens_model_save_bytes(&bytes, &n, m, &err);
        ens__mem_fail_at(-1);
        ck_assert_msg(st == ENS_OK || st == ENS_ENOMEM, "allocation %ld: %s", k,
                      err.message);
        ck_assert(st == ENS_OK || (bytes == NULL && n == 0 && err.code == ENS_ENOMEM));
    }
    ck_assert_int_gt(k, 50); /* it did allocate */
    ens_bytes_free(bytes);
    ens_model_free(m);
}
END_TEST

START_TEST(save_to_a_file_survives_every_failing_allocation)
{
    ens_model *m = probe_model("probe");
    const char *path = scratch_path("oom.ens");
    ens_status st = ENS_ENOMEM;
    struct stat s;

    for (long k = 0; st != ENS_OK; k++) {
        ens__mem_fail_at(k);
        st = ens_model_save(m, path, NULL);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || st == ENS_ENOMEM);
        ck_assert((stat(path, &s) == 0) == (st == ENS_OK));
    }
    unlink(path);
    ens_model_free(m);
}
END_TEST

/* jansson calls a text malformed where it could not allocate within a token. */
START_TEST(load_survives_every_failing_allocation)
{
    size_t n;
    unsigned char *file = probe_file(&n, "probe");
    ens_status st = ENS_ENOMEM;
    ens_model *m = NULL;
    long k;

    json_set_alloc_funcs(ens__alloc, ens__free);
    for (k = 0; st != ENS_OK; k++) {
        ens_error err = {0};

        ens__mem_fail_at(k);
        st = ens_model_load_bytes(&m, file, n, &err);
        ens__mem_fail_at(-1);
        ck_assert_msg(st == ENS_OK || st == ENS_ENOMEM ||
                          (st == ENS_EFORMAT && strstr(err.message, ": byte ") != NULL),
                      "allocation %ld: %s", k, err.message);
        ck_assert((m == NULL) == (st != ENS_OK));
    }
    ck_assert_int_gt(k, 50);
    ens_model_free(m);
    free(file);
}
END_TEST

/* A real learner: jansson's own memory left alone, so that every failure has its true name. */
START_TEST(real_learner_survives_every_failing_allocation)
{
    ens_dataset *data = real_table(real_models[_i].task);
    size_t n;
    void *file = real_file(&n, _i, data), *again = NULL;
    ens_model *m = NULL;
    ens_status st = ENS_ENOMEM;

    for (long k = 0; st != ENS_OK; k++) {
        ens__mem_fail_at(k);
        st = ens_model_load_bytes(&m, file, n, NULL);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || (st == ENS_ENOMEM && m == NULL));
    }
    st = ENS_ENOMEM;
    for (long k = 0; st != ENS_OK; k++) {
        ens__mem_fail_at(k);
        st = ens_model_save_bytes(&again, &n, m, NULL);
        ens__mem_fail_at(-1);
        ck_assert(st == ENS_OK || (st == ENS_ENOMEM && again == NULL));
    }
    ens_bytes_free(again);
    ens_bytes_free(file);
    ens_model_free(m);
    ens_dataset_free(data);
}
END_TEST

static void add(TCase *tc)
{
    tcase_add_test(tc, memory_gives_the_model_back);
    tcase_add_test(tc, file_gives_the_model_back);
    tcase_add_test(tc, file_and_memory_hold_the_same_bytes);
    tcase_add_test(tc, unaligned_memory_is_no_matter);
    tcase_add_loop_test(tc, real_learner_comes_back_the_same, 0, N_REAL_MODELS);
    tcase_add_test(tc, every_truncation_is_found);
    tcase_add_test(tc, every_flipped_bit_is_found);
    tcase_add_test(tc, trailing_bytes_are_refused);
    tcase_add_loop_test(tc, metadata_lies_are_refused, 0, sizeof lies / sizeof *lies);
    tcase_add_test(tc, what_is_no_file_is_told);
    tcase_add_test(tc, message_of_a_file_begins_with_its_path);
    tcase_add_test(tc, failed_save_is_told_and_leaves_nothing);
    tcase_add_test(tc, failed_save_keeps_the_old_file);
    tcase_add_test(tc, save_survives_every_failing_allocation);
    tcase_add_test(tc, save_to_a_file_survives_every_failing_allocation);
    tcase_add_test(tc, load_survives_every_failing_allocation);
    tcase_add_loop_test(tc, real_learner_survives_every_failing_allocation, 0,
                        N_REAL_MODELS);
}

Suite *io_model_suite(void);

Suite *io_model_suite(void)
{
    return suite_of("model", add);
}
