# ECS on Fargate, because three commands of one image need no cluster that has to be operated. Where there is Kubernetes already, deploy/helm/atlas does the same.

data "aws_region" "current" {}

locals {
  port       = 4000
  admin_port = 9464
  timing = {
    ATLAS_DRAIN_MS          = tostring(1000 * var.drain_seconds)
    ATLAS_SHUTDOWN_GRACE_MS = tostring(1000 * var.grace_seconds)
  }

  # Clients reach ATLAS_PORT alone; health and metrics are on a port of their own.
  environment = merge(var.environment, local.timing, {
    ATLAS_HOST       = "0.0.0.0"
    ATLAS_PORT       = tostring(local.port)
    ATLAS_ADMIN_PORT = tostring(local.admin_port)
  })

  # What each command reads; migrate gives the roles their passwords.
  secrets = {
    migrate = merge(var.capture_secret_arns, {
      ATLAS_SHARDS             = aws_secretsmanager_secret_version.shards["migrate"].arn
      ATLAS_CLICKHOUSE_URL     = var.clickhouse_url_secret_arn
      ATLAS_SERVE_PASSWORD     = aws_secretsmanager_secret_version.role["serve"].arn
      ATLAS_REPLICATE_PASSWORD = aws_secretsmanager_secret_version.role["replicate"].arn
    })
    serve = merge(var.secret_arns, var.capture_secret_arns, {
      ATLAS_SHARDS         = aws_secretsmanager_secret_version.shards["serve"].arn
      ATLAS_CLICKHOUSE_URL = var.clickhouse_url_secret_arn
    })
    replicate = merge(var.capture_secret_arns, {
      ATLAS_SHARDS         = aws_secretsmanager_secret_version.shards["replicate"].arn
      ATLAS_CLICKHOUSE_URL = var.clickhouse_url_secret_arn
    })
  }

  shapes = {
    migrate   = { cpu = 512, memory = 1024 }
    serve     = { cpu = var.serve.cpu, memory = var.serve.memory }
    replicate = { cpu = var.replicate.cpu, memory = var.replicate.memory }
  }

  # Restarts a process that does not respond any more; whether a balancer should send it requests, the balancer asks itself.
  liveness = "fetch('http://127.0.0.1:${local.admin_port}/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"

  atlas_containers = {
    for command in keys(local.shapes) : command => merge(
      {
        name                   = "atlas"
        image                  = var.image
        command                = [command]
        essential              = true
        readonlyRootFilesystem = true
        user                   = "node"
        stopTimeout            = var.drain_seconds + var.grace_seconds + 5
        linuxParameters        = { initProcessEnabled = true, capabilities = { drop = ["ALL"] } }
        environment            = [for name, value in local.environment : { name = name, value = value }]
        secrets                = [for name, arn in local.secrets[command] : { name = name, valueFrom = arn }]
        portMappings           = [for port in [local.port, local.admin_port] : { containerPort = port, protocol = "tcp" } if command != "migrate"]
        logConfiguration = {
          logDriver = "awslogs"
          options = {
            awslogs-group         = var.log_group_names[command]
            awslogs-region        = data.aws_region.current.region
            awslogs-stream-prefix = command
          }
        }
      },
      command == "migrate" ? {} : {
        healthCheck = {
          command     = ["CMD", "node", "-e", local.liveness]
          interval    = 10
          timeout     = 5
          retries     = 3
          startPeriod = 30
        }
      },
    )
  }

  collector_container = {
    name                   = "collector"
    image                  = var.collector_image
    essential              = false
    readonlyRootFilesystem = true
    linuxParameters        = { capabilities = { drop = ["ALL"] } }
    environment            = [{ name = "AOT_CONFIG_CONTENT", value = var.collector_config }]
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = var.log_group_names["collector"]
        awslogs-region        = data.aws_region.current.region
        awslogs-stream-prefix = "collector"
      }
    }
  }
}

resource "aws_ecs_cluster" "this" {
  name = var.name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "this" {
  for_each = local.shapes

  family                   = "${var.name}-${each.key}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = each.value.cpu
  memory                   = each.value.memory
  execution_role_arn       = aws_iam_role.execution[each.key].arn
  task_role_arn            = aws_iam_role.task.arn
  container_definitions = jsonencode(concat(
    [local.atlas_containers[each.key]],
    each.key == "migrate" ? [] : [local.collector_container],
  ))

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "X86_64"
  }
}
