data "aws_subnet" "server" {
  count = local.is_cloud ? 0 : 1

  id = var.subnet_ids[0]
}

ephemeral "random_password" "this" {
  length  = 40
  special = false
}

resource "aws_secretsmanager_secret" "password" {
  count = local.is_cloud ? 0 : 1

  name                    = "${var.name}/clickhouse/password"
  description             = "Password of ${local.user} on ClickHouse"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "password" {
  count = local.is_cloud ? 0 : 1

  secret_id                = aws_secretsmanager_secret.password[0].id
  secret_string_wo         = ephemeral.random_password.this.result
  secret_string_wo_version = local.ec2.password_version
}

ephemeral "aws_secretsmanager_secret_version" "password" {
  count = local.is_cloud ? 0 : 1

  secret_id = aws_secretsmanager_secret_version.password[0].secret_id
}

resource "aws_secretsmanager_secret" "url" {
  count = local.is_cloud ? 0 : 1

  name                    = "${var.name}/clickhouse/url"
  description             = "ATLAS_CLICKHOUSE_URL"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = 7
}

resource "aws_secretsmanager_secret_version" "url" {
  count = local.is_cloud ? 0 : 1

  secret_id                = aws_secretsmanager_secret.url[0].id
  secret_string_wo         = "https://${local.user}:${ephemeral.aws_secretsmanager_secret_version.password[0].secret_string}@${var.hostname}:${local.port}/${local.database}"
  secret_string_wo_version = local.ec2.password_version
}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "password" {
  count = local.is_cloud ? 0 : 1

  statement {
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.password[0].arn]
  }

  statement {
    actions   = ["kms:Decrypt"]
    resources = [var.kms_key_arn]
  }
}

resource "aws_iam_role" "server" {
  count = local.is_cloud ? 0 : 1

  name               = "${var.name}-clickhouse"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "password" {
  count = local.is_cloud ? 0 : 1

  name   = "password"
  role   = aws_iam_role.server[0].id
  policy = data.aws_iam_policy_document.password[0].json
}

# A shell through Systems Manager, so that no port for one is open.
resource "aws_iam_role_policy_attachment" "session_manager" {
  count = local.is_cloud ? 0 : 1

  role       = aws_iam_role.server[0].name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_instance_profile" "server" {
  count = local.is_cloud ? 0 : 1

  name = "${var.name}-clickhouse"
  role = aws_iam_role.server[0].name
}

resource "aws_ebs_volume" "data" {
  count = local.is_cloud ? 0 : 1

  availability_zone = data.aws_subnet.server[0].availability_zone
  type              = "gp3"
  size              = local.ec2.data_gib
  iops              = local.ec2.data_iops
  throughput        = local.ec2.data_throughput
  encrypted         = true
  kms_key_id        = var.kms_key_arn
  final_snapshot    = true

  tags = { Name = "${var.name}-clickhouse" }
}

resource "aws_instance" "server" {
  count = local.is_cloud ? 0 : 1

  ami                         = local.ec2.ami_id
  instance_type               = local.ec2.instance_type
  subnet_id                   = var.subnet_ids[0]
  vpc_security_group_ids      = [var.security_group_id]
  iam_instance_profile        = aws_iam_instance_profile.server[0].name
  associate_public_ip_address = false
  disable_api_termination     = var.deletion_protection
  ebs_optimized               = true
  user_data_replace_on_change = true
  user_data = templatefile("${path.module}/user-data.sh.tftpl", {
    database   = local.database
    device     = "/dev/sdf"
    port       = local.port
    region     = data.aws_region.current.region
    secret_arn = aws_secretsmanager_secret_version.password[0].arn
    user       = local.user
    volume_id  = aws_ebs_volume.data[0].id
  })

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }

  root_block_device {
    volume_type = "gp3"
    volume_size = 30
    encrypted   = true
    kms_key_id  = var.kms_key_arn
  }

  tags = { Name = "${var.name}-clickhouse" }
}

data "aws_region" "current" {}

resource "aws_volume_attachment" "data" {
  count = local.is_cloud ? 0 : 1

  device_name = "/dev/sdf"
  instance_id = aws_instance.server[0].id
  volume_id   = aws_ebs_volume.data[0].id
}

# Has the certificate that clients verify. To the server it speaks TLS again, with the certificate that the server makes for itself.
resource "aws_lb" "ec2" {
  count = local.is_cloud ? 0 : 1

  name                       = "${var.name}-clickhouse"
  load_balancer_type         = "network"
  internal                   = true
  subnets                    = var.subnet_ids
  security_groups            = [var.security_group_id]
  enable_deletion_protection = var.deletion_protection

  enable_cross_zone_load_balancing = true
}

resource "aws_lb_target_group" "ec2" {
  count = local.is_cloud ? 0 : 1

  name        = "${var.name}-clickhouse"
  vpc_id      = var.vpc_id
  target_type = "instance"
  protocol    = "TLS"
  port        = local.port

  health_check {
    protocol = "HTTPS"
    path     = "/ping"
    matcher  = "200"
  }
}

resource "aws_lb_target_group_attachment" "ec2" {
  count = local.is_cloud ? 0 : 1

  target_group_arn = aws_lb_target_group.ec2[0].arn
  target_id        = aws_instance.server[0].id
}

resource "aws_lb_listener" "ec2" {
  count = local.is_cloud ? 0 : 1

  load_balancer_arn = aws_lb.ec2[0].arn
  protocol          = "TLS"
  port              = local.port
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = local.ec2.certificate_arn

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.ec2[0].arn
  }
}
