# Atlas reads ClickHouse, never Redshift. Redshift gets the change stream, for reports beside Atlas: a materialized view on the topics of
# change capture, which the database role of the reports makes (CREATE EXTERNAL SCHEMA … FROM MSK). Its answers carry no freshness of Atlas.

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "read_topics" {
  statement {
    actions = [
      "kafka-cluster:Connect",
      "kafka-cluster:DescribeTopic",
      "kafka-cluster:ReadData",
    ]
    resources = [
      var.kafka_cluster_arn,
      "${replace(var.kafka_cluster_arn, ":cluster/", ":topic/")}/*",
    ]
  }

  statement {
    actions   = ["kafka:GetBootstrapBrokers"]
    resources = [var.kafka_cluster_arn]
  }
}

resource "aws_iam_role" "this" {
  name               = "${var.name}-redshift"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "read_topics" {
  name   = "read-topics"
  role   = aws_iam_role.this.id
  policy = data.aws_iam_policy_document.read_topics.json
}

resource "aws_redshiftserverless_namespace" "this" {
  namespace_name                   = var.name
  db_name                          = "atlas"
  admin_username                   = "atlas_admin"
  manage_admin_password            = true
  admin_password_secret_kms_key_id = var.kms_key_arn
  kms_key_id                       = var.kms_key_arn
  iam_roles                        = [aws_iam_role.this.arn]
  default_iam_role_arn             = aws_iam_role.this.arn
  log_exports                      = ["userlog", "connectionlog"]
}

resource "aws_redshiftserverless_workgroup" "this" {
  workgroup_name       = var.name
  namespace_name       = aws_redshiftserverless_namespace.this.namespace_name
  base_capacity        = var.base_capacity
  enhanced_vpc_routing = true
  publicly_accessible  = false
  subnet_ids           = var.subnet_ids
  security_group_ids   = [var.security_group_id]

  config_parameter {
    parameter_key   = "require_ssl"
    parameter_value = "true"
  }
}
