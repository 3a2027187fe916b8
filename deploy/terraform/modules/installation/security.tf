# Who may open a connection to whom: the whole list, in one place. A group without a line here lets nothing in and nothing out.

locals {
  groups = {
    balancer   = "The balancer in front of serve"
    tasks      = "serve, replicate and migrate"
    postgres   = "The servers of the shards"
    clickhouse = "ClickHouse, or the way to it"
    kafka      = "The brokers"
    connect    = "The connectors"
    redshift   = "Redshift"
  }

  connections = {
    requests          = { from = "balancer", to = "tasks", port = 4000 }
    health            = { from = "balancer", to = "tasks", port = 9464 }
    entities          = { from = "tasks", to = "postgres", port = 5432 }
    catalog           = { from = "postgres", to = "postgres", port = 5432 }
    analytics         = { from = "tasks", to = "clickhouse", port = 8443 }
    clickhouse_target = { from = "clickhouse", to = "clickhouse", port = 8443 }
    capture           = { from = "connect", to = "postgres", port = 5432 }
    produce           = { from = "connect", to = "kafka", port = 9098 }
    consume           = { from = "tasks", to = "kafka", port = 9096 }
    report            = { from = "redshift", to = "kafka", port = 9098 }
  }

  # AWS' own services, through endpoints in the VPC.
  users_of_aws = toset(["tasks", "connect", "clickhouse", "redshift"])
}

resource "aws_security_group" "this" {
  for_each = local.groups

  name        = "${var.name}-${each.key}"
  description = each.value
  vpc_id      = module.network.vpc_id
}

resource "aws_vpc_security_group_ingress_rule" "between" {
  for_each = local.connections

  security_group_id            = aws_security_group.this[each.value.to].id
  referenced_security_group_id = aws_security_group.this[each.value.from].id
  description                  = each.key
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_egress_rule" "between" {
  for_each = local.connections

  security_group_id            = aws_security_group.this[each.value.from].id
  referenced_security_group_id = aws_security_group.this[each.value.to].id
  description                  = each.key
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = toset(var.client_cidrs)

  security_group_id = aws_security_group.this["balancer"].id
  cidr_ipv4         = each.key
  description       = "clients"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "aws" {
  for_each = local.users_of_aws

  security_group_id = aws_security_group.this[each.key].id
  cidr_ipv4         = module.network.cidr
  description       = "endpoints of AWS services"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "s3" {
  for_each = local.users_of_aws

  security_group_id = aws_security_group.this[each.key].id
  prefix_list_id    = module.network.s3_prefix_list_id
  description       = "S3"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Key sets and collectors outside of AWS.
resource "aws_vpc_security_group_egress_rule" "internet" {
  count = var.network.internet_egress ? 1 : 0

  security_group_id = aws_security_group.this["tasks"].id
  cidr_ipv4         = "0.0.0.0/0"
  description       = "internet"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
