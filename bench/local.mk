# Runs beside other libraries, by hand: see bench/README.md.
EXTRA_DIST += \
	bench/README.md \
	bench/accuracy.md \
	bench/accuracy.py \
	bench/adaboost.md \
	bench/adaboost.py \
	bench/datasets.py \
	bench/events.py \
	bench/fit.c \
	bench/forest.R \
	bench/forest.md \
	bench/forest.py \
	bench/forest_peers.py \
	bench/gbdt.md \
	bench/gbdt.py \
	bench/gbdt_peers.py \
	bench/importance.R \
	bench/importance.md \
	bench/isolation.md \
	bench/isolation.py \
	bench/linear.md \
	bench/linear.py \
	bench/linear_peers.py \
	bench/knn.py \
	bench/loading.R \
	bench/loading.md \
	bench/loading.py \
	bench/make_sets.py \
	bench/measure.py \
	bench/mlp.py \
	bench/peers.py \
	bench/predict.R \
	bench/predict.md \
	bench/predict.py \
	bench/ranger.R \
	bench/stacking.py \
	bench/row.c
