output "collector_config" {
  description = "Configuration of the collector beside each process."
  value       = local.collector_config
}

output "log_group_names" {
  description = "Log groups of serve, replicate, migrate, collector, metrics and kafka."
  value       = { for group in local.groups : group => aws_cloudwatch_log_group.this[group].name }
}

output "metrics_namespace" {
  description = "Namespace of Atlas' metrics in CloudWatch."
  value       = local.namespace
}
