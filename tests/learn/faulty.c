/* faulty.c - a learner type with one fault at a time, for the conformance suite to find.
 *
 * Without a fault it is a whole learner: a stump that splits the first feature at 0 and smooths both sides. */
#include <config.h>

#include "learn/faulty.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static fault now;
static int calls;

enum { SIDES = 2, MOST = 8 };

typedef struct stump {
    size_t k, p;
    double out[SIDES][MOST];
    const double *table; /* of the fault that keeps it */
} stump;

typedef struct stump_params {
    double smooth;
} stump_params;

static const ens_param stump_table[] = {ENS_ROW(ENS_PARAM_REAL, stump_params, smooth,
                                                "0.5", 1e-6, 10, "", "",
                                                "rows of every class that are added"),
                                        ENS_PARAM_LAST};

static size_t side_of(const ens_feature *f, uint32_t row)
{
    return f->x != NULL ? f->x[row] > 0 : f->code[row] > 0; /* a gap is on the left */
}

static double weight_of(const ens_fit_args *a, size_t i)
{
    if (now == FIT_IGNORES_WEIGHTS)
        return a->count != NULL ? a->count[i] : 1;
    if (now == FIT_IGNORES_COUNTS)
        return a->w != NULL ? a->w[a->rows.row[i]] : 1;
    return ens_fit_weight(a, i);
}

static void add_rows(stump *s, const ens_fit_args *a, double smooth)
{
    double total[SIDES] = {0}, mean = 0, all = 0;
    size_t k = a->k;

    for (size_t i = 0; i < a->rows.n; i++) {
        uint32_t r = a->rows.row[i];
        size_t side = side_of(&a->rows.feature[0], r);
        double w = weight_of(a, i), y = a->y != NULL ? a->y[r] : 0;

        y = now == FIT_SCALES_TARGETS ? y * y * y * y : y;
        total[side] += w;
        all += w;
        mean += w * y;
        s->out[side][a->label != NULL ? a->label[r] : 0] += a->label != NULL ? w : w * y;
    }
    smooth = now == FIT_COUNTS_ZERO_DIVIDES ? 0 : smooth;
    for (size_t side = 0; side < SIDES; side++)
        for (size_t c = 0; c < k; c++) {
            double prior = a->label != NULL ? smooth : smooth * mean / all;

            s->out[side][c] = (s->out[side][c] + prior) /
                              (total[side] + smooth * (a->label != NULL ? (double)k : 1));
        }
}

/* What a fault does to a fit that is done. */
static void spoil(stump *s, const ens_fit_args *a)
{
    const double *x = a->rows.feature[0].x;
    double shift = 0;

    if (now == FIT_COUNTS_ITS_CALLS)
        shift = 1e-7 * ++calls;
    if (now == FIT_HEEDS_THREADS)
        shift = 1e-7 * (a->exec != NULL ? a->exec->threads : 0);
    for (size_t i = 0; now == FIT_OVERFLOWS && i < a->rows.n; i++)
        shift += x[a->rows.row[i]] * x[a->rows.row[i]] * 1e-9;
    if (a->k > 1)
        s->out[0][1] -= shift;
    s->out[0][0] += shift;
    if (now == FIT_KEEPS_THE_TABLE)
        s->table = x;
    if (now == FIT_WRITES_TO_THE_TABLE)
        ((double *)(uintptr_t)x)[a->rows.row[0]] = 1;
}

static ens_go ask(const ens_fit_args *a)
{
    ens_progress p = {"fitting a stump", 1, 1, 0};

    return a->exec != NULL && a->exec->progress != NULL
               ? a->exec->progress(&p, a->exec->progress_ctx)
               : ENS_GO;
}

static ens_status stump_fit(void **out, const void *params, const ens_fit_args *a,
                            ens_error *err)
{
    stump *s;

    if (ask(a) == ENS_CANCEL && now != FIT_IGNORES_CANCEL) {
        if (err != NULL)
            *err = (ens_error){.code = ENS_ECANCELED, .message = "canceled"};
        return ENS_ECANCELED;
    }
    if (now == FIT_WANTS_MANY_ROWS && a->rows.n < 5)
        return ENS_EDATA;
    if ((s = calloc(1, sizeof *s)) == NULL)
        abort();
    s->k = a->k;
    s->p = a->rows.p;
    add_rows(s, a, ((const stump_params *)params)->smooth);
    spoil(s, a);
    *out = s;
    return ENS_OK;
}

static void stump_predict(const void *fit, const ens_rows *rows, double *out,
                          void *scratch)
{
    const stump *s = fit;
    unsigned char *memory = scratch;

    for (size_t i = 0; i < rows->n; i++) {
        uint32_t r = rows->row[i];
        size_t side = side_of(&rows->feature[0], r);

        if (now == PREDICT_HEEDS_POSITION && i == 0)
            side = 0;
        memcpy(out + i * s->k, s->out[side], s->k * sizeof *out);
        if (now == FIT_KEEPS_THE_TABLE && rows->feature[0].x != s->table)
            out[i * s->k] = 0.5;
        if (now == PREDICT_SPREADS_GAPS && isnan(rows->feature[0].x[r]))
            out[i * s->k] = NAN;
        if (now == PREDICT_SUMS_TO_TWO)
            out[i * s->k] += 1;
    }
    if (now == PREDICT_REMEMBERS && rows->n > 0 && calls++ % 2 == 1)
        memcpy(out, s->out[!side_of(&rows->feature[0], rows->row[0])],
               s->k * sizeof *out);
    if (now == PREDICT_LEAVES_OUT_THE_LAST && rows->n > 0)
        out[rows->n * s->k - 1] = NAN;
    if (now == PREDICT_WRITES_PAST_SCRATCH)
        memory[32] = 1;
}

