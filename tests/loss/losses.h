/* losses.h - every loss, with targets and scores to try it on. */
#ifndef TESTS_LOSS_LOSSES_H
#define TESTS_LOSS_LOSSES_H

#include <loss/loss.h>
#include <num/rng.h>

typedef struct loss_case {
    const char *line;
    size_t n_classes;                /* 0: regression */
    double (*draw)(ens__stream *s);  /* a response it takes; NULL: a class */
    double curve;                    /* its hessian over the second derivative; 0: it is the weight; NAN: another */
    double kink;                     /* scores this far from y (either way) have no derivative; NAN: none */
    double adapted;
} loss_case;

extern const loss_case loss_cases[];
extern const size_t n_loss_cases;

/* Rows of a case. Scores are multiples of 1/64 between -4 and 4. */
typedef struct sample {
    ens__loss *loss;
    ens_loss_rows rows;
    float *y, *w, *score;
    float *g, *h;
    double *value;
    uint32_t *group;
} sample;

void sample_make(sample *s, const loss_case *c, size_t n, uint64_t seed);
void sample_clear(sample *s);

#endif
