output "balancer_dns_name" {
  description = "Let the host name of the certificate point here (alias)."
  value       = aws_lb.this.dns_name
}

output "balancer_zone_id" {
  description = "Zone of the balancer, for an alias record."
  value       = aws_lb.this.zone_id
}

output "migrate_command" {
  description = "Runs `atlas migrate` once: after the first apply, and before every new version."
  value = join(" ", [
    "aws ecs run-task --launch-type FARGATE --cluster ${aws_ecs_cluster.this.name}",
    "--task-definition ${aws_ecs_task_definition.this["migrate"].arn}",
    "--network-configuration 'awsvpcConfiguration={subnets=[${join(",", var.task_subnet_ids)}],securityGroups=[${var.task_security_group_id}],assignPublicIp=DISABLED}'",
  ])
}

output "shards_secret_arns" {
  description = "Secrets with ATLAS_SHARDS of each command."
  value       = { for command, version in aws_secretsmanager_secret_version.shards : command => version.arn }
}
