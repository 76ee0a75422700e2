/* fixture.c - a learner type made for these tests, a model of it built by hand, and files altered on purpose. */
#include <config.h>

#include "io/fixture.h"
#include "run.h"
#include <core/hash.h>
#include <core/mem.h>
#include <core/str.h>
#include <num/rng.h>
#include <stdio.h>
#include <unistd.h>

/* ---- The type ------------------------------------------------------------------------------------------- */

typedef struct probe_params {
    int64_t level;
    double rate;
    int write_fails;
} probe_params;

static const ens_param probe_table[] = {
    ENS_ROW(ENS_PARAM_INT, probe_params, level, "3", 1, 9, "", "", "a number"),
    ENS_ROW(ENS_PARAM_REAL, probe_params, rate, "0.1", 0, 1, "", "", "another"),
    ENS_ROW(ENS_PARAM_BOOL, probe_params, write_fails, "false", 0, 1, "", "",
            "fail to write"),
    ENS_PARAM_LAST,
};

typedef struct probe {
    size_t k;
    bool write_fails;
    double mean[8];
    float grid[2][3];
    int64_t scalar;
    uint64_t large[1];
    int32_t cube[1][2][3];
    uint32_t words[3];
    uint16_t halves[5];
    uint8_t bytes[3];
} probe;

static probe *probe_new(size_t k)
{
    probe *s = ens__zeros(1, sizeof *s);

    if (s == NULL)
        return NULL;
    *s = (probe){.k = k,
                 .mean = {0.25, -0.0, 1e-310, 0.1, 0.1, 0.1, 0.1, 0.1},
                 .grid = {{1, 2, 3}, {4, 5, 6.5f}},
                 .scalar = -42,
                 .large = {UINT64_MAX},
                 .cube = {{{1, -2, 3}, {-4, 5, -6}}},
                 .words = {7, 8, UINT32_MAX},
                 .halves = {1, 2, 3, 4, 65535},
                 .bytes = {9, 8, 255}};
    return s;
}

static ens_status probe_fit(void **out, const void *params, const ens_fit_args *a,
                            ens_error *err)
{
    probe *s = probe_new(a->k);

    (void)err;
    if (s == NULL)
        return ENS_ENOMEM;
    s->write_fails = ((const probe_params *)params)->write_fails;
    *out = s;
    return ENS_OK;
}

static void probe_predict(const void *fit, const ens_rows *rows, double *out,
                          void *scratch)
{
    const probe *s = fit;

    (void)scratch;
    for (size_t i = 0; i < rows->n; i++)
        memcpy(out + i * s->k, s->mean, s->k * sizeof *out);
}

static ens_status probe_write(const void *fit, ens_writer *w, ens_error *err)
{
    const probe *s = fit;
    const size_t none[2] = {0, 4}, grid[2] = {2, 3}, cube[3] = {1, 2, 3}, one = 1,
                 three = 3, five = 5;
    void *buffer;
    ens_status st;

    if (s->write_fails)
        return ens_writer_array(w, "not/a/name", ENS_U8, 0, NULL, s->bytes, err);
    if ((st = ens_writer_array(w, "bytes", ENS_U8, 1, &three, s->bytes, err)) != ENS_OK ||
        (st = ens_writer_array(w, "mean", ENS_F64, 1, &s->k, s->mean, err)) != ENS_OK ||
        (st = ens_writer_push(w, "deep", err)) != ENS_OK ||
        (st = ens_writer_array(w, "grid", ENS_F32, 2, grid, s->grid, err)) != ENS_OK ||
        (st = ens_writer_array(w, "empty", ENS_F32, 2, none, NULL, err)) != ENS_OK ||
        (st = ens_writer_push(w, "er", err)) != ENS_OK ||
        (st = ens_writer_array(w, "scalar", ENS_I64, 0, NULL, &s->scalar, err)) != ENS_OK)
        return st;
    ens_writer_pop(w);
    if ((st = ens_writer_array(w, "large", ENS_U64, 1, &one, s->large, err)) != ENS_OK)
        return st;
    ens_writer_pop(w);
    if ((st = ens_writer_array(w, "cube", ENS_I32, 3, cube, s->cube, err)) != ENS_OK ||
        (st = ens_writer_array(w, "words", ENS_U32, 1, &three, s->words, err)) !=
            ENS_OK ||
        (st = ens_writer_buffer(&buffer, w, "halves", ENS_U16, 1, &five, err)) != ENS_OK)
        return st;
    memcpy(buffer, s->halves, sizeof s->halves);
    return ENS_OK;
}

