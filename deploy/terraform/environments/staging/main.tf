module "atlas" {
  source = "../../modules/installation"

  name         = "atlas-staging"
  network      = var.network
  client_cidrs = var.client_cidrs

  # The shapes of prod, and fewer shards; measure here before you choose the number there.
  shards = ["s0", "s1"]

  postgres = {
    engine                = var.postgres_engine
    engine_version        = var.postgres_version
    instance_class        = "db.r8g.2xlarge"
    readers               = 1
    storage_gib           = 350
    max_slot_wal_keep_mib = var.max_slot_wal_keep_mib
    backup_retention_days = 7
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
    serve           = { cpu = 1024, memory = 2048, minimum = 2, maximum = 4 }
    replicate       = { cpu = 2048, memory = 4096 }
  }

  alarm_actions       = var.alarm_actions
  log_retention_days  = 30
  deletion_protection = true
}
