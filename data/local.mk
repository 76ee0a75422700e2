# Small real tables, installed for a first try.
tablesdir = $(pkgdatadir)/data
dist_tables_DATA = \
	data/README.md \
	data/birthweight.csv \
	data/breast_cancer.csv \
	data/cars.csv \
	data/diabetes.csv \
	data/iris.csv \
	data/kyphosis.csv \
	data/pima.csv \
	data/solder.csv \
	data/titanic.csv \
	data/wine.csv

EXTRA_DIST += data/make.R data/make.py data/make.sh