/* Copy a tensor whose shape must be that of what it is copied to. */
static ens_status take(void *to, size_t bytes, ens_reader *r, const char *name,
                       ens_dtype type, size_t rank, const size_t *expected,
                       ens_error *err)
{
    size_t shape[ENS_MAX_RANK] = {0};
    const void *data;
    ens_status st = ens_reader_array(&data, shape, r, name, type, rank, err);

    if (st != ENS_OK)
        return st;
    for (size_t d = 0; d < rank; d++)
        if (shape[d] != expected[d])
            return ens_reader_bad(r, err, "%s has size %zu, expected %zu", name, shape[d],
                                  expected[d]);
    ck_assert_uint_eq((uintptr_t)data % 8 % (bytes != 0 ? bytes & -bytes : 1), 0);
    if (bytes > 0)
        memcpy(to, data, bytes);
    return ENS_OK;
}

static ens_status probe_take(probe *s, ens_reader *r, ens_error *err)
{
    const size_t none[2] = {0, 4}, grid[2] = {2, 3}, cube[3] = {1, 2, 3}, one = 1,
                 three = 3, five = 5;
    ens_status st;

    if ((st = take(s->mean, s->k * sizeof *s->mean, r, "mean", ENS_F64, 1, &s->k, err)) !=
            ENS_OK ||
        (st = take(s->bytes, 3, r, "bytes", ENS_U8, 1, &three, err)) != ENS_OK ||
        (st = take(s->cube, sizeof s->cube, r, "cube", ENS_I32, 3, cube, err)) !=
            ENS_OK ||
        (st = take(s->words, sizeof s->words, r, "words", ENS_U32, 1, &three, err)) !=
            ENS_OK ||
        (st = take(s->halves, sizeof s->halves, r, "halves", ENS_U16, 1, &five, err)) !=
            ENS_OK ||
        (st = ens_reader_push(r, "deep", err)) != ENS_OK ||
        (st = take(s->grid, sizeof s->grid, r, "grid", ENS_F32, 2, grid, err)) !=
            ENS_OK ||
        (st = take(NULL, 0, r, "empty", ENS_F32, 2, none, err)) != ENS_OK ||
        (st = take(s->large, sizeof s->large, r, "large", ENS_U64, 1, &one, err)) !=
            ENS_OK ||
        (st = ens_reader_push(r, "er", err)) != ENS_OK)
        return st;
    st = take(&s->scalar, sizeof s->scalar, r, "scalar", ENS_I64, 0, NULL, err);
    ens_reader_pop(r);
    ens_reader_pop(r);
    return st;
}

static ens_status probe_read(void **out, const ens_read_args *a, ens_error *err)
{
    probe *s = ens__zeros(1, sizeof *s);
    ens_status st;

    if (s == NULL)
        return ENS_ENOMEM;
    s->k = a->k;
    if (s->k > 8)
        st = ens_reader_bad(a->reader, err, "%zu classes, at most 8", s->k);
    else
        st = probe_take(s, a->reader, err);
    if (st == ENS_OK)
        *out = s;
    else
        ens__free(s);
    return st;
}

static void probe_free(void *fit)
{
    ens__free(fit);
}

