module "atlas" {
  source = "../../modules/installation"

  name         = "atlas-dev"
  network      = var.network
  client_cidrs = var.client_cidrs

  # Two, so that what differs with several shards is seen here first.
  shards = ["s0", "s1"]

  postgres = {
    engine                = var.postgres_engine
    engine_version        = var.postgres_version
    instance_class        = "db.t4g.large"
    readers               = 1
    storage_gib           = 50
    max_slot_wal_keep_mib = var.max_slot_wal_keep_mib
    backup_retention_days = 1
  }

  clickhouse = var.clickhouse
  kafka      = var.kafka
  redshift   = var.redshift

  service = {
    image           = var.image
    collector_image = var.collector_image
    certificate_arn = var.certificate_arn
    environment     = var.settings
    secret_arns     = var.secret_arns
    serve           = { cpu = 1024, memory = 2048, minimum = 1, maximum = 2 }
    replicate       = { cpu = 512, memory = 1024 }
  }

  alarm_actions       = var.alarm_actions
  log_retention_days  = 7
  deletion_protection = false
}
