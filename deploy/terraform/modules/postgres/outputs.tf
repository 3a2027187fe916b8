output "connection" {
  description = "What ATLAS_SHARDS needs of the shard; without the password."
  value = {
    id       = var.shard
    primary  = local.is_aurora ? aws_rds_cluster.this[0].endpoint : aws_db_instance.primary[0].address
    replicas = [for replica in aws_db_instance.replica : replica.address]
    port     = local.port
    database = local.database
    user     = local.master_user
  }
}

output "master_secret_arn" {
  description = "Secret with the password of the login that runs `atlas migrate`."
  value       = aws_secretsmanager_secret_version.master.arn
}

output "master_secret_version" {
  description = "Rises when the password is replaced."
  value       = aws_secretsmanager_secret_version.master.secret_string_wo_version
}

output "cluster_identifier" {
  description = "The Aurora cluster; null for RDS."
  value       = local.is_aurora ? aws_rds_cluster.this[0].cluster_identifier : null
}

output "instance_identifiers" {
  description = "Every server of the shard, the writer first."
  value       = local.is_aurora ? aws_rds_cluster_instance.this[*].identifier : concat(aws_db_instance.primary[*].identifier, aws_db_instance.replica[*].identifier)
}
