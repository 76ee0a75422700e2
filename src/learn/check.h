/* check.h - what the conformance checks share: a learner on trial, tables to fit it on, results to compare. */
#ifndef ENS_LEARN_CHECK_H
#define ENS_LEARN_CHECK_H

#include <learn/model.h>

/* ---- A learner on trial for one task ------------------------------------------------------------------- */

#define ENS__TRIAL_SEED 11

/* A recipe fitted once, on a table that suits it. */
typedef struct ens__trial {
    const ens_learner *learner;
    unsigned caps;
    ens_task task;
    char *recipe;      /* printed in full */
    ens_dataset *data;
    ens_model *model;
    double *out;       /* [n][k] its predictions of data */
    size_t n, k;
    ens_error err;
    char problem[ENS_ERROR_MESSAGE_SIZE]; /* what the last check found, "" for nothing */
} ens__trial;

/* Set the problem and return false. */
bool ens__trial_fail(ens__trial *t, const char *fmt, ...) ENS_PRINTF(2, 3);
/* The same with what t->err says. */
bool ens__trial_error(ens__trial *t, const char *call);
/* A call came to st and should have come to `want`, with a message in t->err. */
bool ens__trial_refused(ens__trial *t, const char *call, ens_status st, ens_status want);

/* ---- Tables ---------------------------------------------------------------------------------------------- */

enum { ENS__SHEET_ROWS = 120, ENS__SHEET_NUMBERS = 3, ENS__SHEET_CATEGORIES = 2, ENS__SHEET_LEVELS = 4 };

/* A table in the making: checks change it before they fit it. Numbers are called a, b, c, categories d and e, the
 * weight w, the target y. */
typedef struct ens__sheet {
    size_t n;
    ens_task task;
    size_t numbers, categories, classes; /* how many of each there are */
    bool weighted;
    bool blind;                 /* without target */
    bool reversed;              /* columns in the other order, and one more that no model needs */
    const char *level_name[ENS__SHEET_LEVELS];
    const char *class_name[7];
    double x[ENS__SHEET_NUMBERS][ENS__SHEET_ROWS];
    int32_t code[ENS__SHEET_CATEGORIES][ENS__SHEET_ROWS];
    double w[ENS__SHEET_ROWS];
    double y[ENS__SHEET_ROWS];
    int32_t label[ENS__SHEET_ROWS];
} ens__sheet;

/* The usual table for this trial: features as its caps say, nothing missing, weights of 1 that are left out. For
 * anomalies the target has two classes. */
void ens__sheet_fill(ens__sheet *s, const ens__trial *t);
bool ens__sheet_dataset(ens_dataset **out, ens__trial *t, const ens__sheet *s);

/* ---- Fits and predictions -------------------------------------------------------------------------------- */

/* A table, a model of it, its predictions [n][k] of it. */
typedef struct ens__run {
    ens_dataset *data;
    ens_model *model;
    double *out;
    size_t n;
} ens__run;

/* Fit the learner on a sheet and predict it; the predictions are valid. exec may be NULL. */
bool ens__run_sheet(ens__run *out, ens__trial *t, const ens__sheet *s, uint64_t seed, const ens_exec *exec);
/* The same for a dataset, of which the run holds a reference of its own. */
bool ens__run_data(ens__run *out, ens__trial *t, const ens_dataset *data, uint64_t seed, const ens_exec *exec);
void ens__run_clear(ens__run *r);

/* Fit a sheet, whatever comes of it; *out as ens_fit() leaves it. ENS_EINTERNAL: no table, see t->problem. */
ens_status ens__sheet_fit(ens_model **out, ens__trial *t, const ens__sheet *s);

/* Predictions of a table [n][k], new, all valid; NULL if not. */
double *ens__trial_predict(ens__trial *t, const ens_model *model, const ens_dataset *data, const ens_exec *exec);
/* Finite, for anomalies between 0 and 1, and for classes too, with a sum of 1. */
bool ens__trial_valid(ens__trial *t, const double *out, size_t n, size_t k);
/* A view of rows first, first + step, ... of the trial's own table, n of them, starting anew at its end. */
bool ens__trial_view(ens_dataset **out, ens__trial *t, size_t first, size_t step, size_t n);
/* out[n][k] has the bits of the trial's own predictions of rows first, first + step, ... */
bool ens__trial_same(ens__trial *t, const char *what, const double *out, size_t first, size_t step, size_t n);
/* a[n] and b[n] agree to within rounding. */
bool ens__trial_close(ens__trial *t, const char *what, const double *a, const double *b, size_t n);
/* Two models have the same file. */
bool ens__trial_same_file(ens__trial *t, const char *what, const ens_model *a, const ens_model *b);

/* ---- The checks -------------------------------------------------------------------------------------------- */

typedef struct ens__check {
    const char *name;
    unsigned caps;  /* for learners that have all of these; ENS_CLASSIFIES, ENS_REGRESSES, ENS_DETECTS: for that task */
    unsigned lacks; /* and lack one of these, if there are any */
    bool (*fn)(ens__trial *t);
} ens__check;

/* Each ended by a NULL name. */
extern const ens__check ens__fit_checks[], ens__rows_checks[], ens__predict_checks[], ens__model_checks[];

#endif
