output "balancer" {
  description = "Let the host name of the certificate point here (alias)."
  value       = module.atlas.balancer
}

output "migrate_command" {
  description = "Runs `atlas migrate` once: after the first apply, and before every new version."
  value       = module.atlas.migrate_command
}

output "shards" {
  description = "Servers of each shard, and the secret with the password of its administrator."
  value       = module.atlas.shards
}

output "shards_secret_arns" {
  description = "Secrets with ATLAS_SHARDS of each command."
  value       = module.atlas.shards_secret_arns
}

output "clickhouse" {
  description = "ClickHouse inside the VPC."
  value       = module.atlas.clickhouse
}

output "kafka" {
  description = "Brokers, the secret to read the topics with, and the connectors; null without Kafka."
  value       = module.atlas.kafka
}

output "redshift" {
  description = "The workgroup of the reports, and the secret of its administrator; null without Redshift."
  value       = module.atlas.redshift
}
