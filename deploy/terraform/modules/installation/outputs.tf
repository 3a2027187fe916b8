output "balancer" {
  description = "Let the host name of the certificate point here (alias)."
  value = {
    dns_name = module.service.balancer_dns_name
    zone_id  = module.service.balancer_zone_id
  }
}

output "migrate_command" {
  description = "Runs `atlas migrate` once: after the first apply, and before every new version."
  value       = module.service.migrate_command
}

output "shards" {
  description = "Servers of each shard, and the secret with the password of its administrator."
  value = {
    for shard in var.shards : shard => {
      servers           = module.postgres[shard].connection
      master_secret_arn = module.postgres[shard].master_secret_arn
    }
  }
}

output "shards_secret_arns" {
  description = "Secrets with ATLAS_SHARDS of each command."
  value       = module.service.shards_secret_arns
}

output "clickhouse" {
  description = "ClickHouse inside the VPC."
  value = {
    hostname       = module.clickhouse.hostname
    port           = module.clickhouse.port
    url_secret_arn = module.clickhouse.url_secret_arn
  }
}

output "kafka" {
  description = "Brokers, the secret to read the topics with, and the connectors; null without Kafka."
  value = var.kafka == null ? null : {
    bootstrap_brokers = module.kafka[0].bootstrap_brokers
    reader_secret_arn = module.kafka[0].reader_secret_arn
    connector_arns    = module.kafka[0].connector_arns
  }
}

output "redshift" {
  description = "The workgroup of the reports, and the secret of its administrator; null without Redshift."
  value = var.redshift == null ? null : {
    workgroup_name   = module.redshift[0].workgroup_name
    admin_secret_arn = module.redshift[0].admin_secret_arn
  }
}
