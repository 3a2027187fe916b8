locals {
  namespace = "Atlas/${var.name}"
  groups    = toset(["serve", "replicate", "migrate", "collector", "metrics", "kafka"])

  # Reads /metrics of the process beside it, and sends to CloudWatch what the alarms need, without the dimensions of single tasks.
  collector_config = yamlencode({
    receivers = {
      prometheus = {
        config = {
          scrape_configs = [{
            job_name        = "atlas"
            scrape_interval = "30s"
            static_configs  = [{ targets = ["127.0.0.1:9464"] }]
          }]
        }
      }
    }
    exporters = {
      awsemf = {
        namespace               = local.namespace
        log_group_name          = aws_cloudwatch_log_group.this["metrics"].name
        dimension_rollup_option = "NoDimensionRollup"
        metric_declarations = [{
          dimensions            = [["shard", "source"]]
          metric_name_selectors = ["^atlas_source_lag_seconds$", "^atlas_source_health$"]
        }]
      }
    }
    service = {
      pipelines = {
        metrics = {
          receivers = ["prometheus"]
          exporters = ["awsemf"]
        }
      }
    }
  })
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = local.groups

  name              = "/${var.name}/${each.key}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
