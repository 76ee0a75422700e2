# Programs of at most 80 lines, built and run by make check.
examples_programs = \
	examples/first_model \
	examples/csv_to_csv \
	examples/out_of_bag \
	examples/own_learner \
	examples/own_loss \
	examples/inspect_model \
	examples/interval \
	examples/optimisers \
	examples/standard_errors \
	examples/importance \
	examples/boosting \
	examples/pipeline \
	examples/stacking \
	examples/networks \
	examples/compare
noinst_PROGRAMS += $(examples_programs)

examples_cppflags = -I$(top_srcdir)/include
examples_ldadd = libensemble.la

examples_first_model_SOURCES = examples/first_model.c
examples_first_model_CPPFLAGS = $(examples_cppflags)
examples_first_model_LDADD = $(examples_ldadd)
examples_csv_to_csv_SOURCES = examples/csv_to_csv.c
examples_csv_to_csv_CPPFLAGS = $(examples_cppflags)
examples_csv_to_csv_LDADD = $(examples_ldadd)
examples_out_of_bag_SOURCES = examples/out_of_bag.c
examples_out_of_bag_CPPFLAGS = $(examples_cppflags)
examples_out_of_bag_LDADD = $(examples_ldadd)
examples_own_learner_SOURCES = examples/own_learner.c
examples_own_learner_CPPFLAGS = $(examples_cppflags)
examples_own_learner_LDADD = $(examples_ldadd)
examples_own_loss_SOURCES = examples/own_loss.c
examples_own_loss_CPPFLAGS = $(examples_cppflags)
examples_own_loss_LDADD = $(examples_ldadd)
examples_inspect_model_SOURCES = examples/inspect_model.c
examples_inspect_model_CPPFLAGS = $(examples_cppflags)
examples_inspect_model_LDADD = $(examples_ldadd)
examples_interval_SOURCES = examples/interval.c
examples_interval_CPPFLAGS = $(examples_cppflags)
examples_interval_LDADD = $(examples_ldadd)
examples_optimisers_SOURCES = examples/optimisers.c
examples_optimisers_CPPFLAGS = $(examples_cppflags)
examples_optimisers_LDADD = $(examples_ldadd) -lm
examples_standard_errors_SOURCES = examples/standard_errors.c
examples_standard_errors_CPPFLAGS = $(examples_cppflags)
examples_standard_errors_LDADD = $(examples_ldadd)
examples_importance_SOURCES = examples/importance.c
examples_importance_CPPFLAGS = $(examples_cppflags)
examples_importance_LDADD = $(examples_ldadd)
examples_boosting_SOURCES = examples/boosting.c
examples_boosting_CPPFLAGS = $(examples_cppflags)
examples_boosting_LDADD = $(examples_ldadd)
examples_pipeline_SOURCES = examples/pipeline.c
examples_pipeline_CPPFLAGS = $(examples_cppflags)
examples_pipeline_LDADD = $(examples_ldadd)
examples_stacking_SOURCES = examples/stacking.c
examples_stacking_CPPFLAGS = $(examples_cppflags)
examples_stacking_LDADD = $(examples_ldadd)
examples_networks_SOURCES = examples/networks.c
examples_networks_CPPFLAGS = $(examples_cppflags)
examples_networks_LDADD = $(examples_ldadd)
examples_compare_SOURCES = examples/compare.c
examples_compare_CPPFLAGS = $(examples_cppflags)
examples_compare_LDADD = $(examples_ldadd)

TESTS += examples/run.sh
EXTRA_DIST += examples/run.sh