static const ens_learner_type probe_type = {
    .abi = ENS_EXT_ABI,
    .name = "probe",
    .help = "tensors of every kind",
    .caps = ENS_CLASSIFIES | ENS_TAKES_MISSING | ENS_TAKES_CATEGORIES | ENS_TAKES_NUMBERS,
    .params = probe_table,
    .params_size = sizeof(probe_params),
    .fit = probe_fit,
    .predict = probe_predict,
    .write = probe_write,
    .read = probe_read,
    .free = probe_free,
};

void probe_register(void)
{
    static bool known;
    ens_error err;

    if (!known)
        ck_ok(ens_learner_type_register(&probe_type, &err));
    known = true;
}

/* ---- The model ------------------------------------------------------------------------------------------- */

static void set_levels(ens__levels *levels, const char *const *name, size_t n)
{
    char **copy = ens__array(n, sizeof *copy);
    ens_error err;

    for (size_t i = 0; i < n; i++)
        copy[i] = ens__strdup(name[i]);
    ck_ok(ens__levels_make(levels, copy, n, NULL, 0, &err));
    ens__free(copy);
}

ens_model *probe_model(const char *recipe)
{
    static const char *const level[] = {"blue", "gr\xfcn", "r\"e\\d"};
    static const char *const class[] = {"1", "2", "10"};
    ens_model *m = ens__model_new();
    ens_fit_args a = {.task = ENS_TASK_CLASSIFICATION, .k = 3};
    ens_error err;

    probe_register();
    m->schema = (ens__schema){.p = 3, .task = ENS_TASK_CLASSIFICATION, .k = 3};
    m->schema.feature = ens__zeros(3, sizeof *m->schema.feature);
    m->schema.feature[0].name = ens__strdup("age");
    m->schema.feature[1].name = ens__strdup("h\xc3\xb6he \xe2\x86\x92 m");
    m->schema.feature[2].name = ens__strdup("\xffhue");
    m->schema.feature[1].n_missing = 12;
    m->schema.feature[2].type = ENS_CATEGORICAL;
    set_levels(&m->schema.feature[2].levels, level, 3);
    set_levels(&m->schema.classes, class, 3);
    m->schema.target = ens__strdup("grade");
    m->seed = UINT64_MAX - 1;
    m->n_train = 150;
    m->fingerprint = 1234567890123456789u;
    m->library = ens__strdup("0.1.0");
    ck_ok(ens__model_add_score(m, "oob", "accuracy", 0.95, &err));
    ck_ok(ens__model_add_score(m, "oob", "roc_auc", (double)NAN, &err));
    ck_ok(ens__model_add_score(m, "valid", "log_loss", (double)INFINITY, &err));
    ck_ok(ens_learner_parse(&m->learner, recipe, &err));
    a.learner = m->learner;
    ck_ok(ens_fitted_fit(&m->root, m->learner, &a, &err));
    ck_ok(ens__model_finish(m, &err));
    return m;
}

unsigned char *probe_file(size_t *size, const char *recipe)
{
    ens_model *m = probe_model(recipe);
    void *bytes = NULL;
    unsigned char *file;
    ens_error err;

    ck_ok(ens_model_save_bytes(&bytes, size, m, &err));
    file = malloc(*size);
    memcpy(file, bytes, *size);
    ens_bytes_free(bytes);
    ens_model_free(m);
    return file;
}

/* ---- Real models ------------------------------------------------------------------------------------------ */

