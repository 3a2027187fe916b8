resource "aws_rds_cluster_parameter_group" "this" {
  count = local.is_aurora ? 1 : 0

  name        = local.identifier
  description = "Logical replication for Atlas"
  family      = data.aws_rds_engine_version.this.parameter_group_family

  dynamic "parameter" {
    for_each = local.parameters

    content {
      name         = parameter.key
      value        = parameter.value
      apply_method = contains(local.immediate_parameters, parameter.key) ? "immediate" : "pending-reboot"
    }
  }
}

resource "aws_rds_cluster" "this" {
  count = local.is_aurora ? 1 : 0

  cluster_identifier              = local.identifier
  engine                          = var.engine
  engine_version                  = var.engine_version
  database_name                   = local.database
  port                            = local.port
  master_username                 = local.master_user
  master_password_wo              = ephemeral.aws_secretsmanager_secret_version.master.secret_string
  master_password_wo_version      = aws_secretsmanager_secret_version.master.secret_string_wo_version
  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [var.security_group_id]
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this[0].name
  storage_encrypted               = true
  kms_key_id                      = var.kms_key_arn
  backup_retention_period         = var.backup_retention_days
  copy_tags_to_snapshot           = true
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = false
  final_snapshot_identifier       = "${local.identifier}-final"
  enabled_cloudwatch_logs_exports = ["postgresql"]
}

# The first instance becomes the writer; the others are readers, one of which takes over if it is lost.
resource "aws_rds_cluster_instance" "this" {
  count = local.is_aurora ? 1 + var.readers : 0

  identifier                      = "${local.identifier}-${count.index}"
  cluster_identifier              = aws_rds_cluster.this[0].id
  engine                          = aws_rds_cluster.this[0].engine
  instance_class                  = var.instance_class
  db_subnet_group_name            = aws_db_subnet_group.this.name
  publicly_accessible             = false
  promotion_tier                  = min(count.index, 15)
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  auto_minor_version_upgrade      = false
  copy_tags_to_snapshot           = true
}
