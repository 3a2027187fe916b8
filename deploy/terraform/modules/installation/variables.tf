variable "name" {
  type        = string
  description = "Name of the installation; every resource's name begins with it."

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.name))
    error_message = "The name must be 3 to 20 lower-case letters, digits and hyphens, and begin with a letter."
  }
}

variable "network" {
  type = object({
    cidr               = string
    availability_zones = list(string)
    internet_egress    = bool
  })
  description = "Addresses and zones of the VPC, and whether tasks may reach the internet."
}

variable "client_cidrs" {
  type        = list(string)
  description = "Networks whose clients may reach the balancer: that of the gateway, for example."

  validation {
    condition     = length(var.client_cidrs) >= 1 && alltrue([for cidr in var.client_cidrs : can(cidrhost(cidr, 0)) && try(tonumber(split("/", cidr)[1]), 0) >= 8])
    error_message = "Name at least one IPv4 network of /8 or smaller; the whole internet is none."
  }
}

variable "shards" {
  type        = list(string)
  description = "Ids of the shards, in their order. Choose the number at the start: shards cannot be added to a running installation (docs/capacity.md)."

  validation {
    condition     = length(var.shards) >= 1 && length(distinct(var.shards)) == length(var.shards)
    error_message = "There is at least one shard, and their ids differ."
  }
}

variable "postgres" {
  type = object({
    engine                = string
    engine_version        = string
    instance_class        = string
    readers               = number
    storage_gib           = number
    max_slot_wal_keep_mib = optional(number)
    backup_retention_days = number
    password_version      = optional(number, 1)
    root_certificate      = optional(string, "/rdsdbdata/rds-metadata/ca-cert.pem")
  })
  description = "Servers of each shard; modules/postgres has what each means."
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
  description = "ClickHouse Cloud through PrivateLink, or a server of your own; modules/clickhouse has what each means."
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
    password_version      = optional(number, 1)
  })
  nullable    = true
  default     = null
  description = "Change capture through Debezium and Kafka; null: `atlas replicate` reads the shards itself. Topics and connectors are what `atlas kafka config` prints."

  validation {
    condition     = var.kafka == null || try(alltrue([for shard in var.shards : contains(keys(var.kafka.topics), "atlas.changes.${shard}")]), false)
    error_message = "Every shard has a topic atlas.changes.<shard>."
  }
}

variable "redshift" {
  type = object({
    base_capacity = number
  })
  nullable    = true
  default     = null
  description = "Redshift Serverless, which reads the change stream from Kafka for reports beside Atlas; null: none."

  validation {
    condition     = var.redshift == null || var.kafka != null
    error_message = "Redshift reads the change stream from Kafka: set kafka, too."
  }
}

variable "service" {
  type = object({
    image           = string
    collector_image = string
    certificate_arn = string
    environment     = map(string)
    secret_arns     = optional(map(string), {})
    serve           = object({ cpu = number, memory = number, minimum = number, maximum = number })
    replicate       = object({ cpu = number, memory = number })
  })
  description = "Images, settings and shapes of serve and replicate; modules/service has what each means."
}

variable "alarm_actions" {
  type        = list(string)
  description = "ARNs of what an alarm does, for example of an SNS topic."
}

variable "log_retention_days" {
  type        = number
  description = "How long logs are kept."
}

variable "deletion_protection" {
  type        = bool
  description = "Refuse to delete what holds data, and the balancer."
}
