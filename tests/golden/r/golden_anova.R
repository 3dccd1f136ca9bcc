# Repeated-measures analysis of variance: R's numbers for tests/analysis/test_rm_anova.py.
# Rscript golden_anova.R in this folder writes golden_anova.json.
suppressMessages({library(car); library(jsonlite)})
d <- read.csv("synthetic_24x4x8x3.csv")
d <- d[d$question == "Q1", ]
means <- tapply(d$rating, list(d$participant, d$system), mean)
fit <- lm(means ~ 1)
found <- Anova(fit, idata = data.frame(system = factor(colnames(means))), idesign = ~system, type = 3)
s <- summary(found, multivariate = TRUE)
u <- s$univariate.tests["system", ]; e <- s$pval.adjustments["system", ]
m <- s$multivariate.tests$system
n <- nrow(means); k <- ncol(means)
trace <- sum(diag(m$SSPH %*% solve(m$SSPE)))
write_json(list(
  versions = list(R = R.version.string, car = as.character(packageVersion("car"))),
  F = u[["F value"]], df = u[["num Df"]], df_error = u[["den Df"]], p = u[["Pr(>F)"]],
  partial_eta_squared = u[["Sum Sq"]] / (u[["Sum Sq"]] + u[["Error SS"]]),
  epsilon_gg = e[["GG eps"]], p_gg = e[["Pr(>F[GG])"]], epsilon_hf = e[["HF eps"]],
  p_hf = e[["Pr(>F[HF])"]], mauchly = s$sphericity.tests["system", 1],
  mauchly_p = s$sphericity.tests["system", 2],
  multivariate_f = trace * (n - k + 1) / (k - 1)), "golden_anova.json", digits = 12,
  auto_unbox = TRUE, pretty = TRUE)
