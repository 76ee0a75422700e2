#!/usr/bin/Rscript
# loading.R - seconds that data.table's fread takes on a CSV, after a first read into the page cache.
#   loading.R FILE THREADS
suppressMessages(library(data.table))
a <- commandArgs(TRUE)
setDTthreads(as.integer(a[2]))
invisible(readBin(a[1], "raw", file.size(a[1])))
start <- proc.time()[["elapsed"]]
d <- fread(a[1], showProgress = FALSE)
cat(sprintf('{"load_s": %.3f, "rows": %d}\n', proc.time()[["elapsed"]] - start, nrow(d)))
