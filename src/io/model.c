/* model.c - saving and loading models, to and from files and memory.
 *
 * What a model remembers goes into the metadata as texts, what its root learned into the tensors of group
 * `model`.  Loading takes them in the same order, and checks each against what is known by then: the
 * schema, the recipe against the schema, and the arrays, by the learners' own read functions, against both. */
#include <config.h>

#include <core/bytes.h>
#include <core/error.h>
#include <core/mem.h>
#include <io/reader.h>
#include <io/schema.h>
#include <io/writer.h>
#include <learn/align.h>
#include <math.h>
#include <string.h>

#define GROUP "model"

/* ---- Saving ------------------------------------------------------------------------------------------- */

static ens_status put_count(ens_writer *w, const char *key, uint64_t v, ens_error *err)
{
    ens__buf b = {0};
    ens_status st;

    ens__buf_printf(&b, "%llu", (unsigned long long)v);
    st = b.failed ? ens__nomem(err) : ens__writer_meta(w, key, b.s, err);
    ens__buf_clear(&b);
    return st;
}

/* Put a text that was just printed with status st; takes it. */
static ens_status put_printed(ens_writer *w, const char *key, char *text, ens_status st,
                              ens_error *err)
{
    if (st == ENS_OK)
        st = ens__writer_meta(w, key, text, err);
    ens__free(text);
    return st;
}

static ens_status put_metadata(ens_writer *w, const ens_model *m, ens_error *err)
{
    char *text = NULL;
    ens_status st;

    if ((st = ens__writer_meta(w, "format", ENS__FORMAT_NAME, err)) != ENS_OK ||
        (st = put_count(w, "format_version", ENS__FORMAT_VERSION, err)) != ENS_OK ||
        (st = ens__writer_meta(w, "library_version", m->library, err)) != ENS_OK)
        return st;
    st = ens_learner_print(&text, m->learner, ENS_PRINT_FULL, err);
    if ((st = put_printed(w, "recipe", text, st, err)) != ENS_OK)
        return st;
    st = ens__schema_print(&text, &m->schema, err);
    if ((st = put_printed(w, "schema", text, st, err)) != ENS_OK)
        return st;
    st = ens__classes_print(&text, &m->schema, err);
    if ((st = put_printed(w, "classes", text, st, err)) != ENS_OK)
        return st;
    if ((st = put_count(w, "seed", m->seed, err)) != ENS_OK ||
        (st = put_count(w, "n_train", m->n_train, err)) != ENS_OK ||
        (m->fingerprint != 0 &&
         (st = put_count(w, "fingerprint", m->fingerprint, err)) != ENS_OK))
        return st;
    st = ens__scores_print(&text, m, err);
    return put_printed(w, "scores", text, st, err);
}

/* A writer that holds all of the model, laid out; *size is the file's. */
static ens_status collect(ens_writer **out, size_t *size, const ens_model *m,
                          ens_error *err)
{
    ens_writer *w = NULL;
    ens_status st;

    *out = NULL;
    if ((st = ens__writer_new(&w, err)) == ENS_OK &&
        (st = put_metadata(w, m, err)) == ENS_OK &&
        (st = ens_writer_push(w, GROUP, err)) == ENS_OK &&
        (st = m->root.type->write(m->root.state, w, err)) == ENS_OK &&
        (st = ens__writer_finish(size, w, err)) == ENS_OK) {
        *out = w;
        return ENS_OK;
    }
    ens__writer_free(w);
    return st;
}

static ens_status put_file(void *ctx, const void *data, size_t n, ens_error *err)
{
    return ens__sink_write(ctx, data, n, err);
}

ens_status ens_model_save(const ens_model *m, const char *path, ens_error *err)
{
    ens_writer *w = NULL;
    ens__sink *sink = NULL;
    size_t size;
    ens_status st;

    if (m == NULL || path == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_model_save: %s is NULL",
                         m == NULL ? "model" : "path");
    if ((st = collect(&w, &size, m, err)) != ENS_OK ||
        (st = ens__sink_open(&sink, path, err)) != ENS_OK ||
        (st = ens__writer_emit(w, put_file, sink, err)) != ENS_OK)
        goto done;
    st = ens__sink_close(sink, err);
    sink = NULL;
done:
    ens__sink_abort(sink);
    ens__writer_free(w);
    return st;
}