/* Not a multiple of 64, to which predictions round it up: the fault that writes past it harms nobody else. */
static size_t stump_scratch(const void *fit)
{
    (void)fit;
    return 32;
}

static ens_status stump_write(const void *fit, ens_writer *w, ens_error *err)
{
    const stump *s = fit;
    size_t shape[2] = {SIDES, s->k}, at = 0;
    void *buffer;
    ens_status st = ens_writer_buffer(&buffer, w, "out", ENS_F64, 2, shape, err);

    for (size_t side = 0; st == ENS_OK && side < SIDES; side++)
        for (size_t c = 0; c < s->k; c++)
            ((double *)buffer)[at++] = s->out[side][c];
    if (st == ENS_OK && now == WRITE_DROPS_A_NUMBER)
        ((double *)buffer)[0] = 0.125;
    return st;
}

static ens_status stump_read(void **out, const ens_read_args *a, ens_error *err)
{
    const void *data;
    size_t shape[2], at = 0;
    stump *s;
    ens_status st = ens_reader_array(&data, shape, a->reader, "out", ENS_F64, 2, err);

    if (st != ENS_OK)
        return st;
    if (shape[0] != SIDES || shape[1] != a->k || a->k > MOST)
        return ens_reader_bad(a->reader, err, "%zu x %zu outputs", shape[0], shape[1]);
    if ((s = calloc(1, sizeof *s)) == NULL)
        abort();
    s->k = a->k;
    s->p = a->p;
    for (size_t side = 0; side < SIDES; side++)
        for (size_t c = 0; c < s->k; c++)
            s->out[side][c] = ((const double *)data)[at++];
    if (now == READ_ALTERS)
        s->out[1][0] += 1e-12;
    *out = s;
    return ENS_OK;
}

static ens_status stump_describe(const void *fit,
                                 ens_status (*add)(void *ctx, const char *line),
                                 void *ctx, ens_error *err)
{
    (void)fit;
    (void)err;
    return add(ctx, now == DESCRIBE_IN_PROSE ? "a stump" : "sides: 2\n");
}

static ens_status stump_importance(const void *fit, double *out, ens_error *err)
{
    const stump *s = fit;

    (void)err;
    out[0] += now == IMPORTANCE_NEGATIVE ? -1 : 1;
    out[s->p - 1] += now == IMPORTANCE_NEGATIVE ? 2 : 0;
    return ENS_OK;
}

static const double *stump_oob(const void *fit)
{
    static double oob[4096];

    (void)fit;
    for (size_t i = 0; i < sizeof oob / sizeof *oob; i++)
        oob[i] = 1;
    return now == OOB_IMPOSSIBLE ? oob : NULL;
}

/* As an ensemble it has one member, itself, which it lends to nobody. */
static const ens_learner_type inner = {.abi = ENS_EXT_ABI, .name = "stump", .predict = stump_predict};

static size_t stump_members(const void *fit)
{
    (void)fit;
    return 1;
}

static void stump_member(ens_part *out, const void *fit, size_t t)
{
    static const uint32_t too_much[] = {99};

    (void)t;
    *out = (ens_part){{&inner, (void *)(uintptr_t)fit}, NULL, ((const stump *)fit)->p};
    if (now == MEMBER_SEES_TOO_MUCH)
        *out = (ens_part){out->fitted, too_much, 1};
}

/* Every row but the first. */
static ens_status stump_in_bag(uint32_t *count, const void *params, const ens_fit_args *a, size_t t,
                               ens_error *err)
{
    (void)params;
    (void)t;
    (void)err;
    for (size_t i = 0; i < a->rows.n; i++)
        count[i] = now != BAG_IS_EMPTY && i > 0;
    if (now == BAG_IS_DRAWN_ANEW)
        count[0] = (uint32_t)(calls++ % 2);
    return ENS_OK;
}

/* A larger `smooth` needs a fit from the start. */
static ens_status stump_extend(void **out, const void *from, const void *params,
                               const ens_fit_args *a, ens_error *err)
{
    stump *s;

    if (now != EXTEND_ADDS_NOTHING)
        return stump_fit(out, params, a, err);
    if ((s = calloc(1, sizeof *s)) == NULL)
        abort();
    *s = *(const stump *)from;
    *out = s;
    return ENS_OK;
}

static ens_learner_type type = {
    .abi = ENS_EXT_ABI,
    .name = "faulty",
    .help = "a stump with a fault",
    .caps = FAULTY_CAPS,
    .params = stump_table,
    .params_size = sizeof(stump_params),
    .fit = stump_fit,
    .predict = stump_predict,
    .scratch_size = stump_scratch,
    .write = stump_write,
    .read = stump_read,
    .free = free,
    .importance = stump_importance,
    .oob = stump_oob,
    .describe = stump_describe,
    .n_members = stump_members,
    .member = stump_member,
    .in_bag = stump_in_bag,
    .extend = stump_extend,
    .grows = "smooth",
};

void faulty_register(void)
{
    static int done;

    if (!done++)
        ens_learner_type_register(&type, NULL);
}

void faulty_set(fault f)
{
    now = f;
    calls = 0;
}

void faulty_set_caps(unsigned caps)
{
    type.caps = caps;
}