const real_recipe real_models[N_REAL_MODELS] = {
    {"dummy", ENS_TASK_CLASSIFICATION},
    {"dummy(strategy=median)", ENS_TASK_REGRESSION},
    {"naive_bayes", ENS_TASK_CLASSIFICATION},
    {"bagging(naive_bayes, n_estimators=3)", ENS_TASK_CLASSIFICATION},
    {"bagging(naive_bayes, n_estimators=3, max_features=2)", ENS_TASK_CLASSIFICATION},
    {"tree", ENS_TASK_CLASSIFICATION},
    {"tree", ENS_TASK_REGRESSION},
    {"forest(n_estimators=4)", ENS_TASK_CLASSIFICATION},
    {"forest(n_estimators=4)", ENS_TASK_REGRESSION},
    {"forest(n_estimators=4, quantiles=[0.1, 0.9])", ENS_TASK_REGRESSION},
    {"bagging(tree, n_estimators=3, max_features=2)", ENS_TASK_CLASSIFICATION},
    {"bagging(bagging(tree(max_depth=3), n_estimators=2), n_estimators=2)",
     ENS_TASK_REGRESSION},
    {"isolation(n_estimators=3)", ENS_TASK_CLASSIFICATION},
    {"isolation(n_estimators=3, max_features=2, contamination=0.1)", ENS_TASK_ANOMALY},
    {"adaboost(n_estimators=4)", ENS_TASK_CLASSIFICATION},
    {"adaboost(n_estimators=4)", ENS_TASK_REGRESSION},
    {"boosting(n_estimators=4)", ENS_TASK_CLASSIFICATION},
    {"boosting(n_estimators=4, n_iter_no_change=2)", ENS_TASK_REGRESSION},
    {"boosting(bagging(tree, n_estimators=2), n_estimators=4)", ENS_TASK_CLASSIFICATION},
    {"adaboost(naive_bayes, n_estimators=2, algorithm=samme)", ENS_TASK_CLASSIFICATION},
    {"gbdt(n_estimators=2, max_leaf_nodes=4)", ENS_TASK_CLASSIFICATION},
    {"gbdt(n_estimators=3, min_samples_level=1)", ENS_TASK_REGRESSION},
    {"voting(tree(max_depth=2), dummy, voting=hard)", ENS_TASK_CLASSIFICATION},
    {"stacking(tree(max_depth=2), dummy, cv=2, refit=false)", ENS_TASK_CLASSIFICATION},
    {"stacking(tree(max_depth=2), dummy, cv=2, final_estimator=tree(max_depth=2), passthrough=true)",
     ENS_TASK_REGRESSION},
    {"auto(time_limit=none, max_models=1, cv=2)", ENS_TASK_CLASSIFICATION},
    {"mlp(max_iter=2, hidden_layer_sizes=[3])", ENS_TASK_REGRESSION},
};

/* The target needs all columns but the last; the levels of the first category need more than one word of bits. */
ens_dataset *real_table(ens_task task)
{
    static double x[2][N_ROWS], y[N_ROWS];
    static int32_t code[3][N_ROWS], label[N_ROWS];
    static char name[N_LEVELS][8];
    const char *level[N_LEVELS];
    bool classes = task != ENS_TASK_REGRESSION;
    size_t k = task == ENS_TASK_ANOMALY ? 2 : 3;
    ens__stream s;
    ens_dataset *data = NULL;
    ens_error err;

    ens__stream_init(&s, 1, ENS__FOR_TEST, 0);
    for (size_t l = 0; l < N_LEVELS; l++) {
        snprintf(name[l], sizeof name[l], "l%02zu", l);
        level[l] = name[l];
    }
    for (size_t i = 0; i < N_ROWS; i++) {
        for (size_t j = 0; j < 2; j++)
            x[j][i] = i % 7 == j ? (double)NAN : ens__stream_gaussian(&s);
        code[0][i] = (int32_t)ens__stream_below(&s, N_LEVELS + 1) - 1;
        code[1][i] = (int32_t)ens__stream_below(&s, 4) - 1;
        code[2][i] = -1;
        y[i] = (i % 7 > 1 ? x[0][i] + x[1][i] : 0) + code[0][i] % 5 + code[1][i];
        label[i] = y[i] > 3 ? (int32_t)k - 1 : k == 3 && y[i] > 0;
    }
    ck_ok(ens_dataset_from_columns(
        &data,
        (ens_column[]){
            {.name = "a", .x = x[0]},
            {.name = "b", .x = x[1]},
            {.name = "many", .code = code[0], .levels = level, .n_levels = N_LEVELS},
            {.name = "few", .code = code[1], .levels = level, .n_levels = 3},
            {.name = "none", .code = code[2], .levels = level, .n_levels = 0},
            {.name = "y",
             .role = ENS_TARGET,
             .x = classes ? NULL : y,
             .code = classes ? label : NULL,
             .levels = level,
             .n_levels = classes ? k : 0},
        },
        6, N_ROWS, classes ? ENS_TASK_CLASSIFICATION : task, &err));
    return data;
}

