/* generate.c - synthetic tables whose truth is known.
 *
 * friedman1 to 3: Friedman (1991), with Breiman's (1996) ranges and noise; hastie_10_2: Hastie, Tibshirani and
 * Friedman (2009), example 10.2; clusters.c has the classification problem of Guyon (2003).
 *
 * Each column, and each other thing that is drawn, has a stream of its own, so that more columns or more
 * noise leave the rest as it was. */
#include <config.h>

#include <core/error.h>
#include <core/mem.h>
#include <core/param.h>
#include <data/dataset.h>
#include <data/generate.h>
#include <math.h>
#include <num/sample.h>
#include <stdio.h>

typedef struct generator {
    const char *name, *help;
    const ens_param *params;
    size_t p; /* features; 0: a parameter */
    ens_task task;
    ens_status (*check)(const ens__gen_params *g, ens_error *err); /* may be NULL */
    ens_status (*fill)(const ens__sheet *s, const ens__gen_params *g, ens_error *err);
} generator;

ens__stream ens__column_stream(const ens__sheet *s, size_t j)
{
    ens__stream r;

    ens__stream_init(&r, s->seed, ENS__FOR_GENERATE, j);
    return r;
}

ens__stream ens__other_stream(const ens__sheet *s, unsigned which, size_t part)
{
    ens__stream r;

    ens__stream_init(&r, s->seed, ENS__FOR_GENERATE, ((uint64_t)which + 1) << 40 | part);
    return r;
}

static void fill_uniform(const ens__sheet *s, size_t j, double low, double high)
{
    ens__stream r = ens__column_stream(s, j);

    for (size_t i = 0; i < s->n; i++)
        s->x[j][i] = low + (high - low) * ens__stream_uniform(&r);
}

void ens__fill_gaussian(const ens__sheet *s, size_t j)
{
    ens__stream r = ens__column_stream(s, j);

    for (size_t i = 0; i < s->n; i++)
        s->x[j][i] = ens__stream_gaussian(&r);
}

static void add_noise(double *v, const ens__sheet *s, size_t part, double sd)
{
    ens__stream r = ens__other_stream(s, ENS__STREAM_NOISE, part);

    for (size_t i = 0; sd > 0 && i < s->n; i++)
        v[i] += sd * ens__stream_gaussian(&r);
}

void ens__flip_classes(const ens__sheet *s, double probability, uint32_t n_classes)
{
    ens__stream r = ens__other_stream(s, ENS__STREAM_FLIP, 0);

    for (size_t i = 0; probability > 0 && i < s->n; i++) {
        double u = ens__stream_uniform(&r);
        uint32_t c = ens__stream_below(&r, n_classes);

        if (u < probability)
            s->y[i] = c;
    }
}

/* ---- Regression ---- */

static ens_status fill_friedman1(const ens__sheet *s, const ens__gen_params *g,
                                 ens_error *err)
{
    double *const *x = s->x;

    (void)err;
    for (size_t j = 0; j < s->p; j++)
        fill_uniform(s, j, 0, 1);
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = 10 * sin(M_PI * x[0][i] * x[1][i]) +
                  20 * (x[2][i] - 0.5) * (x[2][i] - 0.5) + 10 * x[3][i] + 5 * x[4][i];
    add_noise(s->y, s, 0, g->noise);
    return ENS_OK;
}

/* The electrical circuit of friedman2 and 3: resistance, frequency, inductance, capacity. */
static void fill_circuit(const ens__sheet *s)
{
    fill_uniform(s, 0, 0, 100);
    fill_uniform(s, 1, 40 * M_PI, 560 * M_PI);
    fill_uniform(s, 2, 0, 1);
    fill_uniform(s, 3, 1, 11);
}

static double reactance(const ens__sheet *s, size_t i)
{
    return s->x[1][i] * s->x[2][i] - 1 / (s->x[1][i] * s->x[3][i]);
}

static ens_status fill_friedman2(const ens__sheet *s, const ens__gen_params *g,
                                 ens_error *err)
{
    (void)err;
    fill_circuit(s);
    for (size_t i = 0; i < s->n; i++) {
        double r = reactance(s, i);

        s->y[i] = sqrt(s->x[0][i] * s->x[0][i] + r * r);
    }
    add_noise(s->y, s, 0, g->noise);
    return ENS_OK;
}

static ens_status fill_friedman3(const ens__sheet *s, const ens__gen_params *g,
                                 ens_error *err)
{
    (void)err;
    fill_circuit(s);
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = atan(reactance(s, i) / s->x[0][i]);
    add_noise(s->y, s, 0, g->noise);
    return ENS_OK;
}

/* ---- Two classes ---- */

