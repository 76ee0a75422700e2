/* toy.h - learner types that tests register: small enough to be right at a glance. */
#ifndef TESTS_LEARN_TOY_H
#define TESTS_LEARN_TOY_H

#include <ensemble/ext.h>

extern const ens_learner_type toy_type;  /* `toy(depth=3, rate=0.5)`: class shares or mean of the fit's rows */
extern const ens_learner_type pair_type; /* `pair(a, b)`: fits its first member */

void toy_register(void); /* both, once in a process */

/* What the last fit of `toy` was given. */
extern size_t toy_rows, toy_distinct, toy_features;

#endif
