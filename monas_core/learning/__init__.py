"""What several optimizers share: samplers, schedules, predictors of quality and cost."""
