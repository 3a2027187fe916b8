locals {
  is_cloud = var.kind == "cloud"
  ec2      = local.is_cloud ? null : var.ec2
  port     = 8443
  database = "atlas"
  user     = "atlas"
}

# The name resolves inside the VPC alone.
resource "aws_route53_zone" "this" {
  name    = var.hostname
  comment = "The way from ${var.name} to ClickHouse"

  vpc {
    vpc_id = var.vpc_id
  }
}

resource "aws_route53_record" "this" {
  zone_id = aws_route53_zone.this.zone_id
  name    = var.hostname
  type    = "A"

  alias {
    name                   = local.is_cloud ? aws_vpc_endpoint.cloud[0].dns_entry[0].dns_name : aws_lb.ec2[0].dns_name
    zone_id                = local.is_cloud ? aws_vpc_endpoint.cloud[0].dns_entry[0].hosted_zone_id : aws_lb.ec2[0].zone_id
    evaluate_target_health = false
  }
}

resource "aws_vpc_endpoint" "cloud" {
  count = local.is_cloud ? 1 : 0

  vpc_id              = var.vpc_id
  service_name        = var.cloud.endpoint_service_name
  vpc_endpoint_type   = "Interface"
  private_dns_enabled = false
  subnet_ids          = var.subnet_ids
  security_group_ids  = [var.security_group_id]

  tags = { Name = "${var.name}-clickhouse" }
}
