/* model.h - inside of ens_model. */
#ifndef ENS_LEARN_MODEL_H
#define ENS_LEARN_MODEL_H

#include <data/dataset.h>
#include <learn/learner.h>

/* What a model knows of a feature. */
typedef struct ens__schema_feature {
    char *name;
    ens_type type;
    ens__levels levels; /* categorical */
    size_t n_missing;   /* in training */
} ens__schema_feature;

typedef struct ens__schema {
    ens__schema_feature *feature; /* [p] */
    size_t p;
    char *target; /* NULL: anomalies, without a target of two classes */
    char *offset; /* NULL: fitted without */
    ens_task task;
    size_t k;            /* classes, or 1 */
    ens__levels classes; /* [k] for classification; of anomalies [2], or none without target */
    size_t anomaly;      /* which of these is the anomaly */
} ens__schema;

struct ens_model {
    ens__schema schema;
    ens_learner *learner;
    uint64_t seed;
    size_t n_train;
    uint64_t fingerprint; /* of the rows of the fit, as ens__plan_fingerprint() has it; 0: unknown */
    char *library;    /* version that fitted it */
    ens_score *score; /* [n_scores], strings owned */
    size_t n_scores;
    ens_fitted root;
    /* Made by ens__model_finish(). */
    size_t scratch;          /* bytes that root's predict needs */
    ens_csv_type *csv_types; /* [p + 1] */
    int takes_missing;        /* numbers */
    int takes_missing_levels; /* categories */
};

ens_model *ens__model_new(void); /* zeroed; NULL: no memory. ens_model_free() takes one in any state. */
ens_status ens__model_finish(ens_model *model, ens_error *err);
ens_status ens__model_add_score(ens_model *model, const char *kind, const char *name, double value,
                                ens_error *err);

/* more.c: may `more`, which has its recipe, schema and number of rows, be made by adding to `from`? */
ens_status ens__model_check_more(const ens_model *from, const ens_model *more, ens_error *err);

ens_status ens__schema_of(ens__schema *out, const ens_dataset *data, ens_task task, ens_error *err);
void ens__schema_clear(ens__schema *schema);

#endif
