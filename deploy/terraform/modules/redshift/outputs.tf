output "workgroup_name" {
  description = "The workgroup that reports connect to."
  value       = aws_redshiftserverless_workgroup.this.workgroup_name
}

output "admin_secret_arn" {
  description = "Secret with the password of its administrator, which Redshift makes and replaces."
  value       = aws_redshiftserverless_namespace.this.admin_password_secret_arn
}
