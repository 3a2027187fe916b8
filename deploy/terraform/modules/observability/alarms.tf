# The thresholds of the mission: a replica more than 5 s behind for 2 minutes, ClickHouse more than 15 minutes for 5, Kafka more than
# 50,000 messages for 3. A lag that nobody can tell counts as one that is too large.

locals {
  measured_shards = { for id, shard in var.shards : id => shard if shard.replicas > 0 }
  aurora_shards   = { for id, shard in var.shards : id => shard.cluster_identifier if shard.cluster_identifier != null }
  servers         = merge([for id, shard in var.shards : { for instance in shard.instances : instance => id }]...)
  consumers       = var.kafka == null ? {} : var.kafka.consumers
}

resource "aws_cloudwatch_metric_alarm" "replica_lag" {
  for_each = local.measured_shards

  alarm_name          = "${var.name}-${each.key}-replica-lag"
  alarm_description   = "A replica of shard ${each.key} is more than 5 s behind: docs/runbooks.md, AtlasReplicaLags"
  namespace           = local.namespace
  metric_name         = "atlas_source_lag_seconds"
  dimensions          = { shard = each.key, source = "REPLICA" }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

# Atlas does not read Aurora's readers, so their lag is AWS' own measurement, in milliseconds.
resource "aws_cloudwatch_metric_alarm" "aurora_reader_lag" {
  for_each = local.aurora_shards

  alarm_name          = "${var.name}-${each.key}-reader-lag"
  alarm_description   = "A reader of shard ${each.key} is more than 5 s behind its writer"
  namespace           = "AWS/RDS"
  metric_name         = "AuroraReplicaLagMaximum"
  dimensions          = { DBClusterIdentifier = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 5000
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "clickhouse_lag" {
  for_each = var.shards

  alarm_name          = "${var.name}-${each.key}-clickhouse-lag"
  alarm_description   = "ClickHouse is more than 15 minutes behind shard ${each.key}: docs/runbooks.md, AtlasClickHouseLags"
  namespace           = local.namespace
  metric_name         = "atlas_source_lag_seconds"
  dimensions          = { shard = each.key, source = "CLICKHOUSE" }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = 900
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "kafka_lag" {
  for_each = local.consumers

  alarm_name        = "${var.name}-${each.key}-kafka-lag"
  alarm_description = "More than 50,000 changes of shard ${each.key} wait in Kafka: docs/runbooks.md, AtlasKafkaLags"
  namespace         = "AWS/Kafka"
  metric_name       = "SumOffsetLag"
  dimensions = {
    "Cluster Name"   = var.kafka.cluster_name
    "Consumer Group" = each.value.group
    "Topic"          = each.value.topic
  }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = 50000
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

resource "aws_cloudwatch_metric_alarm" "primary_down" {
  for_each = var.shards

  alarm_name          = "${var.name}-${each.key}-primary-down"
  alarm_description   = "No process reaches the primary of shard ${each.key}: docs/runbooks.md, AtlasPrimaryDown"
  namespace           = local.namespace
  metric_name         = "atlas_source_health"
  dimensions          = { shard = each.key, source = "PRIMARY" }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  treat_missing_data  = "breaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}

# A slot without a reader fills the disk, or is lost; Atlas' own alerts say which (docs/runbooks.md, AtlasSlotRetainsWal).
resource "aws_cloudwatch_metric_alarm" "slot_lag" {
  for_each = local.servers

  alarm_name          = "${var.name}-${each.key}-slot-lag"
  alarm_description   = "A replication slot of shard ${each.value} makes ${each.key} retain more than 2 GB of WAL"
  namespace           = "AWS/RDS"
  metric_name         = "OldestReplicationSlotLag"
  dimensions          = { DBInstanceIdentifier = each.key }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 5
  comparison_operator = "GreaterThanThreshold"
  threshold           = 2147483648
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.alarm_actions
  ok_actions          = var.alarm_actions
}
