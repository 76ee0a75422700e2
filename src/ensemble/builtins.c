/* builtins.c - the learner types that come with the library, in the order in which they are listed. */
#include <config.h>

#include <ensemble/adaboost.h>
#include <ensemble/bag.h>
#include <ensemble/boosting.h>
#include <ensemble/gbdt.h>
#include <ensemble/stack.h>
#include <learn/learner.h>
#include <prep/prep.h>

const ens_learner_type *const ens__builtins[] = {
    &ens__tree_type,
    &ens__naive_bayes_type,
    &ens__knn_type,
    &ens__linear_type,
    &ens__logistic_type,
    &ens__mlp_type,
    &ens__dummy_type,
    &ens__bagging_type,
    &ens__forest_type,
    &ens__extra_trees_type,
    &ens__adaboost_type,
    &ens__boosting_type,
    &ens__isolation_type,
    &ens__gbdt_type,
    &ens__voting_type,
    &ens__stacking_type,
    &ens__selection_type,
    &ens__calibrated_type,
    &ens__conformal_type,
    &ens__calibration_type,
    &ens__auto_type,
    &ens__drop_missing_type,
    &ens__impute_type,
    &ens__standardize_type,
    &ens__minmax_type,
    &ens__robust_type,
    &ens__maxabs_type,
    &ens__quantile_type,
    &ens__power_type,
    &ens__normalize_type,
    &ens__polynomial_type,
    &ens__pca_type,
    &ens__select_type,
    &ens__target_encode_type,
    &ens__onehot_type,
    &ens__ordinal_type,
    NULL,
};
