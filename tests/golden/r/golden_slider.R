# A slider from 0 to 100 as ordinal answers: R's numbers for tests/analysis/test_slider.py.
# Rscript golden_slider.R in this folder writes golden_slider.json.
suppressMessages({library(ordinal); library(jsonlite)})
d <- read.csv("slider_12x5x3.csv", stringsAsFactors = TRUE)
d$rating <- factor(d$value, ordered = TRUE)
record <- function(m) {
  names <- c("systems1", "systems2")
  list(log_likelihood = as.numeric(logLik(m)), coefficients = as.list(coef(m)[names]),
       se = as.list(sqrt(diag(vcov(m)))[names]))
}
result <- list(
  versions = list(R = R.version.string, ordinal = as.character(packageVersion("ordinal"))),
  clm = record(clm(rating ~ system, data = d)),
  clmm = record(clmm(rating ~ system + (1 | participant) + (1 | item), data = d,
                     control = clmm.control(gradTol = 1e-6, maxIter = 200))))
write_json(result, "golden_slider.json", digits = 10, auto_unbox = TRUE, pretty = TRUE)
