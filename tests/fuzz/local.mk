# Hostile input: make check replays the corpus with any compiler, make fuzz looks for more with libFuzzer.
fuzz_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests/fuzz

check_PROGRAMS += \
	tests/fuzz/replay_csv \
	tests/fuzz/replay_model \
	tests/fuzz/replay_recipe \
	tests/fuzz/replay_svmlight

tests_fuzz_replay_csv_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_csv.c tests/fuzz/replay.c
tests_fuzz_replay_csv_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_CORPUS='"$(abs_top_srcdir)/tests/fuzz/corpus/csv"'
tests_fuzz_replay_csv_LDADD = libens_internal.la

tests_fuzz_replay_model_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_model.c tests/fuzz/replay.c
tests_fuzz_replay_model_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_CORPUS='"$(abs_top_srcdir)/tests/fuzz/corpus/model"'
tests_fuzz_replay_model_LDADD = libens_internal.la

tests_fuzz_replay_recipe_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_recipe.c tests/fuzz/replay.c
tests_fuzz_replay_recipe_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_CORPUS='"$(abs_top_srcdir)/tests/fuzz/corpus/recipe"'
tests_fuzz_replay_recipe_LDADD = libens_internal.la

tests_fuzz_replay_svmlight_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_svmlight.c tests/fuzz/replay.c
tests_fuzz_replay_svmlight_CPPFLAGS = $(fuzz_cppflags) -DFUZZ_CORPUS='"$(abs_top_srcdir)/tests/fuzz/corpus/svmlight"'
tests_fuzz_replay_svmlight_LDADD = libens_internal.la

if ENABLE_FUZZ
fuzz_programs = \
	tests/fuzz/fuzz_csv \
	tests/fuzz/fuzz_model \
	tests/fuzz/fuzz_recipe \
	tests/fuzz/fuzz_svmlight

noinst_PROGRAMS += $(fuzz_programs)

tests_fuzz_fuzz_csv_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_csv.c
tests_fuzz_fuzz_csv_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_csv_LDFLAGS = -fsanitize=fuzzer
tests_fuzz_fuzz_csv_LDADD = libens_internal.la

tests_fuzz_fuzz_model_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_model.c
tests_fuzz_fuzz_model_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_model_LDFLAGS = -fsanitize=fuzzer
tests_fuzz_fuzz_model_LDADD = libens_internal.la

tests_fuzz_fuzz_recipe_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_recipe.c
tests_fuzz_fuzz_recipe_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_recipe_LDFLAGS = -fsanitize=fuzzer
tests_fuzz_fuzz_recipe_LDADD = libens_internal.la

tests_fuzz_fuzz_svmlight_SOURCES = tests/fuzz/fuzz.h tests/fuzz/fuzz_svmlight.c
tests_fuzz_fuzz_svmlight_CPPFLAGS = $(fuzz_cppflags)
tests_fuzz_fuzz_svmlight_LDFLAGS = -fsanitize=fuzzer
tests_fuzz_fuzz_svmlight_LDADD = libens_internal.la
endif

EXTRA_DIST += tests/fuzz/corpus tests/fuzz/csv.dict tests/fuzz/model.dict tests/fuzz/recipe.dict \
	tests/fuzz/svmlight.dict

# What is found lands in tests/fuzz of the build: finding-<target>-<hash>; new inputs in found-<target>.
FUZZ_SECONDS = 60
fuzz: all
if ENABLE_FUZZ
	@for program in $(fuzz_programs); do \
		target=$${program##*_}; \
		echo "== $$target for $(FUZZ_SECONDS) s"; \
		mkdir -p tests/fuzz/found-$$target; \
		OMP_NUM_THREADS=1 ./$$program -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 \
			-max_len=65536 -print_final_stats=1 -verbosity=0 \
			-dict=$(srcdir)/tests/fuzz/$$target.dict -artifact_prefix=tests/fuzz/finding-$$target- \
			tests/fuzz/found-$$target $(srcdir)/tests/fuzz/corpus/$$target || exit 1; \
	done
else
	@echo 'configure with --enable-fuzz CC=clang first' >&2; exit 1
endif

clean-local:
	-rm -rf tests/fuzz/found-csv tests/fuzz/found-model tests/fuzz/found-recipe tests/fuzz/found-svmlight

.PHONY: fuzz
