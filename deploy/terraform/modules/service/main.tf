locals {
  # Seconds. A task has left the balancer after two checks that find it draining.
  check = { interval = 5, timeout = 3, failures = 2 }
}

resource "aws_lb" "this" {
  name                       = var.name
  load_balancer_type         = "application"
  internal                   = var.internal
  subnets                    = var.balancer_subnet_ids
  security_groups            = [var.balancer_security_group_id]
  drop_invalid_header_fields = true
  enable_deletion_protection = var.deletion_protection
  # Less than ATLAS_IDLE_TIMEOUT_MS (75 s), so that the balancer closes first.
  idle_timeout = 60
}

resource "aws_lb_target_group" "serve" {
  name        = "${var.name}-serve"
  vpc_id      = var.vpc_id
  target_type = "ip"
  protocol    = "HTTP"
  port        = local.port
  # Requests in progress end within the grace.
  deregistration_delay = var.grace_seconds + var.drain_seconds

  health_check {
    path                = "/health/ready"
    port                = tostring(local.admin_port)
    protocol            = "HTTP"
    matcher             = "200"
    interval            = local.check.interval
    timeout             = local.check.timeout
    healthy_threshold   = 2
    unhealthy_threshold = local.check.failures
  }
}

resource "aws_lb_listener" "https" {
  load_balancer_arn = aws_lb.this.arn
  protocol          = "HTTPS"
  port              = 443
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"
  certificate_arn   = var.certificate_arn

  # Health and metrics are on another port, and other paths are nobody's business.
  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "Not found"
      status_code  = "404"
    }
  }
}

resource "aws_lb_listener_rule" "graphql" {
  listener_arn = aws_lb_listener.https.arn
  priority     = 1

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.serve.arn
  }

  condition {
    path_pattern {
      values = ["/graphql"]
    }
  }
}

resource "aws_ecs_service" "serve" {
  name                               = "serve"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this["serve"].arn
  launch_type                        = "FARGATE"
  desired_count                      = var.serve.minimum
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  # A process that has just started waits for the primaries for ATLAS_READY_START_LIMIT_MS (30 s) at most.
  health_check_grace_period_seconds = 60

  # A version that does not become ready replaces no running task.
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.task_subnet_ids
    security_groups  = [var.task_security_group_id]
    assign_public_ip = false
  }

  load_balancer {
    target_group_arn = aws_lb_target_group.serve.arn
    container_name   = "atlas"
    container_port   = local.port
  }

  # Autoscaling sets the number.
  lifecycle {
    ignore_changes = [desired_count]
  }

  depends_on = [aws_lb_listener_rule.graphql]
}

# Two: whichever holds the replication slots streams, the other one is the standby and takes over within seconds.
resource "aws_ecs_service" "replicate" {
  name                               = "replicate"
  cluster                            = aws_ecs_cluster.this.id
  task_definition                    = aws_ecs_task_definition.this["replicate"].arn
  launch_type                        = "FARGATE"
  desired_count                      = 2
  deployment_minimum_healthy_percent = 50
  deployment_maximum_percent         = 100

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = var.task_subnet_ids
    security_groups  = [var.task_security_group_id]
    assign_public_ip = false
  }
}

resource "aws_appautoscaling_target" "serve" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.this.name}/${aws_ecs_service.serve.name}"
  min_capacity       = var.serve.minimum
  max_capacity       = var.serve.maximum
}

resource "aws_appautoscaling_policy" "serve" {
  name               = "${var.name}-serve-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.serve.service_namespace
  scalable_dimension = aws_appautoscaling_target.serve.scalable_dimension
  resource_id        = aws_appautoscaling_target.serve.resource_id

  target_tracking_scaling_policy_configuration {
    target_value       = 60
    scale_in_cooldown  = 300
    scale_out_cooldown = 60

    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
