locals {
  # Kafka Connect creates the topics that a connector writes: a group of rules for each.
  topic_names = sort(keys(var.topics))
  topic_rules = merge(
    {
      "topic.creation.default.partitions"         = "1"
      "topic.creation.default.replication.factor" = tostring(local.replication)
      "topic.creation.groups"                     = join(",", [for index, name in local.topic_names : "topic${index}"])
    },
    [for index, name in local.topic_names : {
      "topic.creation.topic${index}.include"            = replace(name, ".", "\\.")
      "topic.creation.topic${index}.partitions"         = tostring(var.topics[name].partitions)
      "topic.creation.topic${index}.replication.factor" = tostring(var.topics[name].replication_factor)
      "topic.creation.topic${index}.retention.ms"       = format("%d", var.topics[name].retention_days * 86400000)
      "topic.creation.topic${index}.cleanup.policy"     = "delete"
      "topic.creation.topic${index}.max.message.bytes"  = tostring(local.message_bytes)
    }]...
  )

  worker_properties = {
    "key.converter"                                          = "org.apache.kafka.connect.json.JsonConverter"
    "value.converter"                                        = "org.apache.kafka.connect.json.JsonConverter"
    "topic.creation.enable"                                  = "true"
    "config.providers"                                       = "secretsmanager"
    "config.providers.secretsmanager.class"                  = "com.amazonaws.kafka.config.providers.SecretsManagerConfigProvider"
    "config.providers.secretsmanager.param.NotFoundStrategy" = "fail"
  }

  cluster_path = trimprefix(split(":", aws_msk_cluster.this.arn)[5], "cluster/")
  arn_prefix   = join(":", slice(split(":", aws_msk_cluster.this.arn), 0, 5))
}

resource "aws_mskconnect_custom_plugin" "debezium" {
  name         = "${var.name}-debezium-postgres"
  content_type = "ZIP"

  location {
    s3 {
      bucket_arn = var.plugin.bucket_arn
      file_key   = var.plugin.key
    }
  }
}

resource "aws_mskconnect_worker_configuration" "this" {
  name                    = var.name
  properties_file_content = join("\n", [for key, value in local.worker_properties : "${key}=${value}"])
}

data "aws_iam_policy_document" "assume_connect" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["kafkaconnect.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "connect" {
  statement {
    actions = [
      "kafka-cluster:Connect",
      "kafka-cluster:DescribeCluster",
    ]
    resources = [aws_msk_cluster.this.arn]
  }

  statement {
    actions = [
      "kafka-cluster:CreateTopic",
      "kafka-cluster:DescribeTopic",
      "kafka-cluster:ReadData",
      "kafka-cluster:WriteData",
    ]
    resources = ["${local.arn_prefix}:topic/${local.cluster_path}/*"]
  }

  statement {
    actions = [
      "kafka-cluster:AlterGroup",
      "kafka-cluster:DescribeGroup",
    ]
    resources = ["${local.arn_prefix}:group/${local.cluster_path}/*"]
  }

  dynamic "statement" {
    for_each = length(var.connector_secret_arns) == 0 ? [] : [var.connector_secret_arns]

    content {
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value
    }
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]
  }
}

resource "aws_iam_role" "connect" {
  name               = "${var.name}-kafka-connect"
  assume_role_policy = data.aws_iam_policy_document.assume_connect.json
}

resource "aws_iam_role_policy" "connect" {
  name   = "topics-and-secrets"
  role   = aws_iam_role.connect.id
  policy = data.aws_iam_policy_document.connect.json
}

# A connector reads one replication slot of one shard.
resource "aws_mskconnect_connector" "this" {
  for_each = var.connectors

  name                       = "${var.name}-${each.key}"
  kafkaconnect_version       = var.connect_version
  connector_configuration    = merge(local.topic_rules, { "tasks.max" = "1" }, each.value)
  service_execution_role_arn = aws_iam_role.connect.arn

  capacity {
    provisioned_capacity {
      mcu_count    = var.connect_mcu
      worker_count = 1
    }
  }

  kafka_cluster {
    apache_kafka_cluster {
      bootstrap_servers = aws_msk_cluster.this.bootstrap_brokers_sasl_iam

      vpc {
        subnets         = var.subnet_ids
        security_groups = [var.connect_security_group_id]
      }
    }
  }

  kafka_cluster_client_authentication {
    authentication_type = "IAM"
  }

  kafka_cluster_encryption_in_transit {
    encryption_type = "TLS"
  }

  plugin {
    custom_plugin {
      arn      = aws_mskconnect_custom_plugin.debezium.arn
      revision = aws_mskconnect_custom_plugin.debezium.latest_revision
    }
  }

  worker_configuration {
    arn      = aws_mskconnect_worker_configuration.this.arn
    revision = aws_mskconnect_worker_configuration.this.latest_revision
  }

  log_delivery {
    worker_log_delivery {
      cloudwatch_logs {
        enabled   = true
        log_group = var.log_group_name
      }
    }
  }
}