static ens_status fill_hastie(const ens__sheet *s, const ens__gen_params *g,
                              ens_error *err)
{
    (void)g, (void)err;
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = 0;
    for (size_t j = 0; j < s->p; j++) {
        ens__fill_gaussian(s, j);
        for (size_t i = 0; i < s->n; i++)
            s->y[i] += s->x[j][i] * s->x[j][i];
    }
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = s->y[i] > 9.34 ? 1 : -1; /* the median of chi-square with 10 degrees */
    return ENS_OK;
}

static ens_status fill_moons(const ens__sheet *s, const ens__gen_params *g,
                             ens_error *err)
{
    ens__stream r = ens__other_stream(s, ENS__STREAM_ROWS, 0);

    (void)err;
    for (size_t i = 0; i < s->n; i++) {
        double angle = M_PI * ens__stream_uniform(&r);

        s->y[i] = (double)(i % 2);
        s->x[0][i] = i % 2 == 0 ? cos(angle) : 1 - cos(angle);
        s->x[1][i] = i % 2 == 0 ? sin(angle) : 0.5 - sin(angle);
    }
    add_noise(s->x[0], s, 0, g->noise);
    add_noise(s->x[1], s, 1, g->noise);
    return ENS_OK;
}

static ens_status fill_checkerboard(const ens__sheet *s, const ens__gen_params *g,
                                    ens_error *err)
{
    double cells = (double)g->cells;

    (void)err;
    for (size_t j = 0; j < s->p; j++)
        fill_uniform(s, j, 0, 1);
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = fmod(floor(s->x[0][i] * cells) + floor(s->x[1][i] * cells), 2);
    ens__flip_classes(s, g->flip_y, 2);
    return ENS_OK;
}

/* Rows are gaussian but for a share of them, drawn at random, which are uniform in a box of six deviations. */
static ens_status fill_outliers(const ens__sheet *s, const ens__gen_params *g,
                                ens_error *err)
{
    size_t m = (size_t)(g->share * (double)s->n + 0.5);
    uint32_t *row = ens__array(m, sizeof *row);
    ens__stream r = ens__other_stream(s, ENS__STREAM_ROWS, 0);

    if (row == NULL)
        return ens__nomem(err);
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = 0;
    ens__sample_choose(row, m, s->n, &r);
    for (size_t i = 0; i < m; i++)
        s->y[row[i]] = 1;
    for (size_t j = 0; j < s->p; j++) {
        ens__stream box = ens__other_stream(s, ENS__STREAM_NOISE, j);

        ens__fill_gaussian(s, j);
        for (size_t i = 0; i < m; i++)
            s->x[j][row[i]] = 12 * ens__stream_uniform(&box) - 6;
    }
    ens__free(row);
    return ENS_OK;
}

/* ---- What there is ---- */

#define GEN_INT(field, def, min, max, aliases, help)                                     \
    ENS_ROW(ENS_PARAM_INT, ens__gen_params, field, def, min, max, "", aliases, help)
#define GEN_REAL(field, def, max, help)                                                  \
    ENS_ROW(ENS_PARAM_REAL, ens__gen_params, field, def, 0, max, "", "", help)
#define GEN_N(def)      GEN_INT(n, def, 1, UINT32_MAX, "n_samples", "rows")
#define GEN_P(def, min) GEN_INT(p, def, min, 1e6, "n_features", "features")
#define GEN_NOISE(def)  GEN_REAL(noise, def, 1e9, "standard deviation of the noise")
#define GEN_FLIP(def)                                                                    \
    GEN_REAL(flip_y, def, 1, "share of rows whose class is drawn at random")

static const ens_param friedman1_params[] = {GEN_N("1000"), GEN_P("10", 5),
                                             GEN_NOISE("1"), ENS_PARAM_LAST};
static const ens_param friedman2_params[] = {GEN_N("1000"), GEN_NOISE("125"),
                                             ENS_PARAM_LAST};
static const ens_param friedman3_params[] = {GEN_N("1000"), GEN_NOISE("0.1"),
                                             ENS_PARAM_LAST};
static const ens_param hastie_params[] = {GEN_N("12000"), ENS_PARAM_LAST};
static const ens_param moons_params[] = {GEN_N("1000"), GEN_NOISE("0.1"), ENS_PARAM_LAST};
static const ens_param checkerboard_params[] = {
    GEN_N("1000"),  GEN_INT(cells, "4", 1, 1e6, "", "cells along each side"),
    GEN_P("2", 2),  GEN_FLIP("0"),
    ENS_PARAM_LAST,
};
static const ens_param outliers_params[] = {
    GEN_N("1000"), GEN_P("10", 1),
    GEN_REAL(share, "0.05", 0.5, "part of the rows that are outliers"), ENS_PARAM_LAST};
