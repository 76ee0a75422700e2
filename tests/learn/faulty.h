/* faulty.h - a learner type with one fault at a time, for the conformance suite to find. */
#ifndef TESTS_LEARN_FAULTY_H
#define TESTS_LEARN_FAULTY_H

#include <ensemble/ext.h>

typedef enum fault {
    NO_FAULT,
    FIT_COUNTS_ITS_CALLS,     /* each fit gives another model */
    FIT_HEEDS_THREADS,
    FIT_IGNORES_CANCEL,
    FIT_IGNORES_WEIGHTS,
    FIT_IGNORES_COUNTS,
    FIT_COUNTS_ZERO_DIVIDES,  /* NaN where a side of the split has no rows */
    FIT_WANTS_MANY_ROWS,      /* fails on few rows without saying why */
    FIT_KEEPS_THE_TABLE,      /* predicts from the training table's memory */
    FIT_OVERFLOWS,            /* squares its features */
    FIT_SCALES_TARGETS,       /* squares its target */
    FIT_WRITES_TO_THE_TABLE,
    EXTEND_ADDS_NOTHING,
    PREDICT_HEEDS_POSITION,   /* the first row of a call is special */
    PREDICT_LEAVES_OUT_THE_LAST,
    PREDICT_REMEMBERS,        /* later calls differ */
    PREDICT_WRITES_PAST_SCRATCH,
    PREDICT_SUMS_TO_TWO,
    PREDICT_SPREADS_GAPS,     /* NaN in, NaN out */
    WRITE_DROPS_A_NUMBER,
    READ_ALTERS,
    DESCRIBE_IN_PROSE,
    IMPORTANCE_NEGATIVE,
    OOB_IMPOSSIBLE,
    MEMBER_SEES_TOO_MUCH,     /* a feature that there is not */
    BAG_IS_EMPTY,
    BAG_IS_DRAWN_ANEW,        /* another one each time */
} fault;

/* `faulty`: class shares or mean on either side of 0 in the first feature. Registered by the first call. */
void faulty_register(void);
void faulty_set(fault f);
void faulty_set_caps(unsigned caps);
#define FAULTY_CAPS                                                                                \
    (ENS_CLASSIFIES | ENS_REGRESSES | ENS_TAKES_NUMBERS | ENS_TAKES_MISSING | ENS_TAKES_WEIGHTS)

#endif
