variable "name" {
  type        = string
  description = "Name of the installation."
}

variable "shards" {
  type = map(object({
    replicas           = number
    cluster_identifier = optional(string)
    instances          = list(string)
  }))
  description = "Shards by id: how many replicas serve reads of Atlas, the Aurora cluster if it is one, and the servers."
}

variable "kafka" {
  type = object({
    cluster_name = string
    consumers    = map(object({ group = string, topic = string }))
  })
  nullable    = true
  description = "The cluster, and by shard the topic that Atlas reads and its consumer group; null without Kafka."
}

variable "alarm_actions" {
  type        = list(string)
  description = "What an alarm does when it goes off and when it ends: ARNs, for example of an SNS topic."

  validation {
    condition     = alltrue([for arn in var.alarm_actions : startswith(arn, "arn:")])
    error_message = "Actions are named by their ARN."
  }
}

variable "log_retention_days" {
  type        = number
  description = "How long logs are kept."

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], var.log_retention_days)
    error_message = "CloudWatch keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400 days."
  }
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts logs."
}
