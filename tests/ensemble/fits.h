/* fits.h - fits and predictions that must succeed, or fail as told: what tests of ensembles share. */
#ifndef TESTS_ENSEMBLE_FITS_H
#define TESTS_ENSEMBLE_FITS_H

#include <ensemble.h>

ens_model *fit_with(const char *recipe, const ens_dataset *d, uint64_t seed, const ens_exec *exec);
/* With seed 1 and all threads. */
ens_model *fit(const char *recipe, const ens_dataset *d);
void fit_fails(const char *recipe, const ens_dataset *d, ens_status st, const char *text);
/* [n][k]; free it. */
double *predict(const ens_model *m, const ens_dataset *d);
void must_be_same_file(const ens_model *a, const ens_model *b);

#endif
