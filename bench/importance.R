#!/usr/bin/Rscript
# importance.R - importances of ranger and of `ensemble explain` on tables in which it is known what matters.
#
#   importance.R ENSEMBLE [TABLES] [ROWS]
#
# y follows from four 0/1 columns alone; beside them stand columns of noise with 2, 10, 100 values and with one of
# its own in each row. Prints the means over the tables (10 of 500 rows, unless told), and their standard errors,
# in Markdown. Both grow 200 trees to the end.
suppressMessages(library(ranger))
a <- commandArgs(TRUE)
ensemble <- a[1]
tables <- if (length(a) > 1) as.integer(a[2]) else 10L
n <- if (length(a) > 2) as.integer(a[3]) else 500L
noise <- c(2, 10, 100, n)
names <- c(paste0("signal", 1:4), paste0("noise", noise))
csv <- tempfile(fileext = ".csv"); model <- tempfile(fileext = ".ens")

# A column of importances in the order of `names`, from the text that explain prints.
explained <- function(kind) {
  lines <- system2(ensemble, c("explain", model, csv, "-q", "-i", kind), stdout = TRUE)[-(1:2)]
  part <- strsplit(trimws(lines), " +")
  value <- as.numeric(sapply(part, `[`, 2)); names(value) <- sapply(part, `[`, 1)
  value[names]
}
of_ranger <- function(d, kind) {
  m <- ranger(y ~ ., d, num.trees = 200, min.node.size = 1, importance = kind, num.threads = 2, verbose = FALSE)
  v <- m$variable.importance[names]
  if (kind == "impurity") v / sum(v) else v
}
all <- lapply(seq_len(tables), function(seed) {
  set.seed(seed)
  x <- matrix(rbinom(4 * n, 1, 0.5), n)
  z <- sapply(noise, function(k) if (k == n) sample(n) else sample.int(k, n, TRUE))
  y <- rbinom(n, 1, 0.1 + 0.2 * rowSums(x))
  d <- data.frame(x, z); names(d) <- names; d$y <- factor(y)
  write.csv(d, csv, row.names = FALSE, quote = FALSE)
  system2(ensemble, c("train", csv, "-t", "y", "-l", shQuote("forest(n_estimators=200)"), "--seed", seed, "-q", "-o",
                      model), stdout = FALSE)
  cbind(impurity = explained("impurity"), "ranger impurity" = of_ranger(d, "impurity"),
        corrected = explained("corrected"), "ranger impurity_corrected" = of_ranger(d, "impurity_corrected") / n,
        oob = explained("oob"), "ranger permutation" = of_ranger(d, "permutation"))
})
kinds <- colnames(all[[1]])
cat("| feature | ", paste(kinds, collapse = " | "), " |\n|---|", strrep("---|", length(kinds)), "\n", sep = "")
for (f in names) {
  cell <- sapply(kinds, function(k) {
    v <- sapply(all, function(t) t[f, k])
    sprintf("%.4f ± %.4f", mean(v), sd(v) / sqrt(tables))
  })
  cat("| ", f, " | ", paste(cell, collapse = " | "), " |\n", sep = "")
}
mean_rank <- sapply(kinds, function(k) mean(sapply(all, function(t) mean(rank(-t[, k])[1:4]))))
cat("| mean rank of the signals (2.5 is best) | ", paste(sprintf("%.2f", mean_rank), collapse = " | "), " |\n", sep = "")
