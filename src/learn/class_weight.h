/* class_weight.h - the parameter class_weight=none,balanced or a number for each class, of learners that sum losses. */
#ifndef ENS_LEARN_CLASS_WEIGHT_H
#define ENS_LEARN_CLASS_WEIGHT_H

#include <ensemble/ext.h>

/* out[k], for ens__free(), or NULL for ones; owner is for the message. ENS_ERANGE for a list of another length. */
ens_status ens__class_weight(double **out, const ens_list *list, const ens_fit_args *a, const char *owner,
                             ens_error *err);

#endif
