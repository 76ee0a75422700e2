/* gsl.h - a stream as a gsl_rng, for the files of this folder.
 *
 * GSL's default error handler aborts, and replacing it would be visible to the program that uses the library.
 * So nothing here calls a GSL function with arguments that it refuses, nor one that allocates: a gsl_rng is
 * made on the stack, around the stream. */
#ifndef ENS_NUM_GSL_H
#define ENS_NUM_GSL_H

#include <gsl/gsl_rng.h>
#include <num/rng.h>

/* It draws from s, and must not outlive it. */
gsl_rng ens__stream_gsl(ens__stream *s);

#endif