static const ens_param classification_params[] = {
    GEN_N("1000"),
    GEN_P("20", 1),
    GEN_INT(informative, "5", 1, 1000, "n_informative", "features that tell the classes"),
    GEN_INT(redundant, "2", 0, 1e6, "n_redundant", "linear combinations of these"),
    GEN_INT(classes, "2", 2, 1000, "n_classes", "classes"),
    GEN_INT(clusters_per_class, "2", 1, 100, "n_clusters_per_class",
            "clusters of each class"),
    GEN_REAL(class_sep, "1", 1e9, "distance of the clusters from the axes"),
    GEN_FLIP("0.01"),
    ENS_ROW(ENS_PARAM_BOOL, ens__gen_params, shuffle, "false", 0, 1, "", "",
            "put the features in random order; else informative, redundant, noise"),
    ENS_PARAM_LAST,
};

static const generator generators[] = {
    {"friedman1", "sine, square and two slopes in five of p features (regression)",
     friedman1_params, 0, ENS_TASK_REGRESSION, NULL, fill_friedman1},
    {"friedman2", "impedance of a circuit of four parts (regression)", friedman2_params,
     4, ENS_TASK_REGRESSION, NULL, fill_friedman2},
    {"friedman3", "phase of a circuit of four parts (regression)", friedman3_params, 4,
     ENS_TASK_REGRESSION, NULL, fill_friedman3},
    {"hastie_10_2", "inside and outside of a ball in ten dimensions (2 classes)",
     hastie_params, 10, ENS_TASK_CLASSIFICATION, NULL, fill_hastie},
    {"moons", "two half circles that reach into each other (2 classes)", moons_params, 2,
     ENS_TASK_CLASSIFICATION, NULL, fill_moons},
    {"checkerboard", "black and white cells in the first two of p features (2 classes)",
     checkerboard_params, 0, ENS_TASK_CLASSIFICATION, NULL, fill_checkerboard},
    {"classification", "gaussian clusters on the vertices of a hypercube (k classes)",
     classification_params, 0, ENS_TASK_CLASSIFICATION, ens__check_classification,
     ens__fill_classification},
    {"outliers", "a gaussian cloud and rows far from it (2 classes: 1 is an outlier)",
     outliers_params, 0, ENS_TASK_CLASSIFICATION, NULL, fill_outliers},
};

#define N_GENERATORS (sizeof generators / sizeof *generators)

const char *ens_generator_name(size_t i)
{
    return i < N_GENERATORS ? generators[i].name : NULL;
}

const char *ens_generator_help(size_t i)
{
    return i < N_GENERATORS ? generators[i].help : NULL;
}

static const char *family_name(const void *ctx, size_t i)
{
    (void)ctx;
    return ens_generator_name(i);
}

static const ens_param *family_table(const void *ctx, size_t i)
{
    (void)ctx;
    return generators[i].params;
}

/* ---- Making the table ---- */

/* Names and memory of p features and the target. */
static ens_status new_columns(ens__table **out, size_t n, size_t p, ens_error *err)
{
    ens__table *t = ens__table_new(n, p + 1);
    ens_status st = t != NULL ? ENS_OK : ens__nomem(err);

    for (size_t c = 0; st == ENS_OK && c <= p; c++) {
        ens__column *column = &t->column[c];
        char name[24];

        snprintf(name, sizeof name, c < p ? "x%zu" : "y", c);
        column->name = ens__strdup(name);
        column->role = c < p ? ENS_FEATURE : ENS_TARGET;
        column->type = ENS_NUMERIC;
        column->x = ens__array(n, sizeof *column->x);
        if (column->name == NULL || column->x == NULL)
            st = ens__nomem(err);
    }
    if (st != ENS_OK) {
        ens__table_free(t);
        t = NULL;
    }
    *out = t;
    return st;
}

ens_status ens_generate(ens_dataset **out, const char *spec, uint64_t seed,
                        ens_error *err)
{
    static const ens__family family = {"generator", family_name, family_table, NULL};
    ens__gen_params g = {0};
    ens__table *t = NULL;
    ens__sheet s = {.seed = seed};
    size_t which;
    ens_status st;

    *out = NULL;
    if ((st = ens__family_parse(&which, &g, &family, spec, err)) != ENS_OK)
        return st;
    const generator *make = &generators[which];
    if (make->check != NULL && (st = make->check(&g, err)) != ENS_OK)
        goto done;
    s.n = (size_t)g.n;
    s.p = make->p != 0 ? make->p : (size_t)g.p;
    if ((st = new_columns(&t, s.n, s.p, err)) != ENS_OK)
        goto done;
    if ((s.x = ens__array(s.p, sizeof *s.x)) == NULL) {
        st = ens__nomem(err);
        goto done;
    }
    for (size_t j = 0; j < s.p; j++)
        s.x[j] = t->column[j].x;
    s.y = t->column[s.p].x;
    if ((st = make->fill(&s, &g, err)) != ENS_OK)
        goto done;
    for (size_t j = 0; j < s.p; j++)
        t->column[j].x = s.x[j];
    st = ens__dataset_of_table(out, t, make->task, NULL, err);
    t = NULL; /* taken, also on failure */
done:
    ens__free(s.x);
    ens__table_free(t);
    return st;
}
