output "cluster_arn" {
  description = "The cluster."
  value       = aws_msk_cluster.this.arn
}

output "cluster_name" {
  description = "Its name in CloudWatch."
  value       = aws_msk_cluster.this.cluster_name
}

output "bootstrap_brokers" {
  description = "Brokers for a client with name and password over TLS."
  value       = aws_msk_cluster.this.bootstrap_brokers_sasl_scram
}

output "reader_user" {
  description = "User with which Atlas reads the topics."
  value       = local.user
}

output "reader_secret_arn" {
  description = "Secret with the members username and password."
  value       = aws_msk_single_scram_secret_association.reader.secret_arn
}

output "connector_arns" {
  description = "The connectors by name."
  value       = { for name, connector in aws_mskconnect_connector.this : name => connector.arn }
}
