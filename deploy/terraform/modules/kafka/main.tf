locals {
  # The most copies that a topic asks for; one of them may be missing while it is written.
  replication = max(1, [for topic in values(var.topics) : topic.replication_factor]...)
  user        = "atlas"
  # Two large entities, the row before a change and the one after, as the connectors may send (producer.override.max.request.size).
  message_bytes = 16 * 1024 * 1024 + 65536

  server_properties = {
    "auto.create.topics.enable"        = false
    "default.replication.factor"       = local.replication
    "message.max.bytes"                = local.message_bytes
    "replica.fetch.max.bytes"          = local.message_bytes
    "min.insync.replicas"              = max(1, local.replication - 1)
    "offsets.topic.replication.factor" = local.replication
    "unclean.leader.election.enable"   = false
  }
}

resource "aws_msk_configuration" "this" {
  name              = var.name
  kafka_versions    = [var.kafka_version]
  server_properties = join("\n", [for key, value in local.server_properties : "${key}=${value}"])
}

resource "aws_msk_cluster" "this" {
  cluster_name           = var.name
  kafka_version          = var.kafka_version
  number_of_broker_nodes = var.brokers
  # Consumer lag of every group and topic.
  enhanced_monitoring = "PER_TOPIC_PER_BROKER"

  broker_node_group_info {
    instance_type   = var.instance_type
    client_subnets  = var.subnet_ids
    security_groups = [var.security_group_id]

    connectivity_info {
      public_access {
        type = "DISABLED"
      }
    }

    storage_info {
      ebs_storage_info {
        volume_size = var.broker_gib
      }
    }
  }

  configuration_info {
    arn      = aws_msk_configuration.this.arn
    revision = aws_msk_configuration.this.latest_revision
  }

  # MSK Connect has roles of IAM, Atlas a name and a password; nobody else gets in.
  client_authentication {
    unauthenticated = false

    sasl {
      iam   = true
      scram = true
    }
  }

  encryption_info {
    encryption_at_rest_kms_key_arn = var.kms_key_arn

    encryption_in_transit {
      client_broker = "TLS"
      in_cluster    = true
    }
  }

  logging_info {
    broker_logs {
      cloudwatch_logs {
        enabled   = true
        log_group = var.log_group_name
      }
    }
  }
}

ephemeral "random_password" "reader" {
  length  = 40
  special = false
}

# MSK wants this beginning of the name, and a key of one's own.
resource "aws_secretsmanager_secret" "reader" {
  name                    = "AmazonMSK_${var.name}_reader"
  description             = "Name and password with which Atlas reads the topics"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "reader" {
  secret_id                = aws_secretsmanager_secret.reader.id
  secret_string_wo         = jsonencode({ username = local.user, password = ephemeral.random_password.reader.result })
  secret_string_wo_version = var.password_version
}

resource "aws_msk_single_scram_secret_association" "reader" {
  cluster_arn = aws_msk_cluster.this.arn
  secret_arn  = aws_secretsmanager_secret_version.reader.arn
}
