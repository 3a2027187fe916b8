variable "name" {
  type        = string
  description = "Name of the installation."
}

variable "image" {
  type        = string
  description = "Image of Atlas with the certificates of RDS (docs/operating.md, Deploying), by digest: registry/atlas@sha256:…"

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Name the image by digest: a tag can be moved to another one."
  }
}

variable "collector_image" {
  type        = string
  description = "Image of the AWS Distro for OpenTelemetry, by digest."

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.collector_image))
    error_message = "Name the image by digest: a tag can be moved to another one."
  }
}

variable "collector_config" {
  type        = string
  description = "Configuration of the collector beside each process."
}

variable "shards" {
  type = list(object({
    id       = string
    primary  = string
    replicas = list(string)
    port     = number
    database = string
    user     = string
  }))
  description = "Servers of the shards, in their order. The first one is the home of the catalog and must stay first; the list must not grow or be reordered while it holds data."

  validation {
    condition     = length(var.shards) >= 1 && length(distinct(var.shards[*].id)) == length(var.shards)
    error_message = "There is at least one shard, and their ids differ."
  }
}

variable "master_secret_arns" {
  type        = map(string)
  description = "Secret with the password of each shard's administrator, by shard."
}

variable "secrets_version" {
  type        = number
  description = "Rises whenever a master password is replaced."
}

variable "password_version" {
  type        = number
  description = "Raise it to replace the passwords of atlas_serve and atlas_replicate. Run the migrate task afterwards, then deploy both services anew."
}

variable "postgres_root_certificate" {
  type        = string
  description = "File with the certificates of RDS. It must exist in the image and on the servers of the shards, because they connect to the first one with this URL."
}

variable "clickhouse_url_secret_arn" {
  type        = string
  description = "Secret with ATLAS_CLICKHOUSE_URL."
}

variable "environment" {
  type        = map(string)
  description = "Further settings of Atlas, such as ATLAS_JWKS_URL; docs/configuration.md has all."

  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^(ATLAS|OTEL)_[A-Z0-9_]+$", name))])
    error_message = "Settings begin with ATLAS_ or OTEL_."
  }

  validation {
    condition     = alltrue([for name in keys(var.environment) : !can(regex("(PASSWORD|SECRET|SHARDS|CLICKHOUSE_URL)", name))])
    error_message = "Secrets go to secret_arns, not into the environment."
  }
}

variable "secret_arns" {
  type        = map(string)
  description = "Further secret settings, such as ATLAS_GATEWAY_SECRET: the ARN of the secret for each."

  validation {
    condition     = alltrue([for arn in values(var.secret_arns) : startswith(arn, "arn:")])
    error_message = "A secret is named by its ARN, never by its value."
  }
}

variable "capture_secret_arns" {
  type        = map(string)
  description = "Secret settings of all commands for change capture through Kafka: the ARN of each, with the member if it is JSON (arn:member::)."
}

variable "serve" {
  type = object({
    cpu     = number
    memory  = number
    minimum = number
    maximum = number
  })
  description = "Shape of a serve task, and how many there are. A process uses one core: more requests need more tasks."

  validation {
    condition     = var.serve.minimum >= 1 && var.serve.maximum >= var.serve.minimum && var.serve.memory >= 1024
    error_message = "There is at least one task of 1024 MiB or more, and the maximum is no less than the minimum."
  }
}

variable "replicate" {
  type = object({
    cpu    = number
    memory = number
  })
  description = "Shape of a replicate task. Two run: one streams, the other takes over."
}

variable "drain_seconds" {
  type        = number
  description = "ATLAS_DRAIN_MS in seconds: longer than the balancer needs to notice, 10 s (two checks, 5 s apart)."
  default     = 15

  validation {
    condition     = var.drain_seconds > 10 && var.drain_seconds <= 90
    error_message = "The balancer needs 10 s to notice; ECS waits for 120 s in all."
  }
}

variable "grace_seconds" {
  type        = number
  description = "ATLAS_SHUTDOWN_GRACE_MS in seconds."
  default     = 10

  validation {
    condition     = var.grace_seconds >= 1 && var.grace_seconds <= 25
    error_message = "The grace must be 1 to 25 s."
  }
}

variable "internal" {
  type        = bool
  description = "Whether the balancer has private addresses only."
  default     = true
}

variable "vpc_id" {
  type        = string
  description = "The VPC."
}

variable "task_subnet_ids" {
  type        = list(string)
  description = "Private subnets of the tasks."
}

variable "balancer_subnet_ids" {
  type        = list(string)
  description = "Subnets of the balancer."
}

variable "task_security_group_id" {
  type        = string
  description = "Security group of the tasks."
}

variable "balancer_security_group_id" {
  type        = string
  description = "Security group of the balancer."
}

variable "certificate_arn" {
  type        = string
  description = "Certificate of the balancer, in ACM."

  validation {
    condition     = startswith(var.certificate_arn, "arn:")
    error_message = "The balancer speaks HTTPS alone: a certificate is needed."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts secrets."
}

variable "log_group_names" {
  type        = map(string)
  description = "Log groups of serve, replicate, migrate, collector and metrics."
}

variable "metrics_namespace" {
  type        = string
  description = "The only namespace of CloudWatch that the collector may write to."
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to delete the balancer."
}
