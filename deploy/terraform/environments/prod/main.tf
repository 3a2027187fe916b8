module "atlas" {
  source = "../../modules/installation"

  name         = "atlas-prod"
  network      = var.network
  client_cidrs = var.client_cidrs

  # Ten for 200 million entities (docs/capacity.md). They cannot be added later.
  shards = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9"]

  postgres = {
    engine                = var.postgres_engine
    engine_version        = var.postgres_version
    instance_class        = "db.r8g.2xlarge"
    readers               = 1
    storage_gib           = 350
    max_slot_wal_keep_mib = var.max_slot_wal_keep_mib
    backup_retention_days = 35
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
    serve           = { cpu = 1024, memory = 2048, minimum = 4, maximum = 24 }
    replicate       = { cpu = 2048, memory = 4096 }
  }

  alarm_actions       = var.alarm_actions
  log_retention_days  = 90
  deletion_protection = true
}
