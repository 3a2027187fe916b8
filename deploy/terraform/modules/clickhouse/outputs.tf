output "url_secret_arn" {
  description = "Secret with ATLAS_CLICKHOUSE_URL."
  value       = local.is_cloud ? var.cloud.url_secret_arn : aws_secretsmanager_secret_version.url[0].arn
}

output "hostname" {
  description = "The name of ClickHouse inside the VPC."
  value       = aws_route53_record.this.fqdn
}

output "port" {
  description = "The port of its HTTPS interface."
  value       = local.port
}
