# Fits the models of r_parity.py with R and writes what it finds as JSON.
# Rscript r_parity.R FOLDER: reads FOLDER/likert.csv and FOLDER/one_scale.csv, writes FOLDER/r.json.
suppressMessages({library(ordinal); library(lme4); library(jsonlite)})
folder <- commandArgs(trailingOnly = TRUE)[1]
timed <- function(expression) {
  time <- system.time(model <- force(expression))
  list(model = model, seconds = time[["elapsed"]], cpu = time[["user.self"]] + time[["sys.self"]])
}
cumulative <- function(run) {
  table <- coef(summary(run$model))
  list(seconds = run$seconds, cpu = run$cpu, log_likelihood = as.numeric(logLik(run$model)),
       max_gradient = max(abs(run$model$gradient)),
       estimates = as.list(setNames(table[, 1], rownames(table))),
       errors = as.list(setNames(table[, 2], rownames(table))))
}
linear <- function(model) {
  table <- coef(summary(model))
  list(log_likelihood = as.numeric(logLik(model)),
       estimates = as.list(setNames(table[, 1], rownames(table))),
       errors = as.list(setNames(table[, 2], rownames(table))),
       deviations = as.data.frame(VarCorr(model))$sdcor)
}
# Its default stops up to 2e-5 from the maximum.
tight <- lmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9))
d <- read.csv(file.path(folder, "likert.csv"), stringsAsFactors = TRUE)
d$value <- factor(d$value, ordered = TRUE)
full <- timed(clmm(value ~ system * scale + (1|participant) + (1|item) + (1|participant:system), data = d))
one <- read.csv(file.path(folder, "one_scale.csv"), stringsAsFactors = TRUE)
one$value <- factor(one$value, ordered = TRUE)
four <- timed(clmm(value ~ system + (1|participant) + (1|item) + (1|participant:system) + (1|item:system),
                   data = one))
write.csv(Penicillin, file.path(folder, "penicillin.csv"), row.names = FALSE)
write.csv(sleepstudy, file.path(folder, "sleepstudy.csv"), row.names = FALSE)
version <- function(package) as.character(packageVersion(package))
write_json(list(
  versions = c(R.version.string, paste("ordinal", version("ordinal")), paste("lme4", version("lme4"))),
  likert = cumulative(full), one_scale = cumulative(four),
  penicillin = linear(lmer(diameter ~ 1 + (1|plate) + (1|sample), Penicillin, control = tight)),
  sleepstudy = linear(lmer(Reaction ~ Days + (1|Subject), sleepstudy, control = tight))
), file.path(folder, "r.json"), digits = NA, auto_unbox = TRUE)
