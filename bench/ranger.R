#!/usr/bin/Rscript
# ranger.R - a ranger forest of one CSV, its predictions of another.
#
#   ranger.R TRAIN TEST TARGET classes|regression order|ignore SEED TREES THREADS OUT
#
# Full-depth trees (min.node.size 1), probabilities for classes, all features at each split for regression as
# in scikit-learn. Prints the seconds of fit and prediction as JSON; OUT gets a row a test row, classes in
# bytewise order.
suppressMessages({library(data.table); library(ranger)})
a <- commandArgs(TRUE)
target <- a[3]; regression <- a[4] == "regression"; threads <- as.integer(a[8])
train <- fread(a[1], colClasses = "character", na.strings = NULL, showProgress = FALSE)
test <- fread(a[2], colClasses = "character", na.strings = NULL, showProgress = FALSE)

# A number if every present value is one, with the median for gaps; else a factor with a level for missing.
column <- function(u, v) {
  n <- suppressWarnings(as.numeric(u))
  if (!any(is.na(n) & u != "")) {
    m <- suppressWarnings(as.numeric(v))
    fill <- median(n, na.rm = TRUE)
    return(list(ifelse(is.na(n), fill, n), ifelse(is.na(m), fill, m)))
  }
  levels <- sort(unique(c(u, v)), method = "radix")
  list(factor(u, levels), factor(v, levels))
}
x <- xt <- list()
for (name in setdiff(names(train), target)) {
  both <- column(train[[name]], test[[name]])
  x[[name]] <- both[[1]]; xt[[name]] <- both[[2]]
}
x <- as.data.frame(x); xt <- as.data.frame(xt)
y <- if (regression) as.numeric(train[[target]]) else
  factor(train[[target]], sort(unique(train[[target]]), method = "radix"))
mtry <- if (regression) ncol(x) else floor(sqrt(ncol(x)))

start <- proc.time()[["elapsed"]]
m <- ranger(x = x, y = y, num.trees = as.integer(a[7]), mtry = mtry, min.node.size = 1, probability = !regression,
            respect.unordered.factors = a[5], num.threads = threads, oob.error = FALSE, seed = as.integer(a[6]) + 1L,
            verbose = FALSE)
fitted <- proc.time()[["elapsed"]]
p <- predict(m, xt, num.threads = threads)$predictions
asked <- proc.time()[["elapsed"]] - fitted
cat(sprintf('{"fit_s": %.3f, "predict_s": %.3f, "rows": %d}\n', fitted - start, asked, nrow(xt)))
if (!regression) p <- p[, levels(y)]
fwrite(as.data.table(p), a[9], col.names = FALSE)
