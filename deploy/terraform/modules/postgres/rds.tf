resource "aws_db_parameter_group" "this" {
  count = local.is_aurora ? 0 : 1

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

resource "aws_db_instance" "primary" {
  count = local.is_aurora ? 0 : 1

  identifier                      = local.identifier
  engine                          = var.engine
  engine_version                  = var.engine_version
  instance_class                  = var.instance_class
  db_name                         = local.database
  port                            = local.port
  username                        = local.master_user
  password_wo                     = ephemeral.aws_secretsmanager_secret_version.master.secret_string
  password_wo_version             = aws_secretsmanager_secret_version.master.secret_string_wo_version
  db_subnet_group_name            = aws_db_subnet_group.this.name
  vpc_security_group_ids          = [var.security_group_id]
  parameter_group_name            = aws_db_parameter_group.this[0].name
  multi_az                        = true
  publicly_accessible             = false
  storage_type                    = "gp3"
  allocated_storage               = var.storage_gib
  max_allocated_storage           = 2 * var.storage_gib
  storage_encrypted               = true
  kms_key_id                      = var.kms_key_arn
  backup_retention_period         = var.backup_retention_days
  copy_tags_to_snapshot           = true
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = false
  final_snapshot_identifier       = "${local.identifier}-final"
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  enabled_cloudwatch_logs_exports = ["postgresql"]
  auto_minor_version_upgrade      = false
}

# Each has an address of its own: Atlas compares the position of a single server with consistency tokens.
resource "aws_db_instance" "replica" {
  count = local.is_aurora ? 0 : var.readers

  identifier                      = "${local.identifier}-replica-${count.index}"
  replicate_source_db             = aws_db_instance.primary[0].identifier
  instance_class                  = var.instance_class
  vpc_security_group_ids          = [var.security_group_id]
  parameter_group_name            = aws_db_parameter_group.this[0].name
  publicly_accessible             = false
  storage_type                    = "gp3"
  max_allocated_storage           = 2 * var.storage_gib
  storage_encrypted               = true
  kms_key_id                      = var.kms_key_arn
  copy_tags_to_snapshot           = true
  deletion_protection             = var.deletion_protection
  skip_final_snapshot             = true
  performance_insights_enabled    = true
  performance_insights_kms_key_id = var.kms_key_arn
  auto_minor_version_upgrade      = false
}
