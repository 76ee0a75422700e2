/* trees_bits.h - trees of few leaves in a form that needs no walk, beside the runtime form. */
#ifndef ENS_TREE_TREES_BITS_H
#define ENS_TREE_TREES_BITS_H

#include <tree/trees.h>

/* *out is NULL, and that is no error, where there is no kernel, for trees of more than 64 leaves or several outputs,
 * and for more than 1023 features in splits. */
ens_status ens__bits_make(ens__bits **out, const ens__trees *trees, ens_error *err);
void ens__bits_free(ens__bits *b);
size_t ens__bits_bytes(const ens__bits *b);

/* As ens__trees_predict(); false if it has to be done the other way. */
bool ens__bits_predict(const ens__trees *trees, const ens_rows *rows, double *out, void *scratch);

/* The same of a few rows whose codes are there. */
bool ens__bits_sum(const ens__trees *trees, const ens__coded *rows, double *out);

#endif
