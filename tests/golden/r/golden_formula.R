# Formulas over factors and covariates: R's numbers for tests/analysis/test_formulas.py.
# Rscript golden_formula.R in this folder writes golden_formula.json.
library(ordinal); library(lme4); library(lmerTest); library(jsonlite)

d <- read.csv("synthetic_24x4x8x3.csv", stringsAsFactors = FALSE)
d <- d[d$question == "Q1", ]
number <- as.integer(sub("[A-Za-z]+", "", d$participant))
song <- as.integer(sub("[A-Za-z]+", "", d$song))
d$expertise <- factor(c("amateur", "hobbyist", "professional")[number %% 3 + 1])
d$position <- (song * 5 + number) %% 8 + 1
d$system <- factor(d$system)
d$z <- as.integer(d$system %in% c("S1", "S3"))
d$rnn <- factor(ifelse(d$system %in% c("S2", "S3"), "true", "false"))
d$rating_f <- factor(d$rating)
d$ps <- interaction(d$participant, d$system); d$is <- interaction(d$song, d$system)
d$pi <- interaction(d$participant, d$song)
groups <- "(1 | participant) + (1 | song) + (1 | ps) + (1 | is)"

ordinal_fit <- function(fixed) {
  m <- clmm(as.formula(paste("rating_f ~", fixed, "+", groups)), data = d)
  list(coefficients = as.list(coef(m)), se = as.list(sqrt(diag(vcov(m)))[names(coef(m))]),
       log_likelihood = as.numeric(logLik(m)))
}
linear_fit <- function(fixed) {
  m <- lmer(as.formula(paste("rating ~", fixed, "+", groups)), data = d)
  list(coefficients = as.list(fixef(m)), se = as.list(sqrt(diag(as.matrix(vcov(m))))),
       log_likelihood = as.numeric(logLik(m)))
}
# Type III with equal weights needs contrasts that sum to zero, of z too.
anova_of <- function(fixed) {
  d$z <- factor(d$z)
  old <- options(contrasts = c("contr.sum", "contr.poly")); on.exit(options(old))
  a <- anova(lmer(as.formula(paste("rating ~", fixed, "+", groups)), data = d), type = 3)
  lapply(setNames(rownames(a), rownames(a)), function(term)
    list(F = a[term, "F value"], df = a[term, "NumDF"], df_residual = a[term, "DenDF"],
         p = a[term, "Pr(>F)"]))
}
ratio <- function(larger, smaller) 2 * (larger$log_likelihood - smaller$log_likelihood)

one <- "system * expertise + position"
full <- ordinal_fit(one)
additive <- ordinal_fit("system + expertise + position")
factors <- "z * rnn"
# A system against the first at the level "professional", and averaged over the levels.
m <- lmer(as.formula(paste("rating ~", one, "+", groups)), data = d)
names_of <- names(fixef(m))
row <- function(...) { w <- setNames(rep(0, length(names_of)), names_of); v <- c(...); w[names(v)] <- v; w }
contrasts_of <- list(
  at_professional = row(systemS1 = 1, "systemS1:expertiseprofessional" = 1),
  averaged = row(systemS1 = 1, "systemS1:expertisehobbyist" = 1 / 3,
                 "systemS1:expertiseprofessional" = 1 / 3))
contrast_of <- lapply(contrasts_of, function(w) as.list(contest1D(m, w)))

result <- list(
  versions = list(R = R.version.string, ordinal = as.character(packageVersion("ordinal")),
                  lme4 = as.character(packageVersion("lme4")),
                  lmerTest = as.character(packageVersion("lmerTest"))),
  covariates = list(clmm = full, lmer = linear_fit(one), anova = anova_of(one),
                    contrasts = contrast_of),
  ratios = list(
    "system:expertise" = ratio(full, additive),
    position = ratio(full, ordinal_fit("system * expertise")),
    system = ratio(additive, ordinal_fit("expertise + position")),
    expertise = ratio(additive, ordinal_fit("system + position"))),
  factors = list(clmm = ordinal_fit(factors), lmer = linear_fit(factors), anova = anova_of(factors)))
write_json(result, "golden_formula.json", digits = 10, auto_unbox = TRUE, pretty = TRUE)
