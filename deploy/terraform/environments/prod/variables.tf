variable "region" {
  type        = string
  description = "Region of AWS."

  validation {
    condition     = can(regex("^[a-z]{2}(-[a-z]+)+-[0-9]$", var.region))
    error_message = "The region must look like eu-central-1."
  }
}

variable "account_id" {
  type        = string
  description = "The account; Terraform refuses to work in another one."

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account has 12 digits."
  }
}

variable "network" {
  type = object({
    cidr               = string
    availability_zones = list(string)
    internet_egress    = bool
  })
  description = "Addresses and zones of the VPC, and whether tasks may reach the internet, as they must for ATLAS_JWKS_URL."
}

variable "client_cidrs" {
  type        = list(string)
  description = "Networks whose clients may reach the balancer."
}

variable "postgres_engine" {
  type        = string
  description = "aurora-postgresql, or postgres where replicas should serve reads: modules/postgres says why."
  default     = "aurora-postgresql"
}

variable "postgres_version" {
  type        = string
  description = "Version of PostgreSQL, 18 or later; aws rds describe-db-engine-versions lists those that there are."
  default     = "18"
}

variable "max_slot_wal_keep_mib" {
  type        = number
  description = "WAL in MiB that a replication slot may retain before it is lost; null leaves the engine's default."
  nullable    = true
  default     = 65536
}

variable "clickhouse" {
  type = object({
    kind     = string
    hostname = string
    cloud = optional(object({
      endpoint_service_name = string
      url_secret_arn        = string
    }))
    ec2 = optional(object({
      ami_id           = string
      instance_type    = string
      data_gib         = number
      data_iops        = number
      data_throughput  = number
      certificate_arn  = string
      password_version = number
    }))
  })
  description = "ClickHouse Cloud through PrivateLink, or a server of your own."
}

variable "kafka" {
  type = object({
    kafka_version         = string
    connect_version       = string
    brokers               = number
    instance_type         = string
    broker_gib            = number
    connect_mcu           = number
    topics                = map(object({ partitions = number, replication_factor = number, retention_days = number }))
    connectors            = map(map(string))
    connector_secret_arns = list(string)
    plugin                = object({ bucket_arn = string, key = string })
  })
  description = "Change capture through Debezium and Kafka; null: `atlas replicate` reads the shards itself."
  nullable    = true
  default     = null
}

variable "redshift" {
  type = object({
    base_capacity = number
  })
  description = "Redshift Serverless for reports beside Atlas; null: none."
  nullable    = true
  default     = null
}

variable "image" {
  type        = string
  description = "Image of Atlas with the certificates of RDS, by digest."
}

variable "collector_image" {
  type        = string
  description = "Image of the AWS Distro for OpenTelemetry, by digest."
}

variable "certificate_arn" {
  type        = string
  description = "Certificate of the balancer, in ACM."
}

variable "settings" {
  type        = map(string)
  description = "Settings of Atlas that are no secrets: ATLAS_JWKS_URL, ATLAS_JWT_ISSUER and ATLAS_JWT_AUDIENCE, for example."
}

variable "secret_arns" {
  type        = map(string)
  description = "Settings that are secrets, such as ATLAS_GATEWAY_SECRET: the ARN of each."
  default     = {}
}

variable "alarm_actions" {
  type        = list(string)
  description = "ARNs of what an alarm does, for example of an SNS topic."
}