static ens_status put_memory(void *ctx, const void *data, size_t n, ens_error *err)
{
    unsigned char **at = ctx;

    (void)err;
    memcpy(*at, data, n);
    *at += n;
    return ENS_OK;
}

ens_status ens_model_save_bytes(void **bytes, size_t *size, const ens_model *m,
                                ens_error *err)
{
    ens_writer *w = NULL;
    unsigned char *file = NULL, *at;
    ens_status st;

    *bytes = NULL;
    *size = 0;
    if (m == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_model_save_bytes: model is NULL");
    if ((st = collect(&w, size, m, err)) != ENS_OK)
        goto done;
    if ((file = ens__aligned(*size, 1)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    at = file;
    if ((st = ens__writer_emit(w, put_memory, &at, err)) == ENS_OK) {
        *bytes = file;
        file = NULL;
    }
done:
    if (st != ENS_OK)
        *size = 0;
    ens__free(file);
    ens__writer_free(w);
    return st;
}

void ens_bytes_free(void *bytes)
{
    ens__free(bytes);
}

/* ---- Loading: metadata ---------------------------------------------------------------------------------- */

static ens_status get_count(uint64_t *out, const ens_reader *r, const char *key,
                            ens_error *err)
{
    const char *text;
    uint64_t v = 0;
    ens_status st = ens__reader_meta(&text, r, key, err);

    if (st != ENS_OK)
        return st;
    for (const char *s = text; *s != 0 || s == text; s++) {
        unsigned digit = (unsigned)(*s - '0');

        if (digit > 9 || v > (UINT64_MAX - digit) / 10)
            return ens__fail(err, ENS_EFORMAT, "%s is not a count of at most 64 bits",
                             key);
        v = v * 10 + digit;
    }
    *out = v;
    return ENS_OK;
}

static ens_status get_recipe(ens_model *m, const ens_reader *r, ens_error *err)
{
    const char *text;
    ens_status st;

    if ((st = ens__reader_meta(&text, r, "recipe", err)) != ENS_OK ||
        (st = ens_learner_parse(&m->learner, text, err)) == ENS_OK)
        return st;
    if (st == ENS_ENAME)
        ens__error_prefix(err,
                          "recipe (learner types of your own must be registered before "
                          "loading)");
    else
        ens__error_prefix(err, "recipe");
    if (st == ENS_EPARSE || st == ENS_ERANGE)
        st = ENS_EFORMAT;
    if (err != NULL) {
        err->code = st;
        err->line = err->column =
            0; /* of the recipe, not of a text that the caller has */
    }
    return st;
}

static ens_status get_metadata(ens_model *m, const ens_reader *r, ens_error *err)
{
    const char *text;
    uint64_t n_train;
    ens_status st;

    if ((st = ens__reader_meta(&text, r, "library_version", err)) != ENS_OK)
        return st;
    if ((m->library = ens__strdup(text)) == NULL)
        return ens__nomem(err);
    if ((st = ens__reader_meta(&text, r, "schema", err)) != ENS_OK ||
        (st = ens__schema_parse(&m->schema, text, err)) != ENS_OK ||
        (st = ens__reader_meta(&text, r, "classes", err)) != ENS_OK ||
        (st = ens__classes_parse(&m->schema, text, err)) != ENS_OK ||
        (st = ens__reader_meta(&text, r, "scores", err)) != ENS_OK ||
        (st = ens__scores_parse(m, text, err)) != ENS_OK ||
        (st = get_count(&m->seed, r, "seed", err)) != ENS_OK ||
        (st = get_count(&n_train, r, "n_train", err)) != ENS_OK)
        return st;
    if (n_train > SIZE_MAX)
        return ens__fail(err, ENS_EFORMAT, "n_train is larger than memory");
    m->n_train = (size_t)n_train;
    /* Optional: models may come of rows that cannot be known again. */
    if (ens__reader_meta(&text, r, "fingerprint", NULL) == ENS_OK &&
        (st = get_count(&m->fingerprint, r, "fingerprint", err)) != ENS_OK)
        return st;
    return get_recipe(m, r, err);
}

/* ---- Loading: the fitted root ----------------------------------------------------------------------------- */

/* The model's features as read functions and checks see them: kinds, names and levels, no values. */
static ens_feature *features_of(const ens__schema *s)
{
    static const double number;
    static const int32_t code;
    ens_feature *feature = ens__zeros(s->p, sizeof *feature);

    for (size_t j = 0; feature != NULL && j < s->p; j++) {
        const ens__schema_feature *f = &s->feature[j];

        feature[j] = (ens_feature){
            .name = f->name, .n_levels = (uint32_t)f->levels.n, .levels = &f->levels};
        if (f->type == ENS_NUMERIC)
            feature[j].x = &number;
        else
            feature[j].code = &code;
    }
    return feature;
}

/* What ens_fit() would have refused is no model. */
static ens_status check_recipe(const ens_model *m, const ens_feature *feature,
                               ens_error *err)
{
    bool classifies = m->schema.task == ENS_TASK_CLASSIFICATION;
    unsigned caps = ens__learner_caps(m->learner);
    ens_rows rows = {.feature = feature, .p = m->schema.p};

    if (!ens_learner_suits(m->learner, m->schema.task))
        return ens__fail(err, ENS_EFORMAT, "%s is not for %s", m->learner->type->name,
                         classifies                                  ? "classification"
                         : m->schema.task == ENS_TASK_REGRESSION ? "regression"
                                                                     : "anomalies");
    if (m->schema.offset != NULL && (caps & ENS_TAKES_OFFSET) == 0)
        return ens__fail(err, ENS_EFORMAT, "%s takes no offset", m->learner->type->name);
    if (classifies && m->schema.k < 2 && (caps & ENS_TAKES_ONE_CLASS) == 0)
        return ens__fail(err, ENS_EFORMAT, "%s has one class only",
                         m->learner->type->name);
    if (ens__check_features(m->learner, caps, &rows, err) != ENS_OK) {
        if (err != NULL)
            err->code = ENS_EFORMAT;
        return ENS_EFORMAT;
    }
    return ENS_OK;
}

static ens_status get_root(ens_model *m, ens_reader *r, ens_error *err)
{
    const ens_learner_type *type = m->learner->type;
    ens_feature *feature = features_of(&m->schema);
    ens_read_args a = {m->learner, feature, m->schema.p, m->schema.task, m->schema.k, r};
    void *state = NULL;
    ens_status st;

    if (feature == NULL)
        return ens__nomem(err);
    if ((st = check_recipe(m, feature, err)) == ENS_OK &&
        (st = ens_reader_push(r, GROUP, err)) == ENS_OK &&
        (st = type->read(&state, &a, err)) == ENS_OK) {
        m->root = (ens_fitted){type, state};
        st = ens__reader_finish(r, err);
    }
    ens__free(feature);
    return st;
}

/* A model of the bytes of a file; messages do not name it. */
static ens_status read_model(ens_model **out, const void *data, size_t size,
                             ens_error *err)
{
    ens_reader *r = NULL;
    ens_model *m = NULL;
    ens_status st;

    if ((st = ens__reader_open(&r, data, size, err)) != ENS_OK)
        goto done;
    if ((m = ens__model_new()) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    if ((st = get_metadata(m, r, err)) != ENS_OK ||
        (st = get_root(m, r, err)) != ENS_OK ||
        (st = ens__model_finish(m, err)) != ENS_OK)
        goto done;
    *out = m;
    m = NULL;
done:
    ens_model_free(m);
    ens__reader_free(r);
    return st;
}

ens_status ens_model_load(ens_model **out, const char *path, ens_error *err)
{
    ens__bytes file = {0};
    ens_status st;

    *out = NULL;
    if (path == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_model_load: path is NULL");
    if ((st = ens__bytes_load(&file, path, 0, err)) != ENS_OK)
        return st;
    if ((st = read_model(out, file.data, file.size, err)) != ENS_OK)
        ens__error_prefix(err, "%s", path);
    ens__bytes_clear(&file);
    return st;
}

ens_status ens_model_load_bytes(ens_model **out, const void *bytes, size_t size,
                                ens_error *err)
{
    ens_status st;

    *out = NULL;
    if (bytes == NULL)
        return ens__fail(err, ENS_EINVAL, "ens_model_load_bytes: bytes is NULL");
    if ((st = read_model(out, bytes, size, err)) != ENS_OK)
        ens__error_prefix(err, "model");
    return st;
}
