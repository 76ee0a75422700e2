/* table.h - tables and models that the tests explain. */
#ifndef TESTS_EXPLAIN_TABLE_H
#define TESTS_EXPLAIN_TABLE_H

#include "run.h"
#include <ensemble.h>

/* A table of data/ with its usual target. */
ens_dataset *table_read(const char *file, const char *target);

/* n rows of p numbers in [0, 1) that follow from the seed alone, and a target made of the first three. */
ens_dataset *table_make(size_t n, size_t p, ens_task task, uint64_t seed);

ens_model *model_fit(const char *recipe, const ens_dataset *data, uint64_t seed, unsigned threads);

/* How often member t of a bag with this seed draws each of n rows, with replacement: count[n]. */
void bag_draw(uint32_t *count, size_t n, uint64_t seed, size_t t);
/* Member t of bagging(RECIPE) that was fitted with this seed, fitted alone on the rows drawn. */
ens_model *member_fit(const char *recipe, const ens_dataset *data, uint64_t seed, size_t t);

/* A copy of a table of numbers with the values of feature j in the order of the stream
 * (seed, permute, 2^32 j + repeat), as all importances permute them. */
ens_dataset *table_permuted(const ens_dataset *data, size_t j, uint64_t seed, size_t repeat);
/* One score of a model on a table. */
double score_of(const ens_model *model, const ens_dataset *data, const char *metric);

#endif
