locals {
  # The names that ATLAS_KAFKA_TOPIC and ATLAS_KAFKA_GROUP have by default.
  consumers = { for shard in var.shards : shard => { topic = "atlas.changes.${shard}", group = "atlas.${shard}" } }

  capture = var.kafka == null ? {} : {
    ATLAS_CAPTURE        = "kafka"
    ATLAS_KAFKA_BROKERS  = module.kafka[0].bootstrap_brokers
    ATLAS_KAFKA_TLS      = "true"
    ATLAS_KAFKA_SASL     = "SCRAM-SHA-512"
    ATLAS_KAFKA_USERNAME = module.kafka[0].reader_user
  }

  # The member of the secret that MSK wants.
  capture_secrets = var.kafka == null ? {} : { ATLAS_KAFKA_PASSWORD = "${module.kafka[0].reader_secret_arn}:password::" }
}

module "network" {
  source = "../network"

  name               = var.name
  cidr               = var.network.cidr
  availability_zones = var.network.availability_zones
  internet_egress    = var.network.internet_egress
}

module "postgres" {
  source   = "../postgres"
  for_each = toset(var.shards)

  name                  = var.name
  shard                 = each.key
  shard_count           = length(var.shards)
  engine                = var.postgres.engine
  engine_version        = var.postgres.engine_version
  instance_class        = var.postgres.instance_class
  readers               = var.postgres.readers
  storage_gib           = var.postgres.storage_gib
  max_slot_wal_keep_mib = var.postgres.max_slot_wal_keep_mib
  backup_retention_days = var.postgres.backup_retention_days
  password_version      = var.postgres.password_version
  subnet_ids            = module.network.private_subnet_ids
  security_group_id     = aws_security_group.this["postgres"].id
  kms_key_arn           = aws_kms_key.this.arn
  deletion_protection   = var.deletion_protection
}

module "clickhouse" {
  source = "../clickhouse"

  name                = var.name
  kind                = var.clickhouse.kind
  hostname            = var.clickhouse.hostname
  cloud               = var.clickhouse.cloud
  ec2                 = var.clickhouse.ec2
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.private_subnet_ids
  security_group_id   = aws_security_group.this["clickhouse"].id
  kms_key_arn         = aws_kms_key.this.arn
  deletion_protection = var.deletion_protection
}

module "kafka" {
  source = "../kafka"
  count  = var.kafka == null ? 0 : 1

  name                      = var.name
  kafka_version             = var.kafka.kafka_version
  connect_version           = var.kafka.connect_version
  brokers                   = var.kafka.brokers
  instance_type             = var.kafka.instance_type
  broker_gib                = var.kafka.broker_gib
  connect_mcu               = var.kafka.connect_mcu
  topics                    = var.kafka.topics
  connectors                = var.kafka.connectors
  connector_secret_arns     = var.kafka.connector_secret_arns
  plugin                    = var.kafka.plugin
  password_version          = var.kafka.password_version
  subnet_ids                = module.network.private_subnet_ids
  security_group_id         = aws_security_group.this["kafka"].id
  connect_security_group_id = aws_security_group.this["connect"].id
  kms_key_arn               = aws_kms_key.this.arn
  log_group_name            = module.observability.log_group_names["kafka"]
}

module "redshift" {
  source = "../redshift"
  count  = var.redshift == null ? 0 : 1

  name              = var.name
  base_capacity     = var.redshift.base_capacity
  kafka_cluster_arn = module.kafka[0].cluster_arn
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = aws_security_group.this["redshift"].id
  kms_key_arn       = aws_kms_key.this.arn
}

module "service" {
  source = "../service"

  name                       = var.name
  image                      = var.service.image
  collector_image            = var.service.collector_image
  collector_config           = module.observability.collector_config
  shards                     = [for shard in var.shards : module.postgres[shard].connection]
  master_secret_arns         = { for shard in var.shards : shard => module.postgres[shard].master_secret_arn }
  secrets_version            = sum([for shard in var.shards : module.postgres[shard].master_secret_version])
  password_version           = var.postgres.password_version
  postgres_root_certificate  = var.postgres.root_certificate
  clickhouse_url_secret_arn  = module.clickhouse.url_secret_arn
  environment                = merge(var.service.environment, local.capture)
  secret_arns                = var.service.secret_arns
  capture_secret_arns        = local.capture_secrets
  serve                      = var.service.serve
  replicate                  = var.service.replicate
  vpc_id                     = module.network.vpc_id
  task_subnet_ids            = module.network.private_subnet_ids
  balancer_subnet_ids        = module.network.private_subnet_ids
  task_security_group_id     = aws_security_group.this["tasks"].id
  balancer_security_group_id = aws_security_group.this["balancer"].id
  certificate_arn            = var.service.certificate_arn
  kms_key_arn                = aws_kms_key.this.arn
  log_group_names            = module.observability.log_group_names
  metrics_namespace          = module.observability.metrics_namespace
  deletion_protection        = var.deletion_protection
}

module "observability" {
  source = "../observability"

  name = var.name
  shards = {
    for shard in var.shards : shard => {
      replicas           = length(module.postgres[shard].connection.replicas)
      cluster_identifier = module.postgres[shard].cluster_identifier
      instances          = module.postgres[shard].instance_identifiers
    }
  }
  kafka = var.kafka == null ? null : {
    cluster_name = module.kafka[0].cluster_name
    consumers    = local.consumers
  }
  alarm_actions      = var.alarm_actions
  log_retention_days = var.log_retention_days
  kms_key_arn        = aws_kms_key.this.arn
}
