variable "name" {
  type        = string
  description = "Name of the installation."
}

variable "kafka_version" {
  type        = string
  description = "Version of the brokers that MSK offers."

  validation {
    condition     = can(regex("^[0-9]+\\.[0-9x]+(\\.[0-9x]+)?(\\.kraft)?$", var.kafka_version))
    error_message = "The version must look like 3.9.x.kraft."
  }
}

variable "connect_version" {
  type        = string
  description = "Version of Kafka Connect that MSK Connect offers; Debezium 3.6 needs one that runs on Java 17."
}

variable "brokers" {
  type        = number
  description = "Number of brokers, a multiple of the number of subnets."

  validation {
    condition     = var.brokers >= 2 && floor(var.brokers) == var.brokers
    error_message = "There are at least two brokers."
  }
}

variable "instance_type" {
  type        = string
  description = "Type of the brokers, for example kafka.m7g.large."

  validation {
    condition     = startswith(var.instance_type, "kafka.")
    error_message = "The type of a broker begins with kafka."
  }
}

variable "broker_gib" {
  type        = number
  description = "Disk of each broker in GiB: what the topics retain, times the replication factor, divided by the brokers."

  validation {
    condition     = var.broker_gib >= 10 && var.broker_gib <= 16384
    error_message = "The disk must have 10 to 16384 GiB."
  }
}

variable "topics" {
  type = map(object({
    partitions         = number
    replication_factor = number
    retention_days     = number
  }))
  description = "Topics by name, as `atlas kafka config` defines them. The connectors create them."

  validation {
    condition     = alltrue([for topic in values(var.topics) : topic.partitions >= 1 && topic.replication_factor >= 1 && topic.retention_days > 0])
    error_message = "Every topic has a partition, a replica and a retention."
  }
}

variable "connectors" {
  type        = map(map(string))
  description = "Configuration of the Debezium connectors by name, as `atlas kafka config` prints them. Passwords are references such as $${secretsmanager:…}, never values."

  validation {
    condition     = alltrue([for config in values(var.connectors) : contains(keys(config), "connector.class")])
    error_message = "Every connector has a connector.class."
  }

  validation {
    condition     = alltrue([for config in values(var.connectors) : can(regex("^\\$\\{.+\\}$", lookup(config, "database.password", "$${none}")))])
    error_message = "database.password must be a reference such as $${secretsmanager:name:key}."
  }
}

variable "connector_secret_arns" {
  type        = list(string)
  description = "Secrets that the connectors may read: those that their configuration refers to."
}

variable "plugin" {
  type = object({
    bucket_arn = string
    key        = string
  })
  description = "The archive with debezium-connector-postgres and the config provider for Secrets Manager, in S3."
}

variable "connect_mcu" {
  type        = number
  description = "Capacity of each connector: 1, 2, 4 or 8 units of a vCPU and 4 GiB."

  validation {
    condition     = contains([1, 2, 4, 8], var.connect_mcu)
    error_message = "The capacity must be 1, 2, 4 or 8."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets."
}

variable "security_group_id" {
  type        = string
  description = "Security group of the brokers."
}

variable "connect_security_group_id" {
  type        = string
  description = "Security group of the connectors."
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts disks and secrets."
}

variable "log_group_name" {
  type        = string
  description = "Log group of brokers and connectors."
}

variable "password_version" {
  type        = number
  description = "Raise it to replace the password with which Atlas reads the topics."
}
