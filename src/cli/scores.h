/* scores.h - scores of several kinds, such as holdout and oob, side by side. */
#ifndef ENS_CLI_SCORES_H
#define ENS_CLI_SCORES_H

#include <cli/report.h>

/* Scores of one kind. Names are borrowed. */
typedef struct score_set {
    const char *kind;
    const ens_score *score; /* [n] */
    size_t n;
} score_set;

/* Group the scores that came with a model by kind: at most MOST_KINDS sets, in the model's order. */
#define MOST_KINDS 8
size_t scores_of_model(score_set *out, const ens_model *model);

/* A row for each name, a column for each kind. Nothing for no sets. */
void scores_print(const score_set *set, size_t n_sets);
/* {"kind": {"name": value}} */
json_t *scores_json(const score_set *set, size_t n_sets);

#endif
