# Manual pages; tests/cli/check_manual.sh compares them with --help.
dist_man_MANS += \
	man/ensemble.1 \
	man/ensemble-compare.1 \
	man/ensemble-curve.1 \
	man/ensemble-cv.1 \
	man/ensemble-evaluate.1 \
	man/ensemble-explain.1 \
	man/ensemble-generate.1 \
	man/ensemble-inspect.1 \
	man/ensemble-params.1 \
	man/ensemble-predict.1 \
	man/ensemble-train.1 \
	man/libensemble.3

bashcompdir = $(datadir)/bash-completion/completions
dist_bashcomp_DATA = completions/ensemble