ens_model *real_model(int i, const ens_dataset *data)
{
    ens_learner *learner = NULL;
    ens_model *m = NULL;
    ens_error err;

    ck_ok(ens_learner_parse(&learner, real_models[i].recipe, &err));
    ck_ok(ens_fit(&m, learner, data, NULL, 7, &(ens_exec){.threads = 1}, &err));
    ens_learner_free(learner);
    return m;
}

void *real_file(size_t *size, int i, const ens_dataset *data)
{
    ens_model *m = real_model(i, data);
    void *file = NULL;
    ens_error err;

    ck_ok(ens_model_save_bytes(&file, size, m, &err));
    ens_model_free(m);
    return file;
}

/* ---- Altered files ---------------------------------------------------------------------------------------- */

static void store64(unsigned char *p, uint64_t v)
{
    for (int i = 0; i < 8; i++)
        p[i] = (unsigned char)(v >> 8 * i);
}

static size_t header_length(const unsigned char *file)
{
    size_t n = 0;

    for (int i = 7; i >= 0; i--)
        n = n << 8 | file[i];
    return n;
}

json_t *file_header(const unsigned char *file, size_t size)
{
    json_t *header;

    ck_assert_uint_lt(header_length(file), size);
    header = json_loadb((const char *)file + 8, header_length(file), 0, NULL);
    ck_assert_ptr_nonnull(header);
    return header;
}

void file_sign(unsigned char *file, size_t size)
{
    ens__hash h;

    ens__hash_init(&h);
    ens__hash_add(&h, file, size - 8);
    store64(file + size - 8, ens__hash_value(&h));
}

unsigned char *file_with_header(size_t *size_out, const char *header,
                                const unsigned char *file, size_t size)
{
    size_t n = strlen(header), padded = (n + 8 + 63) / 64 * 64 - 8;
    size_t data = size - 8 - header_length(file);
    unsigned char *out = malloc(8 + padded + data);

    store64(out, padded);
    memset(out + 8, ' ', padded);
    memcpy(out + 8, header, n);
    memcpy(out + 8 + padded, file + size - data, data);
    *size_out = 8 + padded + data;
    file_sign(out, *size_out);
    return out;
}

/* The text with its first `find` replaced; ens__free(). */
static char *text_replace(const char *text, const char *find, const char *replace)
{
    const char *at = strstr(text, find);
    ens__buf b = {0};

    ck_assert_msg(at != NULL, "no \"%s\" in %s", find, text);
    ens__buf_add(&b, text, (size_t)(at - text));
    ens__buf_puts(&b, replace);
    ens__buf_puts(&b, at + strlen(find));
    return b.s;
}

unsigned char *file_replace(size_t *size_out, const unsigned char *file, size_t size,
                            const char *key, const char *find, const char *replace)
{
    json_t *header = file_header(file, size);
    json_t *metadata = json_object_get(header, "__metadata__");
    char *text, *changed = NULL;
    unsigned char *out;

    if (key != NULL) {
        text = text_replace(json_string_value(json_object_get(metadata, key)), find,
                            replace);
        json_object_set_new(metadata, key, json_string(text));
        ens__free(text);
    }
    text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    if (key == NULL)
        changed = text_replace(text, find, replace);
    out = file_with_header(size_out, key == NULL ? changed : text, file, size);
    ens__free(changed);
    free(text);
    return out;
}

const char *scratch_path(const char *name)
{
    static char path[512];

    snprintf(path, sizeof path, "%s/tests/io-%ld-%s", TEST_BUILD, (long)getpid(), name);
    return path;
}
