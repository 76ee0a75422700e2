/* ensemble.h - the whole public interface of libensemble, but for ensemble/ext.h. */
#ifndef ENSEMBLE_H
#define ENSEMBLE_H

#include <ensemble/base.h>
#include <ensemble/dataset.h>
#include <ensemble/explain.h>
#include <ensemble/folds.h>
#include <ensemble/learner.h>
#include <ensemble/metric.h>
#include <ensemble/model.h>
#include <ensemble/select.h>

#endif
