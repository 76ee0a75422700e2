#!/usr/bin/Rscript
# forest.R - one ranger forest for forest.py: its seconds, memory and scores as JSON.
#
#   forest.R classes|regression TRAIN TEST TREES THREADS
#
# The target is y. Full-depth trees, the square root of the features at a split, probabilities for classes. A
# category is the place of its level among the sorted ones, missing and levels that only TEST has are -1.
suppressMessages({library(data.table); library(ranger)})
a <- commandArgs(TRUE)
regression <- a[1] == "regression"; threads <- as.integer(a[5])
train <- fread(a[2], na.strings = "", showProgress = FALSE)
test <- fread(a[3], na.strings = "", showProgress = FALSE)
for (name in setdiff(names(train), "y")) {
  if (is.character(train[[name]])) {
    levels <- sort(unique(train[[name]]), method = "radix")
    set(test, j = name, value = match(test[[name]], levels) - 1)
    set(train, j = name, value = match(train[[name]], levels) - 1)
  }
  set(train, which(is.na(train[[name]])), name, -1)
  set(test, which(is.na(test[[name]])), name, -1)
}
classes <- sort(unique(train$y))
y <- if (regression) train$y else factor(train$y, classes)
yt <- test$y
x <- as.data.frame(train[, !"y"]); xt <- as.data.frame(test[, !"y"])
rm(train, test)

status_mb <- function(name) {
  line <- grep(paste0("^", name, ":"), readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}
now <- function() proc.time()[["elapsed"]]
invisible(gc())
writeLines("5", "/proc/self/clear_refs")                # the kernel counts the peak anew
loaded <- status_mb("VmRSS")
start <- now()
m <- ranger(x = x, y = y, num.trees = as.integer(a[4]), mtry = floor(sqrt(ncol(x))), min.node.size = 1,
            probability = !regression, num.threads = threads, oob.error = FALSE, seed = 1, verbose = FALSE)
fit_s <- now() - start
fit_mb <- status_mb("VmHWM") - loaded
start <- now()
p <- predict(m, xt, num.threads = threads, verbose = FALSE)$predictions
predict_s <- now() - start

said <- c(rows = nrow(x), features = ncol(x), fit_s = fit_s, loaded_mb = loaded, fit_mb = fit_mb, predict_s = predict_s,
          test_rows = nrow(xt))
if (regression) {
  said["rmse"] <- sqrt(mean((p - yt)^2))
} else {
  p <- p[, levels(y)]
  said["accuracy"] <- mean(classes[max.col(p, ties.method = "first")] == yt)
  if (length(classes) == 2) {
    one <- yt == classes[2]
    n1 <- sum(one)
    said["roc_auc"] <- (sum(rank(p[, 2])[one]) - n1 * (n1 + 1) / 2) / n1 / sum(!one)
  }
}
cat("{", paste(sprintf('"%s": %.6f', names(said), said), collapse = ", "), "}\n", sep = "")
