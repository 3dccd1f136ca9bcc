# Own script: more golden values for cumulative link mixed models, with tight tolerances where the
# default ones leave the fourth decimal open.
# Rscript golden_clmm.R (Debian 12: r-cran-ordinal, r-cran-lme4, r-cran-jsonlite), beside
# synthetic_24x4x8x3.csv. `clmm` calls cloglog what `clm` calls loglog and the other way round.
suppressMessages({library(ordinal); library(lme4); library(jsonlite)})
strict <- clmm.control(gradTol = 1e-8, maxIter = 200)
record <- function(m) {
  ct <- coef(summary(m))
  list(logLik = as.numeric(logLik(m)), coefficients = as.list(setNames(ct[, 1], rownames(ct))),
       se = as.list(setNames(ct[, 2], rownames(ct))),
       random_sd = lapply(VarCorr(m), function(v) as.numeric(attr(v, "stddev"))))
}
out <- list(versions = c(R = R.version.string, ordinal = as.character(packageVersion("ordinal")),
                         lme4 = as.character(packageVersion("lme4"))))
for (link in c("cloglog", "loglog"))
  out[[paste0("wine_clmm_", link)]] <-
    record(clmm(rating ~ temp + contact + (1|judge), data = wine, link = link, control = strict))
out$wine_clm_cloglog <- {
  m <- clm(rating ~ temp + contact, data = wine, link = "cloglog"); ct <- coef(summary(m))
  list(logLik = as.numeric(logLik(m)), coefficients = as.list(setNames(ct[, 1], rownames(ct))),
       se = as.list(setNames(ct[, 2], rownames(ct))))
}
out$wine_symmetric <- record(clmm(rating ~ temp + contact + (1|judge), data = wine,
                                  threshold = "symmetric", control = strict))
d <- read.csv("synthetic_24x4x8x3.csv", stringsAsFactors = TRUE)
q1 <- subset(d, question == "Q1"); q1$rating_f <- factor(q1$rating, ordered = TRUE)
out$q1_nominal_clm <- list(
  logLik = as.numeric(logLik(clm(rating_f ~ 1, nominal = ~ system, data = q1))),
  proportional = as.numeric(logLik(clm(rating_f ~ system, data = q1))))
q1$high <- as.integer(q1$rating > 3)
g <- glmer(high ~ system + (1|participant) + (1|song), data = q1, family = binomial,
           control = glmerControl(tolPwrss = 1e-12, optimizer = "bobyqa",
                                  optCtrl = list(rhoend = 1e-9)))
ct <- coef(summary(g))
out$q1_binomial <- list(logLik = as.numeric(logLik(g)),
  coefficients = as.list(setNames(ct[, 1], rownames(ct))), se = as.list(setNames(ct[, 2], rownames(ct))),
  random_sd = lapply(VarCorr(g), function(v) as.numeric(attr(v, "stddev"))))
q1$x <- as.numeric(q1$system) - 1
out$q1_slope_crossed <- record(clmm(rating_f ~ x + (1 + x|participant) + (1|song), data = q1,
                                    control = strict))
write_json(out, "golden_clmm.json", digits = NA, auto_unbox = TRUE, pretty = TRUE, na = "null")
