variable "name" {
  type        = string
  description = "Name of the installation."
}

variable "kafka_cluster_arn" {
  type        = string
  description = "The MSK cluster whose topics Redshift reads."
}

variable "base_capacity" {
  type        = number
  description = "Redshift Processing Units, in steps of 8."

  validation {
    condition     = var.base_capacity >= 8 && var.base_capacity <= 512 && var.base_capacity % 8 == 0
    error_message = "The capacity must be 8 to 512, in steps of 8."
  }
}

variable "subnet_ids" {
  type        = list(string)
  description = "Private subnets in three zones."

  validation {
    condition     = length(var.subnet_ids) >= 3
    error_message = "Redshift Serverless needs subnets in three zones."
  }
}

variable "security_group_id" {
  type        = string
  description = "Security group of the workgroup."
}

variable "kms_key_arn" {
  type        = string
  description = "Key that encrypts the data and the password."
}
