#!/usr/bin/Rscript
# predict.R - a ranger forest of one CSV: seconds to predict another, bytes of the saved model.
#
#   predict.R TRAIN TEST TARGET TREES THREADS TIMES WORK
#
# Full-depth probability trees, as in ranger.R. Prints JSON; "seconds" has TIMES of them.
suppressMessages({library(data.table); library(ranger)})
a <- commandArgs(TRUE)
train <- as.data.frame(fread(a[1], showProgress = FALSE)); test <- as.data.frame(fread(a[2], showProgress = FALSE))
y <- factor(train[[a[3]]]); train[[a[3]]] <- NULL; test[[a[3]]] <- NULL
trees <- as.integer(a[4]); threads <- as.integer(a[5])
m <- ranger(x = train, y = y, num.trees = trees, mtry = floor(sqrt(ncol(train))), min.node.size = 1,
            probability = TRUE, num.threads = threads, oob.error = FALSE, seed = 1, verbose = FALSE)
seconds <- sapply(seq_len(as.integer(a[6])), function(i) {
  start <- proc.time()[["elapsed"]]
  predict(m, test, num.threads = threads)
  proc.time()[["elapsed"]] - start
})
plain <- file.path(a[7], "ranger.rds"); packed <- file.path(a[7], "ranger-gz.rds")
saveRDS(m, plain, compress = FALSE); saveRDS(m, packed)
cat(sprintf('{"rows": %d, "seconds": [%s], "nodes": %d, "bytes": %.0f, "packed_bytes": %.0f}\n', nrow(test),
            paste(sprintf("%.3f", seconds), collapse = ", "),
            sum(sapply(m$forest$split.varIDs, length)), file.size(plain), file.size(packed)))
