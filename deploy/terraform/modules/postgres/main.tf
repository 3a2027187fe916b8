locals {
  identifier  = "${var.name}-${var.shard}"
  is_aurora   = var.engine == "aurora-postgresql"
  database    = "atlas"
  master_user = "atlas_admin"
  port        = 5432

  # Change capture, a slot for each other shard's copy of the catalog, one for each replica, and as many to spare for `resync` and repairs.
  slots = 2 * (1 + var.shard_count + var.readers)

  parameters = merge(
    {
      "rds.logical_replication"         = 1
      "rds.force_ssl"                   = 1
      "max_replication_slots"           = local.slots
      "max_wal_senders"                 = local.slots + 4
      "max_logical_replication_workers" = 8
      "max_worker_processes"            = 24
    },
    var.max_slot_wal_keep_mib == null ? {} : { "max_slot_wal_keep_size" = var.max_slot_wal_keep_mib },
    # Aurora's readers share the writer's storage, and its storage writes no full pages and needs no checkpoints of this kind.
    local.is_aurora ? {} : {
      "hot_standby_feedback" = 1
      "max_wal_size"         = 8192
      "checkpoint_timeout"   = 900
    },
  )
  immediate_parameters = ["hot_standby_feedback", "max_slot_wal_keep_size", "max_wal_size", "checkpoint_timeout", "rds.force_ssl"]
}

# The plan fails here if AWS does not offer the version.
data "aws_rds_engine_version" "this" {
  engine  = var.engine
  version = var.engine_version
  latest  = true
}

resource "aws_db_subnet_group" "this" {
  name        = local.identifier
  description = "Private subnets of ${var.name}"
  subnet_ids  = var.subnet_ids
}

# The password is made while Terraform runs, stored in Secrets Manager, and read from there: it is neither in the state nor in a plan.
ephemeral "random_password" "master" {
  length  = 40
  special = false
}

resource "aws_secretsmanager_secret" "master" {
  name                    = "${var.name}/postgres/${var.shard}/master"
  description             = "Password of ${local.master_user} on shard ${var.shard}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "master" {
  secret_id                = aws_secretsmanager_secret.master.id
  secret_string_wo         = ephemeral.random_password.master.result
  secret_string_wo_version = var.password_version
}

ephemeral "aws_secretsmanager_secret_version" "master" {
  secret_id = aws_secretsmanager_secret_version.master.secret_id
}
